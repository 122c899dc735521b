import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { openPglite } from '../../../adapters/postgres/open-pglite.ts'
import { memoryJournal } from '../../../adapters/memory/memory-journal.ts'
import type { JournalEntry } from '../../../domain/ports/journal.ts'

const folder = mkdtempSync(join(tmpdir(), 'pglite-'))
afterAll(() => rmSync(folder, { recursive: true }))

it('keeps what it was given, admits one process, and refuses after its end', async () => {
  const journal = memoryJournal({ node: 'node-1' })
  for (let i = 0; i < 20; i++) journal.append({ kind: 'prices-quarantined', source: 'x', detail: 'y'.repeat(100) }, i)
  const entries: JournalEntry[] = []
  for await (const entry of journal.read(0)) entries.push(entry)

  const stores = await openPglite({ folder })
  await expect(openPglite({ folder })).rejects.toThrow('is held by process')
  expect(await stores.migrate()).toHaveLength(16)
  // Transactions and questions at the same time take turns on the one connection.
  await Promise.all([
    stores.journal.copy(entries.slice(0, 10)),
    stores.journal.copy(entries.slice(5)),
    stores.check(),
    stores.journal.copy(entries),
  ])
  await stores.close()
  await expect(stores.check()).rejects.toThrow()

  const again = await openPglite({ folder })
  expect(await again.migrate()).toEqual([])
  expect(await again.journal.entries('node-1', 0, 100)).toEqual(entries)
  await again.close()
})
