// What a grid operator's limit means for one car, in a plain sentence for its driver: until when, and how full the car will be.
import { envelopesOn } from '../../domain/live/joint-bounds.ts'
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import { storedEnergy } from '../../domain/live/stored-energy.ts'
import { kilowattText } from '../../domain/planning/breach.ts'
import type { Plan } from '../../domain/planning/plan.ts'
import type { GridLimitView } from '../../domain/ports/answers/plans.ts'
import type { Session } from '../../domain/registry/session.ts'
import type { Envelope } from '../../domain/signals/envelope.ts'
import { instantText } from '../../domain/time/slot.ts'
import { inKilowattHours, inWattHours } from '../../domain/units.ts'

/** The limit that a car comes under first before it is wanted, at an instant, epoch ms; null where there is none, and for a car that has left. */
export function gridLimitOn(fleet: LiveFleet, session: Session, plan: Plan | null, now: number): GridLimitView | null {
  const live = fleet.evses.get(session.evse)
  if (live?.session !== session.id) return null
  const { readyBy, targetSoc } = session.wish
  const limit = firstLimit(fleet, session, now)
  if (limit === null) return null
  const missing = plan?.breaches.findLast(({ kind }) => kind === 'target')?.missing ?? null
  const { capacity } = storedEnergy(fleet, live, session, now)
  const lost = missing === null ? 0 : inWattHours(missing) / inWattHours(capacity)
  const by = `by ${instantText(readyBy)}`
  const morning =
    missing === null
      ? `The car will be as full as you asked for ${by} all the same.`
      : `The car will be short of ${inKilowattHours(missing).toFixed(1)} kWh ${by}: about ${percent(targetSoc - lost)} instead of ${percent(targetSoc)}.`
  const { subject, from, until, max } = limit
  return { subject, from, until, max, ...limit.provenance, missing, sentence: `${limitText(limit, now)} ${morning}` }
}

function firstLimit(
  fleet: LiveFleet,
  { evse, wish }: Session,
  now: number,
): (Envelope & { max: NonNullable<Envelope['max']> }) | null {
  const { site } = fleet.evses.get(evse)!.evse
  const subjects = [`evse:${evse}`, `site:${site}`, `area:${fleet.sites.get(site)?.gridArea}`]
  const limits = subjects
    .flatMap((subject) => envelopesOn(fleet, subject, now))
    .flatMap((envelope) => (envelope.rank === 'grid-limit' && envelope.max !== null ? [{ ...envelope, max: envelope.max }] : []))
    .filter(({ from }) => from < Math.max(wish.readyBy, now + 1))
  return limits.toSorted((a, b) => Math.max(now, a.from) - Math.max(now, b.from) || a.max - b.max)[0] ?? null
}

const WHAT: Readonly<Record<string, string>> = {
  evse: 'your charge point to',
  site: 'your connection to',
  area: 'all cars of your grid area together to',
}

function limitText({ subject, from, until, max, provenance: { authority, reference } }: Envelope, now: number): string {
  const what = WHAT[subject.slice(0, subject.indexOf(':'))] ?? 'charging to'
  const begin = from > now ? ` from ${instantText(from)}` : ''
  const end = until === null ? 'until the limit is lifted' : `until ${instantText(until)}`
  return `The grid operator (${authority}, ${reference}) limits ${what} ${kilowattText(max!)}${begin} ${end}.`
}

function percent(share: number): string {
  return `${Math.max(0, Math.round(share * 100))} %`
}
