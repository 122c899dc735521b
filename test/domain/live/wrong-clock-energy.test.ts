// Metered energy while our clock is wrong for a while: what is booked stays booked, what comes meanwhile counts, and nothing walks through decades.
import { describe, expect, it } from 'vitest'
import { apply } from '../../../domain/live/apply.ts'
import { emptyFleet, type LiveFleet } from '../../../domain/live/live-fleet.ts'
import { untoldRevisions } from '../../../domain/live/revisions.ts'
import type { Fact } from '../../../domain/facts/fact.ts'
import { qualityOf } from '../../../domain/telemetry/reading.ts'
import { slotAt, type Slot } from '../../../domain/time/slot.ts'
import { eurPerMWh, wattHours } from '../../../domain/units.ts'
import { runningStatement } from '../../../src/answers/running-statement.ts'
import { booked, HOUR_MS, MINUTE_MS, NOW, readingOf, smallRegistry } from './small-fleet.ts'

const DAY_MS = 24 * HOUR_MS
const pricesAt = () => ({ buy: eurPerMWh(80), sell: eurPerMWh(50), spot: eurPerMWh(60) })

/** A fleet with one meter that goes on counting, and all facts it is told. */
function metered() {
  const facts: (readonly [Fact, number])[] = []
  const fleet = emptyFleet()
  const tell = (fact: Fact, at: number) => {
    facts.push([fact, at])
    apply(fleet, fact, at)
  }
  tell({ kind: 'registry-set', registry: smallRegistry({ cars: 1 }) }, NOW)
  const live = [...fleet.evses.values()][0]!
  let total = 0
  return {
    fleet,
    live,
    facts,
    /** The register, Wh. */
    total: () => total,
    step: (from: number, to: number) => tell({ kind: 'clock-stepped', from, to }, to),
    /** A reading after some more Wh. */
    read: (sampledAt: number, arrivedAt: number, more: number) => {
      const quality = qualityOf(sampledAt, arrivedAt)
      const reading = readingOf(live, sampledAt, { arrivedAt, quality, imported: wattHours((total += more)) })
      tell({ kind: 'readings', readings: [reading] }, arrivedAt)
    },
  }
}
/** Three days, every five minutes; returns the end. */
function threeDays({ read }: ReturnType<typeof metered>): number {
  for (let i = 0; i <= 3 * 288; i++) read(NOW + i * 5 * MINUTE_MS, NOW + i * 5 * MINUTE_MS, i === 0 ? 0 : 100)
  return NOW + 3 * DAY_MS
}
function again(facts: readonly (readonly [Fact, number])[]): LiveFleet {
  const fleet = emptyFleet()
  for (const [fact, at] of facts) apply(fleet, fact, at)
  return fleet
}

describe.each([1, 13, 63, 365, 4_000])('a clock that is %d days ahead for an hour', (days) => {
  it.each([false, true])('F36: takes nothing from what was metered, whether stations follow it (%s)', (follows) => {
    const meter = metered()
    const { fleet, live, read, step } = meter
    const end = threeDays(meter)
    expect(booked(fleet, live).importedWh).toBeCloseTo(86_400)
    const ahead = days * DAY_MS
    step(end, end + ahead)
    for (let minute = 5; minute <= 60; minute += 5) {
      const at = end + minute * MINUTE_MS
      read(follows ? at + ahead : at, at + ahead, 100)
    }
    step(end + ahead + HOUR_MS, end + HOUR_MS)
    for (let minute = 65; minute <= 120; minute += 5) read(end + minute * MINUTE_MS, end + minute * MINUTE_MS, 100)
    // Over a gap of more than eight days nobody knows when the first of it flowed.
    const unknown = follows && days > 8 ? 100 : 0
    expect(booked(fleet, live).importedWh).toBeCloseTo(meter.total() - unknown)
    expect(fleet.readingsClosed).toBe(0)
    const kept = fleet.meter.get(live.evse.id)!
    for (let slot = slotAt(NOW); slot < slotAt(end); slot++) expect(kept.get(slot as Slot)!.importedWh).toBeCloseTo(300)
  })

  it('F36: leaves a statement that a restart finds again', () => {
    const meter = metered()
    const end = threeDays(meter)
    const running = runningStatement(meter.fleet, pricesAt)
    expect(running(end).charged).toBeCloseTo(86_400)
    const ahead = end + days * DAY_MS
    meter.step(end, ahead)
    meter.read(ahead, ahead, 1)
    running(ahead)
    meter.step(ahead + 1_000, end + 1_000)
    let now = end + 1_000
    for (let i = 0; i < 12; i++) meter.read((now += 5 * MINUTE_MS), now, 100)
    for (const fact of untoldRevisions(meter.fleet)) {
      meter.facts.push([fact, now])
      apply(meter.fleet, fact, now)
    }
    const found = running(now).charged
    expect(found).toBeGreaterThanOrEqual(87_500)
    expect(runningStatement(again(meter.facts), pricesAt)(now).charged).toBeCloseTo(found, 3)
  })
})

describe('what is kept of a meter', () => {
  it('is its newest two months of quarter-hours that hold something, by count', () => {
    const { fleet, live, read } = metered()
    const quarters = 70 * 96
    for (let i = 0; i <= quarters; i++) read(NOW + i * 15 * MINUTE_MS, NOW + i * 15 * MINUTE_MS, 100)
    const slots = [...fleet.meter.get(live.evse.id)!.keys()]
    expect(slots.length).toBeGreaterThanOrEqual(62 * 96)
    expect(slots.length).toBeLessThanOrEqual(62 * 96 + 96)
    expect(Math.max(...slots) - Math.min(...slots)).toBe(slots.length - 1)
    expect(Math.max(...slots)).toBe(slotAt(NOW) + quarters - 1)
  })

  it('costs what it holds, not the decades between a clock at 1970 and the time it is', () => {
    const fleet = emptyFleet()
    apply(fleet, { kind: 'registry-set', registry: smallRegistry({ cars: 200 }) }, 0)
    const running = runningStatement(fleet, pricesAt)
    const lives = [...fleet.evses.values()]
    const all = (sampledAt: number, arrivedAt: number, wh: number) => {
      const readings = lives.map((live) => readingOf(live, sampledAt, { arrivedAt, imported: wattHours(wh) }))
      apply(fleet, { kind: 'readings', readings }, arrivedAt)
    }
    for (let minute = 0; minute <= 20; minute++) all(minute * MINUTE_MS, minute * MINUTE_MS, minute * 100)
    running(20 * MINUTE_MS)
    apply(fleet, { kind: 'clock-stepped', from: 20 * MINUTE_MS, to: NOW }, NOW)
    for (let minute = 0; minute < 20; minute += 2) {
      const now = NOW + (minute + 1) * MINUTE_MS
      all(now, now, 2_100 + minute * 100)
      // The one before comes after it: all is judged anew.
      all(now - MINUTE_MS, now, 2_000 + minute * 100)
    }
    expect(running(NOW + 20 * MINUTE_MS).charged).toBeCloseTo(200 * 3_900)
    expect(booked(fleet, lives[0]!).importedWh).toBeCloseTo(3_900)
    // Minutes where every quarter-hour between is looked at.
  })
})
