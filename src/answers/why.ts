// Why a car has the power it has: one sentence for people, and the ladder of authorities behind it.
import { boundsOf, envelopesOf } from '../../domain/live/bounds.ts'
import { activationOf, envelopesOn } from '../../domain/live/joint-bounds.ts'
import { liveOrder, type LiveEvse, type LiveFleet } from '../../domain/live/live-fleet.ts'
import { heldByText, isJoint, subjectsOf } from '../../domain/live/subject.ts'
import { storedEnergy } from '../../domain/live/stored-energy.ts'
import type { Session } from '../../domain/registry/session.ts'
import type { Plan } from '../../domain/planning/plan.ts'
import type { Why, WhyRung } from '../../domain/ports/answers/stations.ts'
import { isInForce, RANKS, type Envelope, type Rank } from '../../domain/signals/envelope.ts'
import { slotAt, startOf, type Slot } from '../../domain/time/slot.ts'
import { inCtPerKWh, inKilowatts, watts, type Power, type Price } from '../../domain/units.ts'
import { plannedNow } from '../../domain/dispatch/place.ts'
import { orderedPower } from '../../domain/orders/order.ts'

/** What others allow, whatever the plan makes of it. */
const OUTER: ReadonlySet<Rank> = new Set(['grid-limit', 'operator'])

/** Explains the power of a plugged car at an instant. `localTime` writes an instant as the clock on the wall shows it. */
export function explain(
  fleet: LiveFleet,
  live: LiveEvse,
  session: Session,
  plan: Plan | null,
  now: number,
  localTime: (at: number) => string,
): Why {
  const inForce = liveOrder(live, now)
  const ordered = inForce === null ? watts(0) : orderedPower(inForce.content, now)
  const bounds = boundsOf(fleet, live, session, now)
  const planned = plannedNow(fleet, live, now)
  const bound =
    ordered !== 0 && ordered === bounds.max ? bounds.maxBy : ordered !== 0 && ordered === bounds.min ? bounds.minBy : null
  const joint = jointEnvelopes(fleet, live, now)
  // A plan that has been made under a limit asks for no more than that: the limit is the reason all the same.
  const isReason = bound !== null && (OUTER.has(bound.rank) || (bound.rank !== 'hardware' && planned !== ordered))
  const limited = isReason ? bound : heldBy(live, joint)
  const late = session.wish.readyBy <= now || plan?.strategy === 'immediate'
  const rule = limited?.rank ?? (late ? 'ready-by' : 'optimisation')
  const own = envelopesOf(fleet, live, session, now).filter((envelope) => isInForce(envelope, now))
  const ladder: WhyRung[] = [...own, ...joint.filter((envelope) => !own.includes(envelope))]
    .sort((a, b) => RANKS.indexOf(a.rank) - RANKS.indexOf(b.rank))
    .map((envelope) => ({
      rank: envelope.rank,
      authority: authorityOf(envelope),
      min: envelope.min,
      max: envelope.max,
      wanted: null,
      decides: envelope === limited,
      overruled: bounds.overruled.includes(envelope),
    }))
  const minimum: WhyRung = {
    rank: 'driver',
    authority: `minimum ${percent(session.wish.minimumSoc)}`,
    min: null,
    max: null,
    wanted: null,
    decides: false,
    overruled: false,
  }
  const target: WhyRung = {
    rank: 'ready-by',
    authority: `${percent(session.wish.targetSoc)} by ${localTime(session.wish.readyBy)}`,
    min: null,
    max: null,
    wanted: null,
    decides: rule === 'ready-by',
    overruled: false,
  }
  const optimum: WhyRung = {
    rank: 'optimisation',
    authority: `plan (${plan?.strategy ?? 'none yet'})`,
    min: null,
    max: null,
    wanted: planned,
    decides: rule === 'optimisation',
    overruled: limited !== null,
  }
  const sentence =
    limited === null ? sentenceOf(fleet, live, session, plan, ordered, now, localTime) : limitSentence(limited, live, ordered)
  const order = live.order
  const endsAt = order !== null && order.state.kind !== 'ended' ? order.leaseUntil : null
  return { rule, sentence, ladder: [...ladder, minimum, target, optimum], endsAt }
}

