// A journal in memory: same chain, same hashes as the file, gone with the process.
import type { Journal, JournalEntry } from '../../domain/ports/journal.ts'
import { canonicalJson, NO_HASH, seal } from '../wire/hash-chain.ts'

/** A journal that lives as long as the process, for tests. */
export function memoryJournal(options: { readonly node: string; readonly epoch?: number }): Journal {
  const { node, epoch = 1 } = options
  const entries: JournalEntry[] = []
  const head = () => ({ sequence: entries.length, hash: entries.at(-1)?.hash ?? NO_HASH })
  return {
    append(fact, at) {
      const unsealed = { sequence: entries.length + 1, node, epoch, at, fact, previous: entries.at(-1)?.hash ?? NO_HASH }
      const { hash } = seal(unsealed)
      // What is read is what was written, even when the caller changes its object afterwards.
      entries.push({ ...unsealed, fact: JSON.parse(canonicalJson(fact)) as typeof fact, hash })
      return entries.length
    },
    hasRoom: () => true,
    flush() {},
    async durable(sequence) {
      if (sequence > entries.length) throw new Error(`journal entry ${sequence} does not exist yet`)
    },
    failure: () => null,
    head,
    durableHead: head,
    async *read(after) {
      yield* entries.slice(after)
    },
    async close() {},
  }
}
