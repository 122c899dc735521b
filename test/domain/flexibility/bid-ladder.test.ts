import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLadder, rungsOf, type Around, type Ladder, type Rung } from '../../../domain/flexibility/bid-ladder.ts'

const rungs = (ladder: Ladder, step: number, around: Around) => rungsOf([{ ladder, around }], step, 0.25)

test('blocks become rungs around the plan: more at falling prices, less at rising ones, each at its worst price', () => {
  const ladder = createLadder(2)
  // Sorted by worth: 1 kW at 150, 2 kW at 90.50, 4 kW at 40, all in EUR/MWh.
  ladder.add(1, 4_000, 4_000)
  ladder.add(1, 2_000, 9_050)
  ladder.add(1, 1_000, 15_000)
  const around = { lowest: -3_000, planned: -1_000, roomUp: Infinity, roomDown: Infinity }
  // Planned is 2 kW above the lowest: all of the first block and half of the second.
  expect(rungs(ladder, 1, around)).toEqual({
    up: [
      { energy: 250, price: 9_000 },
      { energy: 1_250, price: 4_000 },
    ],
    down: [
      { energy: 250, price: 9_100 },
      { energy: 500, price: 15_100 },
    ],
  })
  expect(rungs(ladder, 1, { ...around, roomUp: 3_000, roomDown: 0 })).toEqual({
    up: [
      { energy: 250, price: 9_000 },
      { energy: 750, price: 4_000 },
    ],
    down: [],
  })
  expect(rungs(ladder, 0, around)).toEqual({ up: [], down: [] })
})

test('whatever the blocks: at most twelve rungs, in order, never beyond the room, and all of a rung is worth its price', () => {
  const block = fc.record({
    width: fc.double({ min: 0, max: 20_000, noNaN: true }),
    price: fc.integer({ min: -60_000, max: 400_000 }),
  })
  fc.assert(
    fc.property(
      fc.array(block, { maxLength: 60 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 100_000, noNaN: true }),
      (blocks, share, room) => {
        const ladder = createLadder(1)
        for (const { width, price } of blocks) ladder.add(0, width, price)
        const total = blocks.reduce((sum, { width }) => sum + width, 0)
        const planned = -5_000 + share * total
        const { up, down } = rungs(ladder, 0, { lowest: -5_000, planned, roomUp: room, roomDown: room })
        const sides: readonly [readonly Rung[], number][] = [
          [up, -1],
          [down, 1],
        ]
        for (const [side, sign] of sides) {
          expect(side.length).toBeLessThanOrEqual(12)
          side.forEach(({ energy, price }, i) => {
            expect(energy).toBeLessThanOrEqual(room / 4 + 1e-6)
            if (i > 0) expect(energy).toBeGreaterThan(side[i - 1]!.energy)
            if (i > 0) expect(sign * price).toBeGreaterThanOrEqual(sign * side[i - 1]!.price)
          })
        }
        // At the price of a rung the fleet would take at least as much more (less) as the rung says.
        const demand = (price: number) => blocks.reduce((sum, block) => sum + (block.price >= price ? block.width : 0), -5_000)
        for (const { energy, price } of up) expect(demand(price) - planned).toBeGreaterThanOrEqual(energy * 4 - 1e-3)
        for (const { energy, price } of down) expect(planned - demand(price)).toBeGreaterThanOrEqual(energy * 4 - 1e-3)
      },
    ),
    { numRuns: 500 },
  )
})

test('what is worth less than any price it could stand for is not bought, and what is worth more not given up', () => {
  const ladder = createLadder(1)
  ladder.add(0, 1_000, -200_000)
  ladder.add(0, 2_000, 900_000)
  const around = { lowest: 0, planned: 2_000, roomUp: Infinity, roomDown: Infinity }
  expect(rungs(ladder, 0, around)).toEqual({ up: [], down: [] })
})

test('ladders of cars with room of their own are offered together, each within its room', () => {
  const [free, bounded] = [createLadder(1), createLadder(1)]
  free.add(0, 1_000, 5_000)
  bounded.add(0, 8_000, 6_000)
  const around = { lowest: 0, planned: 0, roomUp: Infinity, roomDown: Infinity }
  const both = [
    { ladder: free, around },
    { ladder: bounded, around: { ...around, roomUp: 2_000 } },
  ]
  expect(rungsOf(both, 0, 0.25).up).toEqual([
    { energy: 500, price: 6_000 },
    { energy: 750, price: 5_000 },
  ])
})
