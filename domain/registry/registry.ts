// The registry: what exists and who may do what with it. Every relation is valid from and until an instant.
import type { ControlKind, ControlledDevice, CountingPolicy } from '../dimming/minimum-power.ts'
import type { SiteLimitation } from '../limitation/limitation-contract.ts'
import { inWatts, type Energy, type Power, type Price, type Soc } from '../units.ts'
import type { TokenSetting } from './token.ts'
import type { BalanceGroupId, DriverId, EvseId, PoolId, SiteId, StationId, TenantId, VehicleId } from './identity.ts'

/** Epoch milliseconds, half-open; `until` null means until further notice. */
export interface Validity {
  readonly from: number
  readonly until: number | null
}
export type ControlArea = '50Hertz' | 'Amprion' | 'TenneT' | 'TransnetBW'
export type Phase = 'L1' | 'L2' | 'L3'

/** One customer of the operator; owns pools, sites and users. */
export interface Tenant {
  readonly id: TenantId
  readonly name: string
}
/** Tenant x control area x product. */
export interface Pool {
  readonly id: PoolId
  readonly tenant: TenantId
  readonly controlArea: ControlArea
  readonly product: string
}
export interface BalanceGroup {
  readonly id: BalanceGroupId
  /** Energy Identification Code of 16 characters. */
  readonly eic: string
  readonly controlArea: ControlArea
  readonly responsibleParty: string
  readonly supplier: string
}
/** A grid connection with its phases and fuse. */
export interface Site {
  readonly id: SiteId
  readonly tenant: TenantId
  readonly pool: PoolId
  readonly balanceGroup: BalanceGroupId
  /** VNB code, transformer and feeder as one label. */
  readonly gridArea: string
  readonly phases: readonly Phase[]
  /** Rating of the main fuse per phase in ampere. */
  readonly fuseAmps: number
  /** Largest power the site may feed in, a positive number of watts. */
  readonly feedInMax: Power
  readonly access: 'private' | 'public'
  /** What its grid operator may dim (§14a EnWG) beside the charge points; left out: nothing else, and an energy manager shares out what is left. */
  readonly dimming?: DimmingContract | undefined
  /** Who may limit what it takes or gives while it runs (LPC, LPP), and what holds in silence; left out: nobody. */
  readonly limitation?: SiteLimitation | undefined
  /** By which names market partners know the connection or what can be controlled at it; left out: none. */
  readonly locations?: readonly SiteLocation[] | undefined
}
/** A network location (NeLo-ID, `E…`) or a controllable resource (SR-ID, `C…`) and which direction a power value for it bounds. */
export interface SiteLocation {
  readonly id: string
  readonly limits: 'consumption' | 'feed-in'
}
/** How a connection is dimmed, and what else of it may be. */
export interface DimmingContract {
  readonly control: ControlKind
  readonly counting: CountingPolicy
  /** Beside the EVSEs of the registry. */
  readonly devices: readonly ControlledDevice[]
}
export interface Evse {
  readonly id: EvseId
  readonly station: StationId
  readonly site: SiteId
  /** Connected phases in the order of the connector; empty when the rotation is unknown. */
  readonly phases: readonly Phase[]
  readonly chargeMin: Power
  readonly chargeMax: Power
  /** Largest discharge, at most 0. */
  readonly dischargeMax: Power
  /** Dates without which feeding in is not allowed: grid-code certificate, operator registration, market master data entry. */
  readonly gridCodeCertifiedAt: number | null
  readonly operatorRegisteredAt: number | null
  readonly masterDataRegisteredAt: number | null
}
/** One measured point: power at the grid, more than 0, and what share of it passes there, in (0, 1]. */
export interface MeasuredEfficiency {
  readonly power: Power
  readonly efficiency: number
}
/** What is known of a battery and its charger beyond capacity and one efficiency. Everything may be left out. */
export interface BatteryModel {
  /** Efficiency by power, one way each. */
  readonly charging?: readonly MeasuredEfficiency[] | undefined
  readonly discharging?: readonly MeasuredEfficiency[] | undefined
  /** Charging power falls from `power` at `fromSoc` to `powerAtFull`, both into the battery. */
  readonly taper?: { readonly fromSoc: Soc; readonly power: Power; readonly powerAtFull: Power } | undefined
  /** Lost in the battery while power is possible. */
  readonly standby?: Power | undefined
  /** Share lost by itself in a month of 30 days. */
  readonly selfDischargePerMonth?: number | undefined
  /** What it costs to hold a kWh above a state of charge for a day, ct; two levels at most. */
  readonly ageing?: readonly { readonly aboveSoc: Soc; readonly ctPerKWhDay: number }[] | undefined
}
export interface Vehicle {
  readonly id: VehicleId
  readonly tenant: TenantId
  readonly driver: DriverId
  readonly capacity: Energy
  /** One way, 0 to 1. */
  readonly efficiency: number
  /** Pseudonym of the token the car or its driver identifies with at a station. */
  readonly token: string
  /** Left out for a token that may be used without end. */
  readonly tokenSetting?: TokenSetting | undefined
  readonly v2x: 'bpt' | 'none'
  /** Whether the car tells its state of charge over the cable. */
  readonly socKnown: boolean
  /** What the driver uses on a usual day; the estimate for cars that hide their state of charge. */
  readonly usualDailyEnergy: Energy
  readonly standingWish: StandingWish
  /** What a kWh is worth to its driver that is missing when it leaves, by the contract; left out for the usual price. */
  readonly missingPrice?: Price | undefined
  /** Left out for a battery that is planned as a simple one. */
  readonly battery?: BatteryModel | undefined
}
/** What a driver wants on a usual day; local wall-clock time at the site. */
export interface StandingWish {
  /** Both left out where nobody told when the car is wanted: then it is forecast. */
  readonly readyByHour?: number | undefined
  readonly readyByMinute?: number | undefined
  readonly targetSoc: Soc
  readonly minimumSoc: Soc
}
export type ConsentPurpose = 'charge' | 'discharge' | 'reserve' | 'data'
export interface Consent extends Validity {
  readonly driver: DriverId
  readonly purposes: readonly ConsentPurpose[]
}

