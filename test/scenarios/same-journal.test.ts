// Equal seeds give equal journals: whatever the number of planning threads, and up to the moment in which a process is killed.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { memoryStores } from '../../adapters/memory/memory-stores.ts'
import { verifyJournal } from '../../adapters/journal-file/verify-journal.ts'
import { twinFleet } from '../../adapters/twin/twin-fleet.ts'
import { simulateDay } from '../../src/demo/simulated-day.ts'
import { start, type Program } from './processes.ts'
import { factsOf, HOUR_MS, openWorld } from './world.ts'

const EVENING = Date.parse('2026-01-15T16:30:00Z')

/** What stands in the journal after an evening in which the cars of two connections are planned together. */
async function evening(
  plannerThreads: number,
  seed = '4',
): Promise<{ readonly hashes: readonly string[]; readonly planned: number }> {
  const { registry, ...rest } = twinFleet({ seed, stations: 12, from: EVENING })
  const [left, right] = registry.sites.slice(0, 2).map((site) => ({ ...site, fuseAmps: 63 }))
  const evses = registry.evses.map((evse, i) => ({ ...evse, site: (i % 2 === 0 ? left! : right!).id }))
  const fleet = { ...rest, registry: { ...registry, sites: [left!, right!], evses } }
  const world = await openWorld({ from: EVENING, seed, fleet, plannerThreads })
  try {
    await world.runUntil(EVENING + 3 * HOUR_MS)
    const entries = await world.journal()
    return { hashes: entries.map(({ hash }) => hash), planned: factsOf(entries, 'fleet-planned').length }
  } finally {
    await world.stop()
  }
}

describe('the journal of a seed', () => {
  it('is the same with one planning thread and with two, and another for another seed', async () => {
    const [one, two, other] = [await evening(1), await evening(2), await evening(1, '5')]
    expect(one.planned).toBeGreaterThan(5)
    expect(two.hashes).toEqual(one.hashes)
    expect(other.hashes.at(-1)).not.toBe(one.hashes.at(-1))
  })
})

describe('a simulated day', () => {
  it('is the same through the kernel and inside the process', async () => {
    const [from, until] = [EVENING, EVENING + 3 * HOUR_MS]
    const world = await openWorld({ from, seed: '6', stations: 8, throughKernel: true })
    const stores = memoryStores()
    const inside = await simulateDay({ seed: '6', stations: 8, from, until, strategy: 'bidirectional', stores, log() {} })
    try {
      await world.runUntil(until)
      expect(world.running.application.fleet.ordersIssued).toBeGreaterThan(5)
      const { sequence, hash } = world.running.journal.head()
      expect(inside.journal).toEqual({ entries: sequence, verified: true, hash })
    } finally {
      await world.stop()
    }
  })
})

describe('a simulated day that is killed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'killed-'))
  const running: Program[] = []
  afterAll(async () => {
    await Promise.all(running.map(({ end }) => end('SIGKILL')))
    rmSync(folder, { recursive: true, force: true })
  })

  /** Entries as written by a run that is killed as soon as there are so many. */
  async function killedAfter(
    name: string,
    entries: number,
  ): Promise<{ readonly lines: readonly string[]; readonly journal: string }> {
    const home = mkdtempSync(join(folder, name))
    const program = start(['demo', '--stations', '6', '--seed', '7', '--for', '24h', '--speed', 'max', '--json'], {
      TMPDIR: home,
    })
    running.push(program)
    while (program.child.exitCode === null) {
      const found = journalIn(home)
      if (found !== null && linesOf(found).length >= entries) break
      await setTimeout(20)
    }
    await program.end('SIGKILL')
    const journal = journalIn(home)!
    return { lines: linesOf(journal), journal }
  }

  it('leaves a chain that holds, and all of it comes again in the next run, word for word', async () => {
    const first = await killedAfter('first-', 1_500)
    expect(await verifyJournal(first.journal)).toMatchObject({ ok: true })
    const second = await killedAfter('second-', first.lines.length + 200)
    expect(first.lines.length).toBeGreaterThanOrEqual(1_500)
    expect(second.lines.slice(0, first.lines.length)).toEqual(first.lines)
  })
})

/** The journal of the first day of a run; null while there is none. */
function journalIn(home: string): string | null {
  const worlds = readdirSync(home).filter((name) => name.startsWith('gegenstrom-demo-'))
  return worlds.length === 0 ? null : join(home, worlds[0]!, 'journal')
}

/** Whole lines of all segments, in their order. */
function linesOf(journal: string): readonly string[] {
  try {
    return readdirSync(journal)
      .filter((name) => name.endsWith('.jsonl'))
      .sort()
      .flatMap((name) => readFileSync(join(journal, name), 'utf8').split('\n').slice(0, -1))
  } catch {
    // The folder is not there yet.
    return []
  }
}
