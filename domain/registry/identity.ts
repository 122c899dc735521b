// Names of things in the registry; each kind has a type of its own, so that no two can be mixed up.

type Id<Kind extends string> = string & { readonly __id: Kind }
export type TenantId = Id<'tenant'>
export type PoolId = Id<'pool'>
export type BalanceGroupId = Id<'balance-group'>
export type SiteId = Id<'site'>
/** OCPP identity of a charging station. */
export type StationId = Id<'station'>
/** One EVSE of a station, written `station/1`. */
export type EvseId = Id<'evse'>
export type VehicleId = Id<'vehicle'>
/** Pseudonym of a driver; no personal data. */
export type DriverId = Id<'driver'>
export type SessionId = Id<'session'>
export type OrderId = Id<'order'>

/** Gives a text its kind; the caller has checked it. */
export function id<Kind extends Id<string>>(text: string): Kind {
  return text as Kind
}
/** Name of an EVSE by its number on the station, from 1. */
export function evseId(station: StationId, evse: number): EvseId {
  return id<EvseId>(`${station}/${evse}`)
}
/** The station of an EVSE. */
export function stationOf(evse: EvseId): StationId {
  return id<StationId>(evse.slice(0, evse.lastIndexOf('/')))
}
/** Number of an EVSE on its station. */
export function evseNumber(evse: EvseId): number {
  return Number(evse.slice(evse.lastIndexOf('/') + 1))
}
