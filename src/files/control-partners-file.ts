// Market partners of the control API as a JSON file: who they are by their certificates, and where answers go.
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { partnerUrlFault, plainFingerprint, type ControlPartner } from '../../adapters/control-api/partners.ts'
import { id, type TenantId } from '../../domain/registry/identity.ts'
import { complaints, parseFile } from './api-keys-file.ts'

const partner = z
  .strictObject({
    id: z.string().regex(/^\d{13}$/, 'is a market partner id of 13 digits'),
    name: z.string().min(1).max(64),
    fingerprints: z
      .array(
        z
          .string()
          .transform(plainFingerprint)
          .pipe(z.string().regex(/^[0-9a-f]{64}$/, 'is the SHA-256 of a certificate in hex')),
      )
      .min(1)
      .max(10),
    url: z.string().superRefine((url, context) => {
      const fault = partnerUrlFault(url)
      if (fault !== null) context.addIssue({ code: 'custom', message: fault })
    }),
    tenant: z.string().min(1).max(64).optional(),
  })
  .transform(({ tenant, ...of }): ControlPartner => (tenant === undefined ? of : { ...of, tenant: id<TenantId>(tenant) }))
const schema = z
  .strictObject({ partners: z.array(partner).max(1_000) })
  .refine(({ partners }) => new Set(partners.map((one) => one.id)).size === partners.length, {
    error: 'an id stands there twice',
  })
  .refine(
    ({ partners }) => {
      const all = partners.flatMap(({ fingerprints }) => fingerprints)
      return new Set(all).size === all.length
    },
    { error: 'a fingerprint stands there twice' },
  )

/** Reads and checks the file. Throws an error whose message lists what is wrong, by path. */
export function readControlPartners(path: string): readonly ControlPartner[] {
  const parsed = schema.safeParse(parseFile(path, readFileSync(path, 'utf8')))
  if (!parsed.success) throw new Error(complaints(path, parsed.error))
  return parsed.data.partners
}
