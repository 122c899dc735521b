// Schedules with versions, gates and days of 92, 96 and 100 quarter-hours, and what is refused with which facts.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { id, type BalanceGroupId } from '../../../domain/registry/identity.ts'
import { deliveryDay } from '../../../domain/time/delivery-day.ts'
import { later, startOf } from '../../../domain/time/slot.ts'
import { reconcile } from '../../../domain/trading/reconcile.ts'
import type { Schedule, Trade } from '../../../domain/trading/schedule.ts'
import {
  emptyBook,
  judgeSchedule,
  judgeTrade,
  positionInForce,
  scheduleInForce,
  takeSchedule,
  takeTrade,
  tradedIn,
  versionsOf,
  type ScheduleBook,
} from '../../../domain/trading/schedule-book.ts'
import { eurPerMWh, wattHours, type Energy } from '../../../domain/units.ts'

const portfolio = { balanceGroup: id<BalanceGroupId>('group'), controlArea: 'TenneT' } as const
const GATE_MS = 30 * 60_000
const day = deliveryDay('2025-10-26')
const BEFORE = startOf(day.first) - 12 * 3_600_000
const flat = (count: number, value: number | null = 1_000) =>
  new Array<Energy | null>(count).fill(value === null ? null : wattHours(value))
function schedule(version: number, energy: readonly (Energy | null)[] = flat(100), more: Partial<Schedule> = {}): Schedule {
  return { portfolio, message: `m${version}`, day, version, energy, ...more }
}
const rules = (now: number = BEFORE) => ({ now, gateMs: GATE_MS, most: wattHours(1e6) })
function submit(book: ScheduleBook, of: Schedule, now?: number) {
  const judged = judgeSchedule(book, of, rules(now))
  if (judged.ok && !judged.value.isRepeated) takeSchedule(book, of, now ?? BEFORE)
  return judged
}

describe('a schedule', () => {
  it.each([
    ['2025-03-30', 92],
    ['2025-10-27', 96],
    ['2025-10-26', 100],
  ])('of %s has %i quarter-hours and no other number (F9)', (date, count) => {
    const of = deliveryDay(date)
    const now = startOf(of.first) - 3_600_000
    for (const got of [92, 95, 96, 97, 100].filter((other) => other !== count))
      expect(submit(emptyBook(), schedule(1, flat(got), { day: of }), now)).toEqual({
        ok: false,
        refusal: { kind: 'wrong-count', expected: count, got },
      })
    const book = emptyBook()
    expect(submit(book, schedule(1, flat(count), { day: of }), now).ok).toBe(true)
    expect(positionInForce(book, portfolio, of.first, count + 1)).toEqual([...flat(count), null])
  })

  it('sent twice is one, with another content it is refused, and an older version never replaces a newer one (I10, F30)', () => {
    const book = emptyBook()
    expect(submit(book, schedule(5))).toMatchObject({
      ok: true,
      value: { isRepeated: false, changed: Array.from({ length: 100 }, (_, i) => i + 1) },
    })
    expect(submit(book, schedule(5))).toMatchObject({ ok: true, value: { isRepeated: true, changed: [] } })
    expect(submit(book, schedule(5, flat(100, 2_000)))).toEqual({ ok: false, refusal: { kind: 'version-conflict', version: 5 } })
    expect(submit(book, schedule(4, flat(100, 2_000)))).toEqual({ ok: false, refusal: { kind: 'version-outdated', current: 5 } })
    takeSchedule(book, schedule(4, flat(100, 2_000)), BEFORE)
    expect(versionsOf(book, portfolio, day).map(({ version }) => version)).toEqual([5])
  })

  it('may change what is open and repeat what is closed, by quarter-hour', () => {
    const book = emptyBook()
    submit(book, schedule(1))
    // 01:40 local: the quarter-hours up to 02:00 have closed, that of 02:15 (first of the doubled hour) is open.
    const now = startOf(later(day.first, 7)) - 5 * 60_000
    const closedTo = 8
    const changed = flat(100).map((value, i) => (i >= closedTo + 1 ? wattHours(500) : value))
    expect(submit(book, schedule(2, changed), now)).toMatchObject({
      ok: true,
      value: { changed: Array.from({ length: 91 }, (_, i) => i + 10) },
    })
    const late = changed.map((value, i) => (i === 3 || i === 50 ? wattHours(7) : value))
    expect(submit(book, schedule(3, late), now)).toEqual({ ok: false, refusal: { kind: 'gate-closed', positions: [4] } })
    expect(scheduleInForce(book, portfolio, day)!.version).toBe(2)
  })

  it('of an unknown portfolio or of impossible size is refused', () => {
    expect(judgeSchedule(emptyBook(), schedule(1), { ...rules(), most: null })).toEqual({
      ok: false,
      refusal: { kind: 'unknown-portfolio' },
    })
    const huge = flat(100).with(9, wattHours(-2e6))
    expect(submit(emptyBook(), schedule(1, huge))).toEqual({
      ok: false,
      refusal: { kind: 'implausible', positions: [10], most: 1e6 },
    })
  })

  it('in any order of arrival leaves the newest of the accepted versions in force', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ version: fc.integer({ min: 1, max: 6 }), value: fc.integer({ min: -4_000, max: 4_000 }) }), {
          maxLength: 12,
        }),
        (messages) => {
          const book = emptyBook()
          let newest: number | null = null
          for (const { version, value } of messages) {
            const { ok } = submit(book, schedule(version, flat(100, value / 4)))
            if (ok && version > (newest ?? 0)) newest = version
          }
          expect(scheduleInForce(book, portfolio, day)?.version ?? null).toBe(newest)
        },
      ),
    )
  })
})

