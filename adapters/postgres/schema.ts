// The tables as kysely sees them. Instants are epoch milliseconds here and `timestamptz` in the database; powers are watts, energies watt-hours.
import type { Generated } from 'kysely'

export interface Database {
  journal: JournalTable
  tenant: { id: string; name: string; position: number }
  pool: { id: string; tenant: string; control_area: string; product: string; position: number }
  balance_group: { id: string; eic: string; control_area: string; responsible_party: string; supplier: string; position: number }
  site: SiteTable
  evse: EvseTable
  vehicle: VehicleTable
  consent: { driver: string; purposes: string[]; valid_from: number; valid_until: number | null; position: number }
  session: SessionTable
  plan: PlanTable
  /** All readings, those from before the days too; to read only. */
  reading_all: ReadingTable
  /** Partitioned by the day of sampling. */
  reading_by_day: ReadingTable
  price_curve: PriceCurveTable
  price: { version: number; zone: string; market: string; slot: number; ct_per_mwh: number }
}
interface JournalTable {
  node: string
  sequence: number
  epoch: number
  at: number
  fact: unknown
  previous: string
  hash: string
}
interface SiteTable {
  id: string
  tenant: string
  pool: string
  balance_group: string
  grid_area: string
  phases: string[]
  fuse_amps: number
  feed_in_max_w: number
  access: string
  dimming: unknown
  limitation: unknown
  locations: unknown
  position: number
}
interface EvseTable {
  id: string
  station: string
  site: string
  phases: string[]
  charge_min_w: number
  charge_max_w: number
  discharge_max_w: number
  grid_code_certified_at: number | null
  operator_registered_at: number | null
  master_data_registered_at: number | null
  position: number
}
interface VehicleTable {
  id: string
  tenant: string
  driver: string
  capacity_wh: number
  efficiency: number
  token: string
  v2x: string
  soc_known: boolean
  usual_daily_wh: number
  ready_by_hour: number | null
  ready_by_minute: number | null
  target_soc: number
  minimum_soc: number
  missing_price: number | null
  battery: unknown
  token_setting: unknown
  position: number
}
interface SessionTable {
  id: string
  evse: string
  vehicle: string | null
  transaction: string
  started_at: number
  ended_at: number | null
  needs: unknown
  ready_by: number
  target_soc: number
  minimum_soc: number
  wish_by: string
  events_missed: number | null
}
interface PlanTable {
  /** Grows with every version saved. */
  version: Generated<number>
  session: string
  evse: string
  vehicle: string | null
  strategy: string
  issued_at: number
  first_slot: number
  power_w: number[]
  stored_wh: number[]
  cost_energy: number
  cost_wear: number
  cost_breaches: number
  cost_terminal: number
  shadow_price: number[]
  buy: (number | null)[]
  sell: (number | null)[]
  fee_regime: string
  breaches: unknown
  reasons: unknown
  degraded: boolean
  input_hash: string
  certificate: unknown
}
interface ReadingTable {
  evse: string
  transaction: string | null
  sampled_at: number
  arrived_at: number
  power_w: number | null
  imported_wh: number | null
  exported_wh: number | null
  soc: number | null
  phases_w: number[] | null
  quality: string
  origin: unknown
}
interface PriceCurveTable {
  version: Generated<number>
  zone: string
  market: string
  source: string
  location: string
  fetched_at: number
  digest: string
  first_slot: number
}
