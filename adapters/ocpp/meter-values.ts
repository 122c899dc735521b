// Sampled values of all versions into readings: unit, multiplier and sign are settled here.
import { evseId, id, type StationId } from '../../domain/fleet/identity.ts'
import type { Quality, Reading } from '../../domain/telemetry/reading.ts'
import { share, watts, wattHours, type Power } from '../../domain/units.ts'

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
}

/** A clock that is off by more than this cannot be trusted for the time of a sample (F7). */
const SKEW_MAX_MS = 60_000
/** Older readings are kept but never acted upon (F5). */
const LATE_MS = 300_000

export function readingsOf(values: readonly MeterValue[], context: MeterContext): readonly Reading[] {
  return values.flatMap((value) => {
    const reading = readingOf(value, context)
    return reading === null ? [] : [reading]
  })
}

function readingOf({ timestamp, sampledValue }: MeterValue, { station, evse, transaction, now }: MeterContext): Reading | null {
  const sampledAt = Date.parse(timestamp)
  if (!Number.isFinite(sampledAt)) return null
  const at = (measurand: string, phase?: string) => numberOf(sampledValue, measurand, phase)
  const imported = at('Energy.Active.Import.Register')
  const exported = at('Energy.Active.Export.Register')
  const power = activePower(at)
  const soc = at('SoC')
  const phases = [activePower((m) => at(m, 'L1')), activePower((m) => at(m, 'L2')), activePower((m) => at(m, 'L3'))] as const
  if (imported === null && exported === null && power === null && soc === null) return null
  return {
    evse: evseId(id<StationId>(station), evse),
    transaction,
    sampledAt,
    arrivedAt: now,
    power,
    imported: imported === null ? null : wattHours(imported),
    exported: exported === null ? null : wattHours(exported),
    soc: soc === null || soc < 0 || soc > 100 ? null : share(soc / 100),
    phases: phases.every((one): one is Power => one !== null) ? [phases[0]!, phases[1]!, phases[2]!] : null,
    quality: qualityOf(sampledAt, now),
  }
}

function qualityOf(sampledAt: number, now: number): Quality {
  if (sampledAt > now + SKEW_MAX_MS || sampledAt < now - 400 * 86_400_000) return 'suspect'
  return sampledAt < now - LATE_MS ? 'late' : 'measured'
}

/** Import minus export: positive charges. */
function activePower(at: (measurand: string) => number | null): Power | null {
  const taken = at('Power.Active.Import')
  const given = at('Power.Active.Export')
  return taken === null && given === null ? null : watts((taken ?? 0) - Math.abs(given ?? 0))
}

function numberOf(values: readonly SampledValue[], measurand: string, phase?: string): number | null {
  for (const one of values) {
    if ((one.measurand ?? 'Energy.Active.Import.Register') !== measurand || one.phase !== phase) continue
    if (one.location !== undefined && one.location !== 'Outlet' && one.location !== 'EV') continue
    const value = Number(one.value)
    if (!Number.isFinite(value)) continue
    const unit = one.unitOfMeasure?.unit ?? one.unit ?? ''
    return value * 10 ** (one.unitOfMeasure?.multiplier ?? 0) * (unit === 'kWh' || unit === 'kW' ? 1_000 : 1)
  }
  return null
}
