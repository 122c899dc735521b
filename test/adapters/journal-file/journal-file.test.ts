import { execFileSync, spawn } from 'node:child_process'
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { compareJournalWithCopy } from '../../../adapters/journal-file/compare-with-copy.ts'
import { openJournal, type FileJournal } from '../../../adapters/journal-file/open-journal.ts'
import { verifyJournal } from '../../../adapters/journal-file/verify-journal.ts'
import { memoryStores } from '../../../adapters/memory/memory-stores.ts'
import { inFlight } from '../../../adapters/wire/in-flight.ts'
import type { JournalEntry } from '../../../domain/ports/journal.ts'
import type { Fact } from '../../../domain/facts/fact.ts'
import { id, type StationId } from '../../../domain/registry/identity.ts'

const CHILD = fileURLToPath(new URL('./journal-child.ts', import.meta.url))
const folders: string[] = []
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })))
function emptyFolder(): string {
  folders.push(mkdtempSync(join(tmpdir(), 'journal-')))
  return folders.at(-1)!
}
const note = (detail: string): Fact => ({ kind: 'station-disconnected', station: id<StationId>('cp-1'), detail })
async function all(journal: FileJournal, after = 0): Promise<JournalEntry[]> {
  const entries: JournalEntry[] = []
  for await (const entry of journal.read(after)) entries.push(entry)
  return entries
}
/** A closed journal of ten entries in one segment, and the file they are in. */
async function tenEntries(): Promise<{ folder: string; file: string }> {
  const folder = emptyFolder()
  const journal = await openJournal({ folder, node: 'node-1' })
  for (let i = 1; i <= 10; i++) journal.append(note(`entry ${i}`), i)
  await journal.close()
  return {
    folder,
    file: join(
      folder,
      readdirSync(folder).find((name) => name.endsWith('.jsonl'))!,
    ),
  }
}
const lines = (file: string) => readFileSync(file, 'utf8').split('\n').slice(0, -1)

describe('journal file', () => {
  it('goes on behind the last entry with the next epoch and a segment of its own', async () => {
    const { folder } = await tenEntries()
    const journal = await openJournal({ folder, node: 'node-1' })
    expect([journal.epoch, journal.head().sequence, journal.torn]).toEqual([2, 10, null])
    journal.append(note('entry 11'), 11)
    const entries = await all(journal)
    expect(entries.map((entry) => entry.epoch)).toEqual([...Array.from({ length: 10 }, () => 1), 2])
    expect(entries[10]!.previous).toBe(entries[9]!.hash)
    await journal.close()
    const verified = await verifyJournal(folder)
    expect(verified).toMatchObject({
      ok: true,
      value: { entries: 11, from: 1, segments: 2, tornBytes: 0, head: journal.head(), remarks: [], snapshots: 0 },
    })
  })

  it('counts an epoch for every start, also for one that wrote nothing', async () => {
    const { folder } = await tenEntries()
    for (const epoch of [2, 3]) {
      const journal = await openJournal({ folder, node: 'node-1' })
      expect(journal.epoch).toBe(epoch)
      await journal.close()
    }
    await expect(openJournal({ folder, node: 'node-1', epoch: 1 })).rejects.toThrow('epoch 1 after epoch 3')
  })

  it('begins a new segment by size and reads across', async () => {
    const folder = emptyFolder()
    const journal = await openJournal({ folder, node: 'node-1', segmentBytesMax: 2_000, groupCommitMs: 0 })
    for (let i = 1; i <= 60; i++) await journal.durable(journal.append(note('x'.repeat(100)), i))
    expect(readdirSync(folder).filter((name) => name.endsWith('.jsonl')).length).toBeGreaterThan(5)
    expect((await all(journal, 33)).map((entry) => entry.sequence)[0]).toBe(34)
    expect(await all(journal)).toHaveLength(60)
    await journal.close()
    expect(await verifyJournal(folder)).toMatchObject({ ok: true, value: { entries: 60 } })
  })

  it('serves all that wait with one commit and tells the manual clock that it is under way', async () => {
    const idle = inFlight()
    const journal = await openJournal({ folder: emptyFolder(), node: 'node-1', groupCommitMs: 0, inFlight: idle })
    let served = 0
    for (let i = 1; i <= 100; i++) void journal.durable(journal.append(note('x'), i)).then(() => served++)
    expect(served).toBe(0)
    await idle.idle()
    expect(served).toBe(100)
    await journal.close()
  })

  it('writes the form its README describes, so that anyone can check an entry by hand', async () => {
    const { file } = await tenEntries()
    const script = `line=$(sed -n 2p "$0"); previous=$(sed -n 1p "$0" | tail -c 67 | head -c 64); printf '%s%s}' "$previous" "\${line%,\\"hash\\"*}" | sha256sum`
    const sum = execFileSync('bash', ['-c', script, file], { encoding: 'utf8' }).split(' ')[0]
    expect(sum).toBe((JSON.parse(lines(file)[1]!) as JournalEntry).hash)
  })

  it('refuses a folder of another node', async () => {
    const { folder } = await tenEntries()
    await expect(openJournal({ folder, node: 'node-2' })).rejects.toThrow('belongs to node node-1')
  })
})