/** What others have said that is in force about any sum the car is part of, an activation of its pool included. */
function jointEnvelopes(fleet: LiveFleet, live: LiveEvse, now: number): readonly Envelope[] {
  const pool = fleet.sites.get(live.evse.site)?.pool
  const activation = pool === undefined ? null : activationOf(fleet, pool, now)
  const bounds = subjectsOf(fleet, live.evse)
    .filter(isJoint)
    .flatMap((subject) => envelopesOn(fleet, subject, now).filter((envelope) => isInForce(envelope, now)))
  return activation === null ? bounds : [...bounds, activation]
}

/** The envelope on a sum that the order in force was cut for, or that it helps to reach; null where its reason is another. */
function heldBy(live: LiveEvse, joint: readonly Envelope[]): Envelope | null {
  const reason = live.order?.content.reason ?? ''
  const named = joint.filter(({ subject }) => reason === heldByText(subject))
  const strictest = named.toSorted(
    (a, b) => RANKS.indexOf(a.rank) - RANKS.indexOf(b.rank) || (a.max ?? Infinity) - (b.max ?? Infinity),
  )
  return strictest[0] ?? null
}

/** Who has said it and where to find it again; what stands in the registry says so by its authority alone. */
function authorityOf({ provenance: { authority, reference }, signal }: Envelope): string {
  return signal === undefined ? authority : `${authority} (${reference})`
}

function limitSentence(limited: Envelope, live: LiveEvse, ordered: Power): string {
  const isOwn = limited.subject === `evse:${live.evse.id}` || live.order?.content.reason !== heldByText(limited.subject)
  const scope = isOwn ? '' : `, so that ${limited.subject.replace(':', ' ')} keeps its bound`
  return `${authorityOf(limited)} limits to ${kilowattText(ordered)}${scope}`
}

function sentenceOf(
  fleet: LiveFleet,
  live: LiveEvse,
  session: Session,
  plan: Plan | null,
  ordered: Power,
  now: number,
  localTime: (at: number) => string,
): string {
  const stored = storedEnergy(fleet, live, session)
  const breach = plan?.breaches[0]
  if (breach !== undefined && breach.kind === 'target')
    return `${percent(session.wish.targetSoc)} cannot be reached by ${localTime(session.wish.readyBy)}: ${(breach.missing / 1000).toFixed(1)} kWh missing, ${breach.cause}`
  if (live.order?.state.kind === 'ended' && live.order.state.outcome === 'refused')
    return 'its station has refused the last order: nothing is asked of it'
  if (plan === null) return 'no plan yet: the safe default holds'
  if (plan.strategy === 'immediate')
    return ordered > 0 ? `charges at once until ${percent(session.wish.targetSoc)}` : 'charged as wished'
  const t = slotAt(now) - plan.power.first
  const buy = plan.buy[t]
  const sell = plan.sell[t]
  if (buy === undefined || buy === null || sell === undefined || sell === null)
    return 'no price is known for this quarter-hour: planned with a cautious guess'
  if (ordered > 0)
    return `charges at ${cents(buy)} ct/kWh${stored.soc < session.wish.targetSoc || !plan.power.values.some((power, i) => i > t && power < 0) ? `, ${percent(session.wish.targetSoc)} by ${localTime(session.wish.readyBy)}` : ', sold again later'}`
  const next = plan.power.values.findIndex((power, i) => i > t && power !== 0)
  if (ordered < 0) {
    const refill = plan.power.values.findIndex((power, i) => i > t && power > 0)
    return refill < 0
      ? `feeds back at ${cents(sell)} ct/kWh`
      : `feeds back at ${cents(sell)} ct/kWh, refills from ${at(plan, refill, localTime)} at ${cents(plan.buy[refill] ?? buy)} ct/kWh`
  }
  if (next < 0) return stored.soc >= session.wish.targetSoc - 0.01 ? 'full enough: waits for departure' : 'waits'
  const then = plan.power.values[next]!
  const price = then > 0 ? plan.buy[next] : plan.sell[next]
  return `waits: ${then > 0 ? 'charges' : 'feeds back'} from ${at(plan, next, localTime)}${price === null || price === undefined ? '' : ` at ${cents(price)} instead of ${cents(then > 0 ? buy : sell)} ct/kWh`}`
}

function at(plan: Plan, index: number, localTime: (at: number) => string): string {
  return localTime(startOf((plan.power.first + index) as Slot))
}
function cents(price: number): string {
  return inCtPerKWh(price as Price).toFixed(1)
}
function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}
function kilowattText(power: Power): string {
  return `${inKilowatts(power).toFixed(1)} kW`
}
