// A grid operator limits an area of sixteen stations on a night, changes the limit and lifts it: the proof of it says what the twin knows to be true.
import { createPublicKey, verify } from 'node:crypto'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { proofDocument, type ProofDocument } from '../../adapters/proof-files/proof-document.ts'
import { twinFleet } from '../../adapters/twin/twin-fleet.ts'
import type { Fact } from '../../domain/facts/fact.ts'
import { apply } from '../../domain/live/apply.ts'
import { emptyFleet } from '../../domain/live/live-fleet.ts'
import type { LimitStanding } from '../../domain/proof/standing.ts'
import { limitProof } from '../../domain/proof/limit-proof.ts'
import { instantText } from '../../domain/time/slot.ts'
import { portfolioKey } from '../../domain/trading/schedule.ts'
import { runCommandLine } from '../../src/cli.ts'
import { manualClock } from '../../src/run/clock.ts'
import { closedLimits } from '../../src/run/closed-limits.ts'
import { limitClosing } from '../../src/run/limit-closing.ts'
import { limitStandings } from '../../src/run/limit-standings.ts'
import { pdfPages } from '../adapters/proof-files/pdf-pages.ts'
import { factsOf, HOUR_MS, MINUTE_MS, openWorld, type World } from './world.ts'

const EVENING = Date.parse('2026-01-15T16:00:00Z')
/** Most cars charge. */
const NIGHT = EVENING + 10 * HOUR_MS + 2 * MINUTE_MS
const AREA = 'area:VNB-7|T-1'
const [FIRST_W, SECOND_W] = [30_000, 45_000]
let world: World
const truth = { before: 0, energyWh: 0, begin: 0, replaced: 0, withdrawn: 0, below: 0 }
let proof: ProofDocument

const address = (path: string) => `http://127.0.0.1:${world.running.address.port}${path}`
const takes = () => world.twin.cars().reduce((sum, { power }) => sum + power, 0)
const energy = () => world.twin.cars().reduce((sum, { importedWh, exportedWh }) => sum + importedWh - exportedWh, 0)
async function put(version: number, maxW: number): Promise<number> {
  const now = instantText(world.clock.now())
  const body = { version, issuedAt: now, subjects: [AREA], rank: 'grid-limit', maxW, from: now, reference: 'intervention 7' }
  const headers = { 'Content-Type': 'application/json' }
  const response = await fetch(address('/v1/signals/night'), { method: 'PUT', headers, body: JSON.stringify(body) })
  return response.status
}

beforeAll(async () => {
  const fleet = twinFleet({ seed: '1', stations: 16, from: EVENING })
  const sites = fleet.registry.sites.map((site) => ({ ...site, gridArea: AREA.slice(5) }))
  world = await openWorld({ from: EVENING, fleet: { ...fleet, registry: { ...fleet.registry, sites } }, releaseMs: MINUTE_MS })
  await world.runUntil(NIGHT)
  truth.before = takes()
  truth.begin = world.clock.now()
  const energyBefore = energy()
  expect(await put(1, FIRST_W)).toBe(200)
  while (takes() > FIRST_W + 300) await world.runUntil(world.clock.now() + 1_000)
  truth.below = world.clock.now()
  await world.runUntil(truth.begin + 20 * MINUTE_MS)
  truth.replaced = world.clock.now()
  expect(await put(2, SECOND_W)).toBe(200)
  await world.runUntil(truth.replaced + 20 * MINUTE_MS)
  truth.withdrawn = world.clock.now()
  truth.energyWh = energy() - energyBefore
  expect((await fetch(address('/v1/signals/night?version=3'), { method: 'DELETE' })).status).toBe(200)
  await world.runUntil(truth.withdrawn + 10 * MINUTE_MS)
  proof = (await (await fetch(address('/v1/signals/night/proof'))).json()) as ProofDocument
})
afterAll(() => world.stop())

/** Runs a command line against the world. */
async function run(...words: readonly string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  let [out, err] = ['', '']
  const io = { stdout: (text: string) => void (out += text), stderr: (text: string) => void (err += text), isTerminal: false }
  return { code: await runCommandLine(words, io), out, err }
}
const at = (instant: string | null) => Date.parse(instant!)

