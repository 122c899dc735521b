// Sampled values of all versions into readings: series, unit, multiplier and sign are settled here.
import { evseId, id, type EvseId, type StationId } from '../../../domain/registry/identity.ts'
import { qualityOf, type Origin, type Reading } from '../../../domain/telemetry/reading.ts'
import {
  INTERVAL_RANGE,
  isWithin,
  PERCENT_RANGE,
  POWER_RANGE,
  REGISTER_RANGE,
  type PhysicalRange,
} from '../../../domain/telemetry/physical-range.ts'
import { share, watts, wattHours, type Power } from '../../../domain/units.ts'
import { instantOf } from '../instant.ts'
import type { Impossible } from '../possible-number.ts'
import { electricPower } from './electric-power.ts'
import { contextOfTotal, fillTable, locationOfSample, totalOf, valueIn } from './sample-table.ts'
import { AT_BEGIN, AT_END, AT_OUTLET, BY_CLOCK, contextOf, MEASURANDS, QUANTITY, type SampledValue } from './sampled-value.ts'

export interface MeterValue {
  readonly timestamp: string
  readonly sampledValue: readonly SampledValue[]
}
export interface MeterContext {
  readonly station: string
  readonly evse: number
  readonly transaction: string | null
  readonly now: number
  readonly impossible: Impossible
  /** The message ends its transaction. */
  readonly isEnd?: boolean
}

const NONE: readonly Reading[] = []

/** Readings in W, Wh and shares, positive into the car; values that cannot be read are left out. */
export function readingsOf(values: readonly MeterValue[], context: MeterContext): readonly Reading[] {
  if (values.length === 0) return NONE
  const evse = evseId(id<StationId>(context.station), context.evse)
  const readings: Reading[] = []
  const lastNow = values.length === 1 ? -Infinity : newestOfNow(values)
  for (const value of values) {
    const reading = readingOf(value, context, evse, lastNow)
    if (reading !== null) readings.push(reading)
  }
  return readings
}

/** Null for a sample that says nothing we can use: no instant, or no known quantity. */
function readingOf(
  { timestamp, sampledValue }: MeterValue,
  context: MeterContext,
  evse: EvseId,
  lastNow: number,
): Reading | null {
  const { now, impossible } = context
  const sampledAt = instantOf(timestamp)
  if (sampledAt === null) return null
  fillTable(sampledValue, context.isEnd === true)
  const imported = register(QUANTITY.imported, impossible)
  const exported = register(QUANTITY.exported, impossible)
  let power = difference(QUANTITY.powerIn, QUANTITY.powerOut, null, impossible)
  let phases = power === null ? null : powerByPhase(impossible)
  let isEstimated = false
  if (power === null) {
    const electric = electricPower()
    if (electric !== null && isWithin(POWER_RANGE, electric.power)) {
      ;({ isEstimated } = electric)
      power = watts(electric.power)
      if (electric.byPhase !== null)
        phases = electric.byPhase.map((one) => watts(one)) as unknown as readonly [Power, Power, Power]
    }
  }
  const percent = told('SoC', valueIn(QUANTITY.soc, 0), PERCENT_RANGE, impossible)
  const origin = originOf(imported !== null || exported !== null)
  if (imported === null && exported === null && power === null && percent === null && origin?.interval === undefined) return null
  // The values of the begin told again beside those of now, in a sample of their own.
  if (origin?.edge === 'begin' && sampledAt >= lastNow && lastNow !== -Infinity) return null
  const quality = qualityOf(sampledAt, now)
  const reading: Reading = {
    evse,
    transaction: context.transaction,
    sampledAt,
    arrivedAt: now,
    power,
    imported: imported === null ? null : wattHours(imported),
    exported: exported === null ? null : wattHours(exported),
    soc: percent === null ? null : share(percent / 100),
    phases,
    quality: isEstimated && quality === 'measured' ? 'estimated' : quality,
  }
  return origin === null ? reading : { ...reading, origin }
}

/** What is special about the sample in the table; null for most. */
function originOf(hasRegister: boolean): Origin | null {
  const location = locationOfSample()
  const context = hasRegister ? (contextOfTotal(QUANTITY.imported) ?? contextOfTotal(QUANTITY.exported)) : null
  const edge = context === AT_BEGIN ? 'begin' : context === AT_END || context === 0 ? 'end' : null
  const interval = hasRegister ? null : intervalOf()
  if (location === AT_OUTLET && edge === null && interval === null) return null
  return {
    ...(edge === null ? {} : { edge }),
    ...(location === AT_OUTLET ? {} : { location }),
    ...(interval === null ? {} : { interval }),
  } as Origin
}

function intervalOf(): NonNullable<Origin['interval']> | null {
  const importedWh = within(totalOf(QUANTITY.intervalIn), INTERVAL_RANGE)
  const exportedWh = within(totalOf(QUANTITY.intervalOut), INTERVAL_RANGE)
  if (importedWh === null && exportedWh === null) return null
  const context = contextOfTotal(QUANTITY.intervalIn) ?? contextOfTotal(QUANTITY.intervalOut)
  return { series: context === BY_CLOCK ? 'clock' : 'periodic', importedWh, exportedWh }
}

function register(quantity: number, impossible: Impossible): number | null {
  return told(MEASURANDS[quantity]!, totalOf(quantity), REGISTER_RANGE, impossible)
}

/** Import minus export: positive charges. Over all phases without one. */
function difference(into: number, out: number, phase: number | null, impossible: Impossible): Power | null {
  const taken = powerIn(into, phase, impossible)
  const given = powerIn(out, phase, impossible)
  return taken === null && given === null ? null : watts((taken ?? 0) - Math.abs(given ?? 0))
}

function powerIn(quantity: number, phase: number | null, impossible: Impossible): number | null {
  const value = phase === null ? totalOf(quantity) : valueIn(quantity, phase)
  if (value === null) return null
  return told(phase === null ? MEASURANDS[quantity]! : `${MEASURANDS[quantity]!} L${phase}`, value, POWER_RANGE, impossible)
}

function powerByPhase(impossible: Impossible): readonly [Power, Power, Power] | null {
  const one = difference(QUANTITY.powerIn, QUANTITY.powerOut, 1, impossible)
  const two = difference(QUANTITY.powerIn, QUANTITY.powerOut, 2, impossible)
  const three = difference(QUANTITY.powerIn, QUANTITY.powerOut, 3, impossible)
  return one === null || two === null || three === null ? null : [one, two, three]
}

function told(name: string, value: number | null, range: PhysicalRange, impossible: Impossible): number | null {
  if (value === null || isWithin(range, value)) return value
  impossible(`${name} ${value}`)
  return null
}

function within(value: number | null, range: PhysicalRange): number | null {
  return value !== null && isWithin(range, value) ? value : null
}

/** The newest instant of a sample that is not of the begin of a transaction alone, epoch ms. */
function newestOfNow(values: readonly MeterValue[]): number {
  let newest = -Infinity
  for (const { timestamp, sampledValue } of values)
    if (sampledValue.some((one) => contextOf(one) !== AT_BEGIN)) newest = Math.max(newest, instantOf(timestamp) ?? -Infinity)
  return newest
}
