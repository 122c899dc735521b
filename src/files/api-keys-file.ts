// The API keys inside the registry file: checked when they are read, and changed without touching anything else that stands there.
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import { KEY_DIGEST, KEY_ID, KEY_SALT, type StoredKey } from '../../adapters/wire/api-key.ts'
import { waitForLock } from '../../adapters/wire/lock-file.ts'
import { parseInstant } from '../../adapters/wire/rfc3339.ts'
import { ROLES, type Role } from '../../domain/registry/asker.ts'
import { id as named, type TenantId } from '../../domain/registry/identity.ts'
import { instantText } from '../../domain/time/slot.ts'
import { parseJson, withMember } from './json-text.ts'
import { fileState, replaceFile } from './replace-file.ts'

/** Keys one file may hold, vehicles one key may be for, and complaints about one file that are told. */
const KEYS_MAX = 10_000
const VEHICLES_MAX = 1_000
const ISSUES_MAX = 20
/** How long a command waits for another one that is changing the same file. */
const WAIT_MS = 10_000
/** Names go into logs and lists: nothing that steers a terminal. */
export const KEY_NAME = /^[^\p{C}]{1,64}$/u

const instant = z.string().transform((text, context) => {
  const at = parseInstant(text)
  if (at === null) context.addIssue({ code: 'custom', message: 'is an instant such as 2027-01-01T00:00:00Z' })
  return at ?? 0
})
const storedKey = z
  .strictObject({
    id: z.string().regex(KEY_ID, 'is 16 hex digits in lower case'),
    name: z.string().regex(KEY_NAME, 'is 1 to 64 printable characters'),
    role: z.enum(ROLES),
    vehicles: z.array(z.string().min(1).max(64)).max(VEHICLES_MAX).default([]),
    tenant: z.string().min(1).max(64).optional(),
    createdAt: instant,
    expiresAt: instant.nullable().default(null),
    salt: z.string().regex(KEY_SALT, 'is 32 hex digits'),
    digest: z.string().regex(KEY_DIGEST, 'is 64 hex digits'),
    hash: z
      .never({
        error: 'this old spelling never let anybody in: take this key out and make a new one with `gegenstrom key create`',
      })
      .optional(),
  })
  .superRefine(({ role, vehicles }, context) => {
    const fault = vehiclesFault(role, vehicles)
    if (fault !== null) context.addIssue({ code: 'custom', path: ['vehicles'], message: fault })
  })
  .transform(({ id, name, role, vehicles, tenant, createdAt, expiresAt, salt, digest }): StoredKey => ({
    id,
    name,
    role,
    vehicles,
    ...(tenant === undefined ? {} : { tenant: named<TenantId>(tenant) }),
    createdAt,
    expiresAt,
    salt,
    digest,
  }))

/** The member `apiKeys` of a registry file, by id. */
export const apiKeys = z
  .array(storedKey)
  .max(KEYS_MAX)
  .superRefine((keys, context) => {
    const seen = new Set<string>()
    for (const [i, { id }] of keys.entries())
      if (seen.size === seen.add(id).size) context.addIssue({ code: 'custom', path: [i, 'id'], message: 'stands there twice' })
  })
  .transform((keys): ReadonlyMap<string, StoredKey> => new Map(keys.map((key) => [key.id, key])))
  .prefault([])

/** What is wrong with the vehicles of a key, as a sentence; null when nothing is. */
export function vehiclesFault(role: Role, vehicles: readonly string[]): string | null {
  if (role === 'driver' && vehicles.length === 0) return 'a driver needs at least one vehicle'
  return role !== 'driver' && vehicles.length > 0 ? `only a driver is confined to vehicles, ${role} is not` : null
}

/** What is wrong with a file, a line each, by path. */
export function complaints(path: string, { issues }: z.ZodError): string {
  return issues
    .slice(0, ISSUES_MAX)
    .map((issue) => [path, ...(issue.path.length === 0 ? [] : [issue.path.join('.')]), issue.message].join(': '))
    .join('\n')
}

/** The JSON a file holds. Throws an error that names the file and what is wrong, without repeating what stands there. */
export function parseFile(path: string, text: string): unknown {
  const parsed = parseJson(text)
  if (!parsed.ok) throw new Error(`${path}: ${parsed.refusal}`)
  return parsed.value
}

