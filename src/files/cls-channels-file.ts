// CLS channels as a JSON file: whose certificate opens each, and which site it bounds.
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { ClsChannel } from '../../adapters/cls/channel-signals.ts'
import { id, type TenantId } from '../../domain/registry/identity.ts'
import { complaints, parseFile } from './api-keys-file.ts'

const fingerprint = z
  .string()
  .transform((text) => text.replaceAll(':', '').toLowerCase())
  .pipe(z.string().regex(/^[0-9a-f]{64}$/, 'is the SHA-256 of a certificate in hex'))
const channel = z
  .strictObject({
    id: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, 'is 1 to 64 letters, digits, dots, underscores and hyphens'),
    site: z.string().min(1).max(64),
    fingerprints: z.array(fingerprint).min(1).max(10),
    tenant: z.string().min(1).max(64).optional(),
  })
  .transform(({ tenant, ...of }): ClsChannel => (tenant === undefined ? of : { ...of, tenant: id<TenantId>(tenant) }))
const schema = z
  .strictObject({ channels: z.array(channel).max(10_000) })
  .refine(({ channels }) => new Set(channels.map((one) => one.id)).size === channels.length, {
    error: 'an id stands there twice',
  })

/** Reads and checks the file. Throws an error whose message lists what is wrong, by path. */
export function readClsChannels(path: string): readonly ClsChannel[] {
  const parsed = schema.safeParse(parseFile(path, readFileSync(path, 'utf8')))
  if (!parsed.success) throw new Error(complaints(path, parsed.error))
  return parsed.data.channels
}
