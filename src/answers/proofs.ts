// Makes the proof of a limit from the journal, in turns between messages, and hands it out as a signed file.
import { setImmediate } from 'node:timers/promises'
import { proofCsv } from '../../adapters/proof-files/proof-csv.ts'
import { proofDocument, type ProofDocument } from '../../adapters/proof-files/proof-document.ts'
import { proofPdf } from '../../adapters/proof-files/proof-pdf.ts'
import type { Asker } from '../../domain/registry/asker.ts'
import type { Journal } from '../../domain/ports/journal.ts'
import type { ProofAnswers, ProofFormat } from '../../domain/ports/answers/proofs.ts'
import { limitProof, type LimitProof } from '../../domain/proof/limit-proof.ts'
import type { ProofStore } from '../../adapters/proof-files/proof-store.ts'
import type { LimitStanding } from '../../domain/proof/standing.ts'
import type { ProofKey } from '../files/proof-key.ts'

export interface ProofOptions {
  readonly journal: Pick<Journal, 'read' | 'durableHead'>
  /** Whether an asker may know of a limit. */
  readonly mayKnow: (asker: Asker, signal: string) => boolean
  readonly standingOf: (signal: string) => LimitStanding | null
  readonly key: ProofKey
  /** Proofs as they stood when their limits were over; left out: none are kept. */
  readonly kept?: ProofStore | undefined
  /** Keeps a manual clock from moving while work is under way. */
  readonly track: <Value>(work: Promise<Value>) => Promise<Value>
}

/** Entries looked at before others have their turn, and for how long at most, ms. */
const SLICE_ENTRIES = 64
const SLICE_MS = 5
/** Proofs made at a time; whoever comes later waits. */
const AT_ONCE = 2

export interface RunningProofs extends ProofAnswers {
  /** Proofs from one reading of the journal, each in its place; null for a limit that is not there. Bounded by whoever asks. */
  readonly made: (standings: readonly LimitStanding[]) => Promise<readonly (LimitProof | null)[]>
}

/** The answers about proofs. */
export function proofAnswers({ journal, mayKnow, standingOf, key, track, kept }: ProofOptions): RunningProofs {
  const making = new Map<string, Promise<ProofDocument | null>>()
  const waiting: (() => void)[] = []
  let busy = 0

  async function make(standings: readonly LimitStanding[]): Promise<readonly (LimitProof | null)[]> {
    if (busy >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve))
    busy++
    try {
      // Entries that a power loss could take back prove nothing.
      const end = journal.durableHead().sequence
      const proofs = standings.map((standing) => ({
        first: standing.versions[0]!.sequence,
        of: limitProof(standing),
        isOver: false,
      }))
      const first = proofs.reduce((least, one) => Math.min(least, one.first), Infinity)
      let [count, begun] = [0, performance.now()]
      for await (const entry of journal.read(first - 1)) {
        if (entry.sequence > end) break
        for (const one of proofs) if (entry.sequence >= one.first && !one.isOver) one.isOver = !one.of.take(entry)
        if (proofs.every(({ isOver }) => isOver)) break
        if (++count % SLICE_ENTRIES === 0 && performance.now() - begun > SLICE_MS) {
          await setImmediate()
          begun = performance.now()
        }
      }
      return proofs.map(({ of }) => of.result())
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
    const begun =
      making.get(name) ??
      track(make([standing]))
        .then(([made = null]) => (made === null ? null : proofDocument(made)))
        .finally(() => making.delete(name))
    making.set(name, begun)
    return begun
  }

  /** One of long ago, of which nothing else is known any more: for whoever knows of all, and for its own sender. */
  async function keptFor({ tenant, role, name }: Asker, signal: string): Promise<ProofDocument | null> {
    if (tenant !== null || standingOf(signal) !== null) return null
    const document = (await kept?.read(signal)) ?? null
    return document === null || (role === 'grid' && document.sender !== name) ? null : document
  }

  return {
    async proof(asker, signal, format) {
      const document = mayKnow(asker, signal) ? await documentOf(signal) : await keptFor(asker, signal)
      if (document === null) return null
      const bytes = await WRITERS[format](document)
      return { bytes, signature: key.sign(bytes) }
    },
    proofKey: () => key.publicPem,
    made: (standings) => track(make(standings)),
  }
}

const WRITERS: Record<ProofFormat, (document: ProofDocument) => Uint8Array | Promise<Uint8Array>> = {
  json: (document) => Buffer.from(`${JSON.stringify(document, null, 2)}\n`),
  csv: (document) => Buffer.from(proofCsv(document)),
  pdf: proofPdf,
}
