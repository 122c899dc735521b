import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sample, string } from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { openJournal } from '../../adapters/journal-file/open-journal.ts'
import { memoryJournal } from '../../adapters/memory/memory-journal.ts'
import type { Journal, JournalEntry } from '../../domain/ports/journal.ts'
import type { Fact } from '../../domain/facts/fact.ts'
import { id, type StationId } from '../../domain/registry/identity.ts'

const folders: string[] = []
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })))
function folder(): string {
  folders.push(mkdtempSync(join(tmpdir(), 'journal-')))
  return folders.at(-1)!
}
const note = (detail: string): Fact => ({ kind: 'station-disconnected', station: id<StationId>('cp-1'), detail })

async function all(journal: Journal, after = 0): Promise<JournalEntry[]> {
  const entries: JournalEntry[] = []
  for await (const entry of journal.read(after)) entries.push(entry)
  return entries
}

const journals: Record<string, () => Promise<Journal>> = {
  'in memory': async () => memoryJournal({ node: 'node-1' }),
  'in a file': () => openJournal({ folder: folder(), node: 'node-1', groupCommitMs: 0 }),
  'in a file without fsync, in small segments': () =>
    openJournal({ folder: folder(), node: 'node-1', sync: false, groupCommitMs: 1, segmentBytesMax: 1_000 }),
}

for (const [name, open] of Object.entries(journals))
  describe(`journal ${name}`, () => {
    it('is empty at first', async () => {
      const journal = await open()
      expect(journal.head()).toEqual({ sequence: 0, hash: '0'.repeat(64) })
      expect(await all(journal)).toEqual([])
      await journal.durable(0)
      await journal.close()
    })

    it('numbers from 1 without gaps and chains every entry to the one before', async () => {
      const journal = await open()
      const numbers = ['a', 'b', 'c'].map((detail, i) => journal.append(note(detail), 1_000 + i))
      expect(numbers).toEqual([1, 2, 3])
      expect([journal.failure(), journal.hasRoom()]).toEqual([null, true])
      const entries = await all(journal)
      expect(entries.map(({ sequence, at, fact, node, epoch }) => ({ sequence, at, fact, node, epoch }))).toEqual(
        ['a', 'b', 'c'].map((detail, i) => ({ sequence: i + 1, at: 1_000 + i, fact: note(detail), node: 'node-1', epoch: 1 })),
      )
      expect(entries.map((entry) => entry.previous)).toEqual(['0'.repeat(64), entries[0]!.hash, entries[1]!.hash])
      expect(journal.head()).toEqual({ sequence: 3, hash: entries[2]!.hash })
      await journal.close()
    })

    it('reads what comes after a number, also what is not durable yet', async () => {
      const journal = await open()
      for (let i = 1; i <= 1_000; i++) {
        journal.append(note(`entry ${i}`), i)
        if (i % 100 === 0) await journal.durable(i)
      }
      journal.append(note('last'), 1_001)
      for (const after of [0, 1, 255, 256, 257, 700, 999, 1_000, 1_001, 5_000])
        expect((await all(journal, after)).map((entry) => entry.sequence)).toEqual(
          Array.from({ length: Math.max(0, 1_001 - after) }, (_, i) => after + 1 + i),
        )
      await journal.close()
    })

    it('resolves durable for this entry and all before it, and refuses what does not exist', async () => {
      const journal = await open()
      for (let i = 1; i <= 5; i++) journal.append(note('x'), i)
      await Promise.all([journal.durable(5), journal.durable(2), journal.durable(1)])
      await expect(journal.durable(6)).rejects.toThrow('6')
      await journal.close()
    })

    it('tells the last durable entry apart from the last one', async () => {
      const journal = await open()
      expect(journal.durableHead()).toEqual({ sequence: 0, hash: '0'.repeat(64) })
      for (let i = 1; i <= 3; i++) journal.append(note('x'), i)
      await journal.durable(3)
      expect(journal.durableHead()).toEqual(journal.head())
      await journal.close()
    })

    it('gives back any text; what PostgreSQL cannot hold is replaced before it is hashed', async () => {
      const journal = await open()
      const texts = sample(string({ unit: 'binary' }), 50).concat('NUL \0', 'half \ud83d', '\n"\\', 'ä€🚗')
      for (const text of texts) journal.append(note(text), 1)
      const storable = (text: string) => text.replaceAll('\0', '\ufffd').replace(/\p{Surrogate}/gu, '\ufffd')
      expect((await all(journal)).map((entry) => entry.fact)).toEqual(texts.map((text) => note(storable(text))))
      await journal.close()
    })
  })

it('has the same hashes in memory and in a file, whatever the order of the keys', async () => {
  const file = await openJournal({ folder: folder(), node: 'node-1', groupCommitMs: 0 })
  const memory = memoryJournal({ node: 'node-1' })
  file.append({ kind: 'station-disconnected', station: id<StationId>('cp-1'), detail: 'gone' }, 5)
  memory.append({ detail: 'gone', station: id<StationId>('cp-1'), kind: 'station-disconnected' }, 5)
  expect(file.head()).toEqual(memory.head())
  expect(await all(file)).toEqual(await all(memory))
  await file.close()
})