/** The keys in the text of a registry file, whatever else it holds. Throws an error whose message lists what is wrong, by path. */
export function readApiKeys(path: string, text: string): ReadonlyMap<string, StoredKey> {
  const parsed = z.object({ apiKeys }).safeParse(parseFile(path, text))
  if (!parsed.success) throw new Error(complaints(path, parsed.error))
  return parsed.data.apiKeys
}

/** Adds a key to a registry file, which is made when there is none. Answers whether it was made. Throws, with nothing changed, for vehicles and a tenant the file does not know. */
export async function addApiKey(path: string, key: StoredKey): Promise<{ readonly isNewFile: boolean }> {
  let isNewFile = false
  await change(path, (keys, file) => {
    isNewFile = file === null
    if (keys.length >= KEYS_MAX) throw new Error(`${path}: holds ${KEYS_MAX} keys already: revoke those nobody uses`)
    const known = z.object({ vehicles: z.array(z.object({ id: z.string() })) }).safeParse(file)
    const strangers = known.success ? key.vehicles.filter((vehicle) => known.data.vehicles.every(({ id }) => id !== vehicle)) : []
    if (strangers.length > 0) throw new Error(`${path}: has no vehicle ${strangers.join(', ')}`)
    const tenants = z.object({ tenants: z.array(z.object({ id: z.string() })) }).safeParse(file)
    if (key.tenant !== undefined && tenants.success && tenants.data.tenants.every(({ id }) => id !== key.tenant))
      throw new Error(`${path}: has no tenant ${key.tenant}`)
    const { createdAt, expiresAt } = key
    return [...keys, { ...key, createdAt: instantText(createdAt), expiresAt: expiresAt === null ? null : instantText(expiresAt) }]
  })
  return { isNewFile }
}

/** Takes a key out of a registry file; false when it is not there. */
export async function removeApiKey(path: string, id: string): Promise<boolean> {
  let isFound = false
  await change(path, (keys) => {
    const rest = keys.filter((key) => (key as { readonly id: string }).id !== id)
    isFound = rest.length < keys.length
    return isFound ? rest : null
  })
  return isFound
}

/** Writes a whole registry file anew and keeps the keys that stood there. Answers how many those are; none where the old file was no such file. */
export async function writeRegistry(path: string, content: object): Promise<number> {
  return locked(path, (real) => {
    const seen = fileState(real)
    const old = seen === 'none' ? null : parseJson(readFileSync(real, 'utf8'))
    const kept = z.object({ apiKeys: z.array(z.unknown()).min(1) }).safeParse(old?.ok === true ? old.value : null)
    const whole = kept.success ? { ...content, apiKeys: kept.data.apiKeys } : content
    replaceFile(real, `${JSON.stringify(whole, null, 1)}\n`, seen)
    return kept.success ? kept.data.apiKeys.length : 0
  })
}

/** Changes the list of keys as it stands in the file; null leaves the file alone. A broken file is not touched. */
function change(path: string, next: (keys: readonly unknown[], file: object | null) => readonly unknown[] | null): Promise<void> {
  return locked(path, (real) => {
    const seen = fileState(real)
    const text = seen === 'none' ? '{}\n' : readFileSync(real, 'utf8')
    readApiKeys(path, text)
    const file = parseFile(path, text) as { readonly apiKeys?: readonly unknown[] }
    const keys = next(file.apiKeys ?? [], seen === 'none' ? null : file)
    if (keys !== null) replaceFile(real, withMember(text, 'apiKeys', keys), seen)
  })
}

/** One command at a time. The file behind a link is what is read, written and locked. */
async function locked<Value>(path: string, run: (real: string) => Value): Promise<Value> {
  const folder = dirname(resolve(path))
  if (!existsSync(folder)) throw new Error(`${path}: there is no folder ${folder}`)
  const real = existsSync(path) ? realpathSync(path) : join(realpathSync(folder), basename(path))
  const lock = await waitForLock(`${real}.lock`, WAIT_MS)
  try {
    return run(real)
  } finally {
    lock.release()
  }
}
