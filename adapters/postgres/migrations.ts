// The steps that build the database, in code, so that every deployment carries its own. A step that has been released is never changed. A step only
// expands: the version before goes on beside it (F38), and it holds no table for long.
import { setTimeout as sleep } from 'node:timers/promises'
import { Migrator, sql, type Kysely, type Migration } from 'kysely'
import type { Database } from './schema.ts'
import { sqlState } from './sql-state.ts'

const migrations: Readonly<Record<string, Migration>> = {
  '0001-journal': { up: (db) => run(db, journal) },
  '0002-registry': { up: (db) => run(db, registry) },
  '0003-operation': { up: (db) => run(db, operation) },
  '0004-plan-certificate': { up: (db) => run(db, planCertificate) },
  '0005-battery': { up: (db) => run(db, battery) },
  '0006-session-pages': { up: (db) => run(db, sessionPages) },
  // Changed nothing that is needed and was withdrawn; databases that took it before know its name, and keep its key beside the new table.
  '0007-reading-content': { up: (db) => run(db, []) },
  '0008-readings-beside': { up: (db) => run(db, readingsBeside) },
  '0009-readings-by-day': { up: (db) => run(db, readingsByDay) },
  '0010-what-others-name': { up: (db) => run(db, whatOthersName) },
  '0011-token-setting': { up: (db) => run(db, tokenSetting) },
  '0012-as-told': { up: (db) => run(db, asTold) },
  '0013-dimming-contract': { up: (db) => run(db, dimmingContract) },
  '0014-limitation-contract': { up: (db) => run(db, limitationContract) },
  '0015-site-locations': { up: (db) => run(db, siteLocations) },
  '0016-departures-untold': { up: (db) => run(db, departuresUntold) },
}

/** A lock that others do not give up in time is asked for this often. */
const ATTEMPTS_MAX = 5
const PAUSE_MS = 500
const LOCK_NOT_AVAILABLE = '55P03'
/** One name for all readings is asked for this often, without waiting; else at the next start. */
const NAME_ATTEMPTS = 20
const NAME_PAUSE_MS = 50

/** The database answers, but refused to change its schema. */
export class StepFailed extends Error {}

/**
 * Brings the database to the newest step and returns the names of the steps taken; one that is newer already is left alone. Rejects with
 * `StepFailed` when a step fails, else with why the database does not answer; then none of this run was taken.
 */
export async function migrateToLatest(db: Kysely<Database>): Promise<readonly string[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      const steps = await attemptAll(db)
      await nameReadings(db)
      return steps
    } catch (error) {
      if (sqlState((error as Error).cause) !== LOCK_NOT_AVAILABLE || attempt === ATTEMPTS_MAX) throw error
      await sleep(PAUSE_MS)
    }
  }
}

async function attemptAll(db: Kysely<Database>): Promise<readonly string[]> {
  const taken = await stepsTaken(db)
  // Steps of a newer version may be there as well: they leave what this version needs (F38).
  if (Object.keys(migrations).every((name) => taken.has(name))) return []
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve({ ...migrations }) } })
  const { error, results = [] } = await migrator.migrateToLatest()
  if (error === undefined) return results.map((result) => result.migrationName)
  const step = results.find(({ status }) => status === 'Error')?.migrationName
  const reason = error instanceof Error ? error.message : String(error)
  if (isAway(error)) throw error
  throw new StepFailed(step === undefined ? reason : `${step}: ${reason}`, { cause: error })
}

/** Lets versions before see all readings under the name they know, as soon as nobody uses that table for a moment. Everything works without it, too. */
async function nameReadings(db: Kysely<Database>): Promise<void> {
  for (let attempt = 1; attempt <= NAME_ATTEMPTS; attempt++) {
    const { rows: known } = await sql<{ known: boolean }>`select to_regproc('name_readings') is not null as known`.execute(db)
    if (known[0]?.known !== true) return
    const { rows } = await sql<{ done: boolean }>`select name_readings() as done`.execute(db)
    if (rows[0]?.done === true) return
    await sleep(NAME_PAUSE_MS)
  }
}

async function stepsTaken(db: Kysely<Database>): Promise<ReadonlySet<string>> {
  const { rows: table } = await sql<{ known: boolean }>`select to_regclass('kysely_migration') is not null as known`.execute(db)
  if (table[0]?.known !== true) return new Set()
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db)
  return new Set(rows.map(({ name }) => name))
}

/** Whether the database cannot be asked: no state and no word about the steps, or a state of connecting, of rights, of resources or of its end. */
function isAway(error: unknown): boolean {
  const state = sqlState(error)
  if (state !== null) return /^(08|28|3D|53|57P)/.test(state)
  return !(error as Error).message.startsWith('corrupted migrations')
}

