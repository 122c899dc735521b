// Closed segments are packed and may be moved away: what is read stays the same to the byte, and what was changed or is gone is told.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { archiveSegments } from '../../../adapters/journal-file/archive.ts'
import { compareJournalWithCopy } from '../../../adapters/journal-file/compare-with-copy.ts'
import { openJournal } from '../../../adapters/journal-file/open-journal.ts'
import { packSegment } from '../../../adapters/journal-file/pack-segment.ts'
import { readEntries } from '../../../adapters/journal-file/read-entries.ts'
import { listSegments } from '../../../adapters/journal-file/segments.ts'
import { writeSnapshot } from '../../../adapters/journal-file/snapshots.ts'
import { verifyJournal } from '../../../adapters/journal-file/verify-journal.ts'
import { memoryStores } from '../../../adapters/memory/memory-stores.ts'
import type { Fact } from '../../../domain/facts/fact.ts'
import type { JournalEntry } from '../../../domain/ports/journal.ts'
import { id, type StationId } from '../../../domain/registry/identity.ts'

const NODE = 'node-1'
const ENTRIES = 1_800
const folders: string[] = []
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })))
function emptyFolder(): string {
  folders.push(mkdtempSync(join(tmpdir(), 'packed-')))
  return folders.at(-1)!
}
const note = (detail: string): Fact => ({ kind: 'station-disconnected', station: id<StationId>('cp-ä'), detail })

/** A closed journal of three segments of 600 entries; the first ones are packed. */
async function journalOf({ packed }: { packed: number }): Promise<string> {
  const folder = emptyFolder()
  for (let first = 1; first <= ENTRIES; first += 600) {
    const journal = await openJournal({ folder, node: NODE, groupCommitMs: 0 })
    for (let i = first; i < first + 600; i++) journal.append(note(`entry ${i}`), i * 1_000)
    await journal.close()
  }
  for (const one of listSegments(folder).slice(0, packed)) await packSegment(one)
  return folder
}
async function read(folder: string, after = 0, archive: string | null = null): Promise<JournalEntry[]> {
  const entries: JournalEntry[] = []
  for await (const entry of readEntries(listSegments(folder, archive), after, ENTRIES)) entries.push(entry)
  return entries
}
const packedFile = (folder: string, number = 0) => `${listSegments(folder)[number]!.file}.br`

/** Changes the lines inside of a packed segment, as somebody would who wants nobody to notice. */
function repack(file: string, change: (lines: string) => string): void {
  const bytes = readFileSync(file)
  const begin = bytes.indexOf(10) + 1
  const lines = change(brotliDecompressSync(bytes.subarray(begin)).toString('utf8'))
  writeFileSync(file, Buffer.concat([bytes.subarray(0, begin), brotliCompressSync(Buffer.from(lines))]))
}

