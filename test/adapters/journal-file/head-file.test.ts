// What is missing at the end of a journal, what does not belong beside it, and who may read it.
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { openJournal } from '../../../adapters/journal-file/open-journal.ts'
import { restoreFromCopy } from '../../../adapters/journal-file/restore-from-copy.ts'
import { verifyJournal } from '../../../adapters/journal-file/verify-journal.ts'
import { memoryStores } from '../../../adapters/memory/memory-stores.ts'
import { id, type StationId } from '../../../domain/registry/identity.ts'
import type { JournalEntry } from '../../../domain/ports/journal.ts'
import type { Fact } from '../../../domain/facts/fact.ts'

const folders: string[] = []
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })))
function emptyFolder(): string {
  folders.push(mkdtempSync(join(tmpdir(), 'head-')))
  return folders.at(-1)!
}
const note = (detail: string): Fact => ({ kind: 'station-disconnected', station: id<StationId>('cp-1'), detail })
const segmentsOf = (folder: string) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
/** A closed journal of thirty entries in segments of ten. */
async function threeSegments(): Promise<string> {
  const folder = emptyFolder()
  for (let epoch = 1; epoch <= 3; epoch++) {
    const journal = await openJournal({ folder, node: 'node-1' })
    for (let i = 1; i <= 10; i++) journal.append(note(`entry ${i}`), i)
    await journal.close()
  }
  return folder
}
const open = (folder: string) => openJournal({ folder, node: 'node-1' })

