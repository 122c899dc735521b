// Contacts of a control relay (two bits of a control box, steps of a ripple control receiver) as a limit: what each closed contact lets through.
import type { Power } from '../units.ts'

/** What a closed contact lets through, W at least 0; `minimum` is what §14a EnWG leaves to the site, null says nothing about this direction. */
export type RelayLevel = Power | 'minimum' | null

/** A dimming contact and one that switches off. */
export const TWO_BITS: readonly RelayLevel[] = ['minimum', 0 as Power]
export const CONTACTS_MAX = 8

/** The strictest of what closed contacts let through, W; null where none of them limits. Contacts without a level say nothing. */
export function relayLimit(contacts: readonly boolean[], levels: readonly RelayLevel[], minimum: Power): Power | null {
  let strictest: Power | null = null
  for (const [i, level] of levels.entries()) {
    if (contacts[i] !== true || level === null) continue
    const most = level === 'minimum' ? minimum : level
    if (strictest === null || most < strictest) strictest = most
  }
  return strictest
}