describe('a packed segment', () => {
  it('is read like the one it was made from, from any entry on, and takes a tenth', async () => {
    const [plain, packed] = [await journalOf({ packed: 0 }), await journalOf({ packed: 2 })]
    expect(readdirSync(packed).filter((name) => /jsonl/.test(name))).toEqual([
      '000000000001-000001.jsonl.br',
      '000000000601-000002.jsonl.br',
      '000000001201-000003.jsonl',
    ])
    const whole = await read(plain)
    for (const after of [0, 1, 255, 256, 599, 600, 601, 1_199, 1_200, 1_799])
      expect(await read(packed, after)).toEqual(whole.slice(after))
    expect(readFileSync(packedFile(packed)).length).toBeLessThan(readFileSync(listSegments(plain)[0]!.file).length / 10)
    const [one, other] = [await verifyJournal(plain), await verifyJournal(packed)]
    expect(other).toEqual(one)
    expect(other).toMatchObject({ ok: true, value: { entries: ENTRIES, from: 1, segments: 3, remarks: [] } })
  })

  it('is gone on with, also where the last one is packed', async () => {
    const folder = await journalOf({ packed: 3 })
    const journal = await openJournal({ folder, node: NODE, groupCommitMs: 0 })
    expect([journal.epoch, journal.head().sequence]).toEqual([4, ENTRIES])
    await journal.durable(journal.append(note('one more'), 1))
    await journal.close()
    expect(await verifyJournal(folder)).toMatchObject({ ok: true, value: { entries: ENTRIES + 1, segments: 4, remarks: [] } })
  })

  it('agrees with the copy in the database', async () => {
    const folder = await journalOf({ packed: 2 })
    const stores = memoryStores()
    await stores.journal.copy(await read(folder))
    expect(await compareJournalWithCopy(folder, stores.journal, NODE)).toEqual({
      ok: true,
      value: { equal: ENTRIES, notCopied: 0 },
    })
  })

  it('can be unpacked and checked by hand as its README says', async () => {
    const folder = await journalOf({ packed: 1 })
    const script = `tail -n +2 "$0" | node -e 'process.stdin.pipe(require("zlib").createBrotliDecompress()).pipe(process.stdout)' | sed -n 1p`
    expect(execFileSync('bash', ['-c', script, packedFile(folder)], { encoding: 'utf8' })).toBe(
      '{"at":1000,"epoch":1,"fact":{"detail":"entry 1","kind":"station-disconnected","station":"cp-ä"}\n',
    )
  })

  it('is the plain one as long as that is there: its process was killed between the two', async () => {
    const folder = await journalOf({ packed: 0 })
    const { file } = listSegments(folder)[0]!
    writeFileSync(`${file}.br.new`, 'half of it')
    expect(await verifyJournal(folder)).toMatchObject({ ok: true, value: { remarks: [] } })
    await (await openJournal({ folder, node: NODE })).close()
    expect(existsSync(`${file}.br.new`)).toBe(false)
    writeFileSync(`${file}.br`, 'half of it')
    expect(await verifyJournal(folder)).toMatchObject({ ok: true, value: { segments: 4, remarks: [] } })
    await packSegment(listSegments(folder)[0]!)
    expect(existsSync(file)).toBe(false)
    expect(await read(folder)).toHaveLength(ENTRIES)
  })

  it('is not made of a segment that is not whole', async () => {
    const folder = await journalOf({ packed: 0 })
    const [one] = listSegments(folder)
    writeFileSync(one!.file, readFileSync(one!.file, 'utf8').replace('entry 300', 'entry 301'))
    await expect(packSegment(one!)).rejects.toThrow('entry 300 is not as it was written')
    expect(readdirSync(folder).filter((name) => /\.br/.test(name))).toEqual([])
  })
})

describe('a packed segment that was changed', () => {
  const attacks: Record<string, { change: (file: string) => void; sequence: number; reason: RegExp }> = {
    'by a flipped byte': {
      change(file) {
        const bytes = readFileSync(file)
        bytes[Math.floor(bytes.length / 2)]! ^= 4
        writeFileSync(file, bytes)
      },
      sequence: 0,
      reason: /cannot be read|do not agree/,
    },
    'by a cut': {
      change: (file) => writeFileSync(file, readFileSync(file).subarray(0, -20)),
      sequence: 0,
      reason: /cannot be read/,
    },
    'in one entry': {
      change: (file) => repack(file, (lines) => lines.replace('"entry 300"', '"entry 301"')),
      sequence: 512,
      reason: /do not agree/,
    },
    'in its last entry': {
      change: (file) => repack(file, (lines) => lines.replace('"entry 600"', '"entry 601"')),
      sequence: 600,
      reason: /do not agree/,
    },
    'by an entry less': {
      change: (file) => repack(file, (lines) => lines.split('\n').toSpliced(550, 1).join('\n')),
      sequence: 600,
      reason: /missing; 601 stands in its place/,
    },
    'by an entry more': {
      change: (file) => repack(file, (lines) => `${lines}${lines.split('\n')[0]}\n`),
      sequence: 601,
      reason: /do not agree/,
    },
    'to something else': {
      change: (file) => writeFileSync(file, 'something else\n'),
      sequence: 1,
      reason: /cannot be read/,
    },
  }
  for (const [name, { change, sequence, reason }] of Object.entries(attacks))
    it(`${name} is named, and the journal does not open`, async () => {
      const folder = await journalOf({ packed: 2 })
      change(packedFile(folder))
      const verified = await verifyJournal(folder)
      expect(verified).toMatchObject({ ok: false, refusal: { reason: expect.stringMatching(reason) as string } })
      if (!verified.ok && sequence > 0) expect(verified.refusal.sequence).toBe(sequence)
      await expect(openJournal({ folder, node: NODE })).rejects.toThrow('is broken')
    })
})

