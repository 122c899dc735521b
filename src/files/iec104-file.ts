// Pools that control centres lead over IEC 104, and the centres, as a JSON file.
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { wallClock } from '../../adapters/iec104/codec/wall-clock.ts'
import { BROADCAST } from '../../adapters/iec104/codec/asdu.ts'
import { LINK_SETTINGS, settingProblems, type LinkSettings } from '../../adapters/iec104/link/link-settings.ts'
import type { ControlledPool } from '../../adapters/iec104/pool/pool-control.ts'
import type { ControlCentre } from '../../adapters/iec104/station/server.ts'
import { id, type PoolId } from '../../domain/registry/identity.ts'
import { watts } from '../../domain/units.ts'
import { complaints, parseFile } from './api-keys-file.ts'

export interface Iec104File {
  readonly pools: readonly (ControlledPool & { readonly pool: PoolId })[]
  readonly centres: readonly ControlCentre[]
  /** Zone of time tags: `utc`, or a place. */
  readonly zone: string
  readonly link: LinkSettings
  readonly tagAgeMaxMs: number
  readonly selectHoldMs: number
  readonly eventsMax: number
  /** A power that was told longer ago is old, ms. */
  readonly oldMs: number
}

const name = z.string().regex(/^[^\p{C}]{1,64}$/u, 'is 1 to 64 printable characters')
const seconds = (most: number) => z.number().int().min(1).max(most)
const fingerprint = z
  .string()
  .transform((text) => text.replaceAll(':', '').toLowerCase())
  .pipe(z.string().regex(/^[0-9a-f]{64}$/, 'is the SHA-256 of a certificate in hex'))
const pool = z
  .strictObject({
    pool: name,
    station: z
      .number()
      .int()
      .min(1)
      .max(BROADCAST - 1),
    maxMW: z.number().positive().max(10_000),
    silenceSeconds: seconds(3_600).default(60),
    holdSeconds: seconds(3_600).default(60),
    rampSeconds: seconds(3_600).default(300),
    tenant: name.optional(),
  })
  .transform(
    ({ pool, station, maxMW, silenceSeconds, holdSeconds, rampSeconds, tenant }): ControlledPool & { readonly pool: PoolId } => ({
      pool: id<PoolId>(pool),
      station,
      powerMax: watts(Math.round(maxMW * 1_000_000)),
      failSafe: { silenceMs: silenceSeconds * 1_000, holdMs: holdSeconds * 1_000, rampMs: rampSeconds * 1_000 },
      ...(tenant === undefined ? {} : { tenant }),
    }),
  )
const centre = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, 'is 1 to 64 letters, digits, dots, underscores and hyphens'),
  fingerprints: z.array(fingerprint).max(10).default([]),
})
const link = z
  .strictObject({
    t0Seconds: seconds(255).default(LINK_SETTINGS.connectTimeoutMs / 1_000),
    t1Seconds: seconds(255).default(LINK_SETTINGS.acknowledgeTimeoutMs / 1_000),
    t2Seconds: seconds(255).default(LINK_SETTINGS.acknowledgeAfterMs / 1_000),
    t3Seconds: seconds(172_800).default(LINK_SETTINGS.testAfterMs / 1_000),
    k: z.number().int().default(LINK_SETTINGS.unacknowledgedMax),
    w: z.number().int().default(LINK_SETTINGS.acknowledgeEvery),
  })
  .transform((of): LinkSettings => ({
    connectTimeoutMs: of.t0Seconds * 1_000,
    acknowledgeTimeoutMs: of.t1Seconds * 1_000,
    acknowledgeAfterMs: of.t2Seconds * 1_000,
    testAfterMs: of.t3Seconds * 1_000,
    unacknowledgedMax: of.k,
    acknowledgeEvery: of.w,
  }))
  .superRefine((of, context) => {
    for (const message of settingProblems(of)) context.addIssue({ code: 'custom', message })
  })
const schema = z
  .strictObject({
    pools: z.array(pool).min(1).max(1_000),
    centres: z.array(centre).min(1).max(16),
    zone: z
      .string()
      .default('utc')
      .refine((zone) => wallClock(zone) !== null, 'is utc or a zone such as Europe/Berlin'),
    link: link.prefault({}),
    commandAgeSeconds: seconds(3_600).default(10),
    selectSeconds: seconds(3_600).default(10),
    eventsMax: z.number().int().min(10).max(100_000).default(1_000),
    oldSeconds: seconds(3_600).default(90),
  })
  .refine(({ pools }) => isEachOnce(pools.map((one) => one.station)), { error: 'a common address stands there twice' })
  .refine(({ pools }) => isEachOnce(pools.map((one) => one.pool)), { error: 'a pool stands there twice' })
  .refine(({ centres }) => isEachOnce(centres.map((one) => one.id)), { error: 'a centre stands there twice' })
  .transform(({ commandAgeSeconds, selectSeconds, oldSeconds, ...of }): Iec104File => ({
    ...of,
    tagAgeMaxMs: commandAgeSeconds * 1_000,
    selectHoldMs: selectSeconds * 1_000,
    oldMs: oldSeconds * 1_000,
  }))

/** Reads and checks the file. Throws an error whose message lists what is wrong, by path. */
export function readIec104File(path: string): Iec104File {
  const parsed = schema.safeParse(parseFile(path, readFileSync(path, 'utf8')))
  if (!parsed.success) throw new Error(complaints(path, parsed.error))
  return parsed.data
}

function isEachOnce(all: readonly (string | number)[]): boolean {
  return new Set(all).size === all.length
}