describe('an end that was lost is noticed (I5)', () => {
  const losses: Record<string, { lose: (folder: string) => void; sequence: number; reason: RegExp }> = {
    'a deleted last segment': {
      lose: (folder) => rmSync(join(folder, segmentsOf(folder)[2]!)),
      sequence: 21,
      reason: /up to entry 30, which is known to have been durable/,
    },
    'a last segment cut at the end of a line': {
      lose(folder) {
        const file = join(folder, segmentsOf(folder)[2]!)
        writeFileSync(file, readFileSync(file, 'utf8').split('\n').slice(0, 7).join('\n') + '\n')
      },
      sequence: 28,
      reason: /up to entry 30/,
    },
    'a last segment cut in a line': {
      lose(folder) {
        const file = join(folder, segmentsOf(folder)[2]!)
        truncateSync(file, statSync(file).size - 5)
      },
      sequence: 30,
      reason: /entry 30/,
    },
    'a last segment that was emptied': {
      lose: (folder) => truncateSync(join(folder, segmentsOf(folder)[2]!)),
      sequence: 21,
      reason: /up to entry 30/,
    },
    'a deleted middle segment': {
      lose: (folder) => rmSync(join(folder, segmentsOf(folder)[1]!)),
      sequence: 11,
      reason: /missing; 21 stands in its place/,
    },
    'a deleted first segment': {
      lose: (folder) => rmSync(join(folder, segmentsOf(folder)[0]!)),
      sequence: 1,
      reason: /missing; 11 stands in its place/,
    },
    'all segments deleted': {
      lose: (folder) => segmentsOf(folder).forEach((name) => rmSync(join(folder, name))),
      sequence: 1,
      reason: /up to entry 30/,
    },
    'another journal in its place': {
      lose(folder) {
        for (const name of segmentsOf(folder)) rmSync(join(folder, name))
        cpSync(join(other, segmentsOf(other)[0]!), join(folder, segmentsOf(other)[0]!))
      },
      sequence: 30,
      reason: /another one is known/,
    },
    'a head file that says nothing': {
      lose: (folder) => writeFileSync(join(folder, 'head'), ''),
      sequence: 31,
      reason: /head file/,
    },
    'a segment under another name': {
      lose: (folder) => cpSync(join(folder, segmentsOf(folder)[1]!), join(folder, '000000000012-000009.jsonl')),
      sequence: 21,
      reason: /once more|should begin with entry 12/,
    },
  }
  let other = ''
  for (const [name, { lose, sequence, reason }] of Object.entries(losses))
    it(`${name}: named, and no start that goes on as if nothing were`, async () => {
      if (other === '') {
        other = emptyFolder()
        const journal = await open(other)
        for (let i = 1; i <= 40; i++) journal.append(note(`other ${i}`), i)
        await journal.close()
      }
      const folder = await threeSegments()
      lose(folder)
      const before = segmentsOf(folder).map((file) => readFileSync(join(folder, file), 'utf8'))
      expect(await verifyJournal(folder)).toMatchObject({
        ok: false,
        refusal: { sequence, reason: expect.stringMatching(reason) as string },
      })
      await expect(open(folder)).rejects.toThrow(/accept-loss|is broken/)
      // Refused twice, and nothing is touched by it.
      await expect(open(folder)).rejects.toThrow(/accept-loss|is broken/)
      expect(segmentsOf(folder).map((file) => readFileSync(join(folder, file), 'utf8'))).toEqual(before)
    })

  it('goes on without it when somebody decides so, and has it on record', async () => {
    const folder = await threeSegments()
    losses['a last segment cut at the end of a line']!.lose(folder)
    const journal = await openJournal({ folder, node: 'node-1', acceptLoss: true })
    expect(journal.loss).toEqual({ from: 28, until: 30 })
    await journal.close()
    const again = await open(folder)
    const entries: JournalEntry[] = []
    for await (const entry of again.read(27)) entries.push(entry)
    expect(entries.map(({ sequence, fact }) => ({ sequence, fact }))).toEqual([
      { sequence: 28, fact: { kind: 'loss-accepted', from: 28, until: 30 } },
    ])
    expect(again.loss).toBeNull()
    await again.close()
    expect(await verifyJournal(folder)).toMatchObject({ ok: true, value: { entries: 28, remarks: [] } })
  })

  it('brings back from the copy what it has, in the same bytes, and only what continues the file', async () => {
    const folder = await threeSegments()
    const stores = memoryStores()
    const whole = segmentsOf(folder).map((name) => readFileSync(join(folder, name), 'utf8'))
    const entries = whole.flatMap((text) => text.split('\n').slice(0, -1)).map((line) => JSON.parse(line) as JournalEntry)
    await stores.journal.copy(entries.slice(0, 29))
    for (const name of segmentsOf(folder).slice(1)) rmSync(join(folder, name))
    const first = join(folder, segmentsOf(folder)[0]!)
    truncateSync(first, statSync(first).size - 5)
    expect(await restoreFromCopy(folder, stores.journal, 'node-1')).toEqual({ ok: true, value: 20 })
    expect(await verifyJournal(folder)).toMatchObject({ ok: false, refusal: { sequence: 30 } })
    await stores.journal.copy(entries)
    expect(await restoreFromCopy(folder, stores.journal, 'node-1')).toEqual({ ok: true, value: 1 })
    expect(
      segmentsOf(folder)
        .map((name) => readFileSync(join(folder, name), 'utf8'))
        .join(''),
    ).toBe(whole.join(''))
    expect(await verifyJournal(folder)).toMatchObject({ ok: true, value: { entries: 30, remarks: [] } })
    await (await open(folder)).close()

    const strange = memoryStores()
    await strange.journal.copy([...entries, { ...entries[29]!, sequence: 31 }])
    expect(await restoreFromCopy(folder, strange.journal, 'node-1')).toMatchObject({ ok: false, refusal: { sequence: 31 } })
    expect(await verifyJournal(folder)).toMatchObject({ ok: true, value: { entries: 30, remarks: [] } })
  })

  it('accepts no loss where nothing is lost, and none inside the chain', async () => {
    const whole = await threeSegments()
    const journal = await openJournal({ folder: whole, node: 'node-1', acceptLoss: true })
    expect([journal.loss, journal.head().sequence]).toEqual([null, 30])
    await journal.close()
    const broken = await threeSegments()
    rmSync(join(broken, segmentsOf(broken)[1]!))
    await expect(openJournal({ folder: broken, node: 'node-1', acceptLoss: true })).rejects.toThrow('entry 11 is broken')
  })

  it('is never ahead of what is durable, and follows within a second', async () => {
    const folder = emptyFolder()
    const journal = await openJournal({ folder, node: 'node-1', groupCommitMs: 0 })
    const told = () => (JSON.parse(readFileSync(join(folder, 'head'), 'utf8')) as { sequence: number }).sequence
    expect(told()).toBe(0)
    await journal.durable(journal.append(note('a'), 1))
    journal.append(note('not asked to be durable'), 2)
    journal.flush()
    await vi.waitFor(() => expect(told()).toBe(1), { timeout: 5_000, interval: 20 })
    expect(await verifyJournal(folder)).toMatchObject({ ok: true, value: { entries: 2, remarks: [] } })
    await journal.close()
    expect(told()).toBe(2)
  })

  it('a journal from before there was a head file opens, and has one from then on', async () => {
    const folder = await threeSegments()
    rmSync(join(folder, 'head'))
    expect(await verifyJournal(folder)).toMatchObject({ ok: true, value: { remarks: [expect.stringContaining('head')] } })
    const first = await open(folder)
    expect(first.lackedHead).toBe(true)
    await first.close()
    expect(await verifyJournal(folder)).toMatchObject({ ok: true, value: { entries: 30, remarks: [] } })
    const second = await open(folder)
    expect(second.lackedHead).toBe(false)
    await second.close()
    const fresh = await open(emptyFolder())
    expect(fresh.lackedHead).toBe(false)
    await fresh.close()
  })
})

