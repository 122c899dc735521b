// Local accounts as a JSON file: names, rights and scrypt hashes, never passwords.
import { existsSync, readFileSync } from 'node:fs'
import { z } from 'zod'
import { STORED_PASSWORD, type Account } from '../../adapters/sign-in/passwords.ts'
import { ROLES } from '../../domain/registry/asker.ts'
import { id, type TenantId } from '../../domain/registry/identity.ts'
import { complaints, KEY_NAME, parseFile, vehiclesFault } from './api-keys-file.ts'
import { fileState, replaceFile } from './replace-file.ts'

const ACCOUNTS_MAX = 1_000
const account = z
  .strictObject({
    name: z.string().regex(KEY_NAME, 'is 1 to 64 printable characters'),
    role: z.enum(ROLES),
    tenant: z.string().min(1).optional(),
    vehicles: z.array(z.string().min(1)).default([]),
    password: z.string().regex(STORED_PASSWORD, 'is a hash made by `gegenstrom account set`'),
  })
  .refine(({ role, vehicles }) => vehiclesFault(role, vehicles) === null, 'drivers, and only they, have vehicles')
const schema = z.strictObject({ accounts: z.array(account).max(ACCOUNTS_MAX) })

type StoredAccount = z.infer<typeof account>

/** The accounts of a file. Throws an error that lists what is wrong. */
export function readAccounts(path: string): readonly StoredAccount[] {
  const parsed = schema.safeParse(parseFile(path, readFileSync(path, 'utf8')))
  if (!parsed.success) throw new Error(complaints(path, parsed.error))
  const twice = parsed.data.accounts.find(({ name }, at, all) => all.findIndex((one) => one.name === name) !== at)
  if (twice !== undefined) throw new Error(`${path}: ${twice.name} stands there twice`)
  return parsed.data.accounts
}

/** Looks accounts up by name, in the file as it stands then. Throws now where it cannot be read. */
export function accountsOf(path: string): (name: string) => Account | null {
  readAccounts(path)
  return (name) => {
    const found = readAccounts(path).find((one) => one.name === name)
    if (found === undefined) return null
    const { tenant, ...rest } = found
    return { ...rest, tenant: tenant === undefined ? null : id<TenantId>(tenant) }
  }
}

/** Puts an account into the file, which is made when there is none, instead of the one of that name. */
export function putAccount(path: string, own: StoredAccount): void {
  const seen = fileState(path)
  const others = existsSync(path) ? readAccounts(path).filter(({ name }) => name !== own.name) : []
  if (others.length >= ACCOUNTS_MAX) throw new Error(`${path}: holds ${ACCOUNTS_MAX} accounts already`)
  write(path, [...others, own], seen)
}

/** Takes an account out; answers whether it was there. */
export function removeAccount(path: string, name: string): boolean {
  const seen = fileState(path)
  const before = readAccounts(path)
  const after = before.filter((one) => one.name !== name)
  if (after.length < before.length) write(path, after, seen)
  return after.length < before.length
}

function write(path: string, accounts: readonly StoredAccount[], seen: string): void {
  replaceFile(path, `${JSON.stringify({ accounts }, null, 2)}\n`, seen)
}
