// What each limit of a dimmed night has come to, by its proof: when it was received, applied, kept and released.
import type { ProofDocument } from '../../adapters/proof-files/proof-document.ts'

/** A version of a limit as its proof tells it; instants RFC 3339. */
export interface LimitOutcome {
  readonly signal: string
  readonly version: number
  readonly authority: string
  readonly reference: string
  readonly subjects: readonly string[]
  readonly maxW: number | null
  readonly minW: number | null
  readonly received: string
  readonly firstApplied: string | null
  readonly lastApplied: string | null
  /** When what was measured had come within it. */
  readonly measuredWithin: string | null
  /** When another replaced it or it was let go; null where it holds. */
  readonly released: string | null
  readonly releasedBy: string | null
  /** Of the time it held, by meter values. */
  readonly compliancePercent: number | null
  readonly cars: number
}

/** More than a night has. */
const SIGNALS_MAX = 100

/** All limits that the API knows of, in the order in which they were received; `look` answers what it says at a path. */
export async function limitOutcomes(look: (path: string) => Promise<unknown>): Promise<readonly LimitOutcome[]> {
  const found: LimitOutcome[] = []
  const { signals } = (await look(`/v1/signals?over=true&limit=${SIGNALS_MAX}`)) as {
    readonly signals: readonly { readonly id: string; readonly rank: string }[]
  }
  // Steps of a release are told by the proof of their limit.
  for (const { id } of signals.filter(({ rank }) => rank === 'grid-limit')) {
    const proof = (await look(`/v1/signals/${encodeURIComponent(id)}/proof`)) as ProofDocument
    found.push(...proof.versions.map((version) => outcomeOf(proof, version)))
  }
  return found.toSorted((a, b) => Date.parse(a.received) - Date.parse(b.received) || (a.signal < b.signal ? -1 : 1))
}

function outcomeOf(proof: ProofDocument, version: ProofDocument['versions'][number]): LimitOutcome {
  const { version: number, subjects, maxW, minW, received, firstApplied, lastApplied, measuredWithin, ended, endedBy } = version
  return {
    signal: proof.signal,
    version: number,
    authority: proof.authority,
    reference: version.reference,
    subjects,
    maxW,
    minW,
    received,
    firstApplied,
    lastApplied,
    measuredWithin,
    released: ended,
    releasedBy: endedBy,
    compliancePercent: version.compliance.timePercent,
    cars: version.cars,
  }
}
