// Passwords of local accounts, for installations without an identity provider and for the day it is away: scrypt, two at a time, the same work for names nobody has (S3, S5).
import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto'
import { refused, ok, type Result } from '../../domain/result.ts'
import type { Asker } from '../../domain/registry/asker.ts'
import { rateLimit } from '../wire/rate-limit.ts'

/** A local account as it is kept. */
export interface Account extends Asker {
  /** `scrypt$N$r$p$SALT$HASH`, salt and hash in base64url. */
  readonly password: string
}
export type PasswordRefusal = 'wrong' | 'too-many' | 'busy'
export interface PasswordDesk {
  /** Whoever has this name and password. `address` is where it comes from. */
  check(name: string, password: string, address: string): Promise<Result<Asker, PasswordRefusal>>
}

const COST = { N: 2 ** 17, r: 8, p: 1 } as const
const HASH_BYTES = 32
const AT_ONCE = 2
const WAITING_MAX = 20
const WRONG_PER_MINUTE_MAX = 10
export const PASSWORD_MIN = 12
export const PASSWORD_MAX = 256
/** What a stored password looks like. */
export const STORED_PASSWORD = /^scrypt\$(\d{4,7})\$(\d{1,2})\$(\d{1,2})\$([A-Za-z0-9_-]{22,86})\$([A-Za-z0-9_-]{43})$/
/** Compared with for names nobody has. */
const NOBODY = `scrypt$${COST.N}$${COST.r}$${COST.p}$${'A'.repeat(22)}$${'A'.repeat(43)}`

/** The form in which a password is kept. */
export async function storedPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const hash = await derived(password, salt, COST)
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64url'), hash.toString('base64url')].join('$')
}

/** The desk; `find` answers the account of a name as it stands now, and may throw. */
export function passwordDesk(of: {
  readonly find: (name: string) => Account | null
  /** Told when a name or an address has used up its wrong passwords of a minute. */
  readonly onLocked: (what: { readonly name: string; readonly address: string }) => void
}): PasswordDesk {
  const [byName, byAddress] = [
    rateLimit('password-name', WRONG_PER_MINUTE_MAX),
    rateLimit('password-address', WRONG_PER_MINUTE_MAX),
  ]
  const turns = inTurns(AT_ONCE, WAITING_MAX)
  return {
    async check(name, password, address) {
      if ((await byName.isSpent(name)) || (await byAddress.isSpent(address))) return refused('too-many')
      const account = of.find(name)
      const isRight = await turns(() => matches(password, account?.password ?? NOBODY))
      if (isRight === null) return refused('busy')
      if (account !== null && isRight) {
        const { password: _, ...asker } = account
        return ok(asker)
      }
      const left = await Promise.all([byName.take(name), byAddress.take(address)])
      if (left.some(({ remaining }) => remaining === 0)) of.onLocked({ name, address })
      return refused('wrong')
    },
  }
}

async function matches(password: string, stored: string): Promise<boolean> {
  const [, N, r, p, salt, hash] = STORED_PASSWORD.exec(stored) ?? STORED_PASSWORD.exec(NOBODY)!
  const expected = Buffer.from(hash!, 'base64url')
  const actual = await derived(password, Buffer.from(salt!, 'base64url'), { N: Number(N), r: Number(r), p: Number(p) })
  return timingSafeEqual(expected, actual)
}

function derived(password: string, salt: Buffer, cost: ScryptOptions): Promise<Buffer> {
  const options = { ...cost, maxmem: 512 * 1_024 * 1_024 }
  return new Promise((resolve, reject) =>
    scrypt(password.normalize('NFKC'), salt, HASH_BYTES, options, (error, hash) =>
      error === null ? resolve(hash) : reject(error),
    ),
  )
}

/** Runs so many at a time; answers null, without running, where too many wait. */
function inTurns(atOnce: number, waitingMax: number): <Value>(run: () => Promise<Value>) => Promise<Value | null> {
  let running = 0
  const waiting: (() => void)[] = []
  return async (run) => {
    if (running >= atOnce) {
      if (waiting.length >= waitingMax) return null
      await new Promise<void>((go) => waiting.push(go))
    } else running++
    try {
      return await run()
    } finally {
      const next = waiting.shift()
      if (next === undefined) running--
      else next()
    }
  }
}
