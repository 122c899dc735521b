// What has to be left to a connection that is dimmed: the worked examples of the rule, every number of devices, and both ways to read it.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { minimumPower, simultaneityFactor, type ControlledDevice } from '../../../domain/dimming/minimum-power.ts'
import { watts } from '../../../domain/units.ts'

const charger: ControlledDevice = { kind: 'charge-point', power: watts(11_000) }
const battery: ControlledDevice = { kind: 'storage', power: watts(10_000) }
const heatPump = (power: number): ControlledDevice => ({ kind: 'heat-pump', power: watts(power) })
const cooling = (power: number): ControlledDevice => ({ kind: 'air-conditioning', power: watts(power) })
const chargers = (count: number) => Array.from({ length: count }, () => charger)

describe('the minimum of a connection with an energy manager', () => {
  it.each([
    ['one charge point', [charger], 4_200, '4.2 + (1 − 1) × 1 × 4.2 = 4.2 kW'],
    ['a charge point and a heat pump of 9 kW', [charger, heatPump(9_000)], 7_560, '4.2 + (2 − 1) × 0.8 × 4.2 = 7.56 kW'],
    [
      'four charge points and a heat pump of 14 kW',
      [...chargers(4), heatPump(14_000)],
      16_520,
      'max(0.4 × 14; 0.4 × 0) + (5 − 1) × 0.65 × 4.2 = 16.52 kW',
    ],
    [
      'a heat pump of 12 kW and air conditioning of 30 kW',
      [heatPump(12_000), cooling(30_000)],
      15_360,
      'max(0.4 × 12; 0.4 × 30) + (2 − 1) × 0.8 × 4.2 = 15.36 kW',
    ],
    [
      'four charge points, a battery and a heat pump of 14 kW',
      [...chargers(4), battery, heatPump(14_000)],
      18_200,
      'max(0.4 × 14; 0.4 × 0) + (6 − 1) × 0.6 × 4.2 = 18.2 kW',
    ],
  ])('%s', (_, devices, power, formula) => {
    for (const counting of ['each', 'group'] as const)
      expect(minimumPower(devices, 'ems', counting)).toMatchObject({ power, formula, count: devices.length })
  })

  it('grows with every device, from 1 to 40', () => {
    const powers = Array.from({ length: 40 }, (_, i) => minimumPower(chargers(i + 1), 'ems', 'each').power)
    expect(powers.slice(0, 9)).toEqual([4_200, 7_560, 10_500, 13_020, 15_120, 16_800, 18_060, 18_900, 19_320])
    for (const [i, power] of powers.entries()) if (i > 0) expect(power).toBeGreaterThan(powers[i - 1]!)
    expect(simultaneityFactor(40)).toBe(0.45)
  })

  it('is never lowered by a device more, whatever is there, in both ways to count', () => {
    const device = fc
      .tuple(fc.constantFrom('charge-point', 'heat-pump', 'air-conditioning', 'storage'), fc.integer({ min: 100, max: 60_000 }))
      .map(([kind, power]) => ({ kind, power: watts(power) }) as ControlledDevice)
    fc.assert(
      fc.property(fc.array(device, { maxLength: 40 }), device, fc.constantFrom('each', 'group'), (some, more, counting) => {
        const before = minimumPower(some, 'ems', counting).power
        expect(minimumPower([...some, more], 'ems', counting).power).toBeGreaterThanOrEqual(before)
      }),
      { numRuns: 2_000 },
    )
  })

  it('counts heat pumps each or as one, and says which', () => {
    const pumps = [heatPump(6_000), heatPump(6_000)]
    expect(minimumPower(pumps, 'ems', 'each')).toMatchObject({ power: 7_560, count: 2, heatPumps: 0 })
    expect(minimumPower(pumps, 'ems', 'group')).toMatchObject({ power: 4_800, count: 1, heatPumps: 12_000 })
    const large = [heatPump(12_000), heatPump(6_000)]
    expect(minimumPower(large, 'ems', 'each')).toMatchObject({ power: 10_560, count: 2, heatPumps: 18_000 })
    expect(minimumPower(large, 'ems', 'group')).toMatchObject({ power: 7_200, count: 1, heatPumps: 18_000 })
  })
})

describe('what does not count', () => {
  it('charge points of the public and devices of at most 4.2 kW', () => {
    const open: ControlledDevice = { ...charger, isPublic: true }
    const found = minimumPower([open, heatPump(4_200), charger], 'ems', 'each')
    expect(found).toMatchObject({ power: 4_200, count: 1 })
    expect(found.exempt.map(({ why }) => why)).toEqual(['public', 'small'])
    expect(minimumPower([open], 'ems', 'each')).toMatchObject({ power: 0, formula: 'no controllable device: 0 kW' })
    expect(minimumPower([], 'direct', 'group').power).toBe(0)
  })
})

describe('the minimum of devices that are controlled by themselves', () => {
  it('4.2 kW each, and 0.4 of a heat pump above 11 kW', () => {
    expect(minimumPower([charger], 'direct', 'each').power).toBe(4_200)
    expect(minimumPower([heatPump(11_000)], 'direct', 'each').power).toBe(4_200)
    expect(minimumPower([charger, heatPump(14_000)], 'direct', 'each')).toMatchObject({
      power: 9_800,
      formula: '4.2 + 0.4 × 14 = 9.8 kW',
    })
  })
})
