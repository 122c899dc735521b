// A journal that an earlier version wrote, with facts as they are in memory: it is read, verified, compared, restored and gone on with.
import { cpSync, mkdtempSync, readdirSync, rmSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { compareJournalWithCopy } from '../../../adapters/journal-file/compare-with-copy.ts'
import { openJournal } from '../../../adapters/journal-file/open-journal.ts'
import { restoreFromCopy } from '../../../adapters/journal-file/restore-from-copy.ts'
import { verifyJournal } from '../../../adapters/journal-file/verify-journal.ts'
import { memoryStores } from '../../../adapters/memory/memory-stores.ts'
import type { JournalEntry } from '../../../domain/ports/journal.ts'

const BEFORE = join(import.meta.dirname, 'of-before')
const LINES = readFileSync(join(BEFORE, readdirSync(BEFORE)[0]!), 'utf8')
  .split('\n')
  .slice(0, -1)
const ENTRIES = LINES.length
const folders: string[] = []
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })))
function folderOfBefore(): string {
  folders.push(mkdtempSync(join(tmpdir(), 'before-')))
  cpSync(BEFORE, folders.at(-1)!, { recursive: true })
  return folders.at(-1)!
}
async function read(folder: string): Promise<JournalEntry[]> {
  const journal = await openJournal({ folder, node: 'node-1', groupCommitMs: 0 })
  const entries: JournalEntry[] = []
  for await (const entry of journal.read(0)) entries.push(entry)
  await journal.close()
  return entries
}

describe('a journal of before', () => {
  it('is read with the facts as they were written', async () => {
    expect(await read(folderOfBefore())).toEqual(LINES.map((line) => JSON.parse(line) as JournalEntry))
  })

  it('is gone on with, in the form of today, in one chain', async () => {
    const folder = folderOfBefore()
    const before = await read(folder)
    const journal = await openJournal({ folder, node: 'node-1', groupCommitMs: 0 })
    for (const { fact, at } of before) journal.append(fact, at)
    await journal.close()
    const all = await read(folder)
    expect(all.slice(ENTRIES).map(({ fact, at }) => ({ fact, at }))).toEqual(before.map(({ fact, at }) => ({ fact, at })))
    expect(await verifyJournal(folder)).toMatchObject({ ok: true, value: { entries: 2 * ENTRIES } })
  })

  it('agrees with its copy, and comes back from it, across the change of the form', async () => {
    const folder = folderOfBefore()
    const journal = await openJournal({ folder, node: 'node-1', groupCommitMs: 0 })
    for (const { fact, at } of await read(folderOfBefore())) journal.append(fact, at)
    await journal.close()
    const entries = await read(folder)
    const stores = memoryStores()
    await stores.journal.copy(entries)
    expect(await compareJournalWithCopy(folder, stores.journal, 'node-1')).toEqual({
      ok: true,
      value: { equal: 2 * ENTRIES, notCopied: 0 },
    })
    const fresh = folderOfBefore()
    rmSync(join(fresh, readdirSync(fresh)[0]!))
    expect(await restoreFromCopy(fresh, stores.journal, 'node-1')).toEqual({ ok: true, value: 2 * ENTRIES })
    expect(await read(fresh)).toEqual(entries)
  })
})
