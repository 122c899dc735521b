// A disk that fails and works again: nothing is acknowledged meanwhile, nothing is lost or doubled, and whoever dies on the way leaves a journal that opens.
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { compareJournalWithCopy } from '../../../adapters/journal-file/compare-with-copy.ts'
import { systemFiles } from '../../../adapters/journal-file/journal-files.ts'
import { openJournal, type FileJournal, type JournalOptions } from '../../../adapters/journal-file/open-journal.ts'
import { verifyJournal } from '../../../adapters/journal-file/verify-journal.ts'
import { memoryStores } from '../../../adapters/memory/memory-stores.ts'
import { writeBehind } from '../../../adapters/postgres/write-behind.ts'
import { inFlight } from '../../../adapters/wire/in-flight.ts'
import { id, type StationId } from '../../../domain/registry/identity.ts'
import type { JournalEntry } from '../../../domain/ports/journal.ts'
import type { Fact } from '../../../domain/facts/fact.ts'
import { manualClock } from '../../../src/run/clock.ts'
import { failingFiles, type Operation } from './failing-files.ts'
import { smallDisk } from '../../setup/small-disk.ts'

const folders: string[] = []
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })))
function emptyFolder(): string {
  folders.push(mkdtempSync(join(tmpdir(), 'healing-')))
  return folders.at(-1)!
}
const note = (detail: string): Fact => ({ kind: 'station-disconnected', station: id<StationId>('cp-1'), detail })
async function all(journal: FileJournal): Promise<JournalEntry[]> {
  const entries: JournalEntry[] = []
  for await (const entry of journal.read(0)) entries.push(entry)
  return entries
}
/** Whole, unbroken, and every entry once: its text says its number. */
async function expectWhole(folder: string): Promise<number> {
  const verified = await verifyJournal(folder)
  expect(verified).toMatchObject({ ok: true, value: { remarks: [] } })
  const journal = await openJournal({ folder, node: 'node-1' })
  const entries = await all(journal)
  await journal.close()
  for (const [i, entry] of entries.entries())
    expect(entry.fact).toMatchObject({ detail: expect.stringMatching(`^${i + 1} `) as string })
  return entries.length
}

/** A journal on a manual clock; `pass` moves time and waits until nothing is under way. */
async function onManualClock(options: Pick<JournalOptions, 'folder'> & Partial<JournalOptions>) {
  const [clock, idle] = [manualClock(0), inFlight()]
  const journal = await openJournal({ node: 'node-1', clock, inFlight: idle, groupCommitMs: 0, ...options })
  return { journal, pass: (ms: number) => clock.runUntil(clock.now() + ms, idle.idle) }
}
const HEALED_WITHIN_MS = 3_000

const disk = smallDisk(512)
afterAll(() => typeof disk === 'string' || disk.remove())

describe.skipIf(typeof disk === 'string')(
  `a real disk that was full heals by itself (F12, I5)${typeof disk === 'string' ? `: ${disk}` : ''}`,
  () => {
    it('is told while it is full, goes on within 3 s of having room, loses nothing and doubles nothing', async () => {
      if (typeof disk === 'string') return
      const folder = join(disk.folder, 'journal')
      const { journal, pass } = await onManualClock({ folder })
      const stores = memoryStores()
      const behind = writeBehind({ stores, journal, node: 'node-1', clock: manualClock(0) })
      let [last, acknowledged] = [0, 0]
      async function record(text: string): Promise<void> {
        last = journal.append(note(`${last + 1} ${text}`), last)
        await journal.durable(last).then(
          () => behind.follow((acknowledged = last)),
          () => {},
        )
      }
      for (let i = 0; i < 50; i++) await record('before')
      for (const filled of [1, 2]) {
        disk.fill()
        while (journal.failure() === null) await record('x'.repeat(500))
        expect(acknowledged, `time ${filled}`).toBeGreaterThanOrEqual(50)
        expect(journal.failure()?.message).toContain('ENOSPC')
        const before = acknowledged
        for (let i = 0; i < 20; i++) await record('while it is full')
        await pass(60_000)
        await expect(journal.durable(last)).rejects.toThrow('ENOSPC')
        expect(acknowledged).toBe(before)
        // On the disk lie whole lines only. Whoever is killed now opens again with all that was acknowledged, once there is room.
        expect(await verifyJournal(folder)).toMatchObject({ ok: true, value: { entries: before, tornBytes: 0 } })
        const killed = join(emptyFolder(), 'journal')
        cpSync(folder, killed, { recursive: true })
        expect(await expectWhole(killed)).toBe(before)
        disk.free()
        await pass(HEALED_WITHIN_MS)
        expect(journal.failure()).toBeNull()
        await journal.durable(last)
        await record('after')
        expect(acknowledged).toBe(last)
      }
      await behind.drained()
      expect(behind.state()).toMatchObject({ failure: null, lag: 0 })
      expect(await compareJournalWithCopy(folder, stores.journal, 'node-1')).toEqual({
        ok: true,
        value: { equal: last, notCopied: 0 },
      })
      await journal.close()
      expect(await expectWhole(folder)).toBe(last)
    })
  },
)

