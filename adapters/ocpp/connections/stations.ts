// The stations this process knows, and those that are connected.
import type { WebSocket } from 'ws'
import type { StationId } from '../../../domain/registry/identity.ts'
import type { Link } from '../link.ts'
import type { StationRecord } from '../station-record.ts'

export interface Connection {
  readonly link: Link
  readonly socket: WebSocket
  /** Forgets its appointments. */
  readonly stop: () => void
}
export interface Stations {
  /** One a station. */
  readonly connections: Map<StationId, Connection>
  /** Only of stations that have a credential or that the core has accepted, so that the registry bounds it. */
  readonly records: Map<StationId, StationRecord>
}
