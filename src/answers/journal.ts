// Answers what stands in the journal: one chain for all tenants, so the operator's alone.
import type { JournalAnswers } from '../../domain/ports/answers/journal.ts'
import type { Journal, JournalEntry } from '../../domain/ports/journal.ts'

/** The entries of a journal. */
export function journalAnswers(journal: Journal): JournalAnswers {
  return {
    async journal(asker, after, limit) {
      const entries: JournalEntry[] = []
      if (asker.tenant !== null) return entries
      for await (const entry of journal.read(after)) {
        entries.push(entry)
        if (entries.length >= limit) break
      }
      return entries
    },
    journalHead: (asker) => (asker.tenant === null ? journal.durableHead() : { sequence: 0, hash: '' }),
  }
}
