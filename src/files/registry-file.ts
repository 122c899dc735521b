// The registry as a file: what exists, the stations' credentials and the keys of the API. Secrets stand in it as keyed hashes, or in clear for the lab.
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { parseSki } from '../../adapters/eebus/ship/certificate.ts'
import { adoptStationPassword, type StoredCredential } from '../../adapters/ocpp/credentials.ts'
import type { StoredKey } from '../../adapters/wire/api-key.ts'
import { CONTROLLED_KINDS } from '../../domain/dimming/minimum-power.ts'
import type { Direction } from '../../domain/limitation/limit.ts'
import { GUARD_DOORS, UNPAIRED } from '../../domain/limitation/limitation-contract.ts'
import { CONTACTS_MAX } from '../../domain/limitation/relay.ts'
import { limitedDevice } from '../../domain/limitation/limited-device.ts'
import { id, type StationId } from '../../domain/registry/identity.ts'
import { locationFault } from '../../domain/registry/location-id.ts'
import type { Registry, SiteLocation } from '../../domain/registry/registry.ts'
import { TOKEN_STATES } from '../../domain/registry/token.ts'
import { ctPerKWh, share, wattHours, watts } from '../../domain/units.ts'
import { apiKeys, complaints, parseFile } from './api-keys-file.ts'
import { pseudonyms, underPseudonyms } from './pseudonyms.ts'

export interface RegistryFile {
  /** Null for a file that holds only passwords or keys: the registry of the journal counts then. */
  readonly registry: Registry | null
  readonly credentials: ReadonlyMap<StationId, StoredCredential>
  readonly apiKeys: ReadonlyMap<string, StoredKey>
}

const name = z.string().min(1).max(64)
const power = z.number().int().min(-1_000_000).max(1_000_000).transform(watts)
const instant = z.number().int().nullable()
const soc = z.number().min(0).max(1).transform(share)
const phases = z.array(z.enum(['L1', 'L2', 'L3'])).max(3)
const efficiencies = z
  .array(z.object({ power: z.number().int().min(1).max(1_000_000).transform(watts), efficiency: z.number().gt(0).max(1) }))
  .min(1)
  .max(20)
const battery = z.strictObject({
  charging: efficiencies.optional(),
  discharging: efficiencies.optional(),
  taper: z
    .strictObject({ fromSoc: soc, power, powerAtFull: power })
    .refine(({ fromSoc, power: most, powerAtFull }) => fromSoc < 1 && most > powerAtFull && powerAtFull >= 0, {
      error: 'falls from a power to a smaller one below full',
    })
    .optional(),
  standby: z.number().int().min(0).max(1_000).transform(watts).optional(),
  selfDischargePerMonth: z.number().min(0).max(0.5).optional(),
  ageing: z
    .array(z.strictObject({ aboveSoc: soc, ctPerKWhDay: z.number().min(0).max(100) }))
    .max(2)
    .optional(),
})
const vehicle = z
  .object({
    id: name,
    tenant: name,
    driver: name,
    capacity: z.number().positive().max(2_000_000).transform(wattHours),
    efficiency: z.number().gt(0).max(1),
    token: z.string().min(1).max(255),
    tokenSetting: z
      .strictObject({
        status: z.enum(TOKEN_STATES).optional(),
        expiresAt: instant.optional(),
        group: z.string().min(1).max(255).optional(),
      })
      .optional(),
    v2x: z.enum(['bpt', 'none']),
    socKnown: z.boolean(),
    usualDailyEnergy: z.number().min(0).max(2_000_000).transform(wattHours),
    standingWish: z
      .object({
        readyByHour: z.number().int().min(0).max(23).optional(),
        readyByMinute: z.number().int().min(0).max(59).optional(),
        targetSoc: soc,
        minimumSoc: soc,
      })
      .refine(({ readyByHour, readyByMinute }) => (readyByHour === undefined) === (readyByMinute === undefined), {
        error: 'hour and minute are told together or not at all',
      }),
    missingCtPerKwh: z.number().min(0).max(1_000).transform(ctPerKWh).optional(),
    battery: battery.optional(),
  })
  .transform(({ missingCtPerKwh, ...known }) => ({
    ...known,
    ...(missingCtPerKwh === undefined ? {} : { missingPrice: missingCtPerKwh }),
  }))
