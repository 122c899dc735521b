// Plans: every version is kept, one row each with an array a quantity, which is several times cheaper than a row a slot.
import type { Kysely } from 'kysely'
import { rowsAtMost, type PlanStore } from '../../domain/ports/stores.ts'
import type { Plan } from '../../domain/planning/plan.ts'
import { series } from '../../domain/time/series.ts'
import { slot } from '../../domain/time/slot.ts'
import { bulkInsert, type Columns } from './bulk-insert.ts'
import type { Database } from './schema.ts'

type Row = Omit<Database['plan'], 'version'>
const COLUMNS = {
  session: 'text',
  evse: 'text',
  vehicle: 'text',
  strategy: 'text',
  issued_at: 'instant',
  first_slot: 'integer',
  power_w: 'integer[]',
  stored_wh: 'double precision[]',
  cost_energy: 'double precision',
  cost_wear: 'double precision',
  cost_breaches: 'double precision',
  cost_terminal: 'double precision',
  shadow_price: 'double precision[]',
  buy: 'double precision[]',
  sell: 'double precision[]',
  fee_regime: 'text',
  breaches: 'jsonb',
  reasons: 'jsonb',
  degraded: 'boolean',
  input_hash: 'text',
  certificate: 'jsonb',
} satisfies Columns<keyof Row>

/** A plan has hundreds of numbers: writing down more of them would hold the event loop for too long. */
const PLANS_PER_STATEMENT = 50

/** Plans by version, one array a vehicle. */
export function planStore(db: Kysely<Database>): PlanStore {
  async function history(session: string, limit: number): Promise<readonly Plan[]> {
    const rows = await db
      .selectFrom('plan')
      .selectAll()
      .where('session', '=', session)
      .orderBy('issued_at', 'desc')
      .orderBy('version', 'desc')
      .limit(rowsAtMost(limit))
      .execute()
    return rows.map(fromRow)
  }
  return {
    async save(plans) {
      // The same plan saved again (a repeated attempt) is no new row, but it is the last one: it moves to the end.
      const last = new Map<string, Plan>()
      for (const plan of plans) {
        const key = `${plan.session} ${plan.issuedAt} ${plan.inputHash}`
        last.delete(key)
        last.set(key, plan)
      }
      const distinct = [...last.values()]
      for (let from = 0; from < distinct.length; from += PLANS_PER_STATEMENT)
        await bulkInsert(
          db,
          'plan',
          COLUMNS,
          distinct.slice(from, from + PLANS_PER_STATEMENT).map(toRow),
          'on conflict (session, issued_at, input_hash) do update set version = excluded.version',
        )
    },
    async latest(session) {
      return (await history(session, 1))[0] ?? null
    },
    history,
  }
}

function toRow(plan: Plan): Row {
  return {
    session: plan.session,
    evse: plan.evse,
    vehicle: plan.vehicle,
    strategy: plan.strategy,
    issued_at: plan.issuedAt,
    first_slot: plan.power.first,
    power_w: [...plan.power.values],
    stored_wh: [...plan.stored],
    cost_energy: plan.objective.energy,
    cost_wear: plan.objective.wear,
    cost_breaches: plan.objective.breaches,
    cost_terminal: plan.objective.terminal,
    shadow_price: [...plan.shadowPrice],
    buy: [...plan.buy],
    sell: [...plan.sell],
    fee_regime: plan.feeRegime,
    breaches: plan.breaches,
    reasons: plan.reasons ?? null,
    degraded: plan.degraded,
    input_hash: plan.inputHash,
    certificate: plan.certificate,
  }
}

function fromRow(row: Row): Plan {
  return {
    session: row.session,
    evse: row.evse,
    vehicle: row.vehicle,
    strategy: row.strategy,
    issuedAt: row.issued_at,
    power: series(slot(row.first_slot), row.power_w),
    stored: row.stored_wh,
    objective: {
      energy: row.cost_energy,
      wear: row.cost_wear,
      breaches: row.cost_breaches,
      terminal: row.cost_terminal,
    },
    shadowPrice: row.shadow_price,
    buy: row.buy,
    sell: row.sell,
    feeRegime: row.fee_regime,
    breaches: row.breaches,
    ...(row.reasons === null ? {} : { reasons: row.reasons }),
    degraded: row.degraded,
    inputHash: row.input_hash,
    certificate: row.certificate,
  } as unknown as Plan
}
