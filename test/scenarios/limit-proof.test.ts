// A grid operator limits an area of sixteen stations on a night, changes the limit and lifts it: the proof of it says what the twin knows to be true.
import { createPublicKey, verify } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ProofDocument } from '../../adapters/proof-files/proof-document.ts'
import { twinFleet } from '../../adapters/twin/twin-fleet.ts'
import { instantText } from '../../domain/time/slot.ts'
import { HOUR_MS, MINUTE_MS, openWorld, type World } from './world.ts'

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
}, 120_000)
afterAll(() => world.stop())

describe('the proof of a limit on an area', () => {
  it('debug', () => {
    console.log(truth, JSON.stringify(proof, null, 1).slice(0, 1400))
    console.log(JSON.stringify(proof.notDrawn), JSON.stringify(proof.chain.entries.length))
  })
})
