// What kinds of stations there are, and how they stand.
export type OcppDialect = 'ocpp1.6' | 'ocpp2.0.1' | 'ocpp2.1'
/** How a station is spoken with: by itself, or through the energy manager it stands behind. */
export type StationDialect = OcppDialect | 'hems-mqtt'
/** What a station can do more often than is good for the others; it is slowed down then (F29). */
export type StationLimit = 'messages' | 'reconnects'
export type EvseStatus = 'available' | 'occupied' | 'reserved' | 'unavailable' | 'faulted'
/** What was told last of a connector; 0 is the EVSE as a whole. `at`, epoch ms: by its station. `heardAt`: by our clock. */
export interface ConnectorStatus {
  readonly connector: number
  readonly status: EvseStatus
  readonly at: number
  readonly heardAt: number
}
/** Why a station is set aside for a while: its meter shows something else than was ordered, it answers no order, or it takes none. */
export type QuarantineReason = 'deviates' | 'no-answer' | 'refuses'