describe('the proof of a limit on an area', () => {
  it('has the instants and the powers that the twin knows to be true (F19)', () => {
    const { instants, measured, release } = proof
    expect([at(instants.received), at(instants.validated), at(instants.begin)]).toEqual(Array(3).fill(truth.begin))
    expect(at(instants.firstOrder)).toBe(truth.begin)
    expect(at(instants.lastApplied)).toBeGreaterThanOrEqual(at(instants.firstApplied))
    expect(at(instants.lastApplied)).toBeLessThanOrEqual(truth.below)
    // Meters tell every minute: it is seen no sooner than it is true, and no later than the next of them.
    expect(at(instants.measuredWithin)).toBeGreaterThanOrEqual(truth.below - 1_000)
    expect(at(instants.measuredWithin)).toBeLessThanOrEqual(truth.below + MINUTE_MS)
    expect(proof.versions.map(({ maxW, endedBy, ended }) => [maxW, endedBy, at(ended)])).toEqual([
      [FIRST_W, 'replaced', truth.replaced],
      [SECOND_W, 'withdrawn', truth.withdrawn],
    ])
    expect(Math.abs(measured.atReceiptW - truth.before)).toBeLessThan(0.01 * truth.before)
    expect(release).toMatchObject({ by: 'withdrawn', at: instants.released })
    expect(release!.steps).toHaveLength(7)
    expect(at(release!.steps.at(-1)!.until)).toBeLessThanOrEqual(truth.withdrawn + MINUTE_MS)
    expect(proof.notFollowed).toEqual([])
    expect(proof.versions.map(({ told, applied }) => told - applied)).toEqual([0, 0])
  })

  it('counts the energy that the cars have really taken, and what they would have taken', () => {
    expect(Math.abs(proof.compliance.energyWh - truth.energyWh)).toBeLessThan(0.005 * truth.energyWh)
    expect(proof.compliance).toMatchObject({ inForceSeconds: 2_400, withinSeconds: 2_340, timePercent: 97.5 })
    expect(proof.compliance.energyPercent).toBeGreaterThan(99)
    const { quarterHours, wh, cars } = proof.notDrawn
    expect(quarterHours.reduce((sum, { notDrawnWh }) => sum + notDrawnWh, 0)).toBe(wh)
    expect(quarterHours.reduce((sum, { measuredWh }) => sum + measuredWh, 0)).toBe(proof.compliance.energyWh)
    expect(cars).toBe(world.twin.cars().length - 4)
    expect(wh).toBeGreaterThan(20_000)
  })

  it('says what had to be left to the area, and that less was', () => {
    expect(proof.versions[0]!.alarms).toEqual(['limit_below_pmin14a'])
    const [area] = proof.subjects
    expect(area).toMatchObject({ subject: AREA, evseCount: 16 })
    expect(area!.minimumFormulas.length).toBeGreaterThan(0)
    const parts = area!.minimumFormulas.map((formula) => Number(/= ([\d.]+) kW$/.exec(formula)?.[1] ?? 0) * 1_000)
    expect(Math.round(parts.reduce((sum, part) => sum + part, 0))).toBe(area!.minimumW)
  })

  it('comes in each form, by its ending and by what is accepted, with a signature over its very bytes', async () => {
    const key = createPublicKey(await (await fetch(address('/v1/proof-key'))).text())
    for (const [ending, type, format] of [
      ['', 'application/json', 'json'],
      ['.csv', 'text/csv', 'csv'],
      ['.pdf', 'application/pdf', 'pdf'],
    ] as const) {
      const response = await fetch(address(`/v1/signals/night/proof${ending}`))
      const bytes = Buffer.from(await response.arrayBuffer())
      expect([response.status, response.headers.get('content-type')!.split(';')[0]]).toEqual([200, type])
      const accepted = await fetch(address('/v1/signals/night/proof'), { headers: { Accept: `${type};q=0.9, */*;q=0.1` } })
      expect(Buffer.from(await accepted.arrayBuffer()).equals(bytes)).toBe(true)
      const signature = response.headers.get('proof-signature')!
      const alone = await (await fetch(address(`/v1/signals/night/proof/signature?format=${format}`))).text()
      expect(alone.trim()).toBe(signature)
      expect(verify(null, bytes, key, Buffer.from(signature, 'base64'))).toBe(true)
    }
    expect((await fetch(address('/v1/signals/other/proof'))).status).toBe(404)
  })

  it('is fetched, and verified by its signature and by the journal; a flipped byte and a changed entry are found', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'proof-'))
    try {
      const [file, key] = [join(folder, 'night.pdf'), join(folder, 'public.pem')]
      const url = address('')
      writeFileSync(key, (await run('proof', 'key', '--url', url)).out)
      for (const out of [file, join(folder, 'night.json'), join(folder, 'night.csv')])
        expect(await run('proof', 'get', 'night', '--out', out, '--url', url)).toMatchObject({ code: 0, err: '' })
      const journal = join(folder, 'journal')
      cpSync(world.journalFolder, journal, { recursive: true })
      const check = (of: string) => run('proof', 'verify', of, '--signature', `${of}.sig`, '--key', key, '--journal', journal)
      for (const of of [file, join(folder, 'night.json'), join(folder, 'night.csv')])
        expect(await check(of)).toMatchObject({ code: 0 })

      const segment = readdirSync(journal).find((name) => name.endsWith('.jsonl'))!
      const text = readFileSync(join(journal, segment), 'utf8')
      writeFileSync(join(journal, segment), text.replace(`"max":${FIRST_W},`, `"max":${FIRST_W + 1},`))
      expect(await check(file)).toMatchObject({ code: 1, err: expect.stringMatching(/entry|hash/) })
      expect(await run('journal', 'verify', '--folder', journal)).toMatchObject({ code: 1 })

      const bytes = readFileSync(file)
      bytes[bytes.length >> 1]! ^= 1
      writeFileSync(file, bytes)
      const flipped = await run('proof', 'verify', file, '--signature', `${file}.sig`, '--key', key)
      expect(flipped).toMatchObject({ code: 1, err: expect.stringContaining('signature') })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('is the same when everything is read back from the journal, as after a restart', async () => {
    const entries = await world.journal()
    const fleet = emptyFleet()
    const standings = limitStandings(fleet)
    for (const { fact, sequence, at: writtenAt } of entries) {
      apply(fleet, fact, writtenAt)
      standings.notice(fact, sequence, writtenAt)
    }
    const again = limitProof(standings.of('night')!)
    for (const entry of entries.slice(proof.chain.first.sequence - 1)) if (!again.take(entry)) break
    expect(JSON.parse(JSON.stringify(proofDocument(again.result()!)))).toEqual(proof)
  })

  it('shows the figures on its pages', async () => {
    const pages = await pdfPages(new Uint8Array(await (await fetch(address('/v1/signals/night/proof.pdf'))).arrayBuffer()))
    const text = pages.map((page) => page.text).join(' ')
    for (const figure of [`max ${SECOND_W} W`, '97.5 %', `${proof.notDrawn.wh} Wh`, proof.chain.first.hash])
      expect(text).toContain(figure)
    expect(pages.length).toBeLessThanOrEqual(2)
  })

  it('is the same after the limits that came later, byte for byte', async () => {
    const before = await (await fetch(address('/v1/signals/night/proof.csv'))).text()
    await world.runUntil(world.clock.now() + 5 * MINUTE_MS)
    expect(await (await fetch(address('/v1/signals/night/proof.csv'))).text()).toBe(before)
  })

  it('is followed by the compensation of each portfolio, once, also when the process starts again', async () => {
    await world.runUntil(truth.withdrawn + 25 * MINUTE_MS)
    const entries = await world.journal()
    const told = factsOf(entries, 'limit-compensated').filter(({ signal }) => signal === 'night')
    expect(told.length).toBeGreaterThan(0)
    expect(new Set(told.map(portfolioKey)).size).toBe(told.length)
    expect(told.map(({ version }) => version)).toEqual(told.map(() => 2))
    expect(told.reduce((sum, { cars }) => sum + cars, 0)).toBe(proof.notDrawn.cars)
    const sum = told.reduce((all, { notDrawnWh }) => all + notDrawnWh, 0)
    expect(Math.abs(sum - proof.notDrawn.wh)).toBeLessThanOrEqual(told.length)
    for (const { slots, notDrawnWh } of told) expect(slots.reduce((all, slot) => all + slot.notDrawnWh, 0)).toBe(notDrawnWh)

    const fleet = emptyFleet()
    const [standings, closed] = [limitStandings(fleet), closedLimits()]
    for (const { fact, sequence, at: writtenAt } of entries) {
      apply(fleet, fact, writtenAt)
      standings.notice(fact, sequence, writtenAt)
      closed.notice(fact)
    }
    const kept: Fact[] = []
    const clock = manualClock(world.clock.now())
    const made = async (of: readonly LimitStanding[]) => {
      expect(of.map(({ signal }) => signal)).not.toContain('night')
      return []
    }
    const keep = async (fact: Fact) => void kept.push(fact)
    const closing = limitClosing({
      clock,
      fleet,
      closed,
      dimmed: { ended: new Map() },
      standingOf: standings.of,
      made,
      keep,
      sign: () => '',
      store: undefined,
      track: (work) => work,
      log: expect.unreachable,
    })
    closing.start()
    await clock.runUntil(clock.now() + HOUR_MS, () => Promise.resolve())
    closing.stop()
    expect(kept).toEqual([])
  })
})