describe('what does not belong is named and stops nothing', () => {
  const strays: Record<string, { put: (folder: string) => void; named: string | null }> = {
    'a foreign file': { put: (folder) => writeFileSync(join(folder, 'notes.txt'), 'x'), named: 'notes.txt' },
    'a copy of a segment': {
      put: (folder) => cpSync(join(folder, segmentsOf(folder)[0]!), join(folder, `${segmentsOf(folder)[0]!}.bak`)),
      named: '.jsonl.bak',
    },
    'an empty segment far ahead': {
      put: (folder) => writeFileSync(join(folder, '000000000500-000002.jsonl'), ''),
      named: '000000000500-000002.jsonl',
    },
    'an empty segment inside': {
      put: (folder) => writeFileSync(join(folder, '000000000015-000002.jsonl'), ''),
      named: '000000000015-000002.jsonl',
    },
    'the empty segment of a start that was killed at once': {
      put: (folder) => writeFileSync(join(folder, '000000000031-000004.jsonl'), ''),
      named: null,
    },
    'what a process killed on the way leaves': {
      put(folder) {
        writeFileSync(join(folder, 'head.7'), '{"sequ')
        writeFileSync(join(folder, 'lock.4711'), '4711 1')
      },
      named: null,
    },
  }
  for (const [name, { put, named }] of Object.entries(strays))
    it(name, async () => {
      const folder = await threeSegments()
      put(folder)
      const verified = await verifyJournal(folder)
      expect(verified).toMatchObject({ ok: true, value: { entries: 30 } })
      if (verified.ok) expect(verified.value.remarks.join()).toEqual(named === null ? '' : expect.stringContaining(named))
      const journal = await open(folder)
      await journal.durable(journal.append(note('goes on'), 1))
      await journal.close()
      expect(await verifyJournal(folder)).toMatchObject({ ok: true, value: { entries: 31 } })
    })
})

describe('rights', () => {
  const modes = (folder: string) =>
    Object.fromEntries(['.', ...readdirSync(folder)].map((name) => [name, statSync(join(folder, name)).mode & 0o777]))

  it('are the user’s alone: folder 0700, files 0600', async () => {
    const folder = join(emptyFolder(), 'home', 'journal')
    const journal = await open(folder)
    await journal.durable(journal.append(note('a'), 1))
    const { '.': own, ...files } = modes(folder)
    expect(own).toBe(0o700)
    expect(Object.keys(files).sort()).toEqual(['000000000001-000001.jsonl', 'head', 'lock'])
    expect(new Set(Object.values(files))).toEqual(new Set([0o600]))
    expect(statSync(join(folder, '..')).mode & 0o777).toBe(0o700)
    await journal.close()
  })

  it('are narrowed where an earlier version left them wider; what is foreign stays', async () => {
    const folder = await threeSegments()
    mkdirSync(join(folder, 'foreign'))
    chmodSync(folder, 0o755)
    for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o755)
    await (await open(folder)).close()
    const { '.': own, foreign, ...files } = modes(folder)
    expect([own, foreign]).toEqual([0o700, 0o755])
    for (const [name, mode] of Object.entries(files)) expect(mode & 0o077, name).toBe(0)
  })
})