describe('journal file under attack', () => {
  const attacks: Record<string, { change: (lines: string[]) => string[]; sequence: number; reason: RegExp }> = {
    'a flipped byte': {
      change: (all) => all.map((line, i) => (i === 4 ? line.replace('entry 5', 'entry 6') : line)),
      sequence: 5,
      reason: /do not agree/,
    },
    'a flipped byte in the last line': {
      change: (all) => all.map((line, i) => (i === 9 ? line.replace('"at":10', '"at":11') : line)),
      sequence: 10,
      reason: /do not agree/,
    },
    'a deleted line': { change: (all) => all.filter((_, i) => i !== 6), sequence: 7, reason: /missing; 8/ },
    'a deleted first line': { change: (all) => all.slice(1), sequence: 1, reason: /missing; 2/ },
    'a doubled line': { change: (all) => [...all.slice(0, 3), ...all.slice(2)], sequence: 4, reason: /once more/ },
    'two lines in the wrong order': {
      change: (all) => [...all.slice(0, 3), all[4]!, all[3]!, ...all.slice(5)],
      sequence: 4,
      reason: /missing; 5/,
    },
    'a line that is no entry': { change: (all) => [...all.slice(0, 8), 'hello', ...all.slice(8)], sequence: 9, reason: /agree/ },
  }
  for (const [name, { change, sequence, reason }] of Object.entries(attacks))
    it(`names the sequence of ${name}, and does not open`, async () => {
      const { folder, file } = await tenEntries()
      writeFileSync(file, `${change(lines(file)).join('\n')}\n`)
      const verified = await verifyJournal(folder)
      expect(verified).toMatchObject({ ok: false, refusal: { sequence, reason: expect.stringMatching(reason) as string } })
      await expect(openJournal({ folder, node: 'node-1' })).rejects.toThrow(`journal entry ${sequence} is broken`)
    })

  it('names an entry that was sealed anew but does not continue the chain', async () => {
    const one = await tenEntries()
    const folder = emptyFolder()
    const stranger = await openJournal({ folder, node: 'node-1' })
    for (let i = 1; i <= 10; i++) stranger.append(note(`other ${i}`), i)
    await stranger.close()
    const strange = lines(
      join(
        folder,
        readdirSync(folder).find((name) => name.endsWith('.jsonl'))!,
      ),
    )
    writeFileSync(one.file, `${[...lines(one.file).slice(0, 4), ...strange.slice(4)].join('\n')}\n`)
    expect(await verifyJournal(one.folder)).toMatchObject({
      ok: false,
      refusal: { sequence: 5, reason: 'does not continue the entry before' },
    })
  })

  it('finds in the copy what the file alone cannot show: entries cut off at the end', async () => {
    const { folder, file } = await tenEntries()
    const stores = memoryStores()
    await stores.journal.copy(lines(file).map((line) => JSON.parse(line) as JournalEntry))
    expect(await compareJournalWithCopy(folder, stores.journal, 'node-1')).toEqual({
      ok: true,
      value: { equal: 10, notCopied: 0 },
    })
    writeFileSync(file, `${lines(file).slice(0, 8).join('\n')}\n`)
    // Whoever cuts the end off may cut the head file back, too.
    rmSync(join(folder, 'head'))
    expect(await verifyJournal(folder)).toMatchObject({
      ok: true,
      value: { entries: 8, remarks: [expect.stringContaining('head')] },
    })
    expect(await compareJournalWithCopy(folder, stores.journal, 'node-1')).toMatchObject({ ok: false, refusal: { sequence: 9 } })
  })

  it('finds a copied entry whose content was changed under its hash', async () => {
    const { folder, file } = await tenEntries()
    const stores = memoryStores()
    const entries = lines(file).map((line) => JSON.parse(line) as JournalEntry)
    await stores.journal.copy(
      entries.slice(0, 7).map((entry, i) => (i === 3 ? { ...entry, fact: note('never happened') } : entry)),
    )
    expect(await compareJournalWithCopy(folder, stores.journal, 'node-1')).toMatchObject({ ok: false, refusal: { sequence: 4 } })
  })
})

