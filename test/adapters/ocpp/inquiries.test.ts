// Ten thousand stations that boot at once are asked over half a minute, never many at a time, and each once.
import { describe, expect, it } from 'vitest'
import { inquiries } from '../../../adapters/ocpp/inquiries.ts'
import { id, type StationId } from '../../../domain/registry/identity.ts'
import { manualClock } from '../../../src/run/clock.ts'
import { TEN } from './ocpp-lab.ts'

const settled = () => new Promise<void>((resolve) => void setImmediate(resolve))

describe('questions to stations that boot at once (F28)', () => {
  it('are spread, bounded, and one failure or silence is one', async () => {
    const clock = manualClock(TEN)
    const failures: string[] = []
    const desk = inquiries(clock, (station) => void failures.push(station))
    const asked = new Map<string, number>()
    const bySecond = new Map<number, number>()
    let [underWay, most] = [0, 0]
    const silent: (() => void)[] = []
    for (let i = 0; i < 10_000; i++) {
      const station = id<StationId>(`HAT-${i}`)
      const run = async () => {
        asked.set(station, (asked.get(station) ?? 0) + 1)
        const second = Math.floor((clock.now() - TEN) / 1_000)
        bySecond.set(second, (bySecond.get(second) ?? 0) + 1)
        most = Math.max(most, ++underWay)
        // Every hundredth answers nothing for a while, and one fails.
        if (i % 100 === 0) await new Promise<void>((resolve) => void silent.push(resolve))
        underWay--
        if (i === 7) throw new Error('nonsense')
      }
      desk.add(station, run)
      // A station that boots again while it waits is asked once.
      if (i % 50 === 0) desk.add(station, run)
    }
    await clock.runUntil(TEN + 2_900, settled)
    expect(asked.size).toBe(0)
    await clock.runUntil(TEN + 31_000, settled)
    for (const go of silent) go()
    await settled()
    expect(asked.size).toBe(10_000)
    expect([...asked.values()].every((times) => times === 1)).toBe(true)
    expect(most).toBeLessThanOrEqual(200)
    expect(Math.max(...bySecond.values())).toBeLessThan(600)
    expect(failures).toEqual(['HAT-7'])
    desk.stop()
  })
})
