import { describe, expect, it } from 'vitest'
import type { ClockStep } from '../../../domain/ports/clock.ts'
import { byTheClock } from '../../../src/run/by-the-clock.ts'
import { hostClock, manualClock, runningClock } from '../../../src/run/clock.ts'

describe('manual clock', () => {
  it('jumps from one due instant to the next and orders one instant by key', async () => {
    const clock = manualClock(1_000)
    const seen: string[] = []
    const note = (text: string) => () => void seen.push(`${clock.now()} ${text}`)
    clock.at(5_000, 'b', note('b'))
    clock.at(5_000, 'a', note('a'))
    clock.at(2_000, 'z', note('z'))
    clock.at(9_000, 'never', note('never'))
    const cancel = clock.at(3_000, 'cancelled', note('cancelled'))
    cancel()
    let settled = 0
    await clock.runUntil(8_000, async () => void settled++)
    expect(seen).toEqual(['2000 z', '5000 a', '5000 b'])
    expect(clock.now()).toBe(8_000)
    expect(settled).toBe(3)
  })

  it('runs what is asked for "now" before time moves on', async () => {
    const clock = manualClock(0)
    const seen: number[] = []
    clock.at(10, 'x', () => clock.at(10, 'y', () => seen.push(clock.now())))
    clock.at(11, 'x', () => seen.push(clock.now()))
    await clock.runUntil(20, async () => {})
    expect(seen).toEqual([10, 11])
  })

  it('keeps thousands of calls in order', async () => {
    const clock = manualClock(0)
    const seen: number[] = []
    for (let i = 0; i < 5_000; i++) {
      const at = (i * 7_919) % 5_003
      clock.at(at, 'k', () => seen.push(at))
    }
    await clock.runUntil(10_000, async () => {})
    expect(seen).toEqual([...seen].sort((a, b) => a - b))
    expect(seen).toHaveLength(5_000)
  })
})

describe('running clock', () => {
  it('calls at the asked instant of its own time, many times faster than the wall', async () => {
    const clock = runningClock(1_000_000, 1_000)
    const at = await new Promise<number>((resolve) => clock.at(1_020_000, 'x', () => resolve(clock.now())))
    clock.stop()
    expect(at).toBeGreaterThanOrEqual(1_020_000)
  })
})

/** A machine whose time is moved by hand: `pass` lets time go by, `set` sets its clock, `sleep` is a time in which only the clock on the wall goes on. */
function machine() {
  let [wall, monotonic] = [1_700_000_000_000, 5_000]
  const sleepers: { readonly until: number; readonly run: () => void }[] = []
  const clock = hostClock({
    wall: () => wall,
    monotonic: () => monotonic,
    sleep(ms, run) {
      const sleeper = { until: monotonic + ms, run }
      sleepers.push(sleeper)
      return () => void (sleepers.includes(sleeper) && sleepers.splice(sleepers.indexOf(sleeper), 1))
    },
  })
  const steps: ClockStep[] = []
  clock.onStep((step) => steps.push(step))
  const begun = wall
  return {
    clock,
    steps,
    begun,
    wall: () => wall,
    /** The clock on the wall may run `ppm` faster meanwhile. */
    pass(ms: number, ppm = 0) {
      for (const end = monotonic + ms; ;) {
        const next = sleepers.toSorted((a, b) => a.until - b.until)[0]
        const to = Math.min(end, next?.until ?? Infinity)
        wall += (to - monotonic) * (1 + ppm / 1e6)
        monotonic = to
        if (next === undefined || next.until > end) return
        sleepers.splice(sleepers.indexOf(next), 1)
        next.run()
      }
    },
    set: (ms: number) => void (wall += ms),
    sleep: (ms: number) => void (wall += ms),
  }
}
const [HOUR, MINUTE] = [3_600_000, 60_000]

