// What a car may take where its current is curtailed: obligations, recommendations, the fuse, and what holds while nobody is heard.
import { PHASES, type Phase } from './measurand.ts'
import type { PermittedValues } from './permitted-values.ts'

/** A, by phase. */
export type Currents = Readonly<Record<Phase, number>>
/** A written limit; null where it is not active. */
export type WrittenLimits = Readonly<Record<Phase, number | null>>

export interface Curtailed {
  /** A of the fuse behind which the car stands; nothing is ever above. */
  readonly fuse: number
  /** A that hold while whoever limits is silent, and before he has written anything. */
  readonly failsafe: number
  readonly permitted: PermittedValues
  readonly obligation: WrittenLimits
  readonly recommendation: WrittenLimits
  /** Whoever has written the obligation is heard, and has written since he was heard last after a silence. */
  readonly isObligationBelieved: boolean
  readonly isRecommendationBelieved: boolean
}

/** The nearest value at or below `wanted` that a car can take: within its range, else its fallback, which is a pause. */
export function settable(wanted: number, { min, max, fallback }: PermittedValues, fuse: number): number {
  const value = Math.min(wanted, max, fuse)
  return value >= min ? value : fallback !== null && fallback <= value ? fallback : 0
}

/** What may be taken at most. Silence never means more than the failsafe current, and nothing means more than the fuse. */
export function allowedCurrents(curtailed: Curtailed): Currents {
  const { fuse, failsafe, permitted, obligation, isObligationBelieved } = curtailed
  return byPhase((phase) => {
    const limit = isObligationBelieved ? (obligation[phase] ?? Infinity) : Math.min(failsafe, obligation[phase] ?? Infinity)
    return settable(Math.max(0, limit), permitted, fuse)
  })
}

/** What is to be taken where the car follows recommendations: never more than what is allowed; a recommendation of a silent one is none. */
export function recommendedCurrents(curtailed: Curtailed): Currents {
  const allowed = allowedCurrents(curtailed)
  const { fuse, permitted, recommendation, isRecommendationBelieved } = curtailed
  return byPhase((phase) => {
    const wanted = isRecommendationBelieved ? recommendation[phase] : null
    return wanted === null ? allowed[phase] : settable(Math.min(wanted, allowed[phase]), permitted, fuse)
  })
}

/** The same for each phase. */
export function byPhase<Value>(value: (phase: Phase) => Value): Readonly<Record<Phase, Value>> {
  const [a, b, c] = PHASES.map(value) as [Value, Value, Value]
  return { a, b, c }
}
