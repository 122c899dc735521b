// Writes entries as fast as it can and prints every sequence number that is durable, until it is killed.
import { openJournal } from '../../../adapters/journal-file/open-journal.ts'
import { id, type StationId } from '../../../domain/registry/identity.ts'

const journal = await openJournal({ folder: process.argv[2]!, node: 'node-1', segmentBytesMax: 20_000, groupCommitMs: 1 })
for (;;) {
  let last = 0
  for (let i = 0; i < 20; i++)
    last = journal.append(
      { kind: 'station-disconnected', station: id<StationId>('cp-1'), detail: 'x'.repeat(Math.random() * 400) },
      Date.now(),
    )
  await journal.durable(last)
  process.stdout.write(`${last}\n`)
}
