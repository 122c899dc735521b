import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { settle, take, type SlotBook } from '../../../domain/telemetry/book-register.ts'
import { emptyLedger, type RegisterLedger } from '../../../domain/telemetry/register-ledger.ts'
import { spread } from '../../../domain/telemetry/register-to-slots.ts'
import { slotQuality, type SlotMeter } from '../../../domain/telemetry/slot-meter.ts'
import { KEPT_MAX } from '../../../domain/telemetry/thin-ledger.ts'
import { slotAt, type Slot } from '../../../domain/time/slot.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const START = Date.parse('2026-01-15T00:00:00Z')
/** 11 kW and a quarter more. */
const RATED_WATTS = 13_750
const STEP_WH = 20
const QUARTER_WH = RATED_WATTS / 4

interface Sample {
  readonly at: number
  readonly wh: number
}
interface Booked {
  readonly ledger: RegisterLedger
  readonly meters: ReadonlyMap<Slot, SlotMeter>
  readonly book: SlotBook
}

/** Takes samples as they come; all that arrive between two looks are settled together. */
function booked(samples: readonly Sample[], { now = START + DAY_MS, together = 1 } = {}): Booked {
  const book: SlotBook = { meters: new Map(), closedUntil: 0 as Slot, before: new Map() }
  const ledger = emptyLedger('importedWh', RATED_WATTS)
  samples.forEach(({ at, wh }, i) => {
    take(ledger, book, at, wh, now)
    if (ledger.isStale && (i % together === together - 1 || i === samples.length - 1)) settle(ledger, book, now)
  })
  return { ledger, book, meters: book.meters }
}
function energyOf(meters: ReadonlyMap<Slot, SlotMeter>): ReadonlyMap<Slot, number> {
  return new Map([...meters].sort(([a], [b]) => a - b).map(([slot, { importedWh }]) => [slot, importedWh]))
}
function total(meters: ReadonlyMap<Slot, SlotMeter>): number {
  return [...meters.values()].reduce((sum, { importedWh }) => sum + importedWh, 0)
}
function expectSame(a: Booked, b: Booked): void {
  const [one, other] = [energyOf(a.meters), energyOf(b.meters)]
  expect([...one.keys()]).toEqual([...other.keys()])
  for (const [slot, energy] of one) expect(Math.abs(energy - other.get(slot)!)).toBeLessThan(1e-6)
  for (const [slot, meter] of a.meters) expect(slotQuality(meter), String(slot)).toBe(slotQuality(b.meters.get(slot)!))
}
/** The same samples in another order, by a seed. */
function shuffled<Value>(values: readonly Value[], seed: number): Value[] {
  const list = [...values]
  let state = seed >>> 0 || 1
  for (let i = list.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    const j = state % (i + 1)
    ;[list[i], list[j]] = [list[j]!, list[i]!]
  }
  return list
}

/** A meter that is read now and then, at most 11 kW, as a list in time. */
const day = fc
  .array(fc.record({ ms: fc.integer({ min: 1_000, max: 40 * MINUTE_MS }), watts: fc.constantFrom(0, 0, 1_400, 7_360, 11_000) }), {
    minLength: 2,
    maxLength: 120,
  })
  .map((steps): Sample[] => {
    let [at, wh] = [START, 5_000]
    const samples = [{ at, wh }]
    for (const { ms, watts } of steps) {
      at += ms
      wh += (watts * ms) / HOUR_MS
      samples.push({ at, wh: Math.round(wh * 4) / 4 })
    }
    return samples
  })
/** What goes wrong on such a day. */
const mishaps = fc.array(
  fc.record({
    place: fc.nat(1_000),
    kind: fc.constantFrom('spike', 'drop', 'zero', 'reset', 'twice', 'rounded', 'same-stamp'),
    size: fc.nat(9_000),
  }),
  { maxLength: 8 },
)
const oddDay = fc.tuple(day, mishaps).map(([samples, wrong]): Sample[] => {
  const list = [...samples]
  for (const { place, kind, size } of wrong) {
    const i = place % list.length
    const one = list[i]!
    if (kind === 'twice') list.splice(i, 0, one)
    else if (kind === 'reset')
      for (let j = i; j < list.length; j++) list[j] = { at: list[j]!.at, wh: Math.max(0, list[j]!.wh - one.wh) }
    else if (kind === 'rounded') list.splice(i + 1, 0, { at: one.at + 500, wh: Math.floor(one.wh) })
    else if (kind === 'same-stamp') list.splice(i + 1, 0, { at: one.at, wh: one.wh + (size % 200) })
    else
      list.splice(i + 1, 0, {
        at: one.at + 700,
        wh: kind === 'zero' ? 0 : Math.max(0, one.wh + (kind === 'spike' ? size : -size)),
      })
  }
  return list
})

