// OPEV and OSCEV, the end of the car: which limits it has, who has written them, and what it may take by that.
import type { Clock } from '../../../domain/ports/clock.ts'
import { items, isObject, type PlainObject } from '../eebus-json.ts'
import { ERROR_NUMBER } from '../spine/datagram.ts'
import type { LocalDevice, Write, WriteOutcome } from '../spine/local-device.ts'
import { readScaled, writeScaled } from '../spine/scaled-number.ts'
import {
  curtailedEv,
  LIMIT_DESCRIPTIONS,
  LIMITS,
  OVERLOAD_PROTECTION,
  SELF_CONSUMPTION,
  type Curtailment,
} from './current-curtailment.ts'
import { allowedCurrents, byPhase, recommendedCurrents, settable, type Curtailed, type Currents } from './curtailment-rules.ts'
import { readable, serverRef, setItems, writable, type Served } from './features.ts'
import { EVCEM_MEASURANDS } from './ev-charging-electricity.ts'
import { PHASES, type Phase } from './measurand.ts'
import { PERMITTED, tellPermitted, type PermittedValues } from './permitted-values.ts'
import type { PulseValues } from './pulse.ts'

/** What a car needs for it, beside what it measures with. */
export const CURTAILED: Served = {
  LoadControl: [readable(LIMIT_DESCRIPTIONS), writable(LIMITS)],
  ElectricalConnection: [readable(PERMITTED)],
}
export const CURTAILED_USE_CASES = (entity: readonly number[]) =>
  [OVERLOAD_PROTECTION, SELF_CONSUMPTION].map((one) => curtailedEv(one, entity))

export interface CurtailedCarOptions {
  readonly device: LocalDevice
  readonly entity: readonly number[]
  readonly clock: Clock
  /** A. */
  readonly fuse: number
  readonly failsafe: number
  readonly permitted: PermittedValues
}
export interface CurtailedCar {
  /** What the pulse of a manager says, by the name of its connection; null when that is over. */
  heard(from: string, pulse: PulseValues | null): void
  /** Another car: what was written was for the one before. */
  replaced(): void
  /** A that may be taken at most at this instant. */
  allowed(): Currents
  /** A that are to be taken where it follows recommendations. */
  recommended(): Currents
}

const SLOTS = [OVERLOAD_PROTECTION, SELF_CONSUMPTION].flatMap((curtailment, group) =>
  PHASES.map((phase, index) => ({ curtailment, phase, limitId: group * PHASES.length + index })),
)

interface Writer {
  readonly from: string
  /** Ms of the clock that only passes. */
  readonly at: number
}

/** Describes its limits at once. Until somebody who beats has written one, the failsafe current holds. */
export function curtailedCar({ device, entity, clock, fuse, failsafe, permitted }: CurtailedCarOptions): CurtailedCar {
  const ref = serverRef(entity, 'LoadControl')
  const pulses = new Map<string, PulseValues>()
  const writers: Record<Curtailment['category'], Writer | null> = { obligation: null, recommendation: null }
  /** Whom was last not believed and when, so that old limits do not come back to life with a heartbeat alone. */
  const silences = new Map<string, number>()
  describe(device, entity, { ...permitted, max: Math.min(permitted.max, fuse) })

  function isHeard(from: string): boolean {
    const pulse = pulses.get(from)
    const until = pulse?.believedUntil ?? null
    return pulse !== undefined && until !== null && clock.elapsed() < until && !pulse.hasFailed
  }
  function isBelieved(category: Curtailment['category']): boolean {
    const writer = writers[category]
    if (writer === null || !isHeard(writer.from)) return false
    return writer.at >= (silences.get(writer.from) ?? -Infinity)
  }
  function curtailed(): Curtailed {
    const all = items(device.data(ref, LIMITS)?.['loadControlLimitData']).filter(isObject)
    const written = ({ category }: Curtailment) =>
      byPhase((phase) => {
        const limit = all.find(({ limitId }) => limitId === idOf(category, phase))
        return limit?.['isLimitActive'] === true ? readScaled(limit['value']) : null
      })
    return {
      fuse,
      failsafe,
      permitted,
      obligation: written(OVERLOAD_PROTECTION),
      recommendation: written(SELF_CONSUMPTION),
      isObligationBelieved: isBelieved('obligation'),
      isRecommendationBelieved: isBelieved('recommendation'),
    }
  }
  function judge({ from, written, result }: Write): WriteOutcome {
    const changes = items(written['loadControlLimitData']).filter(isObject)
    const touched = SLOTS.filter(({ limitId }) => changes.some((one) => one['limitId'] === limitId))
    const stored = items(result['loadControlLimitData']).filter(isObject)
    for (const { limitId } of touched) {
      const value = readScaled(stored.find((one) => one['limitId'] === limitId)?.['value'])
      if (value === null || value < 0) return refusal('a limit is a current of at least 0')
    }
    for (const { curtailment } of touched) writers[curtailment.category] = { from, at: clock.elapsed() }
    const limits = stored.map((one): PlainObject => {
      const isTouched = touched.some(({ limitId }) => limitId === one['limitId'])
      const value = readScaled(one['value'])
      return isTouched && value !== null ? { ...one, value: writeScaled(settable(value, permitted, fuse)) } : one
    })
    return { isAccepted: true, stored: { loadControlLimitData: limits } }
  }
  device.onWrite(ref, LIMITS, judge)

  return {
    heard(from, pulse) {
      const hasBeaten = (pulses.get(from)?.believedUntil ?? null) !== null
      // Whatever was written before a gap is of the past.
      if (pulse === null || (hasBeaten && !isHeard(from))) silences.set(from, clock.elapsed())
      if (pulse === null) pulses.delete(from)
      else pulses.set(from, pulse)
    },
    replaced() {
      writers.obligation = null
      writers.recommendation = null
      setItems(device, ref, LIMITS, SLOTS.map(noLimit(permitted.max, fuse)))
    },
    allowed: () => allowedCurrents(curtailed()),
    recommended: () => recommendedCurrents(curtailed()),
  }
}

function describe(device: LocalDevice, entity: readonly number[], permitted: PermittedValues): void {
  const ref = serverRef(entity, 'LoadControl')
  const measurementOf = (phase: Phase) => EVCEM_MEASURANDS.findIndex(({ name }) => name === `current-${phase}`)
  setItems(
    device,
    ref,
    LIMIT_DESCRIPTIONS,
    SLOTS.map(({ curtailment: { category, scope }, phase, limitId }) => ({
      limitId,
      limitType: 'maxValueLimit',
      limitCategory: category,
      limitDirection: 'consume',
      measurementId: measurementOf(phase),
      unit: 'A',
      scopeType: scope,
    })),
  )
  setItems(device, ref, LIMITS, SLOTS.map(noLimit(permitted.max, permitted.max)))
  for (const phase of PHASES) tellPermitted(device, entity, measurementOf(phase), permitted)
}

function noLimit(most: number, fuse: number): (slot: { readonly limitId: number }) => PlainObject {
  const value = writeScaled(Math.min(most, fuse))
  return ({ limitId }) => ({ limitId, isLimitChangeable: true, isLimitActive: false, value })
}

function idOf(category: Curtailment['category'], phase: Phase): number {
  return SLOTS.find((one) => one.curtailment.category === category && one.phase === phase)!.limitId
}

function refusal(text: string): WriteOutcome {
  return { isAccepted: false, errorNumber: ERROR_NUMBER.commandRejected, text }
}
