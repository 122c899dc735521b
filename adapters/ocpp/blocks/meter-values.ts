// Sampled values of all versions into readings: unit, multiplier and sign are settled here.
import { evseId, id, type StationId } from '../../../domain/registry/identity.ts'
import { qualityOf, type Reading } from '../../../domain/telemetry/reading.ts'
import { PERCENT_RANGE, POWER_RANGE, REGISTER_RANGE } from '../../../domain/telemetry/physical-range.ts'
import { share, watts, wattHours, type Power } from '../../../domain/units.ts'
import { instantOf } from '../instant.ts'
import { possibleNumbers, type Impossible } from '../possible-number.ts'

export interface SampledValue {
  readonly value: number | string
  readonly measurand?: string
  readonly phase?: string
  readonly location?: string
  readonly context?: string
  /** 2.x. */
  readonly unitOfMeasure?: { readonly unit?: string; readonly multiplier?: number }
  /** 1.6. */
  readonly unit?: string
}
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
}

const PHASES = ['L1', 'L2', 'L3'] as const

/** Readings in W, Wh and shares, positive into the car; values that cannot be read are left out. */
export function readingsOf(values: readonly MeterValue[], context: MeterContext): readonly Reading[] {
  return values.flatMap((value) => {
    const reading = readingOf(value, context)
    return reading === null ? [] : [reading]
  })
}

/** Null for a sample that says nothing we can use: no instant, or no known quantity. */
function readingOf({ timestamp, sampledValue }: MeterValue, context: MeterContext): Reading | null {
  const { station, evse, transaction, now, impossible } = context
  const sampledAt = instantOf(timestamp)
  if (sampledAt === null) return null
  const told = possibleNumbers(impossible)
  const register = (measurand: string) => told(measurand, total(sampledValue, measurand), REGISTER_RANGE)
  const imported = register('Energy.Active.Import.Register')
  const exported = register('Energy.Active.Export.Register')
  const power = activePower((measurand) => told(measurand, total(sampledValue, measurand), POWER_RANGE))
  const soc = told('SoC', numberOf(sampledValue, 'SoC'), PERCENT_RANGE)
  if (imported === null && exported === null && power === null && soc === null) return null
  const phases = PHASES.map((phase) =>
    activePower((measurand) => told(`${measurand} ${phase}`, numberOf(sampledValue, measurand, phase), POWER_RANGE)),
  )
  return {
    evse: evseId(id<StationId>(station), evse),
    transaction,
    sampledAt,
    arrivedAt: now,
    power,
    imported: imported === null ? null : wattHours(imported),
    exported: exported === null ? null : wattHours(exported),
    soc: soc === null ? null : share(soc / 100),
    phases: phases.every((one) => one !== null) ? [phases[0]!, phases[1]!, phases[2]!] : null,
    quality: qualityOf(sampledAt, now),
  }
}

/** Import minus export: positive charges. */
function activePower(of: (measurand: string) => number | null): Power | null {
  const taken = of('Power.Active.Import')
  const given = of('Power.Active.Export')
  return taken === null && given === null ? null : watts((taken ?? 0) - Math.abs(given ?? 0))
}

/** The value over all phases; where a station reports single phases only, their sum. */
function total(values: readonly SampledValue[], measurand: string): number | null {
  const whole = numberOf(values, measurand)
  if (whole !== null) return whole
  const parts = PHASES.flatMap((phase) => numberOf(values, measurand, phase) ?? [])
  return parts.length === 0 ? null : parts.reduce((sum, part) => sum + part, 0)
}

function numberOf(values: readonly SampledValue[], measurand: string, phase?: string): number | null {
  for (const one of values) {
    if ((one.measurand ?? 'Energy.Active.Import.Register') !== measurand) continue
    if (one.phase !== phase && (phase === undefined || one.phase !== `${phase}-N`)) continue
    // Only the car knows its state of charge; everything else counts where it crosses our meter.
    if (one.location !== undefined && one.location !== 'Outlet' && !(measurand === 'SoC' && one.location === 'EV')) continue
    if (one.value === '') continue
    const unit = one.unitOfMeasure?.unit ?? one.unit ?? ''
    const value = Number(one.value) * 10 ** (one.unitOfMeasure?.multiplier ?? 0) * (unit === 'kWh' || unit === 'kW' ? 1_000 : 1)
    if (!Number.isNaN(value)) return value
  }
  return null
}
