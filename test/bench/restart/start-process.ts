// A start in a process of its own: opens the journal of a folder, rebuilds what is remembered, and tells how long that took.
import { openJournal } from '../../../adapters/journal-file/open-journal.ts'
import { bareRecorder, fitting } from '../../../src/run/bare-recorder.ts'

const [folder, how] = process.argv.slice(2) as [string, string]
const begun = performance.now()
const journal = await openJournal({
  folder,
  node: 'node-1',
  ...(how === 'snapshot' ? { snapshots: fitting('node-1') } : {}),
})
const opened = performance.now()
const base = journal.takeBase()
const { entries } = await bareRecorder('node-1', journal, Date.now).replay(base)
const ended = performance.now()
await journal.close()
const megabytes = Math.round(process.memoryUsage().rss / 2 ** 20)
console.log(
  JSON.stringify({ openMs: opened - begun, replayMs: ended - opened, entries, sequence: base?.sequence ?? 0, megabytes }),
)
