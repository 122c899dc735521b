// What has to be left to those a signal means when they are dimmed (§14a EnWG). It never raises a limit: what is below is obeyed as sent, and said.
import { minimumPower, type ControlledDevice, type MinimumPower } from '../dimming/minimum-power.ts'
import type { Evse, Site } from '../registry/registry.ts'
import type { SignalView } from '../ports/answers/signals.ts'
import { PREVENTIVE_MINUTES_MAX, preventiveMinutes } from '../signals/preventive-time.ts'
import type { Signal } from '../signals/signal.ts'
import { dayOf } from '../time/delivery-day.ts'
import { slotAt, startOf } from '../time/slot.ts'
import { watts, type Power } from '../units.ts'
import type { LiveFleet } from './live-fleet.ts'
import { membersOf } from './subject.ts'

/** The minimum of one connection: its charge points by the registry, and what else its contract names. */
export function minimumOfSite(fleet: LiveFleet, site: Site): MinimumPower {
  const { control = 'ems', counting = 'each', devices = [] } = site.dimming ?? {}
  const here = (fleet.evsesBySite.get(site.id) ?? []).map((evse) => chargePoint(site, fleet.evses.get(evse)!.evse))
  return minimumPower([...here, ...devices], control, counting)
}

/** The sum that has to stay allowed of all a subject means, W; null where the rule says nothing of it: of a single phase and of a pool. */
export function legalMinimum(fleet: LiveFleet, subject: string): Power | null {
  const name = subject.slice(subject.indexOf(':') + 1)
  if (subject.startsWith('site:')) {
    const site = fleet.sites.get(name)
    return site === undefined ? null : minimumOfSite(fleet, site).power
  }
  const members = membersOf(fleet, subject)
  if (members === null) return null
  if (subject.startsWith('evse:')) {
    const { evse } = fleet.evses.get(members[0]!)!
    const site = fleet.sites.get(evse.site)
    return site === undefined ? null : minimumPower([chargePoint(site, evse)], 'direct', 'each').power
  }
  if (!subject.startsWith('area:')) return null
  const sites = new Set(members.map((evse) => fleet.evses.get(evse)!.evse.site))
  let sum = 0
  for (const id of sites) {
    const site = fleet.sites.get(id)
    if (site !== undefined) sum += minimumOfSite(fleet, site).power
  }
  return watts(sum)
}

/** Minutes in which a connection was dimmed by way of precaution in the day of its wall clock that an instant, epoch ms, lies in. */
export function preventiveMinutesToday(fleet: LiveFleet, site: Site, at: number): number {
  const day = dayOf(slotAt(at))
  const evses = (fleet.evsesBySite.get(site.id) ?? []).map((evse) => `evse:${evse}`)
  const subjects = [`site:${site.id}`, `area:${site.gridArea}`, `pool:${site.pool}`, ...evses]
  return preventiveMinutes(fleet.signals.preventive, subjects, startOf(day.first), at)
}

/** What a person should know of a limit that is obeyed as it was sent. `minimum` tells what has to be left to a subject, W, where that is known already. */
export function signalAlarms(
  fleet: LiveFleet,
  signal: Signal,
  at: number,
  minimum = (subject: string) => legalMinimum(fleet, subject),
): SignalView['alarms'] {
  if (signal.rank !== 'grid-limit') return []
  const { max } = signal
  const isBelow = (subject: string) => max !== null && max < (minimum(subject) ?? 0)
  const day = startOf(dayOf(slotAt(at)).first)
  const minutes = signal.isPreventive === true ? preventiveMinutes(fleet.signals.preventive, signal.subjects, day, at) : 0
  return [
    ...(signal.subjects.some(isBelow) ? (['limit_below_pmin14a'] as const) : []),
    ...(minutes > PREVENTIVE_MINUTES_MAX ? (['preventive_over_two_hours'] as const) : []),
  ]
}

function chargePoint(site: Site, { chargeMax }: Evse): ControlledDevice {
  return { kind: 'charge-point', power: chargeMax, isPublic: site.access === 'public' }
}
