// Sums over the fleet, or over what one tenant has of it, taken in steps: ten thousand cars are not looked at in one go.
import { powerAt } from '../../domain/live/measured-power.ts'
import { boundsOf } from '../../domain/live/bounds.ts'
import { isConnected, liveOrder, openSession, type LiveEvse, type LiveFleet } from '../../domain/live/live-fleet.ts'
import { isReachable } from '../../domain/live/reachable.ts'
import { storedEnergy } from '../../domain/live/stored-energy.ts'
import { orderedPower } from '../../domain/dispatch/judge.ts'
import type { Asker } from '../../domain/registry/asker.ts'
import type { StationId } from '../../domain/registry/identity.ts'
import type { Session } from '../../domain/registry/session.ts'
import type { Bounds } from '../../domain/signals/envelope.ts'
import type { Energy } from '../../domain/units.ts'
import type { Troubles } from '../run/troubles.ts'
import type { Visibility } from './visibility.ts'

export interface FleetSums {
  readonly stationsConnected: number
  readonly stationsTotal: number
  readonly stationsLimited: number
  readonly carsPlugged: number
  readonly carsBidirectional: number
  /** W. */
  readonly ordered: number
  readonly measured: number
  readonly chargeMax: number
  /** At most 0. */
  readonly dischargeMax: number
  /** Wh. */
  readonly stored: number
}
export interface FleetSumsOptions {
  readonly fleet: LiveFleet
  readonly visible: Visibility
  readonly troubles: Troubles
  /** Whether a station runs into a limit at present. */
  readonly isLimited: (station: StationId) => boolean
}
/** A plugged car whose bounds and energy can be told. */
export interface PluggedCar {
  readonly live: LiveEvse
  readonly session: Session
  readonly bounds: Bounds
  readonly stored: Energy
}

/** The car at an EVSE at an instant, epoch ms; null where there is none, or one that cannot be understood: it counts nowhere. */
export function pluggedCar({ fleet, troubles }: FleetSumsOptions, live: LiveEvse, at: number): PluggedCar | null {
  const session = openSession(fleet, live)
  if (session === null) return null
  const look = () => ({
    live,
    session,
    bounds: boundsOf(fleet, live, session, at),
    stored: storedEnergy(fleet, live, session).energy,
  })
  return troubles.guard('views', look, null)
}

/** The sums at an instant, epoch ms, over everything an asker may know of. */
export function* fleetSums(options: FleetSumsOptions, asker: Asker, at: number): Generator<void, FleetSums> {
  const { fleet, visible, isLimited } = options
  const sums = {
    stationsConnected: 0,
    stationsTotal: 0,
    stationsLimited: 0,
    carsPlugged: 0,
    carsBidirectional: 0,
    ordered: 0,
    measured: 0,
    chargeMax: 0,
    dischargeMax: 0,
    stored: 0,
  }
  for (const [id, station] of Array.from(fleet.stations)) {
    if (!visible.station(asker, id)) continue
    sums.stationsTotal++
    if (station.connected) sums.stationsConnected++
    if (isLimited(id)) sums.stationsLimited++
    yield
  }
  for (const live of Array.from(fleet.evses.values())) {
    if (live.session !== null && visible.evse(asker, live.evse.id)) addCar(options, sums, live, at)
    yield
  }
  return sums
}

function addCar(
  options: FleetSumsOptions,
  sums: { -readonly [Sum in keyof FleetSums]: number },
  live: LiveEvse,
  at: number,
): void {
  const isHere = isConnected(options.fleet, live)
  if (isHere) {
    const order = liveOrder(live, at)
    if (order !== null) sums.ordered += orderedPower(order.content, at)
    sums.measured += powerAt(live, at) ?? 0
  }
  const car = pluggedCar(options, live, at)
  if (car === null) return
  sums.carsPlugged++
  sums.stored += car.stored
  if (car.bounds.min < 0) sums.carsBidirectional++
  // Who is not counted on offers nothing (F1, F32).
  if (!isReachable(options.fleet, live, car.session, at)) return
  sums.chargeMax += car.bounds.max
  sums.dischargeMax += Math.min(0, car.bounds.min)
}