describe('journal file and crashes', () => {
  it('cuts off a torn last line, says so, and goes on', async () => {
    const { folder, file } = await tenEntries()
    appendFileSync(file, '{"at":11,"epoch":1,"fa')
    expect(await verifyJournal(folder)).toMatchObject({ ok: true, value: { entries: 10, tornBytes: 22 } })
    const journal = await openJournal({ folder, node: 'node-1' })
    expect(journal.torn).toEqual({ file, bytes: 22 })
    await journal.durable(journal.append(note('entry 11'), 11))
    await journal.close()
    expect(await verifyJournal(folder)).toMatchObject({ ok: true, value: { entries: 11, tornBytes: 0 } })
  })

  it('keeps every acknowledged entry through kill -9 (F10, I5)', async () => {
    const folder = emptyFolder()
    for (let round = 1; round <= 3; round++) {
      const child = spawn(process.execPath, ['--import', 'tsx', CHILD, folder])
      let acknowledged = 0
      let text = ''
      child.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString()
        acknowledged = Number(text.split('\n').at(-2) ?? 0)
        if (text.split('\n').length > 15 * round) child.kill('SIGKILL')
      })
      const errors: string[] = []
      child.stderr.on('data', (chunk: Buffer) => errors.push(chunk.toString()))
      await new Promise((resolve) => child.on('close', resolve))
      expect(errors).toEqual([])
      expect(child.signalCode).toBe('SIGKILL')
      expect(acknowledged).toBeGreaterThan(0)
      const verified = await verifyJournal(folder)
      expect(verified).toMatchObject({ ok: true })
      if (verified.ok) expect(verified.value.entries).toBeGreaterThanOrEqual(acknowledged)
    }
    const journal = await openJournal({ folder, node: 'node-1' })
    expect(journal.epoch).toBe(4)
    await journal.close()
  })

  it('keeps a second process out while the first lives, and takes over from a dead one', async () => {
    const folder = emptyFolder()
    const child = spawn(process.execPath, ['--import', 'tsx', CHILD, folder])
    const ended = new Promise((resolve) => child.on('close', resolve))
    await new Promise((resolve) => child.stdout.once('data', resolve))
    await expect(openJournal({ folder, node: 'node-1' })).rejects.toThrow(`held by process ${child.pid}`)
    child.kill('SIGKILL')
    await ended
    const journal = await openJournal({ folder, node: 'node-1' })
    await expect(openJournal({ folder, node: 'node-1' })).rejects.toThrow(`held by process ${process.pid}`)
    await journal.close()
  })

  it('takes over a lock whose process id now belongs to something else', async () => {
    const { folder } = await tenEntries()
    // Process 1 lives, but it did not start then; and our own id was never used by us for this folder (containers start at 1 again and again).
    for (const holder of ['1 12345', `${process.pid}`, 'no number', '']) {
      writeFileSync(join(folder, 'lock'), holder)
      await (await openJournal({ folder, node: 'node-1' })).close()
    }
  })
})