/** Everything the registry holds; small enough to be replaced as a whole. */
export interface Registry {
  readonly tenants: readonly Tenant[]
  readonly pools: readonly Pool[]
  readonly balanceGroups: readonly BalanceGroup[]
  readonly sites: readonly Site[]
  readonly evses: readonly Evse[]
  readonly vehicles: readonly Vehicle[]
  readonly consents: readonly Consent[]
}
export const EMPTY_REGISTRY: Registry = {
  tenants: [],
  pools: [],
  balanceGroups: [],
  sites: [],
  evses: [],
  vehicles: [],
  consents: [],
}

/** Whether a relation holds at an instant. */
export function isValid(of: Validity, at: number): boolean {
  return of.from <= at && (of.until === null || at < of.until)
}
/** Whether a driver has consented to a purpose at an instant; withdrawal is effective at once. */
export function hasConsent(registry: Registry, driver: DriverId, purpose: ConsentPurpose, at: number): boolean {
  const own = consentsOf(registry).get(driver) ?? []
  return own.some((consent) => consent.purposes.includes(purpose) && isValid(consent, at))
}

/** The consents of each registry by driver: a registry never changes, it is replaced. */
const consentsByDriver = new WeakMap<Registry, ReadonlyMap<DriverId, readonly Consent[]>>()

function consentsOf(registry: Registry): ReadonlyMap<DriverId, readonly Consent[]> {
  const known = consentsByDriver.get(registry)
  if (known !== undefined) return known
  const found = new Map<DriverId, Consent[]>()
  for (const consent of registry.consents) {
    const own = found.get(consent.driver)
    if (own === undefined) found.set(consent.driver, [consent])
    else own.push(consent)
  }
  consentsByDriver.set(registry, found)
  return found
}
/** Meters and ratings are not exact; beyond this much of its rating no EVSE takes or gives (F8). */
const RATING_MARGIN = 1.25

/**
 * The most an EVSE could take or give, W. Both directions may reach the larger rating: what a station may do is for orders to say, here only what it could
 * do counts.
 */
export function plausibleWatts({ chargeMax, dischargeMax }: Evse): number {
  return RATING_MARGIN * Math.max(inWatts(chargeMax), -inWatts(dischargeMax))
}
/** An EVSE may discharge only when all three registrations are dated in the past. */
export function mayFeedIn(evse: Evse, at: number): boolean {
  return [evse.gridCodeCertifiedAt, evse.operatorRegisteredAt, evse.masterDataRegisteredAt].every(
    (date) => date !== null && date <= at,
  )
}
