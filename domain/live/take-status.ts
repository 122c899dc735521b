// How a connector stands, and what that says about the session at its EVSE.
import type { Fact } from '../facts/fact.ts'
import { evseId } from '../registry/identity.ts'
import type { Session } from '../registry/session.ts'
import type { ConnectorStatus, EvseStatus } from '../registry/station.ts'
import { areAllFree, CONNECTORS_MAX, standing, withConnector } from './connectors.ts'
import { ACCEPTED, trusted, type Clocked, type Decision } from './decision.ts'
import { openSession, type LiveEvse, type LiveFleet } from './live-fleet.ts'
import { inferredEnd } from './sessions-at.ts'

type StatusEvent = Clocked<'status'>
const NOTHING: Decision = { facts: [], reply: ACCEPTED }

/** Statuses are not kept by stations that have no link: what comes out of order does so within this time. */
const OUT_OF_ORDER_MS = 600_000
/** Stations write some instants in whole seconds. */
const WHOLE_SECONDS_MS = 5_000

/** Takes a status. A connector that is free again has no car: what is still open there ended unseen (F6). EVSE 0 is the station. */
export function takeStatus(fleet: LiveFleet, event: StatusEvent): Decision {
  if (event.evse === 0) return takeStationStatus(fleet, event)
  const live = fleet.evses.get(evseId(event.station, event.evse))
  const { connector = 0, status, receivedAt } = event
  if (live === undefined || connector > CONNECTORS_MAX) return NOTHING
  const told: ConnectorStatus = { connector, status, at: trusted(event.at, receivedAt), heardAt: receivedAt }
  const before = live.connectors.find((one) => one.connector === connector)
  if (before !== undefined && told.at < before.at && receivedAt - before.heardAt < OUT_OF_ORDER_MS) return NOTHING
  const connectors = withConnector(live.connectors, told)
  const open = openSession(fleet, live)
  const hasEnded = open !== null && isFreed(live, open, connectors, told)
  const stands = statusOf(open === null || hasEnded ? null : { live, open }, connectors, status)
  const isNews = before === undefined || before.status !== status || (open !== null && before.at < startOf(live, open))
  if (!isNews && !hasEnded && live.status === stands) return NOTHING
  const facts: Fact[] = hasEnded ? [inferredEnd(open, told.at, 'the connector is free')] : []
  facts.push({ kind: 'evse-status', evse: live.evse.id, status: stands, detail: event.detail, connector: told })
  return { facts, reply: ACCEPTED }
}

function takeStationStatus(fleet: LiveFleet, { station, status, detail }: StatusEvent): Decision {
  if (fleet.stations.get(station)?.status === status) return NOTHING
  return { facts: [{ kind: 'station-status', station, status, detail }], reply: ACCEPTED }
}

/** With a car an EVSE is taken, however its other connectors stand; what is wrong with the car's own connector is told. */
function statusOf(
  taken: { readonly live: LiveEvse; readonly open: Session } | null,
  connectors: readonly ConnectorStatus[],
  told: EvseStatus,
): EvseStatus {
  if (taken === null) return standing(connectors) ?? told
  const own = ownConnector(taken.open, connectors)
  return own === undefined || own.at < startOf(taken.live, taken.open) || own.status === 'available' ? 'occupied' : own.status
}

/** Whether the place of the car is free, told later than anything its transaction told. */
function isFreed(live: LiveEvse, open: Session, connectors: readonly ConnectorStatus[], told: ConnectorStatus): boolean {
  const since = startOf(live, open)
  if (told.status !== 'available' || told.at < since) return false
  if (live.aliveAt !== null && told.at < live.aliveAt - WHOLE_SECONDS_MS) return false
  if (told.connector === 0) return true
  const own = ownConnector(open, connectors)
  return own === undefined ? areAllFree(connectors, since) : own.connector === told.connector
}

/** The connector a car hangs on: as told, else the only one there is. */
function ownConnector({ connector }: Session, connectors: readonly ConnectorStatus[]): ConnectorStatus | undefined {
  if (connector !== undefined) return connectors.find((one) => one.connector === connector)
  return connectors.length === 1 && connectors[0]!.connector <= 1 ? connectors[0] : undefined
}

/** When the open session began, by our clock as it stands. */
function startOf(live: LiveEvse, open: Session): number {
  return live.pluggedAt ?? open.startedAt
}
