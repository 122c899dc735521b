// Cars wait for their plans in an order that depends on nothing but what was asked, and hold up nobody.
import { describe, expect, it } from 'vitest'
import type { EvseId } from '../../../domain/registry/identity.ts'
import { manualClock } from '../../../src/run/clock.ts'
import { hostPace, steadyPace, type Pace } from '../../../src/run/pace.ts'
import { planningQueue, type SliceDone } from '../../../src/run/planning-queue.ts'

const car = (number: number) => `S${number}/1` as EvseId
const cars = (from: number, until: number) => Array.from({ length: until - from }, (_, i) => car(from + i))
const NEWS = { causes: ['new prices'], isRoutine: false }
const LOOK = { causes: ['quarter-hour'], isRoutine: true }

function setUp({ pace = steadyPace(4), fails = () => false }: { pace?: Pace; fails?: (evse: EvseId) => boolean } = {}) {
  const clock = manualClock(0)
  const planned: string[] = []
  const slices: (SliceDone & { readonly planned: number })[] = []
  const failed: EvseId[] = []
  const state = { mayPlan: true, missed: 0, told: 0 }
  const queue = planningQueue({
    clock,
    pace,
    plan(evse, { causes, isRoutine }) {
      if (fails(evse)) throw new Error('NaN')
      planned.push(`${evse} ${causes.join(', ')}${isRoutine ? ' (routine)' : ''}`)
    },
    onFailure: (evse) => void failed.push(evse),
    onSlice(done) {
      slices.push({ ...done, planned: planned.length - state.told })
      state.told = planned.length
    },
    mayPlan: () => state.mayPlan,
    onMissed: () => void state.missed++,
  })
  const run = (until = 0) => clock.runUntil(until, () => Promise.resolve())
  return { clock, queue, planned, slices, failed, state, run }
}

describe('the planning queue', () => {
  it('plans a small wave at once and a large one in slices of one instant', async () => {
    const small = setUp()
    small.queue.wave(cars(0, 4), NEWS)
    expect(small.planned).toHaveLength(4)
    expect(small.queue.waiting()).toBe(0)
    const { queue, planned, slices, clock, run } = setUp()
    queue.wave(cars(0, 18), NEWS)
    expect(planned).toHaveLength(4)
    await run()
    expect(clock.now()).toBe(0)
    expect(planned).toEqual(cars(0, 18).map((evse) => `${evse} new prices`))
    expect(slices.map(({ endsWave }) => endsWave)).toEqual([false, false, false, true])
  })

  it('lets whatever is due have its turn between two slices', async () => {
    const { queue, planned, clock, run } = setUp()
    const seen: number[] = []
    const message = () => {
      seen.push(planned.length)
      if (seen.length < 4) clock.after(0, 'a-tick', message)
    }
    queue.wave(cars(0, 20), NEWS)
    clock.after(0, 'a-tick', message)
    await run()
    expect(seen).toEqual([4, 8, 12, 16])
  })

  it('plans cars that something has happened to before the wave', async () => {
    const { queue, planned, run } = setUp()
    queue.wave(cars(0, 20), NEWS)
    queue.urgent([[car(30), 'plugged in']])
    expect(planned).toContain('S30/1 plugged in')
    expect(planned).toHaveLength(5)
    await run()
    expect(planned).toHaveLength(21)
  })

  it('keeps one entry an EVSE with all its causes, however often it is asked for', async () => {
    const { queue, planned, run } = setUp({ pace: steadyPace(1) })
    queue.wave(cars(0, 3), LOOK)
    queue.wave(cars(1, 3), NEWS)
    for (let i = 0; i < 100; i++)
      queue.urgent([
        [car(9), `needs ${i}`],
        [car(2), 'needs'],
      ])
    expect(queue.waiting()).toBeLessThanOrEqual(3)
    await run()
    expect(planned.filter((text) => text.startsWith('S2/1'))).toContain('S2/1 quarter-hour, new prices, needs')
    for (const text of planned) expect(text.split(', ').length).toBeLessThanOrEqual(3)
  })

  it('does not let urgent cars that come and come starve a wave', async () => {
    const { queue, planned, clock, run } = setUp()
    queue.wave(cars(0, 12), NEWS)
    let more = 0
    const ask = () => {
      if (more++ < 20) clock.after(0, 'a-tick', ask)
      queue.urgent(cars(100 * more, 100 * more + 12).map((evse) => [evse, 'plugged in'] as const))
    }
    clock.after(0, 'a-tick', ask)
    await run()
    const lastOfWave = planned.indexOf('S11/1 new prices')
    expect(lastOfWave).toBeLessThan(planned.length / 2)
    expect(planned).toHaveLength(12 + 21 * 12)
  })

  it('is not put off for ever by those who ask in its pauses', async () => {
    const { queue, planned, clock, run } = setUp({ pace: { ...steadyPace(1), pauseMs: 5 } })
    queue.wave(cars(0, 10), NEWS)
    for (let ms = 1; ms < 100; ms++) clock.at(ms, 'a-tick', () => queue.urgent([[car(50), `needs ${ms}`]]))
    await run(60)
    expect(planned.filter((text) => text.endsWith('new prices'))).toHaveLength(10)
  })

  it('forgets what a newer plan has made superfluous: a car planned at once is not planned again by the wave', async () => {
    const { queue, planned, run } = setUp({ pace: steadyPace(1) })
    queue.wave(cars(0, 3), NEWS)
    queue.now(car(2), 'wish of the driver')
    await run()
    expect(planned).toEqual(['S0/1 new prices', 'S2/1 new prices, wish of the driver', 'S1/1 new prices'])
  })

  it('F35: goes on when planning a car fails, and tells of that car alone', async () => {
    const { queue, planned, failed, run } = setUp({ fails: (evse) => evse === car(1) || evse === car(7) })
    queue.wave(cars(0, 9), NEWS)
    queue.now(car(1), 'wish of the driver')
    await run()
    expect(failed).toEqual([car(1), car(1), car(7)])
    expect(planned).toHaveLength(7)
  })

  it('forgets everybody while nothing can be recorded, and says so', async () => {
    const { queue, planned, state, run } = setUp()
    queue.wave(cars(0, 20), NEWS)
    state.mayPlan = false
    await run()
    expect(planned).toHaveLength(4)
    expect(state.missed).toBe(1)
    expect(queue.waiting()).toBe(0)
    queue.urgent([[car(1), 'plugged in']])
    queue.now(car(2), 'wish of the driver')
    expect(planned).toHaveLength(4)
    expect(state.missed).toBe(3)
  })

  it('plans nobody after it was stopped', async () => {
    const { queue, planned, run } = setUp()
    queue.wave(cars(0, 20), NEWS)
    queue.stop()
    await run()
    expect(planned).toHaveLength(4)
  })

  it('ends a slice by the time that has passed, after one car at least', async () => {
    let ms = 0
    const { queue, planned, slices, run } = setUp({ pace: hostPace(() => (ms += 2)) })
    queue.wave(cars(0, 9), NEWS)
    expect(planned).toHaveLength(2)
    await run(100)
    expect(slices.map(({ planned: count }) => count)).toEqual([4, 2, 2, 1])
    const slow = setUp({ pace: hostPace(() => (ms += 100)) })
    slow.queue.wave(cars(0, 2), NEWS)
    expect(slow.planned).toHaveLength(1)
  })
})
