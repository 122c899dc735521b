// What the certificates of all plans in a journal say together: how far the worst of them can be from the best plan there is.
import type { Journal } from '../../domain/ports/journal.ts'
import { inEuros, microCents } from '../../domain/units.ts'

export interface ProvenPlans {
  readonly plans: number
  /** Plans with a lower bound that no plan can undercut; charging at once weighs nothing and has none. */
  readonly certified: number
  /** Of all certified plans the largest (value - bound) in EUR, and the largest gap as a share; null where none is certified. */
  readonly worstEur: number | null
  readonly worstGap: number | null
}

/** Reads a journal from its start. */
export async function provenPlans(journal: Pick<Journal, 'read'>): Promise<ProvenPlans> {
  let [plans, certified] = [0, 0]
  let worstEur: number | null = null
  let worstGap: number | null = null
  for await (const { fact } of journal.read(0)) {
    if (fact.kind !== 'plan-published') continue
    plans++
    const { certificate } = fact
    if (certificate === null || certificate.bound === null || certificate.gap === null) continue
    certified++
    worstEur = Math.max(worstEur ?? 0, inEuros(microCents(certificate.value - certificate.bound)))
    worstGap = Math.max(worstGap ?? 0, certificate.gap)
  }
  return { plans, certified, worstEur, worstGap }
}
