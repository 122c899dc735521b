// Makes the proof of a limit from the journal, in turns between messages, and hands it out as a signed file.
import { setImmediate } from 'node:timers/promises'
import { proofCsv } from '../../adapters/proof-files/proof-csv.ts'
import { proofDocument, type ProofDocument } from '../../adapters/proof-files/proof-document.ts'
import { proofPdf } from '../../adapters/proof-files/proof-pdf.ts'
import type { Asker } from '../../domain/registry/asker.ts'
import type { Journal } from '../../domain/ports/journal.ts'
import type { ProofAnswers, ProofFormat } from '../../domain/ports/answers/proofs.ts'
import { limitProof } from '../../domain/proof/limit-proof.ts'
import type { LimitStanding } from '../../domain/proof/standing.ts'
import type { ProofKey } from '../files/proof-key.ts'

export interface ProofOptions {
  readonly journal: Pick<Journal, 'read' | 'durableHead'>
  /** Whether an asker may know of a limit. */
  readonly mayKnow: (asker: Asker, signal: string) => boolean
  readonly standingOf: (signal: string) => LimitStanding | null
  readonly key: ProofKey
  /** Keeps a manual clock from moving while work is under way. */
  readonly track: <Value>(work: Promise<Value>) => Promise<Value>
}

/** Entries looked at before others have their turn, and for how long at most, ms. */
const SLICE_ENTRIES = 64
const SLICE_MS = 5
/** Proofs made at a time; whoever comes later waits. */
const AT_ONCE = 2

/** The answers about proofs. */
export function proofAnswers({ journal, mayKnow, standingOf, key, track }: ProofOptions): ProofAnswers {
  const making = new Map<string, Promise<ProofDocument | null>>()
  const waiting: (() => void)[] = []
  let busy = 0

  async function make(standing: LimitStanding): Promise<ProofDocument | null> {
    if (busy >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve))
    busy++
    try {
      // Entries that a power loss could take back prove nothing.
      const end = journal.durableHead().sequence
      const proof = limitProof(standing)
      let [count, begun] = [0, performance.now()]
      for await (const entry of journal.read(standing.versions[0]!.sequence - 1)) {
        if (entry.sequence > end || !proof.take(entry)) break
        if (++count % SLICE_ENTRIES === 0 && performance.now() - begun > SLICE_MS) {
          await setImmediate()
          begun = performance.now()
        }
      }
      const made = proof.result()
      return made === null ? null : proofDocument(made)
    } finally {
      busy--
      waiting.shift()?.()
    }
  }
  /** Who asks for the same at the same time waits for the same. */
  function documentOf(signal: string): Promise<ProofDocument | null> {
    const standing = standingOf(signal)
    if (standing === null) return Promise.resolve(null)
    const name = `${signal} ${journal.durableHead().sequence}`
    const begun = making.get(name) ?? track(make(standing)).finally(() => making.delete(name))
    making.set(name, begun)
    return begun
  }

  return {
    async proof(asker, signal, format) {
      if (!mayKnow(asker, signal)) return null
      const document = await documentOf(signal)
      if (document === null) return null
      const bytes = await WRITERS[format](document)
      return { bytes, signature: key.sign(bytes) }
    },
    proofKey: () => key.publicPem,
  }
}

const WRITERS: Record<ProofFormat, (document: ProofDocument) => Uint8Array | Promise<Uint8Array>> = {
  json: (document) => Buffer.from(`${JSON.stringify(document, null, 2)}\n`),
  csv: (document) => Buffer.from(proofCsv(document)),
  pdf: proofPdf,
}
