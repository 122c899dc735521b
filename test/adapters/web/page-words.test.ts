// What the page writes: numbers, times, the axis on days of 92 and 100 quarter-hours, sentences of the server, the order of stations.
import { THE_PROCESS } from '../../../domain/registry/asker.ts'
import { describe, expect, it } from 'vitest'
import { groupOf, isStale, stateOf } from '../../../adapters/web/page/evse-state.ts'
import {
  age,
  kilowatts,
  nextLocal,
  number,
  percent,
  poolUnit,
  quarterHoursOfDay,
  time,
} from '../../../adapters/web/page/format.ts'
import { sentence } from '../../../adapters/web/page/sentences.ts'
import { chipCounts, EVERYTHING, selected } from '../../../adapters/web/page/station-order.ts'
import { axisTicks } from '../../../adapters/web/page/time-axis.ts'
import { liveEvse } from '../../../adapters/web/snapshot.ts'
import { fixtureFleet, NOW } from './fixture-fleet.ts'

const evses = fixtureFleet()
  .answers.stations.stations(THE_PROCESS)
  .flatMap((station) => station.evses.map(liveEvse))

describe('numbers and times', () => {
  it('writes a real minus, the separators of the language, a narrow space before units, a dash for nothing', () => {
    expect([number(-3.456, 'de', 2), number(-3.456, 'en', 2)]).toEqual(['−3,46', '−3.46'])
    expect([number(1847, 'de'), number(1847, 'en')]).toEqual(['1.847', '1,847'])
    expect([kilowatts(-7_310, 'de'), kilowatts(null, 'de'), kilowatts(4_200, 'en', true)]).toEqual(['−7,3', '–', '+4.2'])
    expect([percent(0.305, 'de'), age(74_000, 'de'), age(372_000, 'en')]).toEqual(['31\u202f%', '74\u202fs', '6\u202fmin'])
    expect(number(-0.001, 'de', 1)).toBe('0,0')
    expect(number(Number.NaN, 'de')).toBe('–')
  })

  it('shows a pool in MW from 2 MW on', () => {
    expect(poolUnit(550_000)).toMatchObject({ unit: 'kW', places: 1 })
    expect(poolUnit(9_000_000)).toMatchObject({ unit: 'MW', places: 2 })
  })

  it('F9: finds the next time on the wall across both clock changes', () => {
    expect(time(nextLocal(NOW, 7, 0), 'de')).toBe('07:00')
    expect(nextLocal(Date.UTC(2026, 2, 28, 20), 7, 0)).toBe(Date.UTC(2026, 2, 29, 5))
    expect(nextLocal(Date.UTC(2025, 9, 25, 20), 7, 0)).toBe(Date.UTC(2025, 9, 26, 6))
    expect(nextLocal(Date.UTC(2026, 0, 15, 6), 7, 0)).toBe(Date.UTC(2026, 0, 16, 6))
  })
})

describe('the time axis', () => {
  it('F9: shows 02A and 02B on a day of 100 quarter-hours', () => {
    const midnight = Date.UTC(2025, 9, 25, 22)
    expect(quarterHoursOfDay(midnight)).toBe(100)
    expect(quarterHoursOfDay(midnight + 24 * 3_600_000)).toBe(100)
    expect(quarterHoursOfDay(midnight + 25 * 3_600_000)).toBe(96)
    const labels = axisTicks(midnight / 900_000, 24, 'de').map(({ label }) => label)
    expect(labels).toEqual(['00', '01', '02A', '02B', '03', '04', '05'])
  })

  it('F9: goes from 01 to 03 with a notch on a day of 92', () => {
    const midnight = Date.UTC(2026, 2, 28, 23)
    expect(quarterHoursOfDay(midnight)).toBe(92)
    const ticks = axisTicks(midnight / 900_000, 16, 'en')
    expect(ticks.map(({ label }) => label)).toEqual(['00', '01', '03', '04', '05'])
    expect(ticks.filter(({ skipped }) => skipped).map(({ label }) => label)).toEqual(['03'])
    expect(ticks[0]?.midnight).toBe('Sun 29')
  })

  it('counts every hour of a usual day once', () => {
    expect(quarterHoursOfDay(NOW)).toBe(96)
    expect(axisTicks(Date.UTC(2026, 0, 14, 23) / 900_000, 95, 'de').map(({ label }) => Number(label))).toEqual(
      Array.from({ length: 24 }, (_, i) => i),
    )
  })
})

