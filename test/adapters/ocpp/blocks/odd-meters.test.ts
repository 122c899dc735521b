// Meters that report in their own way: by phase, without a zone, at the car's side, or nonsense.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { instantOf } from '../../../../adapters/ocpp/instant.ts'
import { readingsOf } from '../../../../adapters/ocpp/blocks/meter-values.ts'
import type { SampledValue } from '../../../../adapters/ocpp/blocks/sampled-value.ts'

const AT = '2026-11-02T10:00:00Z'
const NOW = Date.parse(AT)

function readingOf(sampledValue: readonly SampledValue[], timestamp = AT, impossible: (what: string) => void = () => {}) {
  const [reading] = readingsOf([{ timestamp, sampledValue }], {
    station: 'ST1',
    evse: 1,
    transaction: 'T1',
    now: NOW,
    impossible,
  })
  return reading
}

describe('sampled values', () => {
  it('are summed where a station reports single phases only', () => {
    const reading = readingOf([
      { value: '1.5', measurand: 'Power.Active.Import', phase: 'L1', unit: 'kW' },
      { value: '1400', measurand: 'Power.Active.Import', phase: 'L2-N', unit: 'W' },
      { value: '1600', measurand: 'Power.Active.Import', phase: 'L3', unit: 'W' },
      { value: '10', measurand: 'Energy.Active.Import.Register', phase: 'L1', unit: 'kWh' },
    ])
    expect(reading).toMatchObject({ power: 4_500, phases: [1_500, 1_400, 1_600], imported: 10_000 })
  })

  it('take the total where both are there', () => {
    const reading = readingOf([
      { value: 9_000, measurand: 'Power.Active.Export' },
      { value: 3_000, measurand: 'Power.Active.Export', phase: 'L1' },
    ])
    expect(reading).toMatchObject({ power: -9_000, phases: null })
  })

  it('count at the outlet; only the state of charge may come from the car', () => {
    const reading = readingOf([
      { value: 6_900, measurand: 'Power.Active.Import', location: 'EV' },
      { value: 7_400, measurand: 'Power.Active.Import', location: 'Outlet' },
      { value: 99_000, measurand: 'Energy.Active.Import.Register', location: 'Inlet' },
      { value: 55, measurand: 'SoC', location: 'EV' },
    ])
    expect(reading).toMatchObject({ power: 7_400, imported: null, soc: 0.55 })
  })

  it('mean the same in every unit: watts and watt-hours, positive into the car, whatever the sign of what is given (F33)', () => {
    const power = fc.integer({ min: -350_000, max: 350_000 })
    const scales = fc.constantFrom(
      { unit: 'W', per: 1, multiplier: 0 },
      { unit: 'kW', per: 1_000, multiplier: 0 },
      { unit: 'W', per: 1_000, multiplier: 3 },
    )
    fc.assert(
      fc.property(power, fc.nat(10_000_000), scales, fc.boolean(), fc.boolean(), (watts, register, scale, isText, isNegative) => {
        const given = watts < 0
        const { unit, per, multiplier } = scale
        const value = (number: number) => (isText ? String(number) : number)
        const size = (Math.abs(watts) / per) * (given && isNegative ? -1 : 1)
        const reading = readingOf([
          {
            value: value(size),
            measurand: given ? 'Power.Active.Export' : 'Power.Active.Import',
            ...(multiplier === 0 ? { unit } : { unitOfMeasure: { unit, multiplier } }),
          },
          {
            value: value(register / per),
            measurand: given ? 'Energy.Active.Export.Register' : 'Energy.Active.Import.Register',
            ...(multiplier === 0 ? { unit: `${unit}h` } : { unitOfMeasure: { unit: `${unit}h`, multiplier } }),
          },
        ])
        expect(reading!.power).toBe(watts)
        expect(reading![given ? 'exported' : 'imported']).toBeCloseTo(register, 6)
        expect(reading![given ? 'imported' : 'exported']).toBeNull()
      }),
    )
  })

  it('of no use leave no reading (F8)', () => {
    expect(readingOf([{ value: '', measurand: 'Power.Active.Import' }])).toBeUndefined()
    expect(readingOf([{ value: 'n/a', measurand: 'Power.Active.Import' }])).toBeUndefined()
    expect(
      readingOf([{ value: 1e308, measurand: 'Power.Active.Import', unitOfMeasure: { unit: 'kW', multiplier: 9 } }]),
    ).toBeUndefined()
    expect(readingOf([{ value: 7_400, measurand: 'Power.Active.Import' }], 'yesterday')).toBeUndefined()
  })

  it.each([
    [{ value: 4.6e307, measurand: 'Power.Active.Import', unit: 'kW' }, 'Power.Active.Import Infinity'],
    [{ value: 11_000, measurand: 'Power.Active.Import', unit: 'kW' }, 'Power.Active.Import 11000000'],
    [{ value: -1, measurand: 'Energy.Active.Import.Register' }, 'Energy.Active.Import.Register -1'],
    [{ value: 1e308, measurand: 'Energy.Active.Export.Register' }, 'Energy.Active.Export.Register 1e+308'],
    [{ value: 100.5, measurand: 'SoC' }, 'SoC 100.5'],
  ])('%j lies outside of what can be: it is told, and the rest counts', (odd, told) => {
    const impossible: string[] = []
    expect(readingOf([odd], AT, (what) => impossible.push(what))).toBeUndefined()
    expect(impossible).toEqual([told])
    const reading = readingOf([odd, { value: 7, measurand: 'Power.Active.Export' }])
    expect(reading).toMatchObject({ power: -7, imported: null, exported: null, soc: null })
  })

  it('never throw, whatever number and unit a station sends', () => {
    const value = fc.record({
      value: fc.oneof(fc.double(), fc.string(), fc.double().map(String)),
      measurand: fc.constantFrom('Power.Active.Import', 'Power.Active.Export', 'Energy.Active.Import.Register', 'SoC'),
      phase: fc.constantFrom('L1', 'L2', 'L3', 'L1-N', undefined),
      unitOfMeasure: fc.record({ unit: fc.constantFrom('W', 'kW', 'Wh', 'kWh', 'Percent'), multiplier: fc.integer() }),
    })
    fc.assert(
      fc.property(fc.array(value as fc.Arbitrary<SampledValue>), (values) => {
        const reading = readingOf(values)
        if (reading?.power != null) expect(Number.isInteger(reading.power)).toBe(true)
        if (reading?.soc != null) expect(reading.soc).toBeGreaterThanOrEqual(0)
      }),
      { seed: 7, numRuns: 2_000 },
    )
  })
})

