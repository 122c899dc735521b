// The journal: append-only, hash-chained, one chain per process named by node and epoch. What cannot be found there did not happen.
import type { Fact } from '../facts/fact.ts'

export interface JournalEntry {
  /** Counts from 1 within one chain, without gaps. */
  readonly sequence: number
  readonly node: string
  /** Grows with every start of the process. */
  readonly epoch: number
  /** Epoch ms by the application's clock; it goes back where that was set back (`clock-stepped`), the sequence never does. */
  readonly at: number
  readonly fact: Fact
  /** Hash of the entry before, hex; 64 zeros for the first. */
  readonly previous: string
  /** SHA-256 over everything above, hex. */
  readonly hash: string
}

export interface Journal {
  /**
   * Adds a fact at the end and returns its sequence number at once; the entry is durable when `durable(sequence)` resolves. While the journal cannot be
   * written, entries wait in memory, in their order, up to a bound: `failure` tells before it is reached, and without room this throws and adds nothing.
   */
  append(fact: Fact, at: number): number
  /** Whether anything can be appended: false when too much waits in memory for a disk that takes nothing. */
  hasRoom(): boolean
  /** Hands everything appended so far to the operating system at once: it survives the death of this process, not yet a power loss. Orders leave after it. */
  flush(): void
  /**
   * Resolves when this entry and all before it survive a power loss (one fsync serves all that wait). Rejects while the journal cannot be written: the
   * entry may still become durable later, so whoever is told no and repeats himself must be recognised.
   */
  durable(sequence: number): Promise<void>
  /** Why nothing can be recorded at the moment; null while it can, and again once the journal has healed and everything appended is durable. */
  failure(): Error | null
  /** Sequence and hash of the last entry; sequence 0 in an empty journal. */
  head(): { readonly sequence: number; readonly hash: string }
  /** The last entry that survives a power loss; it may lie before `head`, and stays there while the journal cannot be written. */
  durableHead(): { readonly sequence: number; readonly hash: string }
  /** All entries after a sequence number, oldest first. */
  read(after: number): AsyncIterable<JournalEntry>
  close(): Promise<void>
}
