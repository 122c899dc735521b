// The proof of a limit as a file that can be kept, with a signature over its very bytes.
import type { Asker } from '../../registry/asker.ts'

export const PROOF_FORMATS = ['json', 'csv', 'pdf'] as const
export type ProofFormat = (typeof PROOF_FORMATS)[number]

export interface ProofFile {
  readonly bytes: Uint8Array
  /** Ed25519 over the bytes, base64. */
  readonly signature: string
}
export interface ProofAnswers {
  /** Null for a limit that is unknown or that the asker may not know of; a grid operator knows the limits he has sent. Rejects when the journal cannot be read. */
  proof(asker: Asker, signal: string, format: ProofFormat): Promise<ProofFile | null>
  /** The key that signatures are checked with, PEM. */
  proofKey(): string
}