describe('an archive', () => {
  async function archived(olderThan = 900_000, until = ENTRIES) {
    const folder = await journalOf({ packed: 2 })
    const [{ hash }] = (await read(folder, 1_199)) as [JournalEntry]
    writeSnapshot(folder, { format: 'f', version: '1', node: NODE, epoch: 2, sequence: 1_200, hash, at: 0 }, {})
    const archive = join(emptyFolder(), 'archive')
    const moved = await archiveSegments({ folder, archive, olderThan, until })
    return { folder, archive, moved }
  }

  it('takes packed segments that are old enough, and none that a start needs', async () => {
    expect((await archived()).moved).toBe(1)
    expect((await archived(Infinity)).moved).toBe(2)
    expect((await archived(Infinity, 1_199)).moved).toBe(1)
    expect((await archived(-Infinity)).moved).toBe(0)
  })

  it('is checked with the rest where it is known; where not, that is said and the rest is checked', async () => {
    const { folder, archive } = await archived()
    expect(await verifyJournal(folder, { archive })).toMatchObject({
      ok: true,
      value: { entries: ENTRIES, from: 1, segments: 3, archived: { segments: 1, checked: 1 }, snapshots: 1, remarks: [] },
    })
    expect(await verifyJournal(folder)).toMatchObject({
      ok: true,
      value: { entries: ENTRIES, from: 601, segments: 2, archived: { segments: 1, checked: 0 }, snapshots: 1, remarks: [] },
    })
    expect(await read(folder, 0, archive)).toHaveLength(ENTRIES)
    await expect(read(folder, 10)).rejects.toThrow('journal entries 11 to 600 are not there any more')
    const stores = memoryStores()
    await stores.journal.copy(await read(folder, 0, archive))
    expect(await compareJournalWithCopy(folder, stores.journal, NODE)).toMatchObject({ ok: true, value: { equal: 1_200 } })
  })

  it('is missed by a start that no snapshot helps, and by none that one does', async () => {
    const { folder, archive } = await archived(Infinity)
    await expect(openJournal({ folder, node: NODE })).rejects.toThrow('entries 1 to 1200 were moved away')
    for (const more of [{ archive }, { snapshots: { format: 'f', faultOf: () => null } }]) {
      const journal = await openJournal({ folder, node: NODE, ...more })
      expect(journal.head().sequence).toBe(ENTRIES)
      expect(journal.ignored).toEqual([])
      await journal.close()
    }
  })

  it('does not cover for what was just deleted, nor for a link that does not fit', async () => {
    const one = await archived()
    rmSync(packedFile(one.folder))
    expect(await verifyJournal(one.folder, { archive: one.archive })).toMatchObject({ ok: false, refusal: { sequence: 601 } })
    const other = await archived()
    const list = join(other.folder, 'archived')
    writeFileSync(list, readFileSync(list, 'utf8').replace(/"last":"......../, '"last":"00000000'))
    expect(await verifyJournal(other.folder)).toMatchObject({
      ok: false,
      refusal: { sequence: 601, reason: 'does not continue the entry before' },
    })
    const third = await journalOf({ packed: 1 })
    rmSync(packedFile(third))
    expect(await verifyJournal(third)).toMatchObject({ ok: false, refusal: { sequence: 1 } })
  })

  it('may be brought back by hand', async () => {
    const { folder, archive } = await archived(Infinity)
    for (const name of readdirSync(archive)) renameSync(join(archive, name), join(folder, name))
    expect(await verifyJournal(folder)).toMatchObject({ ok: true, value: { from: 1, segments: 3, remarks: [] } })
  })

  it('tells of a snapshot that does not stand on this chain', async () => {
    const folder = await journalOf({ packed: 0 })
    const header = { format: 'f', version: '1', node: NODE, epoch: 1, sequence: 700, hash: 'f'.repeat(64), at: 0 }
    writeSnapshot(folder, header, {})
    expect(await verifyJournal(folder)).toMatchObject({
      ok: true,
      value: { snapshots: 0, remarks: ['snapshot-000000000700-000001.state: it does not stand on entry 700 of this journal'] },
    })
  })
})
