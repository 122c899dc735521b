// One EVSE as screens and API show it: what it does, what was ordered, and why.
import { powerAt } from '../../domain/live/measured-power.ts'
import { boundsOf } from '../../domain/live/bounds.ts'
import { isConnected, liveOrder, openSession, type LiveEvse, type LiveFleet } from '../../domain/live/live-fleet.ts'
import { isMeterOff } from '../../domain/live/live-meter.ts'
import { storedEnergy } from '../../domain/live/stored-energy.ts'
import { orderedPower } from '../../domain/orders/order.ts'
import type { SessionId, StationId } from '../../domain/registry/identity.ts'
import type { StationLimit } from '../../domain/registry/station.ts'
import type { Plan } from '../../domain/planning/plan.ts'
import type { EvseView } from '../../domain/ports/answers/stations.ts'
import { watts } from '../../domain/units.ts'
import type { Troubles } from '../run/troubles.ts'
import { alarmsOf, limitAlarms, METER_OFF, socAlarms } from './alarms.ts'
import { guardAlarms } from './guard-alarms.ts'
import { explain } from './why.ts'

export interface EvseViewOptions {
  readonly fleet: LiveFleet
  /** Plans in force by session. */
  readonly plans: ReadonlyMap<SessionId, Plan>
  /** The limits a station runs into at present. */
  readonly limited: (station: StationId) => readonly StationLimit[]
  readonly localTime: (at: number) => string
  readonly troubles: Troubles
}

/** Views of EVSEs at an instant, epoch ms. A car that cannot be shown is shown as one; the others are not held up by it. */
export function evseViews(options: EvseViewOptions): (live: LiveEvse, at: number) => EvseView {
  return (live, at) => options.troubles.guard('views', () => knownView(options, live, at), null) ?? bareView(options.fleet, live)
}

function knownView({ fleet, plans, limited, localTime }: EvseViewOptions, live: LiveEvse, at: number): EvseView {
  const station = fleet.stations.get(live.evse.station)
  const session = openSession(fleet, live)
  const plan = session === null ? null : (plans.get(session.id) ?? null)
  const order = liveOrder(live, at)
  const stored = session === null ? null : storedEnergy(fleet, live, session)
  const bounds = session === null ? null : boundsOf(fleet, live, session, at)
  const connected = isConnected(fleet, live)
  return {
    evse: live.evse.id,
    station: live.evse.station,
    connected,
    dialect: station?.dialect ?? null,
    status: connected ? live.status : 'offline',
    session: session?.id ?? null,
    vehicle: session?.vehicle ?? null,
    bidirectional: session?.needs?.bidirectional ?? false,
    ordered: order === null ? null : orderedPower(order.content, at),
    measured: session === null ? null : powerAt(live, at),
    measuredAt: live.measuredAt,
    soc: stored?.soc ?? null,
    socEstimated: stored?.estimated ?? false,
    minimumSoc: session?.wish.minimumSoc ?? null,
    targetSoc: session?.wish.targetSoc ?? null,
    readyBy: session?.wish.readyBy ?? null,
    chargeMax: bounds?.max ?? live.evse.chargeMax,
    dischargeMax: watts(Math.min(0, bounds?.min ?? live.evse.dischargeMax)),
    why: session === null ? null : explain(fleet, live, session, plan, at, localTime),
    order:
      live.order === null ? null : { content: live.order.content, state: live.order.state, leaseUntil: live.order.leaseUntil },
    alarms: [
      ...alarmsOf(live, station, session, plan, at, localTime),
      ...socAlarms(live, session?.needs?.bidirectional ?? false),
      ...limitAlarms(limited(live.evse.station)),
      ...guardAlarms(fleet, live.evse.site, at, localTime),
      ...(isMeterOff(fleet, live.evse.id) ? [METER_OFF] : []),
    ],
  }
}

function bareView(fleet: LiveFleet, live: LiveEvse): EvseView {
  const station = fleet.stations.get(live.evse.station)
  const connected = isConnected(fleet, live)
  return {
    evse: live.evse.id,
    station: live.evse.station,
    connected,
    dialect: station?.dialect ?? null,
    status: connected ? live.status : 'offline',
    session: live.session,
    vehicle: null,
    bidirectional: false,
    ordered: null,
    measured: null,
    measuredAt: null,
    soc: null,
    socEstimated: false,
    minimumSoc: null,
    targetSoc: null,
    readyBy: null,
    chargeMax: live.evse.chargeMax,
    dischargeMax: watts(0),
    why: null,
    order: null,
    alarms: ['something about this car failed inside: it cannot be shown'],
  }
}
