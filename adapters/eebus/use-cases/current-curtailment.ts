// OPEV and OSCEV, curtailment of charging currents, by obligation against overload and by recommendation for self consumption: the end of the energy manager.
import { CURRENT_RANGE } from '../../../domain/telemetry/physical-range.ts'
import { ok, refused, type Result } from '../../../domain/result.ts'
import type { PlainObject } from '../eebus-json.ts'
import type { UseCaseSpec } from '../spine/local-device.ts'
import { readScaled, writeScaled } from '../spine/scaled-number.ts'
import type { ToWrite } from './bound-writer.ts'
import type { ClientUseCase, Lookup } from './client-use-case.ts'
import { settable } from './curtailment-rules.ts'
import { listed, PHASES, type Phase } from './measurand.ts'
import { PERMITTED, permittedValues, type PermittedValues } from './permitted-values.ts'

export interface Curtailment {
  readonly short: 'OPEV' | 'OSCEV'
  readonly name: string
  readonly category: 'obligation' | 'recommendation'
  readonly scope: 'overloadProtection' | 'selfConsumption'
}
/** They differ by nothing else. */
export const OVERLOAD_PROTECTION: Curtailment = {
  short: 'OPEV',
  name: 'overloadProtectionByEvChargingCurrentCurtailment',
  category: 'obligation',
  scope: 'overloadProtection',
}
export const SELF_CONSUMPTION: Curtailment = {
  short: 'OSCEV',
  name: 'optimizationOfSelfConsumptionDuringEvCharging',
  category: 'recommendation',
  scope: 'selfConsumption',
}
const VERSION = '1.0.1'
export const LIMITS = 'loadControlLimitListData'
export const LIMIT_DESCRIPTIONS = 'loadControlLimitDescriptionListData'
const PARAMETERS = 'electricalConnectionParameterDescriptionListData'

/** A limit as the car tells it. */
export interface PhaseLimit {
  readonly limitId: number
  readonly isChangeable: boolean
  readonly isActive: boolean
  /** A; null where it says none that can be. */
  readonly current: number | null
  /** A; null where it is not said. */
  readonly permitted: PermittedValues | null
}
export interface CurtailmentValues {
  readonly limits: Partial<Readonly<Record<Phase, PhaseLimit>>>
}

export const OPEV: ClientUseCase<CurtailmentValues> = curtailmentOf(OVERLOAD_PROTECTION)
export const OSCEV: ClientUseCase<CurtailmentValues> = curtailmentOf(SELF_CONSUMPTION)

function curtailmentOf(curtailment: Curtailment): ClientUseCase<CurtailmentValues> {
  return {
    short: curtailment.short,
    name: curtailment.name,
    actors: ['EV'],
    entityTypes: ['EV'],
    needs: ['LoadControl'],
    functions: {
      LoadControl: [LIMIT_DESCRIPTIONS, LIMITS],
      ElectricalConnection: [PARAMETERS, PERMITTED],
    },
    reader: () => (lookup) => ({ limits: readLimits(lookup, curtailment) }),
  }
}

function readLimits(lookup: Lookup, { category, scope }: Curtailment): CurtailmentValues['limits'] {
  const limits: Partial<Record<Phase, PhaseLimit>> = {}
  const told = listed(lookup.data('LoadControl', LIMITS), 'loadControlLimitData')
  const places = listed(lookup.data('ElectricalConnection', PARAMETERS), 'electricalConnectionParameterDescriptionData')
  const permitted = lookup.data('ElectricalConnection', PERMITTED)
  for (const one of listed(lookup.data('LoadControl', LIMIT_DESCRIPTIONS), 'loadControlLimitDescriptionData')) {
    const { limitId, measurementId } = one
    const isMeant = one['limitCategory'] === category && one['scopeType'] === scope && (one['unit'] ?? 'A') === 'A'
    const place = places.find((parameter) => measurementId !== undefined && parameter['measurementId'] === measurementId)
    const phase = PHASES.find((name) => name === place?.['acMeasuredPhases'])
    const value = told.find((limit) => limit['limitId'] === limitId)
    if (!isMeant || typeof limitId !== 'number' || phase === undefined || limits[phase] !== undefined) continue
    limits[phase] = {
      limitId,
      // Left out, it can be changed.
      isChangeable: value?.['isLimitChangeable'] !== false,
      isActive: value?.['isLimitActive'] === true,
      current: readScaled(value?.['value']),
      permitted: permittedValues(permitted, place, { min: 0, max: CURRENT_RANGE.max }),
    }
  }
  return limits
}

/**
 * The write that holds a car to these currents, A by phase, on all phases it has; those that are not named are to take nothing. Null takes a
 * recommendation back; an obligation is never taken back, it is the fuse then. Refused where the car has no limit that can be set.
 */
export function curtailmentWrite(
  { limits }: CurtailmentValues,
  { category }: Curtailment,
  wanted: Partial<Readonly<Record<Phase, number>>> | null,
  fuse: number,
): Result<ToWrite, 'no-limits' | 'not-changeable' | 'no-current'> {
  const known = PHASES.flatMap((phase) => (limits[phase] === undefined ? [] : [{ phase, ...limits[phase] }]))
  if (known.length === 0) return refused('no-limits')
  if (known.some(({ isChangeable }) => !isChangeable)) return refused('not-changeable')
  if (Object.values(wanted ?? {}).some((current) => !(current >= 0 && current <= CURRENT_RANGE.max))) return refused('no-current')
  const currents = known.map(({ phase, permitted }) => {
    const current = wanted === null ? fuse : (wanted[phase] ?? 0)
    return settable(current, permitted ?? { min: 0, max: fuse, fallback: null }, fuse)
  })
  const isActive = wanted !== null || category === 'obligation'
  const data = known.map(({ limitId }, index): PlainObject => ({
    limitId,
    isLimitActive: isActive,
    value: writeScaled(currents[index]!),
  }))
  return ok({ name: LIMITS, data: { loadControlLimitData: data } })
}

/** What an energy manager announces. */
export function curtailmentManager({ name }: Curtailment, entity: readonly number[]): UseCaseSpec {
  return { entity, actor: 'CEM', name, version: VERSION, scenarios: [1, 2, 3] }
}
/** What a car announces. */
export function curtailedEv({ name }: Curtailment, entity: readonly number[]): UseCaseSpec {
  return { entity, actor: 'EV', name, version: VERSION, scenarios: [1, 2, 3] }
}
