// Whom we trust in EEBUS: keys by their SKI in a file, changed by hand and taken up by what runs within seconds.
import { existsSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import type { Ski } from '../../adapters/eebus/ship/certificate.ts'
import type { TrustStore } from '../../adapters/eebus/ship/trust-store.ts'
import { makeFolder } from '../../adapters/wire/private-path.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import { fileState, replaceFile } from './replace-file.ts'

const trusted = z.object({
  ski: z.string().regex(/^[0-9a-f]{40}$/),
  name: z.string().max(64),
  site: z.string().max(64).nullable(),
  since: z.iso.datetime(),
})
const content = z.object({ trusted: z.array(trusted).max(1_000) })
/** Somebody who was paired with us; `name` is for people, `site` what he limits where several are served, `since` an instant of RFC 3339. */
export type TrustedPartner = z.output<typeof trusted>

/** Time between two looks at the file; a key that was taken out lives no longer. */
const LOOK_MS = 2_000

/** Those in the file; none where it is missing. Throws when it holds something else. */
export function readTrusted(file: string): readonly TrustedPartner[] {
  if (!existsSync(file)) return []
  let parsed: unknown
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    throw new Error(`${file}: no JSON`)
  }
  const found = content.safeParse(parsed)
  if (!found.success) throw new Error(`${file}: ${z.prettifyError(found.error)}`)
  return found.data.trusted
}

/** Adds somebody, or renames him. Throws when the file cannot be read or written. */
export function addTrusted(file: string, partner: TrustedPartner): void {
  change(file, (all) => [...all.filter(({ ski }) => ski !== partner.ski), partner])
}

/** Takes somebody out; false when he is not there. */
export function removeTrusted(file: string, ski: Ski): boolean {
  if (readTrusted(file).every((one) => one.ski !== ski)) return false
  change(file, (all) => all.filter((one) => one.ski !== ski))
  return true
}

function change(file: string, next: (all: readonly TrustedPartner[]) => readonly TrustedPartner[]): void {
  makeFolder(dirname(file))
  const seen = fileState(file)
  replaceFile(file, `${JSON.stringify({ trusted: next(readTrusted(file)) }, null, 2)}\n`, seen)
}

/** Keeps a trust store as the file is, beside those it trusts `always` and without those it trusts `never`; `again` looks at once, also at who these are by now. While the file cannot be read nothing changes. */
export function followTrusted(options: {
  readonly file: string
  readonly always: () => readonly Ski[]
  /** Never trusted, whoever else says so. */
  readonly never: () => readonly Ski[]
  readonly store: TrustStore
  readonly clock: Clock
  readonly onFailure: (reason: string) => void
}) {
  const { file, always, never, store, clock } = options
  let seen = ''
  let cancel = () => {}
  let partners: readonly TrustedPartner[] = []
  function look(): void {
    cancel = clock.after(LOOK_MS, 'eebus trust', look)
    const state = fileState(file)
    if (state !== seen) follow(state)
  }
  function follow(state: string): void {
    seen = state
    try {
      partners = readTrusted(file)
      const now = new Set([...always(), ...partners.map(({ ski }) => ski)])
      for (const ski of never()) {
        now.delete(ski)
        if (store.of(ski) !== 'refused') store.revoke(ski)
      }
      for (const ski of store.all()) if (!now.has(ski)) store.revoke(ski)
      for (const ski of now) if (store.of(ski) !== 'trusted') store.allow(ski)
    } catch (error) {
      options.onFailure((error as Error).message)
    }
  }
  look()
  return { partners: () => partners, again: () => follow(fileState(file)), stop: () => cancel() }
}
