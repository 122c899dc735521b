// The registry in real tables, one a kind of thing, replaced as a whole in one transaction.
import type { Kysely } from 'kysely'
import type { RegistryStore } from '../../domain/ports/stores.ts'
import type { BalanceGroup, Consent, Evse, Pool, Registry, Site, Tenant, Vehicle } from '../../domain/registry/registry.ts'
import { bulkInsert, type Columns } from './bulk-insert.ts'
import type { Database } from './schema.ts'

/** Those that others refer to come first. `position` keeps the order in which things were listed. */
const TABLES = ['tenant', 'pool', 'balance_group', 'site', 'evse', 'vehicle', 'consent'] as const

/** The registry in tables of its own. */
export function registryStore(db: Kysely<Database>): RegistryStore {
  return {
    async save(registry) {
      const rows = toRows(registry)
      await db.transaction().execute(async (transaction) => {
        for (const table of TABLES.toReversed()) await transaction.deleteFrom(table).execute()
        for (const table of TABLES)
          await bulkInsert<string>(
            transaction,
            table,
            { ...COLUMNS[table], position: 'integer' },
            rows[table].map((row, position) => ({ ...row, position })),
          )
      })
    },
    load: () =>
      // One instant for all tables: a registry that is being replaced is seen before or after, never between.
      db
        .transaction()
        .setIsolationLevel('repeatable read')
        .execute(async (transaction) => {
          const all = <Table extends (typeof TABLES)[number]>(table: Table) =>
            transaction
              .selectFrom(table as 'tenant')
              .selectAll()
              .orderBy('position')
              .execute() as unknown as Promise<readonly Database[Table][]>
          return {
            tenants: (await all('tenant')).map(({ id, name }) => ({ id, name }) as Tenant),
            pools: (await all('pool')).map(toPool),
            balanceGroups: (await all('balance_group')).map(toBalanceGroup),
            sites: (await all('site')).map(toSite),
            evses: (await all('evse')).map(toEvse),
            vehicles: (await all('vehicle')).map(toVehicle),
            consents: (await all('consent')).map(toConsent),
          }
        }),
  }
}

const COLUMNS = {
  tenant: { id: 'text', name: 'text' },
  pool: { id: 'text', tenant: 'text', control_area: 'text', product: 'text' },
  balance_group: { id: 'text', eic: 'text', control_area: 'text', responsible_party: 'text', supplier: 'text' },
  site: {
    id: 'text',
    tenant: 'text',
    pool: 'text',
    balance_group: 'text',
    grid_area: 'text',
    phases: 'text[]',
    fuse_amps: 'double precision',
    feed_in_max_w: 'bigint',
    access: 'text',
    dimming: 'jsonb',
    limitation: 'jsonb',
    locations: 'jsonb',
  },
  evse: {
    id: 'text',
    station: 'text',
    site: 'text',
    phases: 'text[]',
    charge_min_w: 'bigint',
    charge_max_w: 'bigint',
    discharge_max_w: 'bigint',
    grid_code_certified_at: 'instant',
    operator_registered_at: 'instant',
    master_data_registered_at: 'instant',
  },
  vehicle: {
    id: 'text',
    tenant: 'text',
    driver: 'text',
    capacity_wh: 'double precision',
    efficiency: 'double precision',
    token: 'text',
    v2x: 'text',
    soc_known: 'boolean',
    usual_daily_wh: 'double precision',
    ready_by_hour: 'integer',
    ready_by_minute: 'integer',
    target_soc: 'double precision',
    minimum_soc: 'double precision',
    missing_price: 'double precision',
    battery: 'jsonb',
    token_setting: 'jsonb',
  },
  consent: { driver: 'text', purposes: 'text[]', valid_from: 'instant', valid_until: 'instant' },
} satisfies { [Table in (typeof TABLES)[number]]: Columns<Exclude<keyof Database[Table] & string, 'position'>> }

type Rows = { readonly [Table in (typeof TABLES)[number]]: readonly Omit<Database[Table], 'position'>[] }

