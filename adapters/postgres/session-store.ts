// Sessions, one row each, replaced when something about them changes.
import { sql, type Kysely } from 'kysely'
import { rowsAtMost, type SessionStore } from '../../domain/ports/stores.ts'
import type { Session } from '../../domain/registry/session.ts'
import { instant } from './instant.ts'
import { bulkInsert, type Columns } from './bulk-insert.ts'
import type { Database } from './schema.ts'

type Row = Database['session']
const COLUMNS = {
  id: 'text',
  evse: 'text',
  vehicle: 'text',
  transaction: 'text',
  started_at: 'instant',
  ended_at: 'instant',
  needs: 'jsonb',
  ready_by: 'instant',
  target_soc: 'double precision',
  minimum_soc: 'double precision',
  wish_by: 'text',
  events_missed: 'integer',
} satisfies Columns<keyof Row>
const REPLACE = Object.keys(COLUMNS)
  .filter((name) => name !== 'id')
  .map((name) => `${name} = excluded.${name}`)
  .join(', ')

/** Sessions by id, newest state only. */
export function sessionStore(db: Kysely<Database>): SessionStore {
  return {
    async save(sessions) {
      // One statement must not touch a row twice: the last state of each counts.
      const last = [...new Map(sessions.map((session) => [session.id, session])).values()]
      await bulkInsert(db, 'session', COLUMNS, last.map(toRow), `on conflict (id) do update set ${REPLACE}`)
    },
    async find(session) {
      const row = await db.selectFrom('session').selectAll().where('id', '=', session).executeTakeFirst()
      return row === undefined ? null : fromRow(row)
    },
    async findAll(sessions) {
      const rows = await db
        .selectFrom('session')
        .selectAll()
        .where(sql<boolean>`id = any(${[...sessions]}::text[])`)
        .execute()
      return rows.map(fromRow)
    },
    async list(from, until, limit, after = null) {
      const rows = await db
        .selectFrom('session')
        .selectAll()
        .where('started_at', '<', instant(until))
        .where((where) => where.or([where('ended_at', 'is', null), where('ended_at', '>', instant(from))]))
        .$if(after !== null, (query) =>
          query.where(sql<boolean>`(started_at, id collate "C") < (${instant(after!.startedAt)}, ${after!.id})`),
        )
        .orderBy('started_at', 'desc')
        .orderBy(sql`id collate "C"`, 'desc')
        .limit(rowsAtMost(limit))
        .execute()
      return rows.map(fromRow)
    },
  }
}

function toRow(session: Session): Row {
  const { id, evse, vehicle, transaction, startedAt, endedAt, needs, wish } = session
  return {
    id,
    evse,
    vehicle,
    transaction,
    started_at: startedAt,
    ended_at: endedAt,
    needs,
    ready_by: wish.readyBy,
    target_soc: wish.targetSoc,
    minimum_soc: wish.minimumSoc,
    wish_by: wish.by,
    events_missed: session.eventsMissed ?? null,
  }
}

function fromRow(row: Row): Session {
  return {
    id: row.id,
    evse: row.evse,
    vehicle: row.vehicle,
    transaction: row.transaction,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    needs: row.needs,
    wish: { readyBy: row.ready_by, targetSoc: row.target_soc, minimumSoc: row.minimum_soc, by: row.wish_by },
    ...(row.events_missed === null ? {} : { eventsMissed: row.events_missed }),
  } as unknown as Session
}
