// A station that was offline for two hours tells what its meter counted meanwhile afterwards, in any order.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { twinFleet } from '../../adapters/twin/twin-fleet.ts'
import { apply } from '../../domain/live/apply.ts'
import { emptyFleet } from '../../domain/live/live-fleet.ts'
import { slotQuality, type SlotMeter } from '../../domain/telemetry/slot-meter.ts'
import { slotAt, type Slot } from '../../domain/time/slot.ts'
import { runningStatement } from '../../src/answers/running-statement.ts'
import { factsOf, HOUR_MS, MINUTE_MS, openWorld, type World } from './world.ts'

const EVENING = Date.parse('2026-01-15T16:00:00Z')
const CUT_AT = EVENING + 20 * MINUTE_MS
const BACK_AT = CUT_AT + 2 * HOUR_MS
const END = EVENING + 3.5 * HOUR_MS
const LATE_MS = 300_000

/** Stations that charge whatever they are told: what flows is the same with the link and without. */
async function open(): Promise<World> {
  const fleet = twinFleet({ seed: '5', stations: 4, from: EVENING, deafShare: 1 })
  return openWorld({
    from: EVENING,
    seed: '5',
    fleet: { ...fleet, stations: fleet.stations.map((station) => ({ ...station, shufflesBacklog: true })) },
  })
}
function ledgerOf(world: World, evse: string): readonly (readonly [Slot, number, number, string])[] {
  const meters: ReadonlyMap<Slot, SlotMeter> = world.running.application.fleet.meter.get(evse as never) ?? new Map()
  return [...meters]
    .sort(([a], [b]) => a - b)
    .map(([slot, meter]) => [slot, meter.importedWh, meter.exportedWh, slotQuality(meter)] as const)
}

describe('readings that come two hours late and shuffled', () => {
  let undisturbed: World
  let world: World
  let evse = ''
  /** What the live state took for the newest measurement, minute by minute. */
  const measuredAt: { readonly at: number; readonly stamp: number }[] = []
  let statement = runningStatement(emptyFleet(), () => ({ buy: null, sell: null, spot: null }))
  beforeAll(async () => {
    undisturbed = await open()
    world = await open()
    statement = runningStatement(world.running.application.fleet, () => ({ buy: 1, sell: 1, spot: null }))
    await undisturbed.runUntil(END)
    await world.runUntil(CUT_AT + MINUTE_MS / 2)
    const car = world.twin.cars().find(({ power }) => power > 10_000)!
    evse = car.evse
    statement(world.clock.now())
    expect(world.twin.cut(car.station)).toBe(true)
    await world.watchUntil(BACK_AT + MINUTE_MS / 2, (at) => void statement(at))
    world.twin.restore(car.station)
    await world.watchUntil(END, (at) => {
      statement(at)
      measuredAt.push({ at, stamp: world.live(evse).measuredAt! })
    })
  })
  afterAll(async () => {
    await undisturbed.stop()
    await world.stop()
  })

  it('give the ledger of a world in which nothing was late, with no guess left in it (F5, I7)', async () => {
    const late = factsOf(await world.journal(), 'readings').flatMap(({ readings }) =>
      readings.filter((reading) => reading.evse === evse && reading.quality === 'late'),
    )
    expect(late.length).toBeGreaterThan(100)
    const stamps = late.map(({ sampledAt }) => sampledAt)
    expect(stamps).not.toEqual(stamps.toSorted((a, b) => a - b))
    const [found, truth] = [ledgerOf(world, evse), ledgerOf(undisturbed, evse)]
    expect(found.map(([slot]) => slot)).toEqual(truth.map(([slot]) => slot))
    found.forEach(([slot, imported, exported, quality], i) => {
      expect(Math.abs(imported - truth[i]![1]), String(slot)).toBeLessThan(1e-6)
      expect(Math.abs(exported - truth[i]![2]), String(slot)).toBeLessThan(1e-6)
      expect(quality).toBe('measured')
    })
    const total = found.reduce((sum, [, imported]) => sum + imported, 0)
    expect(total).toBeGreaterThan(20_000)
    expect(Math.abs(total - world.truth(evse).importedWh)).toBeLessThanOrEqual(200)
    expect(world.live(evse).chargedWh).toBeCloseTo(undisturbed.live(evse).chargedWh, 6)
  })

  it('are never acted upon (F5)', async () => {
    for (const { at, stamp } of measuredAt.slice(2)) expect(at - stamp).toBeLessThan(LATE_MS)
    const entries = await world.journal()
    // While the backlog comes in, nobody is judged by it and nothing is ordered because of it.
    const judged = factsOf(entries, 'station-deviates').filter((fact) => fact.evse === evse && fact.at > CUT_AT + LATE_MS)
    for (const { at } of judged) expect(at).toBeGreaterThan(BACK_AT)
    const backlog = new Set(
      factsOf(entries, 'readings').flatMap(({ at, readings }) =>
        readings.some((reading) => reading.evse === evse && reading.quality === 'late') ? [at] : [],
      ),
    )
    const ordered = factsOf(entries, 'order-issued').filter(({ order, at }) => order.evse === evse && backlog.has(at))
    for (const { order } of ordered) expect(order.reason).not.toMatch(/makes up|deviat/)
    // A hundred messages at once are more than the pace of one station; they are taken all the same.
    expect(world.complaints.filter((text) => !text.includes('a station is slowed down'))).toEqual([])
  })

  it('tell that closed quarter-hours were revised, and the running statement takes them up (F5)', async () => {
    const told = factsOf(await world.journal(), 'slots-revised').filter((fact) => fact.evse === evse)
    expect(told.length).toBeGreaterThan(0)
    const revised = new Map(told.flatMap(({ slots }) => slots.map((slot) => [slot.slot, slot] as const)))
    for (const [slot, { revision, after }] of revised) {
      expect(slot).toBeGreaterThanOrEqual(slotAt(CUT_AT))
      expect(slot).toBeLessThan(slotAt(BACK_AT + 10 * MINUTE_MS))
      const meter = world.running.application.fleet.meter.get(evse as never)!.get(slot)!
      expect(meter.revision).toBe(revision)
      expect(Math.abs(meter.importedWh - after.imported)).toBeLessThan(0.25)
    }
    // Nothing of these two hours had been counted when their quarter-hours closed.
    expect(revised.size).toBeGreaterThanOrEqual(6)
    expect(factsOf(await undisturbed.journal(), 'slots-revised')).toEqual([])
    const settledAnew = runningStatement(world.running.application.fleet, () => ({ buy: 1, sell: 1, spot: null }))(END)
    expect(statement(END)).toEqual(settledAnew)
  })

  it('give the same state again after a restart from the journal', async () => {
    const fleet = emptyFleet()
    for (const { fact, at } of await world.journal()) apply(fleet, fact, at)
    const { meter, registers, evses } = world.running.application.fleet
    expect(fleet.meter).toEqual(meter)
    expect(fleet.registers).toEqual(registers)
    expect(fleet.evses.get(evse as never)!.chargedWh).toBe(evses.get(evse as never)!.chargedWh)
  })
})