describe('deals', () => {
  const trade = (name: string, version: number, energy: readonly number[], first = day.first): Trade => ({
    portfolio,
    id: name,
    version,
    market: 'intraday',
    first,
    energy: energy.map(wattHours),
    price: eurPerMWh(80),
  })
  it('add up by quarter-hour; a newer version replaces, the same again changes nothing', () => {
    const book = emptyBook()
    const day_ = trade('a', 1, new Array<number>(100).fill(1_000))
    takeTrade(book, day_, BEFORE)
    takeTrade(book, trade('b', 1, [250, -0.25], later(day.first, 98)), BEFORE)
    expect(judgeTrade(book, day_, true)).toEqual({ ok: true, value: { isRepeated: true } })
    // Whatever order its fields were written in.
    const { price, ...rest } = day_
    expect(judgeTrade(book, { price, ...rest }, true)).toEqual({ ok: true, value: { isRepeated: true } })
    expect(judgeTrade(book, trade('b', 1, [1]), true)).toEqual({ ok: false, refusal: { kind: 'version-conflict', version: 1 } })
    expect(judgeTrade(book, trade('b', 0, [1]), true)).toEqual({ ok: false, refusal: { kind: 'version-outdated', current: 1 } })
    expect(tradedIn(book, portfolio, day).slice(97)).toEqual([1_000, 1_250, 999.75])
    takeTrade(book, trade('b', 2, [], later(day.first, 98)), BEFORE)
    expect(tradedIn(book, portfolio, day).slice(97)).toEqual([1_000, 1_000, 1_000])
  })
  it('reconcile with the schedule to exactly zero in quarter watt-hours, and a quarter of a watt-hour shows', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -40_000_000, max: 40_000_000 }), { minLength: 100, maxLength: 100 }),
        fc.nat(99),
        (quarters, odd) => {
          const energy = quarters.map((value) => wattHours(value / 4))
          const [a, b] = [
            energy.map((value) => wattHours(Math.trunc(value / 3))),
            energy.map((value) => wattHours(value - wattHours(Math.trunc(value / 3)))),
          ]
          const book = emptyBook()
          takeTrade(book, { ...trade('a', 1, []), energy: a }, BEFORE)
          takeTrade(book, { ...trade('b', 1, []), energy: b }, BEFORE)
          const metered = flat(100, null).map(() => null)
          const even = reconcile(day, { nominated: energy, traded: tradedIn(book, portfolio, day), metered })
          expect(even.open).toBe(0)
          const off = energy.with(odd, wattHours(energy[odd]! + 0.25))
          const uneven = reconcile(day, { nominated: off, traded: tradedIn(book, portfolio, day), metered })
          expect([uneven.open, uneven.slots[odd]!.difference]).toEqual([1, 1])
        },
      ),
      { numRuns: 50 },
    )
  })
})
