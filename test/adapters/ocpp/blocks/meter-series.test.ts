// One sample with many series beside each other: what is of now, where the car is billed, is read, and power is found from whatever tells it.
import { describe, expect, it } from 'vitest'
import { readingsOf, type MeterValue } from '../../../../adapters/ocpp/blocks/meter-values.ts'
import type { SampledValue } from '../../../../adapters/ocpp/blocks/sampled-value.ts'

const AT = '2026-11-02T10:00:00Z'
const NOW = Date.parse(AT)

const all = (values: readonly MeterValue[], isEnd = false) =>
  readingsOf(values, { station: 'ST1', evse: 1, transaction: 'T1', now: NOW, impossible: () => {}, isEnd })
const readingOf = (...sampledValue: readonly SampledValue[]) => all([{ timestamp: AT, sampledValue }])[0]
const register = (value: number, more: Partial<SampledValue> = {}): SampledValue => ({
  value,
  measurand: 'Energy.Active.Import.Register',
  ...more,
})
const power = (value: number, more: Partial<SampledValue> = {}): SampledValue => ({
  value,
  measurand: 'Power.Active.Import',
  ...more,
})
const current = (value: number, phase?: string): SampledValue => ({ value, measurand: 'Current.Import', ...(phase && { phase }) })
const voltage = (value: number, phase?: string): SampledValue => ({ value, measurand: 'Voltage', ...(phase && { phase }) })
/** Both orders. */
const either = (...values: readonly SampledValue[]) => [readingOf(...values), readingOf(...values.toReversed())]

describe('values of a sample taken at different times', () => {
  it.each(['Sample.Periodic', 'Sample.Clock', 'Trigger', undefined])('count as they are now (%s), in any order', (context) => {
    const now = context === undefined ? {} : { context }
    const begin = { context: 'Transaction.Begin' }
    for (const reading of either(register(157_980, now), register(157_440, begin), power(10_800, now), power(0, begin))) {
      expect(reading).toMatchObject({ imported: 157_980, power: 10_800 })
      expect(reading).not.toHaveProperty('origin')
    }
  })

  it('of the begin only say nothing about now', () => {
    for (const reading of either(
      power(3_000, { context: 'Sample.Periodic' }),
      register(157_440, { context: 'Transaction.Begin' }),
    ))
      expect(reading).toMatchObject({ imported: null, power: 3_000 })
  })

  it('of the begin and of the end are marked: they may count from another zero', () => {
    expect(readingOf(register(5, { context: 'Transaction.Begin' }))).toMatchObject({ imported: 5, origin: { edge: 'begin' } })
    expect(readingOf(register(5, { context: 'Transaction.End' }))).toMatchObject({ imported: 5, origin: { edge: 'end' } })
    const both = [register(700, { context: 'Transaction.End' }), register(690, { context: 'Sample.Periodic' })]
    expect(all([{ timestamp: AT, sampledValue: both }], true)[0]).toMatchObject({ imported: 700, origin: { edge: 'end' } })
    expect(all([{ timestamp: AT, sampledValue: both }])[0]).toMatchObject({ imported: 690 })
  })

  it('of the begin in a sample of its own beside one of now are left out', () => {
    const begin = { timestamp: AT, sampledValue: [register(100, { context: 'Transaction.Begin' })] }
    const end = { timestamp: AT, sampledValue: [register(500, { context: 'Transaction.End' })] }
    expect(all([begin, end], true).map(({ imported }) => imported)).toEqual([500])
    const earlier = { ...begin, timestamp: '2026-11-02T09:00:00Z' }
    expect(all([earlier, end], true).map(({ imported }) => imported)).toEqual([100, 500])
  })
})

describe('values of a sample taken in different places', () => {
  it('count at the outlet, in any order', () => {
    const values = (['Inlet', 'Outlet', 'EV', 'Cable'] as const).flatMap((location, i) => [
      register(1_000 + i, { location }),
      power(7_000 + i, { location }),
    ])
    for (const reading of either(...values, { value: 33, measurand: 'Temperature', location: 'Body' })) {
      expect(reading).toMatchObject({ imported: 1_001, power: 7_001 })
      expect(reading).not.toHaveProperty('origin')
    }
  })
  it('are marked where there is none of the outlet', () => {
    expect(readingOf(register(9, { location: 'Inlet' }), power(8, { location: 'EV' }))).toMatchObject({
      imported: 9,
      power: null,
      origin: { location: 2 },
    })
  })
})

describe('power', () => {
  const PHASES = ['L1', 'L2', 'L3']
  it.each<readonly [string, readonly SampledValue[], number, 'measured' | 'estimated']>([
    [
      '16 A and 230 V on three phases',
      PHASES.flatMap((phase) => [current(16, phase), voltage(230, `${phase}-N`)]),
      11_040,
      'measured',
    ],
    [
      'from phase to phase',
      [...PHASES.map((phase) => current(16, phase)), voltage(400, 'L1-L2'), voltage(400, 'L2-L3'), voltage(400, 'L3-L1')],
      11_085,
      'measured',
    ],
    ['400 V that is called L1', PHASES.flatMap((phase) => [current(16, phase), voltage(400, phase)]), 11_085, 'measured'],
    ['one phase of three', [current(16, 'L1'), current(0, 'L2'), current(0, 'L3'), voltage(231, 'L1')], 3_696, 'measured'],
    ['no voltage', PHASES.map((phase) => current(16, phase)), 11_040, 'estimated'],
    ['the sum of the phases', [current(48)], 11_040, 'estimated'],
    ['direct current', [current(120), voltage(400)], 48_000, 'measured'],
    ['nothing flows', PHASES.map((phase) => current(0, phase)), 0, 'measured'],
    ['out of the car', [{ value: 10, measurand: 'Current.Export' }, voltage(400)], -4_000, 'measured'],
    ['the power itself, whatever else is there', [power(7_400), current(16, 'L1'), voltage(230)], 7_400, 'measured'],
    ['numbers and kW', [{ value: '7.4', measurand: 'Power.Active.Import', unit: 'kW' }], 7_400, 'measured'],
  ])('%s', (_, values, watts, quality) => {
    expect(readingOf(...values)).toMatchObject({ power: watts, quality })
  })
  it('by phase follows from currents as well', () => {
    const values = PHASES.flatMap((phase, i) => [current(10 + i, phase), voltage(230, phase)])
    expect(readingOf(...values)).toMatchObject({ phases: [2_300, 2_530, 2_760] })
  })
})

describe('energy by interval', () => {
  const interval = (value: number, context: string): SampledValue => ({
    value,
    measurand: 'Energy.Active.Import.Interval',
    context,
  })
  it('is kept apart by series, and only where no register is told', () => {
    expect(readingOf(interval(180, 'Sample.Periodic'))?.origin).toEqual({
      interval: { series: 'periodic', importedWh: 180, exportedWh: null },
    })
    expect(readingOf(interval(2_700, 'Sample.Clock'))?.origin?.interval?.series).toBe('clock')
    expect(readingOf(interval(180, 'Sample.Periodic'), register(5))).not.toHaveProperty('origin')
  })
})
