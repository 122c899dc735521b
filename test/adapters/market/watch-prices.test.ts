import { setImmediate } from 'node:timers/promises'
import { DateTime } from 'luxon'
import { expect, test } from 'vitest'
import type { PriceSource } from '../../../adapters/market/price-source.ts'
import { watchPrices } from '../../../adapters/market/watch-prices.ts'
import type { PriceCurve } from '../../../domain/signals/price.ts'
import { deliveryDay } from '../../../domain/time/delivery-day.ts'
import { later, slotAt, type Slot } from '../../../domain/time/slot.ts'
import { eurPerMWh } from '../../../domain/units.ts'
import { manualClock } from '../../../src/run/clock.ts'

const local = (text: string) => DateTime.fromISO(text, { zone: 'Europe/Berlin' }).toMillis()
const [today, tomorrow] = [deliveryDay('2025-10-25'), deliveryDay('2025-10-26')]

/** A source that has a price wherever `has` says so. */
function source(name: string, price: number, has: (slot: Slot) => boolean): PriceSource & { asked: [Slot, Slot][] } {
  const asked: [Slot, Slot][] = []
  return {
    name,
    asked,
    async fetch(from, until) {
      asked.push([from, until])
      const values = Array.from({ length: until - from }, (_, i) => (has(later(from, i)) ? eurPerMWh(price) : null))
      if (values.every((value) => value === null)) return { ok: false, refusal: { kind: 'nothing', reason: 'none yet' } }
      return {
        ok: true,
        value: {
          zone: 'DE-LU',
          market: name,
          prices: { first: from, values },
          provenance: { source: name, location: name, fetchedAt: 0, digest: '' },
        },
      }
    },
  }
}
async function settle(): Promise<void> {
  for (let i = 0; i < 4; i++) await setImmediate()
}
function watching(start: string, sources: readonly PriceSource[], seed = 'a') {
  const clock = manualClock(local(start))
  const curves: { at: number; curve: PriceCurve }[] = []
  const refusals: [string, string][] = []
  const watch = watchPrices({
    clock,
    sources,
    seed,
    onCurve: (curve) => curves.push({ at: clock.now(), curve }),
    onRefusal: (name, { kind }) => refusals.push([name, kind]),
  })
  return { clock, curves, refusals, watch, runUntil: (time: string) => clock.runUntil(local(time), settle) }
}
const count = (curve: PriceCurve) => curve.prices.values.filter((price) => price !== null).length

test('looks at once, then once a day after publication when everything is there', async () => {
  const good = source('SDAC', 1, () => true)
  const { curves, runUntil } = watching('2025-10-25T09:00', [good])
  await runUntil('2025-10-26T12:00')
  expect(good.asked).toEqual([
    [today.first, tomorrow.first],
    [tomorrow.first, later(tomorrow.first, 100)],
  ])
  expect(curves.map(({ curve }) => count(curve))).toEqual([96, 100])
  expect(curves[1]!.at).toBeGreaterThanOrEqual(local('2025-10-25T12:45'))
  expect(curves[1]!.at).toBeLessThan(local('2025-10-25T13:00'))
})

test('F16 late prices are found soon after they are there, and asking meanwhile stays modest', async () => {
  const published = local('2025-10-25T15:20')
  const { clock, curves, refusals, runUntil } = watching('2025-10-25T12:00', [
    source('SDAC', 1, (slot) => slot < tomorrow.first || clock.now() >= published),
  ])
  await runUntil('2025-10-26T12:00')
  expect(curves.map(({ curve }) => count(curve))).toEqual([96, 100])
  expect(curves[1]!.at - published).toBeLessThanOrEqual(15 * 60_000)
  expect(refusals.length).toBeGreaterThan(8)
  expect(refusals.length).toBeLessThan(40)
})