/** Rounds of three entries each; time passes in between. Says what was promised, and to whom nothing was. */
async function work(files: JournalOptions['files'], folder: string, rounds: number, look: (at: Promised) => void = () => {}) {
  const promised: Promised = { acknowledged: 0, flushed: 0, appended: 0 }
  look(promised)
  const { journal, pass } = await onManualClock({ folder, ...(files === undefined ? {} : { files }), segmentBytesMax: 1_500 })
  let refusals = 0
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < 3; i++) promised.appended = journal.append(note(`${promised.appended + 1} in round ${round}`), round)
    journal.flush()
    if (journal.failure() === null) promised.flushed = promised.appended
    await journal.durable(promised.appended).then(
      () => (promised.acknowledged = promised.appended),
      () => refusals++,
    )
    await pass(HEALED_WITHIN_MS)
  }
  await journal.close()
  return { ...promised, refusals, failure: journal.failure() }
}
interface Promised {
  acknowledged: number
  /** What was with the operating system when the journal said so. */
  flushed: number
  appended: number
}

describe('operations that fail (F12, I5)', () => {
  it('any operation, three times in a row: it heals, and every entry is there once', async () => {
    const whole = failingFiles(() => false)
    await work(whole, emptyFolder(), 8)
    expect(whole.count()).toBeGreaterThan(20)
    let refusals = 0
    for (let first = 2; first <= whole.count(); first++) {
      const folder = emptyFolder()
      const result = await work(
        failingFiles((number) => number >= first && number < first + 3),
        folder,
        8,
      )
      expect(result, `failing from ${first} on`).toMatchObject({ failure: null, appended: 24 })
      refusals += result.refusals
      expect(await expectWhole(folder), `failing from ${first} on`).toBe(24)
    }
    expect(refusals).toBeGreaterThan(20)
  })

  for (const [kind, lost] of [
    ['write', 'flushed'],
    ['sync', 'acknowledged'],
  ] as const)
    it(`a ${kind} that fails again and again: whoever is killed at any point opens again with everything ${lost}`, async () => {
      const [folder, shots] = [emptyFolder(), emptyFolder()]
      let promised: Promised = { acknowledged: 0, flushed: 0, appended: 0 }
      let kinds = 0
      const taken: { readonly copy: string; readonly atLeast: number }[] = []
      const files = failingFiles(
        (_, of: Operation) => of === kind && ++kinds % 3 === 0,
        () => {
          const copy = join(shots, String(taken.length))
          cpSync(folder, copy, { recursive: true, filter: (name) => !name.endsWith('lock') })
          taken.push({ copy, atLeast: promised[lost] })
        },
      )
      const result = await work(files, folder, 8, (at) => (promised = at))
      expect(result.refusals).toBeGreaterThan(1)
      expect(taken.length).toBeGreaterThan(50)
      for (const { copy, atLeast } of taken) {
        const verified = await verifyJournal(copy)
        expect(verified, copy).toMatchObject({ ok: true })
        const journal = await openJournal({ folder: copy, node: 'node-1' })
        expect(journal.head().sequence, copy).toBeGreaterThanOrEqual(atLeast)
        await journal.close()
        await expectWhole(copy)
      }
    })

  it('without room for another segment it goes on in the one it has', async () => {
    const folder = emptyFolder()
    let opened = 0
    const result = await work(
      failingFiles((_, kind) => kind === 'open' && ++opened > 1),
      folder,
      12,
    )
    expect(result).toMatchObject({ failure: null, acknowledged: 36, refusals: 0 })
    expect(readdirSync(folder).filter((name) => name.endsWith('.jsonl'))).toHaveLength(1)
    expect(await expectWhole(folder)).toBe(36)
  })

  it('a disk that does not answer: told at the bound, refused at twice the bound, and nothing is lost when it answers', async () => {
    const folder = emptyFolder()
    let answer = () => {}
    const stuck = new Promise<void>((resolve) => (answer = resolve))
    const journal = await openJournal({
      folder,
      node: 'node-1',
      unsyncedBytesMax: 20_000,
      groupCommitMs: 1,
      files: { ...systemFiles, sync: (descriptor) => stuck.then(() => systemFiles.sync(descriptor)) },
    })
    let last = 0
    const append = () => (last = journal.append(note(`${last + 1} ${'x'.repeat(1_000)}`), last))
    for (let i = 0; i < 100 && journal.failure() === null; i++) append()
    expect(last).toBeGreaterThan(10)
    expect(last).toBeLessThan(20)
    expect(journal.failure()?.message).toContain('has not taken')
    await expect(journal.durable(last)).rejects.toThrow('has not taken')
    expect(() => {
      for (let i = 0; i < 100; i++) append()
    }).toThrow('has not taken')
    expect(last).toBeLessThan(40)
    expect(journal.head().sequence).toBe(last)
    expect(journal.durableHead()).toEqual({ sequence: 0, hash: '0'.repeat(64) })
    answer()
    await vi.waitFor(() => expect(journal.failure()).toBeNull())
    await journal.durable(append())
    expect(journal.durableHead()).toEqual(journal.head())
    await journal.close()
    expect(await expectWhole(folder)).toBe(last)
  })

  it('a disk that hangs: whoever waits is told after 10 s of his own, also who came later, and close gives up and says so', async () => {
    const folder = emptyFolder()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    onTestFinished(() => void vi.useRealTimers())
    let answer = () => {}
    const stuck = new Promise<void>((resolve) => (answer = resolve))
    let syncs = 0
    const journal = await openJournal({
      folder,
      node: 'node-1',
      groupCommitMs: 0,
      files: { ...systemFiles, sync: (descriptor) => (syncs++, stuck.then(() => systemFiles.sync(descriptor))) },
    })
    const told: string[] = []
    const wait = (name: string, detail: string) =>
      journal.durable(journal.append(note(detail), 1)).then(
        () => told.push(`${name} durable`),
        (error: Error) => told.push(`${name} ${error.message.replace(folder, 'F')}`),
      )
    void wait('first', '1 a')
    await vi.waitUntil(() => syncs === 1)
    await vi.advanceTimersByTimeAsync(6_000)
    void wait('second', '2 b')
    await vi.advanceTimersByTimeAsync(4_001)
    expect(told).toEqual(['first the disk of F did not answer in time'])
    await vi.advanceTimersByTimeAsync(5_000)
    expect(told).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(told[1]).toBe('second the disk of F did not answer in time')
    void wait('third', '3 c')
    const closing = journal.close().then(
      () => 'closed',
      (error: Error) => error.message,
    )
    await vi.advanceTimersByTimeAsync(10_001)
    expect(await closing).toMatch(/did not answer in time; the journal was given up, entries after 0 of 3 may be lost/)
    expect(told).toHaveLength(3)
    // What was in the middle of something still owns the folder.
    await expect(openJournal({ folder, node: 'node-1' })).rejects.toThrow('held by process')
    answer()
  })

  it('a segment that was taken away is not written to as if nothing were', async () => {
    const folder = emptyFolder()
    let isFull = false
    const { journal, pass } = await onManualClock({ folder, files: failingFiles((_, kind) => isFull && kind === 'write') })
    await journal.durable(journal.append(note('1 there'), 1))
    isFull = true
    await expect(journal.durable(journal.append(note('2 not'), 2))).rejects.toThrow('ENOSPC')
    for (const name of readdirSync(folder)) if (name.endsWith('.jsonl')) rmSync(join(folder, name))
    isFull = false
    await pass(60_000)
    expect(journal.failure()?.message).toContain('ENOENT')
    await journal.close()
  })
})