describe('host clock', () => {
  it.each([HOUR, -HOUR])('F36: notices a step of %d ms within a second, and stamps by the new time from then on', (by) => {
    const { clock, steps, begun, pass, set, wall } = machine()
    pass(10_400)
    set(by)
    pass(1_000)
    expect(steps).toHaveLength(1)
    expect(steps[0]!.to - steps[0]!.from).toBe(by)
    expect(steps[0]!.to).toBeGreaterThanOrEqual(begun + 10_400 + by)
    expect(Math.abs(clock.now() - wall())).toBeLessThanOrEqual(1)
    expect(clock.elapsed()).toBe(11_400)
  })

  it.each([HOUR, -HOUR])('F36: waits as long as asked across a step of %d ms', (by) => {
    const { clock, pass, set } = machine()
    const seen: number[] = []
    clock.after(30_000, 'wait', () => seen.push(clock.elapsed()))
    clock.after(0, 'now', () => seen.push(clock.elapsed()))
    pass(10_000)
    set(by)
    pass(60_000)
    expect(seen).toEqual([0, 30_000])
  })

  it('F36: keeps appointments of the calendar: after a step back later, after a step past them at once', () => {
    const { clock, begun, pass, set } = machine()
    const seen: string[] = []
    const meet = (key: string, at: number) => clock.at(begun + at, key, () => seen.push(`${key} ${clock.now() - begun}`))
    meet('soon', 30 * MINUTE)
    pass(10 * MINUTE)
    set(-5 * MINUTE)
    pass(25 * MINUTE - 1)
    expect(seen).toEqual([])
    pass(1)
    expect(seen).toEqual([`soon ${30 * MINUTE}`])
    meet('missed', 40 * MINUTE)
    set(HOUR)
    pass(1_000)
    expect(seen).toHaveLength(2)
    expect(seen[1]).toBe(`missed ${90 * MINUTE + 1_000}`)
  })

  it('F36: takes time in which the machine slept for a step forward, before anything that was due runs', () => {
    const { clock, steps, pass, sleep } = machine()
    const seen: number[] = []
    clock.after(100, 'work', () => seen.push(steps.length))
    pass(50)
    sleep(600_000)
    pass(50)
    expect(seen).toEqual([1])
    expect(steps[0]!.to - steps[0]!.from).toBe(600_000)
  })

  it('F36: follows a clock that is steered, however long, without calling it a step', () => {
    const { clock, steps, pass, wall } = machine()
    pass(2 * HOUR, 450)
    pass(2 * HOUR, -450)
    expect(steps).toEqual([])
    pass(6 * HOUR, 450)
    expect(steps).toEqual([])
    expect(Math.abs(clock.now() - wall())).toBeLessThanOrEqual(2)
  })

  it('F36: adds up steps that are too small to be noticed alone', () => {
    const { clock, steps, pass, set, wall } = machine()
    for (let i = 0; i < 100; i++) {
      set(-400)
      pass(1_000)
    }
    const moved = steps.reduce((sum, { from, to }) => sum + to - from, 0)
    expect(Math.abs(moved + 40_000)).toBeLessThanOrEqual(1_100)
    expect(Math.abs(clock.now() - wall())).toBeLessThanOrEqual(1)
  })

  it('F36: tells of two steps within a second as one, and of none when the second undoes the first', () => {
    const { steps, pass, set } = machine()
    pass(300)
    set(HOUR)
    pass(300)
    set(MINUTE)
    pass(1_000)
    expect(steps.map(({ from, to }) => to - from)).toEqual([HOUR + MINUTE])
    pass(100)
    set(-HOUR)
    pass(100)
    set(HOUR)
    pass(1_000)
    expect(steps).toHaveLength(1)
  })

  it('goes on after something it called has thrown, and so does whoever is called after that', () => {
    const { clock, steps, pass, set } = machine()
    const seen: string[] = []
    const fail = () => {
      throw new Error('broken')
    }
    clock.onStep(fail)
    clock.onStep(() => seen.push('stepped'))
    clock.after(500, 'a', fail)
    clock.after(500, 'b', () => seen.push('b'))
    expect(() => pass(500)).toThrow('broken')
    expect(seen).toEqual(['b'])
    set(HOUR)
    expect(() => pass(1_000)).toThrow('broken')
    expect(seen).toEqual(['b', 'stepped'])
    pass(HOUR)
    expect(steps).toHaveLength(1)
  })

  it('does nothing after it was stopped', () => {
    const { clock, steps, pass, set } = machine()
    clock.after(10, 'x', () => expect.unreachable())
    clock.stop()
    set(HOUR)
    pass(HOUR)
    expect(steps).toEqual([])
  })
})

describe('by the clock', () => {
  const QUARTER = 15 * MINUTE
  /** Counted from a whole quarter-hour. */
  function quarterly(start: number) {
    const clock = manualClock(100 * QUARTER + start)
    const seen: number[] = []
    const minutes = (at: number) => (at - 100 * QUARTER) / MINUTE
    const stop = byTheClock(clock, { ms: QUARTER, key: 'slot', run: () => seen.push(minutes(clock.now())) })
    return { clock, seen, stop, pass: (ms: number) => clock.runUntil(clock.now() + ms, async () => {}) }
  }

  it('calls at whole multiples until it is stopped', async () => {
    const { seen, stop, pass } = quarterly(MINUTE)
    await pass(HOUR)
    expect(seen).toEqual([15, 30, 45, 60])
    stop()
    await pass(HOUR)
    expect(seen).toHaveLength(4)
  })

  it('F36: after an hour forward it calls once for all that passed, then goes on', async () => {
    const { clock, seen, pass } = quarterly(MINUTE)
    await pass(20 * MINUTE)
    clock.step(HOUR)
    await pass(10 * MINUTE)
    expect(seen).toEqual([15, 81, 90])
  })

  it('F36: after an hour back it is not silent: it begins where the clock stands, then goes on', async () => {
    const { clock, seen, pass } = quarterly(MINUTE)
    await pass(70 * MINUTE)
    clock.step(-HOUR)
    await pass(20 * MINUTE)
    expect(seen).toEqual([15, 30, 45, 60, 11, 15, 30])
  })

  it('F36: a quarter-hour that has just begun is not begun again when the clock is set back across its beginning', async () => {
    const { clock, seen, pass } = quarterly(MINUTE)
    await pass(14 * MINUTE + 1_000)
    clock.step(-3_000)
    await pass(20 * MINUTE)
    expect(seen).toEqual([15, 30])
  })

  it('F36: a clock that is set again and again gives one call in ten seconds at most', async () => {
    const { clock, seen, pass } = quarterly(MINUTE)
    for (let i = 0; i < 600; i++) {
      clock.step(i % 2 === 0 ? HOUR : -HOUR)
      await pass(1_000)
    }
    expect(seen.length).toBeGreaterThan(10)
    expect(seen.length).toBeLessThanOrEqual(61)
  })
})
