// The dimmed night of the demonstration, and what a grid operator reads off it.
import { expect, it } from 'vitest'
import { memoryStores } from '../../adapters/memory/memory-stores.ts'
import { DIMMING_STATIONS_MIN } from '../../src/demo/dimming-fleet.ts'
import { playDimming } from '../../src/demo/dimming.ts'

it('F20: nobody takes or gives more than control room, control box, relay and ripple control allow, silence and a bouncing contact included', async () => {
  const { steps, exceeded, looks, proof, compensatedWh } = await playDimming({
    seed: '1',
    stations: DIMMING_STATIONS_MIN + 4,
    from: Date.parse('2026-01-15T16:30:00Z'),
    stores: memoryStores(),
    log: (_, text, facts) => expect.unreachable(`${text} ${JSON.stringify(facts)}`),
  })
  expect(exceeded).toEqual([])
  expect(looks).toBeGreaterThan(300)
  expect(steps.map(({ player }) => player)).toEqual([
    'ripple control',
    'ripple control',
    'control room',
    'control room',
    'control box',
    'control box',
    'control box',
    'relay',
    'relay',
  ])
  const [noFeedIn, , dimmed] = steps
  expect(noFeedIn!.beforeW).toBeLessThan(-1_000)
  expect(Math.abs(noFeedIn!.afterW)).toBeLessThan(100)
  expect(dimmed!.orderedW).toBeLessThanOrEqual(dimmed!.maxW!)
  expect(dimmed!.maxW).toBeLessThan(0.51 * dimmed!.beforeW)
  expect(proof.compliance.timePercent).toBeGreaterThan(90)
  expect(proof.notDrawn.wh).toBeGreaterThan(0)
  expect(Math.abs(compensatedWh - proof.notDrawn.wh)).toBeLessThanOrEqual(2)
})