function toRows(registry: Registry): Rows {
  return {
    tenant: registry.tenants.map(({ id, name }) => ({ id, name })),
    pool: registry.pools.map(({ id, tenant, controlArea, product }) => ({ id, tenant, control_area: controlArea, product })),
    balance_group: registry.balanceGroups.map(({ id, eic, controlArea, responsibleParty, supplier }) => ({
      id,
      eic,
      control_area: controlArea,
      responsible_party: responsibleParty,
      supplier,
    })),
    site: registry.sites.map((site) => ({
      id: site.id,
      tenant: site.tenant,
      pool: site.pool,
      balance_group: site.balanceGroup,
      grid_area: site.gridArea,
      phases: [...site.phases],
      fuse_amps: site.fuseAmps,
      feed_in_max_w: site.feedInMax,
      access: site.access,
      dimming: site.dimming ?? null,
      limitation: site.limitation ?? null,
      locations: site.locations ?? null,
    })),
    evse: registry.evses.map((evse) => ({
      id: evse.id,
      station: evse.station,
      site: evse.site,
      phases: [...evse.phases],
      charge_min_w: evse.chargeMin,
      charge_max_w: evse.chargeMax,
      discharge_max_w: evse.dischargeMax,
      grid_code_certified_at: evse.gridCodeCertifiedAt,
      operator_registered_at: evse.operatorRegisteredAt,
      master_data_registered_at: evse.masterDataRegisteredAt,
    })),
    vehicle: registry.vehicles.map((vehicle) => ({
      id: vehicle.id,
      tenant: vehicle.tenant,
      driver: vehicle.driver,
      capacity_wh: vehicle.capacity,
      efficiency: vehicle.efficiency,
      token: vehicle.token,
      v2x: vehicle.v2x,
      soc_known: vehicle.socKnown,
      usual_daily_wh: vehicle.usualDailyEnergy,
      ready_by_hour: vehicle.standingWish.readyByHour ?? null,
      ready_by_minute: vehicle.standingWish.readyByMinute ?? null,
      target_soc: vehicle.standingWish.targetSoc,
      minimum_soc: vehicle.standingWish.minimumSoc,
      missing_price: vehicle.missingPrice ?? null,
      battery: vehicle.battery ?? null,
      token_setting: vehicle.tokenSetting ?? null,
    })),
    consent: registry.consents.map(({ driver, purposes, from, until }) => ({
      driver,
      purposes: [...purposes],
      valid_from: from,
      valid_until: until,
    })),
  }
}

function toPool(row: Database['pool']): Pool {
  return { id: row.id, tenant: row.tenant, controlArea: row.control_area, product: row.product } as Pool
}
function toBalanceGroup(row: Database['balance_group']): BalanceGroup {
  const { id, eic, control_area: controlArea, responsible_party: responsibleParty, supplier } = row
  return { id, eic, controlArea, responsibleParty, supplier } as BalanceGroup
}
function toSite(row: Database['site']): Site {
  return {
    id: row.id,
    tenant: row.tenant,
    pool: row.pool,
    balanceGroup: row.balance_group,
    gridArea: row.grid_area,
    phases: row.phases,
    fuseAmps: row.fuse_amps,
    feedInMax: row.feed_in_max_w,
    access: row.access,
    ...(row.dimming === null ? {} : { dimming: row.dimming }),
    ...(row.limitation === null ? {} : { limitation: row.limitation }),
    ...(row.locations === null ? {} : { locations: row.locations }),
  } as unknown as Site
}
function toEvse(row: Database['evse']): Evse {
  return {
    id: row.id,
    station: row.station,
    site: row.site,
    phases: row.phases,
    chargeMin: row.charge_min_w,
    chargeMax: row.charge_max_w,
    dischargeMax: row.discharge_max_w,
    gridCodeCertifiedAt: row.grid_code_certified_at,
    operatorRegisteredAt: row.operator_registered_at,
    masterDataRegisteredAt: row.master_data_registered_at,
  } as unknown as Evse
}
function toVehicle(row: Database['vehicle']): Vehicle {
  return {
    id: row.id,
    tenant: row.tenant,
    driver: row.driver,
    capacity: row.capacity_wh,
    efficiency: row.efficiency,
    token: row.token,
    v2x: row.v2x,
    socKnown: row.soc_known,
    usualDailyEnergy: row.usual_daily_wh,
    standingWish: {
      ...(row.ready_by_hour === null || row.ready_by_minute === null
        ? {}
        : { readyByHour: row.ready_by_hour, readyByMinute: row.ready_by_minute }),
      targetSoc: row.target_soc,
      minimumSoc: row.minimum_soc,
    },
    ...(row.missing_price === null ? {} : { missingPrice: row.missing_price }),
    ...(row.battery === null ? {} : { battery: row.battery }),
    ...(row.token_setting === null ? {} : { tokenSetting: row.token_setting }),
  } as unknown as Vehicle
}
function toConsent(row: Database['consent']): Consent {
  return { driver: row.driver, purposes: row.purposes, from: row.valid_from, until: row.valid_until } as unknown as Consent
}
