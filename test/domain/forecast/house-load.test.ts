import { expect, test } from 'vitest'
import { forecastHouseLoad } from '../../../domain/forecast/house-load.ts'
import { loadProfile, profileEnergy, PROFILE_VALUES } from '../../../domain/forecast/load-profile.ts'
import { forecastPv } from '../../../domain/forecast/pv.ts'
import { series } from '../../../domain/time/series.ts'
import { later, slotAt, type Slot } from '../../../domain/time/slot.ts'
import { kilowattHours, wattHours, type Energy } from '../../../domain/units.ts'

const ZONE = 'Europe/Berlin'
const profile = loadProfile(
  'bumpy',
  Float64Array.from({ length: PROFILE_VALUES }, (_, i) => 20 + 15 * Math.sin((i % 96) / 10)),
  true,
)
const house = { profile, yearly: kilowattHours(4_000), zone: ZONE }
const FROM = slotAt(Date.parse('2025-02-24T00:00:00+01:00'))
const at = (days: number) => later(FROM, days * 96)
/** Readings of so many days, each from its slot. */
const readings = (days: number, of: (slot: Slot) => number | null) =>
  series(
    FROM,
    Array.from({ length: days * 96 }, (_, i): Energy | null => {
      const value = of(later(FROM, i))
      return value === null ? null : wattHours(value)
    }),
  )
const profiled = (slot: Slot) => profileEnergy(profile, house.yearly, slot, ZONE)
const sum = (values: Float64Array) => values.reduce((a, b) => a + b, 0)

/** A seeded die of 0 to 1. */
function dice(seed: number) {
  let state = seed
  return () => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648
}
const rising = (quantiles: readonly Float64Array[]) =>
  quantiles.every((values, i) => i === 0 || values.every((value, step) => value >= quantiles[i - 1]![step]!))

test('without readings it is the profile, with a wide band around it', () => {
  const { expected, quantiles } = forecastHouseLoad(
    house,
    readings(0, () => null),
    at(28),
    96,
  )
  expected.forEach((value, i) => expect(value).toBeCloseTo(profiled(later(at(28), i)), 6))
  expect(rising(quantiles)).toBe(true)
  expect(quantiles[0]!.every((value, i) => value < expected[i]! && expected[i]! < quantiles[4]![i]!)).toBe(true)
})

test('a house of double size shows within days, one that is empty too', () => {
  const ratio = (days: number, factor: number) => {
    const { expected } = forecastHouseLoad(
      house,
      readings(days, (slot) => factor * profiled(slot)),
      at(days),
      96,
    )
    return sum(expected) / sum(Float64Array.from({ length: 96 }, (_, i) => profiled(later(at(days), i))))
  }
  expect(ratio(1, 2)).toBeGreaterThan(1.3)
  expect(ratio(21, 2)).toBeGreaterThan(1.9)
  expect(ratio(21, 2)).toBeLessThan(2.01)
  expect(ratio(21, 0)).toBeLessThan(0.05)
})

test('what is done at noon on working days is expected at noon on working days', () => {
  // 24 February 2025 is a Monday; five of each seven days work.
  const cooks = (slot: Slot) => Math.floor((slot - FROM) / 96) % 7 < 5 && (slot - FROM) % 96 === 48
  const recent = readings(28, (slot) => (cooks(slot) ? 5 : 1) * profiled(slot))
  const { expected } = forecastHouseLoad(house, recent, at(28), 7 * 96)
  const factor = (day: number, time: number) => expected[day * 96 + time]! / profiled(later(at(28), day * 96 + time))
  expect(factor(0, 48)).toBeGreaterThan(4)
  expect(factor(5, 48)).toBeLessThan(1.3)
  expect(factor(0, 30)).toBeLessThan(1.3)
})

test('readings from the first slot on are not looked at', () => {
  const known = readings(14, (slot) => 1.5 * profiled(slot))
  const more = readings(28, (slot) => (slot < at(14) ? 1.5 : 9) * profiled(slot))
  expect(forecastHouseLoad(house, more, at(14), 96)).toEqual(forecastHouseLoad(house, known, at(14), 96))
  expect(forecastPv(more, at(14), 96)).toEqual(forecastPv(known, at(14), 96))
})

test('the 5-95 % band of a house that swings at random holds about nine of ten quarter-hours', () => {
  const die = dice(7)
  const swing = () => Math.exp(0.7 * (die() + die() + die() + die() - 2))
  const truth = readings(42, (slot) => swing() * profiled(slot))
  let [within, all] = [0, 0]
  for (let day = 28; day < 42; day++) {
    const { quantiles } = forecastHouseLoad(house, truth, at(day), 96)
    for (let i = 0; i < 96; i++, all++) {
      const actual = truth.values[day * 96 + i]!
      if (quantiles[0]![i]! <= actual && actual <= quantiles[4]![i]!) within++
    }
  }
  expect(within / all).toBeGreaterThan(0.85)
  expect(within / all).toBeLessThan(0.97)
})

const sun = (slot: Slot) => Math.max(0, 1_000 * Math.sin((((slot % 96) - 24) / 48) * Math.PI))

test('PV: after clear days a clear day; nothing at night; a roof nobody has seen is not forecast', () => {
  const { expected, quantiles } = forecastPv(
    readings(14, (slot) => -sun(slot)),
    at(14),
    96,
  )!
  const given = sum(Float64Array.from({ length: 96 }, (_, i) => sun(later(at(14), i))))
  expect(-sum(expected) / given).toBeGreaterThan(0.93)
  expect(-sum(expected) / given).toBeLessThan(1.07)
  expect(rising(quantiles)).toBe(true)
  expected.forEach((value, i) => {
    if (later(at(14), i) % 96 < 20) expect(value).toBe(0)
  })
  expect(
    forecastPv(
      readings(0, () => null),
      at(14),
      96,
    ),
  ).toBeNull()
  expect(
    forecastPv(
      readings(14, (slot) => (slot < at(1) - 1 ? -sun(slot) : null)),
      at(14),
      96,
    ),
  ).toBeNull()
})

test('PV: clouds of the last days weigh more than those of two weeks ago, and the band spans what was seen', () => {
  const energy = (cloudy: (day: number) => boolean) => {
    const recent = readings(14, (slot) => -sun(slot) * (cloudy(Math.floor((slot - FROM) / 96)) ? 0.2 : 1))
    return forecastPv(recent, at(14), 96)!
  }
  const lately = energy((day) => day >= 11)
  const before = energy((day) => day < 3)
  expect(-sum(lately.expected)).toBeLessThan(-0.65 * sum(before.expected))
  const noon = lately.quantiles.map((values) => values[Array.from(before.expected).indexOf(Math.min(...before.expected))]!)
  expect(noon[0]).toBeLessThan(-900)
  expect(noon[4]).toBeGreaterThan(-250)
})
