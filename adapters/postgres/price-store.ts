// Day-ahead prices: every version is kept with where it came from; for each slot the newest one that has a price counts.
import type { Kysely } from 'kysely'
import { rowsAtMost, type PriceStore } from '../../domain/ports/stores.ts'
import type { Price } from '../../domain/units.ts'
import { series } from '../../domain/time/series.ts'
import { bulkInsert } from './bulk-insert.ts'
import { instant } from './instant.ts'
import type { Database } from './schema.ts'

/** Prices by zone, market and slot with every version. */
export function priceStore(db: Kysely<Database>): PriceStore {
  return {
    async save({ zone, market, prices, provenance }) {
      await db.transaction().execute(async (transaction) => {
        const { source, location, fetchedAt, digest } = provenance
        const curve = { zone, market, source, location, fetched_at: instant(fetchedAt), digest, first_slot: prices.first }
        // A curve that comes twice keeps its version; the update that changes nothing makes the database tell it.
        const { version } = await transaction
          .insertInto('price_curve')
          .values(curve)
          .onConflict((conflict) => conflict.columns(CURVE_KEY).doUpdateSet({ digest }))
          .returning('version')
          .executeTakeFirstOrThrow()
        const known = prices.values.flatMap((price, i) =>
          price === null ? [] : [{ version, zone, market, slot: prices.first + i, ct_per_mwh: price }],
        )
        await bulkInsert(transaction, 'price', PRICE, known, 'on conflict do nothing')
      })
    },
    async prices(zone, market, from, until) {
      const rows = await db
        .selectFrom('price')
        .innerJoin('price_curve', 'price_curve.version', 'price.version')
        .distinctOn('price.slot')
        .select(['price.slot', 'price.ct_per_mwh'])
        .where('price.zone', '=', zone)
        .where('price.market', '=', market)
        .where('price.slot', '>=', from)
        .where('price.slot', '<', until)
        .orderBy('price.slot')
        .orderBy('price_curve.fetched_at', 'desc')
        .orderBy('price.version', 'desc')
        .execute()
      const values = Array.from({ length: Math.max(0, until - from) }, (): Price | null => null)
      for (const { slot, ct_per_mwh } of rows) values[slot - from] = ct_per_mwh as Price
      return series(from, values)
    },
    async sources(zone, market, limit) {
      const rows = await db
        .selectFrom('price_curve')
        .select(['source', 'location', 'fetched_at', 'digest'])
        .where('zone', '=', zone)
        .where('market', '=', market)
        .orderBy('fetched_at', 'desc')
        .orderBy('version', 'desc')
        .limit(rowsAtMost(limit))
        .execute()
      return rows.map(({ source, location, fetched_at, digest }) => ({ source, location, fetchedAt: fetched_at, digest }))
    },
  }
}

const CURVE_KEY = ['zone', 'market', 'source', 'location', 'fetched_at', 'digest', 'first_slot'] as const
const PRICE = { version: 'bigint', zone: 'text', market: 'text', slot: 'integer', ct_per_mwh: 'double precision' } as const