const dimming = z.strictObject({
  control: z.enum(['direct', 'ems']).default('ems'),
  counting: z.enum(['each', 'group']).default('each'),
  devices: z
    .array(z.strictObject({ kind: z.enum(CONTROLLED_KINDS), power: z.number().int().min(1).max(1_000_000).transform(watts) }))
    .max(100)
    .default([]),
})
const autonomy = z.strictObject({
  fromInit: z.boolean().default(false),
  afterHeartbeat: z.boolean().default(false),
  afterFailsafeMinimum: z.boolean().default(false),
})
const limitedDirection = (direction: Direction) =>
  z
    .strictObject({
      guard: name.optional(),
      by: z.enum(GUARD_DOORS).default('rest'),
      role: z.enum(['energy-manager', 'device']).default('energy-manager'),
      nominalMax: power.nullable().default(null),
      failsafeLimit: power,
      failsafeDurationMs: z.number().int().optional(),
      failsafeDurationMaxMs: z.number().int().optional(),
      largestLimit: power.nullable().default(null),
      autonomy: autonomy.optional(),
      relayLevels: z
        .array(z.union([power, z.literal('minimum')]).nullable())
        .min(1)
        .max(CONTACTS_MAX)
        .optional(),
    })
    .refine(({ by, relayLevels }) => relayLevels === undefined || by === 'relay', {
      error: 'levels of a relay are for `by` relay',
    })
    .refine(({ relayLevels = [] }) => relayLevels.every((level) => typeof level !== 'number' || level >= 0), {
      error: 'a level of a relay is never below 0',
    })
    .refine(({ by, guard }) => by !== 'eebus' || guard === undefined || parseSki(guard) !== null, {
      error: 'over EEBUS the guard is an SKI of 40 hex digits; left out, it is paired over the API',
      path: ['guard'],
    })
    .refine(({ by, guard }) => by === 'eebus' || guard !== undefined, { error: 'names no guard', path: ['guard'] })
    .transform(({ guard: named, by, relayLevels, ...given }, context) => {
      // As connections spell it.
      const guard = (by === 'eebus' ? parseSki(named ?? '') : named) ?? UNPAIRED
      const stated = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as typeof given
      const made = limitedDevice({ direction, ...stated } as Parameters<typeof limitedDevice>[0])
      if (made.ok) {
        const { direction: _, ...device } = made.value
        return { guard, by, ...device, ...(relayLevels === undefined ? {} : { relayLevels }) }
      }
      context.addIssue({ code: 'custom', message: made.refusal })
      return z.NEVER
    })
const limitation = z
  .strictObject({ consume: limitedDirection('consume').optional(), produce: limitedDirection('produce').optional() })
  .refine(({ consume, produce }) => consume !== undefined || produce !== undefined, { error: 'limits no direction' })
/** A NeLo-ID or SR-ID; by itself it stands for what the connection takes. */
const location = z
  .union([z.string(), z.strictObject({ id: z.string(), limits: z.enum(['consumption', 'feed-in']).default('consumption') })])
  .transform((told): SiteLocation => (typeof told === 'string' ? { id: told, limits: 'consumption' } : told))
  .refine((told) => locationFault(told.id) === null, {
    error: 'is a NeLo-ID (E…) or SR-ID (C…) of 11 characters with its check digit',
  })
const schema = z.object({
  tenants: z.array(z.object({ id: name, name })),
  pools: z.array(
    z.object({ id: name, tenant: name, controlArea: z.enum(['50Hertz', 'Amprion', 'TenneT', 'TransnetBW']), product: name }),
  ),
  balanceGroups: z.array(
    z.object({ id: name, eic: z.string().length(16), controlArea: name, responsibleParty: name, supplier: name }),
  ),
  sites: z.array(
    z.object({
      id: name,
      tenant: name,
      pool: name,
      balanceGroup: name,
      gridArea: name,
      phases,
      fuseAmps: z.number().positive().max(10_000),
      feedInMax: power,
      access: z.enum(['private', 'public']),
      dimming: dimming.optional(),
      limitation: limitation.optional(),
      locations: z.array(location).max(100).optional(),
    }),
  ),
  evses: z.array(
    z.object({
      id: z.string().regex(/^.+\/\d+$/, 'station/number'),
      station: name,
      site: name,
      phases,
      chargeMin: power,
      chargeMax: power,
      dischargeMax: power,
      gridCodeCertifiedAt: instant,
      operatorRegisteredAt: instant,
      masterDataRegisteredAt: instant,
    }),
  ),
  vehicles: z.array(vehicle),
  consents: z.array(
    z.object({
      driver: name,
      purposes: z.array(z.enum(['charge', 'discharge', 'reserve', 'data'])),
      from: z.number().int(),
      until: instant,
    }),
  ),
})
const secrets = z.object({
  /** Station passwords in clear; kept in memory as keyed hashes only. */
  passwords: z.record(z.string(), z.string()).default({}),
  apiKeys,
})

/** Reads and checks a registry file; its tokens become pseudonyms under the pepper. Throws an error whose message lists what is wrong, by path. */
export function readRegistryFile(path: string, pepper: string): RegistryFile {
  const json = parseFile(path, readFileSync(path, 'utf8'))
  const known = secrets.safeParse(json)
  if (!known.success) throw new Error(complaints(path, known.error))
  const isRegistry = Object.keys(schema.shape).some((member) => Object.hasOwn(json as object, member))
  const parsed = isRegistry ? schema.safeParse(json) : null
  if (parsed?.success === false) throw new Error(complaints(path, parsed.error))
  const credentials = new Map<StationId, StoredCredential>()
  for (const [station, password] of Object.entries(known.data.passwords)) {
    const stored = adoptStationPassword(password, pepper, [station])
    if (!stored.ok)
      throw new Error(
        `${path}: passwords.${station}: ${stored.refusal.reason === 'guessable' ? 'is made of the station name' : 'is shorter than 16 characters'}`,
      )
    credentials.set(id<StationId>(station), stored.value)
  }
  const registry = parsed === null ? null : underPseudonyms(parsed.data as unknown as Registry, pseudonyms(pepper))
  return { registry, credentials, apiKeys: known.data.apiKeys }
}