describe('instants', () => {
  it('without an offset are UTC, whatever zone this machine is in (F7)', () => {
    const zone = process.env.TZ
    process.env.TZ = 'Europe/Berlin'
    try {
      expect(instantOf('2026-11-02T10:00:00')).toBe(NOW)
      expect(instantOf('2026-11-02T11:00:00+01:00')).toBe(NOW)
      expect(instantOf('2026-11-02T11:00:00.000+0100')).toBe(NOW)
    } finally {
      if (zone === undefined) delete process.env.TZ
      else process.env.TZ = zone
    }
  })

  it.each([
    '5',
    '',
    'now',
    '2026-13-40T99:00:00Z',
    '2026-11-02',
    '0000-12-31T00:00:00Z',
    '0001-01-01T00:00:00+14:00',
    '9999-12-31T23:59:59-14:00',
    undefined,
  ])('%j is none', (text) => {
    expect(instantOf(text)).toBeNull()
  })

  it.each([
    ['1970-01-01T00:00:00Z', 'suspect'],
    ['2106-02-07T06:28:15Z', 'suspect'],
    ['2026-11-02T11:00:00Z', 'suspect'],
    ['2026-11-02T09:00:00Z', 'late'],
    ['2026-11-02T10:00:30Z', 'measured'],
  ])('%s is kept as reported and judged %s (F5, F7)', (timestamp, quality) => {
    const reading = readingOf([{ value: 1, measurand: 'Power.Active.Import' }], timestamp)
    expect(reading).toMatchObject({ sampledAt: Date.parse(timestamp), quality })
  })
})
