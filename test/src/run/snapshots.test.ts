// A start from a snapshot gives what a start from the first entry gives, and one that is spoilt, foreign, half written or not continued is named and left alone.
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openJournal, type FileJournal } from '../../../adapters/journal-file/open-journal.ts'
import { listSegments } from '../../../adapters/journal-file/segments.ts'
import {
  listSnapshots,
  readHeader,
  readSnapshot,
  writeSnapshot,
  type Snapshot,
  type SnapshotFile,
} from '../../../adapters/journal-file/snapshots.ts'
import { verifyJournal } from '../../../adapters/journal-file/verify-journal.ts'
import type { Fact } from '../../../domain/facts/fact.ts'
import { habits } from '../../../domain/forecast/habits.ts'
import { emptyFleet } from '../../../domain/live/live-fleet.ts'
import { id, type BalanceGroupId } from '../../../domain/registry/identity.ts'
import { fitting } from '../../../src/run/bare-recorder.ts'
import { fleetMemory } from '../../../src/run/fleet-memory.ts'
import { makeSnapshot } from '../../../src/run/make-snapshot.ts'
import { recorder } from '../../../src/run/recorder.ts'
import { stateFormat } from '../../../src/run/remembered.ts'
import { snapshotKeeper, type SnapshotKeeper } from '../../../src/run/snapshot-keeper.ts'
import { openWorld } from '../../scenarios/world.ts'
import { noTroubles } from './no-troubles.ts'

const FROM = Date.parse('2026-01-15T16:00:00Z')
const HOUR_MS = 3_600_000
const NODE = 'node-1'
const CHILD = fileURLToPath(new URL('./snapshot-child.ts', import.meta.url))
const folders: string[] = []
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })))
function emptyFolder(): string {
  folders.push(mkdtempSync(join(tmpdir(), 'snapshots-')))
  return folders.at(-1)!
}

/** Some hours of a real fleet, and what it does not do by itself. */
let facts: readonly { readonly fact: Fact; readonly at: number }[] = []
let now = FROM
let original: string | null = null
beforeAll(async () => {
  const world = await openWorld({ from: FROM, stations: 6 })
  await world.runUntil(FROM + 4 * HOUR_MS)
  facts = await world.journal()
  await world.stop()
  const at = (now = FROM + 4 * HOUR_MS)
  const webhook = { id: 'hook', url: 'https://example.org', events: ['fleet-plan.published'] as const, portfolio: null }
  const planned: Fact = {
    kind: 'fleet-planned',
    balanceGroup: id<BalanceGroupId>('group'),
    controlArea: '50Hertz',
    firstSlot: 1,
    powerWatts: [1, 2],
    cars: 2,
    isKept: false,
    value: 1,
    bound: 1,
    gap: 0,
    gapBeforePolish: 0,
    sweeps: 1,
    polishes: 0,
    seed: 1,
    inputHash: 'a',
    missed: { cars: 0, energy: 0 },
    excess: null,
  }
  facts = [
    { fact: { kind: 'webhook-set', webhook: { ...webhook, isEnabled: true, secrets: [] } }, at: FROM },
    ...facts,
    { fact: planned, at },
    { fact: planned, at },
    {
      fact: {
        kind: 'webhook-settled',
        webhook: 'hook',
        delivery: `msg_${NODE}-${facts.length + 2}-${at.toString(36)}`,
        hasArrived: true,
      },
      at,
    },
  ]
})

/** A closed journal of all facts in some segments. */
async function written(): Promise<string> {
  const folder = emptyFolder()
  if (original !== null) {
    cpSync(original, folder, { recursive: true })
    return folder
  }
  original = folder
  const journal = await openJournal({ folder, node: NODE, groupCommitMs: 0, segmentBytesMax: 12_000 })
  for (const [index, { fact, at }] of facts.entries()) {
    journal.append(fact, at)
    if (index % 10 === 0) await journal.durable(index + 1)
  }
  await journal.close()
  expect(listSegments(folder).length).toBeGreaterThan(6)
  return written()
}

