import { describe, expect, it } from 'vitest'
import { manualClock, runningClock } from '../../src/clock.ts'

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