describe('the ledger of a register', () => {
  it('is the same in any order of arrival, with duplicates, resets and spikes (F5, F8)', () => {
    fc.assert(
      fc.property(oddDay, fc.nat(), fc.integer({ min: 1, max: 20 }), (samples, seed, together) => {
        const inOrder = booked([...samples].sort((a, b) => a.at - b.at || a.wh - b.wh))
        expectSame(booked(shuffled(samples, seed), { together }), inOrder)
      }),
      { numRuns: 300 },
    )
  })

  it('of a sound meter is the difference of its registers, slot by slot (I7)', () => {
    fc.assert(
      fc.property(day, fc.nat(), (samples, seed) => {
        const { meters } = booked(shuffled(samples, seed))
        const truth = new Map<Slot, number>()
        samples.forEach(({ at, wh }, i) => {
          const next = samples[i + 1]
          if (next !== undefined)
            spread(at, next.at, next.wh - wh, (slot, part) => void truth.set(slot, (truth.get(slot) ?? 0) + part))
        })
        for (const [slot, energy] of truth) expect(meters.get(slot)?.importedWh ?? 0).toBeCloseTo(energy, 6)
        expect(Math.abs(total(meters) - (samples.at(-1)!.wh - samples[0]!.wh))).toBeLessThan(1e-6)
      }),
    )
  })

  it('never holds less than nothing, nor more than the rating and one register step, whatever is told (F8)', () => {
    const noise = fc.array(fc.record({ ms: fc.nat(5 * MINUTE_MS), wh: fc.nat(20_000) }), { minLength: 2, maxLength: 200 })
    fc.assert(
      fc.property(noise, fc.nat(), (steps, seed) => {
        let at = START
        const samples = steps.map(({ ms, wh }) => ({ at: (at += ms), wh: wh + 0.25 }))
        const { meters } = booked(shuffled(samples, seed))
        for (const { importedWh } of meters.values()) {
          expect(importedWh).toBeGreaterThanOrEqual(0)
          expect(importedWh).toBeLessThanOrEqual(QUARTER_WH + STEP_WH + 1e-6)
        }
        expect(total(meters)).toBeLessThanOrEqual((RATED_WATTS * (at - samples[0]!.at)) / HOUR_MS + STEP_WH + 1e-6)
      }),
      { numRuns: 300 },
    )
  })

  it.each([
    ['rising a step each time', (i: number) => 5_000 + i * STEP_WH],
    ['falling and rising again', (i: number) => (i % 2 === 0 ? 5_001 : 5_001 + STEP_WH)],
    ['beginning anew again and again', (i: number) => (i % 5) * STEP_WH + 1],
  ])('holds no more than ten seconds of the rating and one step after 10,000 readings in 10 s, %s (F8)', (_, wh) => {
    const samples = Array.from({ length: 10_000 }, (_, i) => ({ at: START + i, wh: wh(i) }))
    const { meters, ledger } = booked(samples, { now: START + 10_000, together: 500 })
    expect(total(meters)).toBeLessThanOrEqual((RATED_WATTS * 10_000) / HOUR_MS + STEP_WH)
    expect(ledger.at.length).toBeLessThanOrEqual(KEPT_MAX)
  })

  it('lets a register that only ever told whole kilowatt-hours rise by one at any moment, and a finer one not', () => {
    const coarse = Array.from({ length: 40 }, (_, i) => ({
      at: START + i * MINUTE_MS,
      wh: 7_000 + Math.floor((i * 11) / 60) * 1_000,
    }))
    expect(total(booked(coarse).meters)).toBe(7_000)
    const [first, ...rest] = coarse
    expect(total(booked([first!, { at: START + 1_000, wh: 7_000.25 }, ...rest]).meters)).toBeLessThan(7_000)
  })

  it('bridges a spike and zeros, goes on after a reset or an overflow, and says which quarter-hours are not sure (F8)', () => {
    const at = (minutes: number, wh: number) => ({ at: START + minutes * MINUTE_MS, wh })
    const spike = booked([at(0, 5_000), at(1, 9_000_000), at(2, 5_200)])
    expect(total(spike.meters)).toBeCloseTo(200)
    expect(slotQuality(spike.meters.get(slotAt(START))!)).toBe('interpolated')
    const zeros = booked([at(0, 5_000), at(1, 0), at(2, 0), at(3, 0), at(4, 5_400), at(5, 5_500)])
    expect(total(zeros.meters)).toBeCloseTo(500)
    const reset = booked([at(0, 5_000), at(1, 5_100), at(2, 3), at(3, 103), at(20, 1_103)])
    expect(total(reset.meters)).toBeCloseTo(1_200)
    expect(slotQuality(reset.meters.get(slotAt(START))!)).toBe('incomplete')
    expect(slotQuality(reset.meters.get(slotAt(START + 20 * MINUTE_MS))!)).toBe('measured')
    // A register of 32 bits that runs over.
    const overflow = booked([at(0, 4_294_967_100), at(1, 4_294_967_250), at(2, 104), at(3, 204)])
    expect(total(overflow.meters)).toBeCloseTo(250)
    expect(slotQuality(overflow.meters.get(slotAt(START))!)).toBe('incomplete')
    const eachSession = booked([at(0, 0), at(240, 8_000), at(600, 0), at(840, 9_000)])
    expect(total(eachSession.meters)).toBeCloseTo(17_000)
  })

  it('does not change when older samples are thinned out, and stays small for a fortnight of minutes', () => {
    const book: SlotBook = { meters: new Map(), closedUntil: 0 as Slot, before: new Map() }
    const ledger = emptyLedger('importedWh', RATED_WATTS)
    const truth = new Map<Slot, number>()
    let [wh, kept, now] = [1_000, 0, START]
    for (let minute = 0; minute < 14 * 1_440; minute++) {
      now = START + minute * MINUTE_MS + 17_000
      const gained = minute % 1_440 < 700 ? Math.round((Math.abs(Math.sin(minute)) * 11_000) / 60) : 0
      if (minute > 0) spread(now - MINUTE_MS, now, gained, (slot, part) => void truth.set(slot, (truth.get(slot) ?? 0) + part))
      if (minute > 0) wh += gained
      take(ledger, book, now, wh, now)
      kept = Math.max(kept, ledger.at.length)
    }
    expect(kept).toBeLessThan(2_700)
    for (const [slot, energy] of truth) expect(Math.abs(book.meters.get(slot)!.importedWh - energy)).toBeLessThan(1e-6)
    const before = energyOf(book.meters)
    settle(ledger, book, now)
    for (const [slot, energy] of energyOf(book.meters)) expect(Math.abs(energy - before.get(slot)!)).toBeLessThan(1e-6)
    expect(book.before.size).toBe(0)
  })

  it('takes up what comes a week late into slots that were thinned, in any order (F5)', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.integer({ min: 2, max: 9 }), (seed, other, share) => {
        const samples = Array.from({ length: 3 * 1_440 }, (_, i) => ({
          at: START + i * MINUTE_MS + (i % 7) * 1_000,
          wh: 1_000 + Math.floor(i / 3) * 300 + (i % 3) * 100,
        }))
        // Some spikes, some zeros, a reset in the middle.
        const all = samples.map(({ at, wh }, i) => ({
          at,
          wh: i % 997 === 500 ? wh + 7_000 : i % 1_201 === 600 ? 0 : i < 2_000 ? wh : wh - samples[2_000]!.wh,
        }))
        const late = new Set(shuffled(all, seed).slice(0, all.length / share))
        const arriving = [...all.filter((sample) => !late.has(sample)), ...shuffled([...late], other)]
        const now = START + 10 * DAY_MS
        const truth = booked(all, { now })
        const found = booked(arriving, { now, together: 300 })
        for (const [slot, energy] of energyOf(truth.meters))
          expect(Math.abs((found.meters.get(slot)?.importedWh ?? 0) - energy)).toBeLessThan(1e-6)
        expect(total(found.meters)).toBeCloseTo(total(truth.meters), 6)
      }),
      { numRuns: 6 },
    )
  })

  it('books nothing into quarter-hours that are closed, and loses nothing of a gap that ends in an open one', () => {
    const now = START + 30 * DAY_MS
    const book: SlotBook = { meters: new Map(), closedUntil: 0 as Slot, before: new Map() }
    const ledger = emptyLedger('importedWh', RATED_WATTS)
    expect(take(ledger, book, now - 13 * DAY_MS, 1_000, now)).toBe('closed')
    expect(take(ledger, book, now - 11 * DAY_MS, 2_000, now)).toBe('booked')
    expect(take(ledger, book, now - 5 * DAY_MS, 8_000, now)).toBe('booked')
    expect(total(book.meters)).toBeCloseTo(6_000)
  })
})