async function run(db: Kysely<unknown>, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

// The copy of the journal can only grow, also for whoever has the password of the application.
const journal = [
  `create table journal (
     node text not null,
     sequence bigint not null check (sequence > 0),
     epoch integer not null,
     at timestamptz not null,
     fact jsonb not null,
     previous text not null check (length(previous) = 64),
     hash text not null check (length(hash) = 64),
     primary key (node, sequence))`,
  `create index journal_by_kind on journal ((fact ->> 'kind'), at)`,
  `create function refuse_change() returns trigger language plpgsql as
     $$ begin raise exception 'the journal is append-only'; end $$`,
  `create trigger journal_is_append_only before update or delete or truncate on journal execute function refuse_change()`,
]

const registry = [
  `create table tenant (id text primary key, name text not null, position integer not null)`,
  `create table pool (
     id text primary key,
     tenant text not null references tenant,
     control_area text not null,
     product text not null,
     position integer not null)`,
  `create table balance_group (
     id text primary key,
     eic text not null,
     control_area text not null,
     responsible_party text not null,
     supplier text not null,
     position integer not null)`,
  `create table site (
     id text primary key,
     tenant text not null references tenant,
     pool text not null references pool,
     balance_group text not null references balance_group,
     grid_area text not null,
     phases text[] not null,
     fuse_amps double precision not null,
     feed_in_max_w bigint not null,
     access text not null check (access in ('private', 'public')),
     position integer not null)`,
  `create table evse (
     id text primary key,
     station text not null,
     site text not null references site,
     phases text[] not null,
     charge_min_w bigint not null,
     charge_max_w bigint not null,
     discharge_max_w bigint not null check (discharge_max_w <= 0),
     grid_code_certified_at timestamptz,
     operator_registered_at timestamptz,
     master_data_registered_at timestamptz,
     position integer not null)`,
  `create table vehicle (
     id text primary key,
     tenant text not null references tenant,
     driver text not null,
     capacity_wh double precision not null,
     efficiency double precision not null,
     token text not null,
     v2x text not null check (v2x in ('bpt', 'none')),
     soc_known boolean not null,
     usual_daily_wh double precision not null,
     ready_by_hour integer not null,
     ready_by_minute integer not null,
     target_soc double precision not null,
     minimum_soc double precision not null,
     position integer not null)`,
  `create table consent (
     driver text not null,
     purposes text[] not null,
     valid_from timestamptz not null,
     valid_until timestamptz check (valid_until >= valid_from),
     position integer primary key)`,
  `create index consent_by_driver on consent (driver, valid_from)`,
]

// No references into the registry: what happened stays when a site or a car leaves. Readings hold any number a meter may report.
const operation = [
  `create table session (
     id text primary key,
     evse text not null,
     vehicle text,
     transaction text not null,
     started_at timestamptz not null,
     ended_at timestamptz,
     needs jsonb,
     ready_by timestamptz not null,
     target_soc double precision not null,
     minimum_soc double precision not null,
     wish_by text not null)`,
  `create index session_by_start on session (started_at desc)`,
  `create table plan (
     version bigint generated by default as identity primary key,
     session text not null,
     evse text not null,
     vehicle text,
     strategy text not null,
     issued_at timestamptz not null,
     first_slot integer not null,
     power_w integer[] not null,
     stored_wh double precision[] not null,
     cost_energy double precision not null,
     cost_wear double precision not null,
     cost_breaches double precision not null,
     cost_terminal double precision not null,
     shadow_price double precision[] not null,
     buy double precision[] not null,
     sell double precision[] not null,
     fee_regime text not null,
     breaches jsonb not null,
     reasons jsonb,
     degraded boolean not null,
     input_hash text not null,
     unique (session, issued_at, input_hash))`,
  `create table reading (
     evse text not null,
     sampled_at timestamptz not null,
     transaction text,
     arrived_at timestamptz not null,
     power_w double precision,
     imported_wh double precision,
     exported_wh double precision,
     soc double precision,
     phases_w double precision[],
     quality text not null,
     unique nulls not distinct (evse, sampled_at, transaction))`,
  `create table price_curve (
     version bigint generated by default as identity primary key,
     zone text not null,
     market text not null,
     source text not null,
     location text not null,
     fetched_at timestamptz not null,
     digest text not null,
     first_slot integer not null,
     unique (zone, market, source, location, fetched_at, digest, first_slot))`,
  `create table price (
     version bigint not null references price_curve,
     zone text not null,
     market text not null,
     slot integer not null,
     ct_per_mwh double precision not null,
     primary key (zone, market, slot, version))`,
]

// Plans of before have none; what they were worth then is not known any more.
const planCertificate = [`alter table plan add column certificate jsonb`]

// What is known of a battery beyond its capacity; null for most.
const battery = [`alter table vehicle add column battery jsonb`]

// A page begins behind a session, not behind a number of them; what is still open or ended late is found without reading all that is over.
const sessionPages = [
  `create index session_by_start_and_id on session (started_at desc, id collate "C" desc)`,
  `drop index session_by_start`,
  `create index session_by_end on session (ended_at)`,
]

// Two readings of one instant that say different things are two: another context, the register apart from the power, a value that was corrected. The
// first of an instant stays under the key that versions before name in `on conflict`; the others stand beside it, and whoever reads `reading` sees both.
const readingsBeside = [
  `create table reading_beside (
     unique nulls not distinct (evse, sampled_at, transaction, imported_wh, exported_wh, power_w, soc)) inherits (reading)`,
]

// Readings by day of sampling, each once by all it says; what no day was made for is in the table of odd days. The table before stays as it is, with
// what it has. Views follow a table whatever it is called, so `reading_all` and `reading_before` hold before and after the change of names. That change
// waits for nobody: it happens only when the lock is free at once. From then on the name versions before know is a view of all readings, and what they
// insert there goes into the days.
const readingsByDay = [
  `create table reading_by_day (
     evse text not null,
     sampled_at timestamptz not null,
     transaction text,
     arrived_at timestamptz not null,
     power_w double precision,
     imported_wh double precision,
     exported_wh double precision,
     soc double precision,
     phases_w double precision[],
     quality text not null,
     unique nulls not distinct (evse, sampled_at, transaction, imported_wh, exported_wh, power_w, soc)) partition by range (sampled_at)`,
  `create table reading_odd_day partition of reading_by_day default`,
  `create view reading_before as
     select evse, sampled_at, transaction, arrived_at, power_w, imported_wh, exported_wh, soc, phases_w, quality from reading`,
  `create view reading_all as select * from reading_before union all select * from reading_by_day`,
  `create function reading_into_day() returns trigger language plpgsql as $$
     begin
       insert into reading_by_day select new.* where not exists (
         select from reading_before as known where (known.evse, known.sampled_at) = (new.evse, new.sampled_at)
           and (known.transaction, known.imported_wh, known.exported_wh, known.power_w, known.soc)
             is not distinct from (new.transaction, new.imported_wh, new.exported_wh, new.power_w, new.soc))
         on conflict do nothing;
       return case when found then new end;
     end $$`,
  `create function name_readings() returns boolean language plpgsql as $$
     begin
       if (select relkind = 'v' from pg_class where oid = 'reading'::regclass) then return true; end if;
       begin
         lock table reading in access exclusive mode nowait;
       exception when lock_not_available then return false;
       end;
       alter table reading rename to reading_until_days;
       create view reading as select * from reading_all;
       create trigger reading_into_day instead of insert on reading for each row execute function reading_into_day();
       return true;
     end $$`,
]

// A registry is replaced as a whole: whatever is deleted is looked for among those that name it. Curves are listed newest first.
const whatOthersName = [
  `create index pool_by_tenant on pool (tenant)`,
  `create index site_by_tenant on site (tenant)`,
  `create index site_by_pool on site (pool)`,
  `create index site_by_balance_group on site (balance_group)`,
  `create index evse_by_site on evse (site)`,
  `create index vehicle_by_tenant on vehicle (tenant)`,
  `create index price_curve_newest on price_curve (zone, market, fetched_at desc, version desc)`,
]

// What is set for a token beyond its being known; null for most.
const tokenSetting = [`alter table vehicle add column token_setting jsonb`]

// How readings were told, and how many events of a session never came; null for most, and no row is touched.
const asTold = [
  `alter table session add column events_missed integer`,
  `alter table reading_by_day add column origin jsonb`,
  `create or replace view reading_all as
     select *, null::jsonb as origin from reading_before union all select * from reading_by_day`,
]

// What a grid operator may dim at a connection beside its charge points.
const dimmingContract = [`alter table site add column dimming jsonb`]

// Who may limit what a connection takes or gives (LPC, LPP).
const limitationContract = [`alter table site add column limitation jsonb`]
// By which names market partners know a connection.
const siteLocations = [`alter table site add column locations jsonb`]

// Who never told when the car is wanted, and what a kWh is worth then that is missing; null for the usual price.
const departuresUntold = [
  `alter table vehicle alter column ready_by_hour drop not null`,
  `alter table vehicle alter column ready_by_minute drop not null`,
  `alter table vehicle add column missing_price double precision`,
]
