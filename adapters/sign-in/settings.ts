// What a file says about the identity provider: whom we ask, whom we let in, and what they may do.
import { z } from 'zod'
import { ROLES } from '../../domain/registry/asker.ts'
import { id, type TenantId } from '../../domain/registry/identity.ts'
import { refused, ok, type Result } from '../../domain/result.ts'

/** Issuers of Microsoft that sign for everybody's directories: with them strangers come unless directories are named (S6). */
const EVERYBODY = /^https:\/\/login\.microsoftonline\.com\/(?:common|organizations|consumers)\//
const RIGHTS_MAX = 1_000
const HOUR_MS = 3_600_000

const text = z.string().trim().min(1).max(2_048)
const schema = z.strictObject({
  issuer: z.url({ protocol: /^https?$/ }).describe('as its discovery document names it'),
  clientId: text,
  clientSecretFile: text.optional().describe('left out for a public client'),
  address: z.url({ protocol: /^https?$/ }).describe('of this service, as browsers reach it'),
  name: text.default('Microsoft').describe('of the provider, for people'),
  audience: text.optional().describe('of tokens that machines bring; left out, none are taken'),
  directories: z
    .array(text)
    .max(RIGHTS_MAX)
    .default([])
    .describe('values of the claim `tid` that are let in; none: any of this issuer'),
  claim: text.default('groups').describe('claim that lists groups or app roles'),
  mfa: z.boolean().default(false).describe('whether the claim `amr` has to tell of a second factor'),
  sessionHours: z.number().positive().max(24).default(8),
  rights: z
    .array(
      z.strictObject({
        group: text,
        role: z.enum(ROLES),
        tenant: text.optional(),
        vehicles: z.array(text).max(RIGHTS_MAX).default([]),
      }),
    )
    .min(1)
    .max(RIGHTS_MAX)
    .describe('the first that names a group of somebody counts'),
})

/** What somebody of a group may do. */
export interface GroupRights {
  readonly group: string
  readonly role: (typeof ROLES)[number]
  /** Null for the operator of the installation. */
  readonly tenant: TenantId | null
  readonly vehicles: readonly string[]
}
/** The identity provider, and who of it is let in. */
export interface SignInSettings {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecretFile: string | null
  /** Of this service, without a slash at its end. */
  readonly address: string
  readonly name: string
  readonly audience: string | null
  readonly directories: readonly string[]
  readonly claim: string
  readonly mfa: boolean
  readonly sessionMs: number
  readonly rights: readonly GroupRights[]
}

/** Reads what was parsed from the file; refuses with one line for each complaint. Plain http is for the lab alone. */
export function readSettings(value: unknown, lab: boolean): Result<SignInSettings, readonly string[]> {
  const read = schema.safeParse(value)
  if (!read.success) return refused(read.error.issues.map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`))
  const { clientSecretFile = null, audience = null, sessionHours, address, rights, ...rest } = read.data
  const complaints: string[] = []
  for (const [name, url] of [
    ['issuer', rest.issuer],
    ['address', address],
  ] as const)
    if (!lab && !url.startsWith('https:')) complaints.push(`${name}: https, outside of the lab`)
  if (EVERYBODY.test(rest.issuer) && rest.directories.length === 0)
    complaints.push('directories: this issuer signs for everybody; name the directories that are let in')
  for (const [at, { role, vehicles }] of rights.entries())
    if ((role === 'driver') !== vehicles.length > 0) complaints.push(`rights.${at}: drivers, and only they, have vehicles`)
  if (complaints.length > 0) return refused(complaints)
  return ok({
    ...rest,
    clientSecretFile,
    audience,
    address: address.replace(/\/+$/, ''),
    sessionMs: sessionHours * HOUR_MS,
    rights: rights.map(({ tenant, ...one }) => ({ ...one, tenant: tenant === undefined ? null : id<TenantId>(tenant) })),
  })
}
