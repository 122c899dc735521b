// What the claims of an identity provider are worth here: whoever is of no known group, or of a foreign directory, is nobody.
import { refused, ok, type Result } from '../../domain/result.ts'
import type { Asker } from '../../domain/registry/asker.ts'
import type { SignInSettings } from './settings.ts'

export type RightsRefusal = 'foreign-directory' | 'no-second-factor' | 'too-many-groups' | 'no-rights' | 'nameless'

/** Methods of the claim `amr` that are a second factor (RFC 8176). */
const SECOND_FACTORS: ReadonlySet<unknown> = new Set(['mfa', 'otp', 'hwk', 'fido', 'sc'])
const NAME_MAX = 120

/** Who somebody is whose token was found whole. Names come from the first claim that has one; `sub` is always there. */
export function rightsOf(claims: Readonly<Record<string, unknown>>, settings: SignInSettings): Result<Asker, RightsRefusal> {
  const { directories, mfa, claim, rights } = settings
  if (directories.length > 0 && !directories.includes(String(claims['tid'] ?? ''))) return refused('foreign-directory')
  if (mfa && !listOf(claims['amr']).some((one) => SECOND_FACTORS.has(one))) return refused('no-second-factor')
  // Beyond some 200 groups Microsoft names a place to ask instead of the groups.
  const elsewhere = claims['_claim_names']
  if (typeof elsewhere === 'object' && elsewhere !== null && claim in elsewhere) return refused('too-many-groups')
  const own = new Set(listOf(claims[claim]))
  const found = rights.find(({ group }) => own.has(group))
  if (found === undefined) return refused('no-rights')
  const name = [claims['preferred_username'], claims['email'], claims['name'], claims['azp'], claims['sub']].find(
    (one): one is string => typeof one === 'string' && one.trim() !== '',
  )
  if (name === undefined) return refused('nameless')
  const { role, tenant, vehicles } = found
  return ok({ name: name.trim().slice(0, NAME_MAX), role, tenant, vehicles })
}

function listOf(claim: unknown): readonly unknown[] {
  return Array.isArray(claim) ? claim : claim === undefined ? [] : [claim]
}
