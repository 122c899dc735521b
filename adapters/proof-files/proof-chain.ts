// Which entries of the journal a proof in a file rests on, read back from any of its forms.
import type { ProofFormat } from '../../domain/ports/answers/proofs.ts'

export interface ProofChain {
  readonly first: number
  readonly last: number
  /** Hashes by sequence number, hex; the first and the last entry are among them. */
  readonly hashes: ReadonlyMap<number, string>
}

/** The keywords of a PDF: they stand in it as they are. */
export function chainKeywords({ first, last }: { readonly first: Named; readonly last: Named }): string {
  return `entry ${first.sequence} ${first.hash} entry ${last.sequence} ${last.hash}`
}

interface Named {
  readonly sequence: number
  readonly hash: string
}

/** Null where a file names none. The file is to be believed by its signature before. */
export function chainOfProof(bytes: Buffer, format: ProofFormat): ProofChain | null {
  const named = READERS[format](bytes)
  if (named.length === 0) return null
  const sequences = named.map(({ sequence }) => sequence)
  return {
    first: Math.min(...sequences),
    last: Math.max(...sequences),
    hashes: new Map(named.map(({ sequence, hash }) => [sequence, hash])),
  }
}

const READERS: Record<ProofFormat, (bytes: Buffer) => readonly Named[]> = {
  json(bytes) {
    try {
      const { chain } = JSON.parse(bytes.toString('utf8')) as { chain: { first: Named; last: Named; entries: readonly Named[] } }
      return [chain.first, chain.last, ...chain.entries].filter(({ sequence }) => Number.isInteger(sequence))
    } catch {
      return []
    }
  },
  csv: (bytes) => found(bytes, /^chain,\w+,[^,]*,(\d+),[\w-]+,([0-9a-f]{64})\r?$/gm),
  pdf: (bytes) => found(bytes, /\bentry (\d+) ([0-9a-f]{64})/g),
}

function found(bytes: Buffer, pattern: RegExp): readonly Named[] {
  return [...bytes.toString('latin1').matchAll(pattern)].map(([, sequence, hash]) => ({
    sequence: Number(sequence),
    hash: hash!,
  }))
}
