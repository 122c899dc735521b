// A folder that was restored from an older backup, or is empty, is not gone on from under numbers that its copy knows as taken (F37).
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { openJournal } from '../../../adapters/journal-file/open-journal.ts'
import { restoreFromCopy } from '../../../adapters/journal-file/restore-from-copy.ts'
import { verifyJournal } from '../../../adapters/journal-file/verify-journal.ts'
import { memoryStores } from '../../../adapters/memory/memory-stores.ts'
import { id, type StationId } from '../../../domain/registry/identity.ts'
import type { Fact } from '../../../domain/facts/fact.ts'
import type { JournalCopy } from '../../../domain/ports/stores.ts'

const folders: string[] = []
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })))
function emptyFolder(): string {
  folders.push(mkdtempSync(join(tmpdir(), 'past-')))
  return folders.at(-1)!
}
const note = (detail: string): Fact => ({ kind: 'station-disconnected', station: id<StationId>('cp-1'), detail })
/** Adds entries in a start of its own, and copies them where a copy is given. */
async function live(folder: string, count: number, name: string, copy?: JournalCopy): Promise<void> {
  const journal = await openJournal({ folder, node: 'node-1' })
  const before = journal.head().sequence
  for (let i = 1; i <= count; i++) journal.append(note(`${name} ${i}`), i)
  journal.flush()
  for await (const entry of journal.read(before)) await copy?.copy([entry])
  await journal.close()
}
function contents(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder)
      .filter((name) => name !== 'lock')
      .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  )
}
/** Forty entries as a backup has them, eighty-eight as the database does, and the folder that was lost meanwhile. */
async function restored() {
  const { journal: copy } = memoryStores()
  const [lost, backup] = [emptyFolder(), emptyFolder()]
  await live(lost, 40, 'first', copy)
  cpSync(lost, backup, { recursive: true })
  await live(lost, 48, 'second', copy)
  return { copy, lost, backup }
}
const withCopy = (folder: string, copy: JournalCopy) => openJournal({ folder, node: 'node-1', copy })

describe('a journal that ends before its copy', () => {
  it('is not opened, says the way out, and is left as it is', async () => {
    const { copy, backup } = await restored()
    const before = contents(backup)
    await expect(withCopy(backup, copy)).rejects.toThrow(/entries 41 to 88 of node node-1 .*accept-loss.*GEGENSTROM_NODE/)
    await expect(withCopy(backup, copy)).rejects.toThrow('41 to 88')
    expect(contents(backup)).toEqual(before)
    const empty = emptyFolder()
    await expect(withCopy(empty, copy)).rejects.toThrow('1 to 88')
    expect(contents(empty)).toEqual({})
  })

  it('is opened when its entries were brought back, in the same bytes; the same from nothing', async () => {
    const { copy, lost, backup } = await restored()
    for (const folder of [backup, emptyFolder()]) {
      const count = folder === backup ? 48 : 88
      expect(await restoreFromCopy(folder, copy, 'node-1')).toEqual({ ok: true, value: count })
      const journal = await withCopy(folder, copy)
      expect([journal.head().sequence, journal.copySilent]).toEqual([88, null])
      await journal.close()
      expect(await verifyJournal(folder)).toMatchObject({ ok: true, value: { entries: 88, remarks: [] } })
      const text = (of: string) =>
        Object.entries(contents(of))
          .filter(([name]) => name.endsWith('.jsonl'))
          .map(([, lines]) => lines)
      expect(text(folder).join('')).toBe(text(lost).join(''))
    }
  })

  it('and says something else at the last entry of both: neither opened nor mended', async () => {
    const { copy, backup } = await restored()
    for (const [more, at] of [
      [10, 50],
      [60, 88],
    ] as const) {
      const folder = emptyFolder()
      cpSync(backup, folder, { recursive: true })
      await live(folder, more, 'another past')
      const before = contents(folder)
      await expect(withCopy(folder, copy)).rejects.toThrow(new RegExp(`entry ${at} of node node-1 is another one`))
      expect(await restoreFromCopy(folder, copy, 'node-1')).toMatchObject({ ok: false, refusal: { sequence: at } })
      expect(contents(folder)).toEqual(before)
    }
  })
})

describe('a copy that has nothing against it', () => {
  it('may be behind, level, or of another node', async () => {
    const { copy, lost } = await restored()
    await live(lost, 5, 'not copied yet')
    await (await withCopy(lost, copy)).close()
    await (await openJournal({ folder: emptyFolder(), node: 'node-2', copy })).close()
  })

  it('stops nothing while it is away, or does not answer within 5 s', async () => {
    const { copy, backup } = await restored()
    const away = { ...copy, lastCopied: () => Promise.reject(new Error('connection refused')) }
    const first = await withCopy(backup, away)
    expect(first.copySilent).toBe('connection refused')
    await first.close()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      let opened: string | null = 'not opened'
      const second = withCopy(backup, { ...copy, lastCopied: () => new Promise<number>(() => {}) }).then((journal) => {
        opened = journal.copySilent
        return journal
      })
      while (vi.getTimerCount() === 0) await new Promise((next) => setImmediate(next))
      await vi.advanceTimersByTimeAsync(4_999)
      expect(opened).toBe('not opened')
      await vi.advanceTimersByTimeAsync(1)
      const journal = await second
      expect(opened).toBe('no answer within 5 s')
      vi.useRealTimers()
      await journal.close()
    } finally {
      vi.useRealTimers()
    }
  })
})
