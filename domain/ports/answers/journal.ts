// What may be asked of the journal. It is one chain for all tenants, so that whoever is confined to one sees none of it.
import type { Asker } from '../../registry/asker.ts'
import type { JournalEntry } from '../journal.ts'

export interface JournalAnswers {
  /** At most so many entries behind a sequence number, oldest first. */
  journal(asker: Asker, after: number, limit: number): Promise<readonly JournalEntry[]>
  /** The last entry that is durable; 0 and an empty hash where the asker may not know. */
  journalHead(asker: Asker): { readonly sequence: number; readonly hash: string }
}
