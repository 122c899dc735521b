// The running statement is the statement of the whole ledger, also when slots change that were settled long ago.
import { describe, expect, it } from 'vitest'
import { untoldRevisions } from '../../../domain/live/revisions.ts'
import { apply } from '../../../domain/live/apply.ts'
import { type LiveFleet } from '../../../domain/live/live-fleet.ts'
import { wattHours } from '../../../domain/units.ts'
import { runningStatement } from '../../../src/answers/running-statement.ts'
import { HOUR_MS, MINUTE_MS, NOW, plugIn, readingOf, smallFleet } from '../../domain/live/small-fleet.ts'

const pricesAt = () => ({ buy: 30_000, sell: 8_000, spot: null })

function tell(fleet: LiveFleet, now: number): number {
  const facts = untoldRevisions(fleet)
  for (const fact of facts) apply(fleet, fact, now)
  return facts.flatMap(({ slots }) => slots).length
}

describe('the running statement', () => {
  it('takes up what comes ten hours late, once it is told (F5)', () => {
    const fleet = smallFleet()
    const live = plugIn(fleet, 1)
    const read = (minutes: number, imported: number, now: number) =>
      apply(
        fleet,
        {
          kind: 'readings',
          readings: [
            readingOf(live, NOW + minutes * MINUTE_MS, { imported: wattHours(imported), arrivedAt: now, quality: 'late' }),
          ],
        },
        now,
      )
    const statement = runningStatement(fleet, pricesAt)
    const whole = (now: number) => runningStatement(fleet, pricesAt)(now)
    read(0, 1_000, NOW)
    expect(statement(NOW).charged).toBe(0)
    // Ten hours without a word: the split by time is a guess.
    const now = NOW + 10 * HOUR_MS
    read(600, 41_000, now)
    expect(tell(fleet, now)).toBe(39)
    expect(statement(now + 5 * MINUTE_MS)).toEqual(whole(now + 5 * MINUTE_MS))
    // Then the truth: all of it in the first four hours.
    let at = now + 10 * MINUTE_MS
    for (const [minutes, register] of [
      [240, 41_000],
      [90, 10_000],
      [30, 2_000],
      [180, 28_000],
    ] as const) {
      read(minutes, register, at)
      expect(tell(fleet, at)).toBeGreaterThan(0)
      expect(tell(fleet, at)).toBe(0)
      at += 20 * MINUTE_MS
      expect(statement(at)).toEqual(whole(at))
      expect(statement(at).charged).toBe(40_000)
    }
    expect(fleet.meter.get(live.evse.id)!.get(Math.floor((NOW + 5 * HOUR_MS) / 900_000) as never)).toMatchObject({
      importedWh: 0,
    })
    expect(fleet.revisions.told).toBeGreaterThan(39)
  })
})