test('F15 the second source is asked only for what the first misses, and markets are not mixed', async () => {
  const hole = (slot: Slot) => slot >= later(today.first, 40) && slot < later(today.first, 48)
  const [firstSource, second] = [source('SDAC', 1, (slot) => !hole(slot)), source('SDAC-60', 2, () => true)]
  const { curves, runUntil } = watching('2025-10-25T09:00', [firstSource, second])
  await runUntil('2025-10-25T12:00')
  expect(second.asked).toEqual([[later(today.first, 40), later(today.first, 48)]])
  expect(curves.map(({ curve }) => [curve.market, count(curve)])).toEqual([
    ['SDAC', 88],
    ['SDAC-60', 8],
  ])
})

test('a source that is down hands over to the next', async () => {
  const { curves, refusals, runUntil } = watching('2025-10-25T09:00', [
    source('down', 1, () => false),
    source('SDAC', 2, () => true),
  ])
  await runUntil('2025-10-25T09:10')
  expect(refusals).toEqual([['down', 'nothing']])
  expect(curves.map(({ curve }) => curve.market)).toEqual(['SDAC'])
})

test('equal seeds look at equal times, other seeds at others', async () => {
  const times = async (seed: string) => {
    const { curves, runUntil } = watching('2025-10-25T09:00', [source('SDAC', 1, () => true)], seed)
    await runUntil('2025-10-26T12:00')
    return curves.map(({ at }) => at)
  }
  expect(await times('a')).toEqual(await times('a'))
  expect(await times('a')).not.toEqual(await times('b'))
})

test('nothing is looked for after stop', async () => {
  const good = source('SDAC', 1, () => true)
  const { watch, runUntil } = watching('2025-10-25T09:00', [good])
  await runUntil('2025-10-25T09:10')
  watch.stop()
  await runUntil('2025-10-27T09:00')
  expect(good.asked).toHaveLength(1)
  expect(slotAt(local('2025-10-25T00:00'))).toBe(today.first)
})

test('F36 a clock that is set back a day after publication looks within seconds for the day that is missing by its new time', async () => {
  const good = source('SDAC', 1, () => true)
  const { clock, curves, runUntil } = watching('2025-10-25T13:30', [good])
  await runUntil('2025-10-25T14:00')
  expect(curves).toHaveLength(1)
  clock.step(-24 * 3_600_000)
  await clock.runUntil(clock.now() + 11_000, settle)
  expect(curves).toHaveLength(2)
  expect(curves[1]!.curve.prices.first).toBe(deliveryDay('2025-10-24').first)
  clock.step(48 * 3_600_000)
  await clock.runUntil(clock.now() + 11_000, settle)
  expect(curves).toHaveLength(3)
})

test('F36 a retry waits as long as asked, whatever is done to the clock', async () => {
  const { clock, refusals } = watching('2025-10-25T09:00', [source('down', 1, () => false)])
  await clock.runUntil(clock.now(), settle)
  expect(refusals).toHaveLength(1)
  for (const by of [3_600_000, -7_200_000, 3_600_000]) {
    clock.step(by)
    await clock.runUntil(clock.now() + 9_000, settle)
  }
  expect(refusals).toHaveLength(1)
  await clock.runUntil(clock.now() + 60_000, settle)
  expect(refusals.length).toBeGreaterThan(1)
})

test('a look that fails in a way nobody foresaw is told, and is not the last one', async () => {
  const clock = manualClock(local('2025-10-25T10:00'))
  let asked = 0
  const failures: string[] = []
  const broken: PriceSource = {
    name: 'broken',
    fetch() {
      asked++
      return Promise.reject(new Error('nobody foresaw it'))
    },
  }
  const watch = watchPrices({
    clock,
    sources: [broken],
    seed: 'a',
    onCurve() {},
    onRefusal() {},
    onFailure: (error) => failures.push(error.message),
  })
  await clock.runUntil(local('2025-10-25T12:00'), settle)
  watch.stop()
  expect(asked).toBeGreaterThan(3)
  expect(failures).toHaveLength(asked)
})
