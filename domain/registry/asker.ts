// Whoever asks: their role, and whose things they may know of.
import { id, type TenantId, type VehicleId } from './identity.ts'

/** What somebody may do; `driver` is confined to some vehicles, `grid` to the signals it has sent. */
export const ROLES = ['viewer', 'dispatcher', 'driver', 'trader', 'grid', 'admin'] as const
export type Role = (typeof ROLES)[number]

export interface Asker {
  readonly name: string
  readonly role: Role
  /** Whose things can be known; null for the operator of the installation, who knows those of all tenants. */
  readonly tenant: TenantId | null
  /** Vehicles a driver may ask for; empty for other roles. */
  readonly vehicles: readonly string[]
}

/** Whoever asks without saying who they are: of no tenant, with no vehicle. */
export const STRANGER: Asker = { name: 'stranger', role: 'driver', tenant: id<TenantId>(''), vehicles: [] }
/** The process itself, where it asks in nobody's name. */
export const THE_PROCESS: Asker = { name: 'the process', role: 'admin', tenant: null, vehicles: [] }

/** Whether an asker may know of what belongs to a tenant; what belongs to nobody is known to the operator alone. */
export function isOfTenant(asker: Asker, tenant: TenantId | null | undefined): boolean {
  return asker.tenant === null || (tenant !== null && tenant !== undefined && asker.tenant === tenant)
}

/** Whether an asker may know of what a vehicle does; a driver only of the vehicles of their own. */
export function mayKnowVehicle(asker: Asker, vehicle: VehicleId | null): boolean {
  return asker.role !== 'driver' || (vehicle !== null && asker.vehicles.includes(vehicle))
}
