// The journal of this process: everything that was received, decided, ordered and measured, in one hash chain.
import { z } from 'zod'
import { nextLink } from '../paging.ts'
import type { RestPorts } from '../ports.ts'
import { route, type Route } from '../route.ts'
import { fromStore } from './store-access.ts'
import { instant, instantOf, limitParameter } from '../wire-values.ts'

const hash = z.string().regex(/^[0-9a-f]{64}$/)
const entry = z
  .strictObject({
    sequence: z.int().min(1),
    node: z.string(),
    epoch: z.int(),
    at: instant,
    fact: z.looseObject({ kind: z.string() }).meta({ description: 'What happened; its other members depend on the kind' }),
    previous: hash,
    hash,
  })
  .meta({ id: 'JournalEntry' })

/** Entries of the journal, oldest first. */
export function journalRoutes(ports: Pick<RestPorts, 'journal'>): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/journal',
      access: ['dispatcher', 'admin'],
      tag: 'Journal',
      summary: 'Entries after a sequence number, oldest first',
      querySchema: z.strictObject({
        after: z.coerce.number().int().min(0).default(0).meta({ description: 'Sequence number; 0 starts at the beginning' }),
        limit: limitParameter(),
      }),
      answerSchema: z.strictObject({ entries: z.array(entry) }),
      answerHeaders: ['Link'],
      problems: ['unavailable'],
      async handle({ asker, query, address }) {
        const entries = await fromStore(ports.journal.journal(asker, query.after, query.limit))
        const last = entries.at(-1)
        const more = last !== undefined && last.sequence < ports.journal.journalHead(asker).sequence
        return {
          body: { entries: entries.map((one) => ({ ...one, at: instantOf(one.at) })) },
          headers: nextLink(more ? address({ after: String(last.sequence) }) : null),
        }
      },
    }),
    route({
      method: 'get',
      path: '/v1/journal/head',
      access: ['viewer', 'dispatcher', 'admin'],
      tag: 'Journal',
      summary: 'Sequence number and hash of the last entry that is durable',
      answerSchema: z.strictObject({ sequence: z.int().min(0), hash: z.string() }),
      handle: ({ asker }) => ({ body: ports.journal.journalHead(asker) }),
    }),
  ]
}