/** The last entries of closed segments, newest first. */
async function ends(folder: string) {
  const journal = await openJournal({ folder, node: NODE, epoch: 1 })
  const firsts = new Set(listSegments(folder).map(({ first }) => first))
  const found: { sequence: number; hash: string }[] = []
  for await (const { sequence, hash } of journal.read(0)) if (firsts.has(sequence + 1)) found.unshift({ sequence, hash })
  await journal.close()
  return found
}
async function snapshots(folder: string, ...numbers: number[]): Promise<void> {
  const all = await ends(folder)
  for (const number of numbers) await makeSnapshot({ folder, node: NODE, version: '1', archive: null, end: all[number]! })
}

/** What is remembered after a start, and how it came about. */
async function begun(folder: string) {
  const journal = await openJournal({ folder, node: NODE, epoch: 1, snapshots: fitting(NODE) })
  try {
    return { ...(await replayed(journal)), ignored: journal.ignored, head: journal.head() }
  } finally {
    await journal.close()
  }
}
async function replayed(journal: FileJournal) {
  const fleet = emptyFleet()
  const clock = { now: () => now, elapsed: () => 0 }
  const kept = recorder({
    fleet,
    journal,
    clock,
    habitual: habits('Europe/Berlin'),
    troubles: noTroubles(),
    memory: fleetMemory({ fleet, clock, node: NODE }).parts,
  })
  const base = journal.takeBase()
  const { entries, lastAt } = await kept.replay(base)
  return { base: base?.sequence ?? 0, entries, lastAt, memory: kept.remembered.map((one) => one.freeze()), fleet }
}

const without = (part: string) => (remains: Snapshot['remains']) =>
  Object.fromEntries(Object.entries(remains).filter(([name]) => name !== part))
/** Writes one anew with another content. */
function rewrite(file: string, change: (remains: Snapshot['remains']) => Snapshot['remains']): void {
  const read = readSnapshot(file, NODE, stateFormat())
  if (!read.ok) throw new Error(read.refusal)
  const { remains, file: _, ...header } = read.value
  writeSnapshot(dirname(file), header, change(remains))
}

describe('a start from a snapshot', () => {
  it('gives the same state as the whole journal, at the end of any segment', async () => {
    const folder = await written()
    const whole = await begun(folder)
    expect([whole.base, whole.entries]).toEqual([0, facts.length])
    expect(whole.fleet.meter.size).toBeGreaterThan(0)
    for (const number of [4, 2, 0]) {
      await snapshots(folder, number)
      const { base, entries, ...same } = await begun(folder)
      expect(base).toBe((await ends(folder))[number]!.sequence)
      expect(base + entries).toBe(facts.length)
      expect({ ...same, base: 0, entries: whole.entries }).toEqual(whole)
      // What is one thing in the state is one thing again.
      for (const [evse, meters] of same.fleet.meter) expect(same.fleet.registers.get(evse)?.book.meters).toBe(meters)
    }
  })

  it('changes nothing that an empty fleet shares with others', async () => {
    const before = structuredClone(emptyFleet())
    const folder = await written()
    await snapshots(folder, 2)
    expect((await begun(folder)).base).toBeGreaterThan(0)
    expect(emptyFleet()).toEqual(before)
  })

  it('never touches the chain, and keeps three of them', async () => {
    const folder = await written()
    const all = await ends(folder)
    const before = await verifyJournal(folder)
    for (const number of [5, 4, 3, 2, 1])
      await makeSnapshot({ folder, node: NODE, version: '1', archive: null, end: all[number]! })
    expect(before.ok && { ...before, value: { ...before.value, snapshots: 3 } }).toEqual(await verifyJournal(folder))
    expect(listSnapshots(folder).map(({ sequence }) => sequence)).toEqual([1, 2, 3].map((number) => all[number]!.sequence))
  })

  it('has them made in a thread when a segment is closed, and stops in the middle of one', async () => {
    const folder = await written()
    const [end] = await ends(folder)
    const logged: { text: string; facts?: object }[] = []
    let keeper: SnapshotKeeper | undefined
    await new Promise<void>((made) => {
      keeper = snapshotKeeper({
        folder,
        node: NODE,
        version: '1',
        now: () => now,
        log(_, text, more) {
          logged.push({ text, ...(more === undefined ? {} : { facts: more }) })
          made()
        },
      })
      keeper.segmentEnded(end!)
    })
    expect(logged).toMatchObject([{ text: 'a snapshot stands for the journal up to here', facts: { sequence: end!.sequence } }])
    keeper!.segmentEnded(end!)
    await keeper!.stop()
    const { base, ignored } = await begun(folder)
    expect([base, ignored]).toEqual([end!.sequence, []])
  })
})

