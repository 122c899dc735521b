// An EVSE has a connector for each kind of cable, and one car: how it stands follows from what its connectors tell.
import type { ConnectorStatus, EvseStatus } from '../registry/station.ts'

/** Connectors of an EVSE that are kept; no EVSE has more. */
export const CONNECTORS_MAX = 16
/** What stands first says how the EVSE stands: it is free when all its connectors are. */
const ORDER: readonly EvseStatus[] = ['occupied', 'faulted', 'unavailable', 'reserved', 'available']

/** How an EVSE stands by itself; null where nothing was told. A word about all of it counts until a connector tells something newer. */
export function standing(connectors: readonly ConnectorStatus[]): EvseStatus | null {
  const whole = connectors.find(({ connector }) => connector === 0)
  const told = connectors.filter(({ connector, heardAt }) => connector > 0 && (whole === undefined || heardAt > whole.heardAt))
  const all = whole === undefined ? told : [...told, whole]
  if (told.some(({ status }) => status === 'occupied')) return 'occupied'
  if (whole !== undefined && told.length === 0) return whole.status
  return ORDER.find((one) => all.some(({ status }) => status === one)) ?? null
}

/** The connectors with what one of them tells now. */
export function withConnector(connectors: readonly ConnectorStatus[], told: ConnectorStatus): readonly ConnectorStatus[] {
  return [...connectors.filter(({ connector }) => connector !== told.connector), told].sort((a, b) => a.connector - b.connector)
}

/** Whether all connectors have told since an instant that they are free: they are numbered from 1 without gaps, so there are as many as the highest number. */
export function areAllFree(connectors: readonly ConnectorStatus[], since: number): boolean {
  const own = connectors.filter(({ connector }) => connector > 0)
  const highest = Math.max(0, ...own.map(({ connector }) => connector))
  return own.length === highest && own.every(({ status, at }) => status === 'available' && at >= since)
}