describe('sentences of the server', () => {
  it.each([
    ['charges at 17.2 ct/kWh, 80 % by 06:00', 'lädt zu 17,2\u202fct/kWh, 80\u202f% bis 06:00'],
    [
      'feeds back at 18.8 ct/kWh, refills from 02:15 at 4.1 ct/kWh',
      'speist zu 18,8\u202fct/kWh zurück, lädt ab 02:15 zu 4,1\u202fct/kWh nach',
    ],
    ['waits: charges from 02:15 at -1.3 instead of 18.8 ct/kWh', 'wartet: lädt ab 02:15 zu −1,3 statt 18,8\u202fct/kWh'],
    ['VNB Hunte-Netz limits to 4.2 kW', 'VNB Hunte-Netz begrenzt auf 4,2\u202fkW'],
    [
      '80 % cannot be reached by 06:00: 3.4 kWh missing, the station gives 11 kW',
      '80\u202f% sind bis 06:00 nicht zu schaffen: 3,4\u202fkWh fehlen, the station gives 11\u202fkW',
    ],
    [
      'LPC: guard box 7 does not guide, the failsafe limit of 4.2 kW holds since 06:15',
      'LPC: box 7 steuert nicht, seit 06:15 gilt die Ausfallgrenze von 4,2\u202fkW',
    ],
    ['something new at 06:15', 'something new at 06:15'],
  ])('%s', (english, german) => {
    expect(sentence(english, 'de')).toBe(german)
    expect(sentence(english, 'en')).not.toMatch(/\d (kW|%|ct)/)
  })
})

describe('stations', () => {
  it('puts what needs a person first and knows the state of each', () => {
    const order = selected(evses, EVERYTHING, ({ evse }) => evse)
    expect(order.slice(0, 7).map(stateOf)).toEqual([
      'alarm',
      'warning',
      'warning',
      'offline',
      'offline',
      'offline',
      'discharging',
    ])
    expect(order).toHaveLength(50)
  })

  it('filters by all words, by chip, by reason; each count says what its chip shows', () => {
    const counts = chipCounts(evses)
    for (const chip of ['abnormal', 'charging', 'discharging', 'waiting', 'free'] as const)
      expect(selected(evses, { ...EVERYTHING, chip }, () => '')).toHaveLength(counts[chip])
    expect(selected(evses, { ...EVERYTHING, text: 'hat 0100' }, ({ evse }) => evse).map(({ evse }) => evse)).toEqual([
      'HAT-0100/1',
    ])
    const limited = selected(evses, { ...EVERYTHING, group: { group: 'limit', authority: 'VNB Hunte-Netz § 14a' } }, () => '')
    expect(limited.length).toBeGreaterThan(0)
    expect(limited.every((one) => one.rule === 'grid-limit')).toBe(true)
  })

  it('counts every plugged car under exactly one reason', () => {
    const cars = evses.filter(({ session }) => session !== null)
    expect(cars.map((car) => groupOf(car).group).filter((group) => group === 'unknown')).toEqual([])
  })

  it('calls a value old after 60 s, and allows for the clock that runs faster', () => {
    expect([isStale(NOW - 61_000, NOW, 1), isStale(NOW - 63_000, NOW, 1), isStale(null, NOW, 1)]).toEqual([false, true, false])
    expect(isStale(NOW - 120_000, NOW, 60)).toBe(false)
  })
})