describe('a snapshot that cannot be used', () => {
  const newest = (folder: string) => listSnapshots(folder)[0]!.file
  const spoilt: Record<string, { spoil: (folder: string) => void; reason: RegExp }> = {
    'with a flipped byte': {
      spoil(folder) {
        const bytes = readFileSync(newest(folder))
        bytes[Math.floor(bytes.length / 2)]! ^= 1
        writeFileSync(newest(folder), bytes)
      },
      reason: /content and hash do not agree/,
    },
    'with a flipped byte in its header': {
      spoil(folder) {
        writeFileSync(newest(folder), readFileSync(newest(folder), 'latin1').replace('"epoch":1', '"epoch":2'), 'latin1')
      },
      reason: /content and hash do not agree/,
    },
    'that ends early': {
      spoil: (folder) => writeFileSync(newest(folder), readFileSync(newest(folder)).subarray(0, -100)),
      reason: /content and hash do not agree/,
    },
    'that is empty': { spoil: (folder) => writeFileSync(newest(folder), ''), reason: /does not begin like a snapshot/ },
    'of a newer version': {
      spoil(folder) {
        writeFileSync(newest(folder), readFileSync(newest(folder), 'latin1').replace(stateFormat(), '9-newer'), 'latin1')
      },
      reason: /format 9-newer of version 1, and format/,
    },
    'that one who remembers is missing in': {
      spoil: (folder) => rewrite(newest(folder), without('closed-limits')),
      reason: /does not hold the closed-limits/,
    },
    'in which one has another shape': {
      spoil: (folder) => rewrite(newest(folder), (remains) => ({ ...remains, limits: null })),
      reason: /holds of the limits cannot be taken up/,
    },
    'of another past': {
      spoil(folder) {
        const header = readHeader(newest(folder))
        if (header.ok) writeSnapshot(folder, { ...header.value, hash: 'f'.repeat(64) }, {})
      },
      reason: /does not continue the entry before/,
    },
  }
  for (const [name, { spoil, reason }] of Object.entries(spoilt))
    it(`${name} is named and left alone: the one before it counts`, async () => {
      const folder = await written()
      const whole = await begun(folder)
      await snapshots(folder, 3, 2, 1)
      const [, second, third] = listSnapshots(folder)
      const file = basename(newest(folder))
      spoil(folder)
      const { base, ignored, fleet } = await begun(folder)
      expect(ignored).toEqual([expect.stringMatching(reason)])
      expect(ignored[0]).toContain(file)
      expect([second!.sequence, third!.sequence]).toContain(base)
      expect(fleet).toEqual(whole.fleet)
    })

  it('where each lacks the same one, the start goes back to the first entry, and so does the next snapshot', async () => {
    const folder = await written()
    const whole = await begun(folder)
    await snapshots(folder, 3, 1)
    for (const { file } of listSnapshots(folder)) rewrite(file, without('signals'))
    const { ignored, base, entries, fleet } = await begun(folder)
    expect(ignored).toEqual([1, 2].map(() => expect.stringContaining('does not hold the signals')))
    expect([base, entries, fleet]).toEqual([0, facts.length, whole.fleet])
    const [end] = await ends(folder)
    const made = await makeSnapshot({ folder, node: NODE, version: '1', archive: null, end: end! })
    expect([made.entries, made.ignored.length]).toEqual([end!.sequence, 2])
    expect((await begun(folder)).base).toBe(end!.sequence)
  })

  it('with no good one left, the start goes back to the first entry', async () => {
    const folder = await written()
    const whole = await begun(folder)
    await snapshots(folder, 3, 1)
    for (const { file } of listSnapshots(folder)) writeFileSync(file, 'nothing of the kind')
    const { ignored, base, entries, fleet } = await begun(folder)
    expect(ignored).toHaveLength(2)
    expect([base, entries, fleet]).toEqual([0, facts.length, whole.fleet])
  })

  it('stands for segments that are not there any more, but not for one missing behind it', async () => {
    const folder = await written()
    const whole = await begun(folder)
    await snapshots(folder, 3)
    const { sequence } = listSnapshots(folder)[0]!
    const behind = listSegments(folder).find(({ first }) => first === sequence + 1)!
    const aside = join(emptyFolder(), basename(behind.file))
    renameSync(behind.file, aside)
    await expect(begun(folder)).rejects.toThrow(`journal entry ${sequence + 1} is broken`)
    renameSync(aside, behind.file)
    for (const { file, first } of listSegments(folder))
      if (first <= sequence) for (const ending of ['', '.br']) rmSync(`${file}${ending}`, { force: true })
    const later = await begun(folder)
    expect([later.base, later.fleet]).toEqual([sequence, whole.fleet])
  })

  it('of a past that was given up is not taken up again', async () => {
    const folder = await written()
    await snapshots(folder, 1)
    const [{ sequence }] = listSnapshots(folder) as [SnapshotFile]
    for (const { file, first } of listSegments(folder)) if (first > sequence - 40) rmSync(file, { force: true })
    await (await openJournal({ folder, node: NODE, epoch: 1, acceptLoss: true })).close()
    const { base, ignored, head } = await begun(folder)
    expect([base, ignored]).toEqual([0, [expect.stringContaining('no entry continues it')]])
    expect(head.sequence).toBeLessThan(sequence)
  })

  it('is no snapshot yet when its process is killed while writing it', async () => {
    const folder = await written()
    const whole = await begun(folder)
    const [, , end] = await ends(folder)
    await snapshots(folder, 4)
    const child = spawn(process.execPath, ['--import', 'tsx', CHILD, folder, NODE, JSON.stringify(end)])
    const ended = new Promise((resolve) => child.on('close', resolve))
    await new Promise((resolve) => child.stdout.once('data', resolve))
    child.kill('SIGKILL')
    await ended
    expect(readdirSync(folder).filter((name) => name.endsWith('.new'))).toHaveLength(1)
    expect((await verifyJournal(folder)).ok).toBe(true)
    const after = await begun(folder)
    expect([after.base, after.ignored, after.fleet]).toEqual([(await ends(folder))[4]!.sequence, [], whole.fleet])
    expect(readdirSync(folder).filter((name) => name.endsWith('.new'))).toEqual([])
  })

  it('is not made from a chain that does not end as it was written', async () => {
    const folder = await written()
    const [, , end] = await ends(folder)
    const task = { folder, node: NODE, version: '1', archive: null }
    await expect(makeSnapshot({ ...task, end: { ...end!, hash: 'other' } })).rejects.toThrow('as it was written')
    await expect(makeSnapshot({ ...task, end: { ...end!, sequence: facts.length + 5 } })).rejects.toThrow('as it was written')
    expect(listSnapshots(folder)).toEqual([])
    await makeSnapshot({ ...task, end: end! })
    expect(readSnapshot(newest(folder), 'node-2', stateFormat())).toMatchObject({
      ok: false,
      refusal: `it belongs to node ${NODE}`,
    })
  })
})
