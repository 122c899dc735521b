// The five states of a limited device and the twelve ways between them, by the numbers of the test specification (without the prefix LPC-TS or LPP-TS).

export type StateName = 'init' | 'limited' | 'unlimited/controlled' | 'failsafe' | 'unlimited/autonomous'

/** One way from a state to another. */
export interface Transition {
  readonly number: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12
  readonly from: StateName
  readonly to: StateName
  /** The requirements it follows; which of them applied stands in the change. */
  readonly requirements: readonly string[]
  /** Permitted and not demanded: only where the device is configured for it. */
  readonly isOptional: boolean
}

export const TRANSITIONS: readonly Transition[] = [
  { number: 1, from: 'init', to: 'unlimited/controlled', requirements: ['018', '021'], isOptional: false },
  { number: 2, from: 'init', to: 'limited', requirements: ['020'], isOptional: false },
  { number: 3, from: 'init', to: 'unlimited/autonomous', requirements: ['022/1'], isOptional: true },
  { number: 4, from: 'unlimited/controlled', to: 'limited', requirements: ['027'], isOptional: false },
  { number: 5, from: 'unlimited/controlled', to: 'failsafe', requirements: ['028'], isOptional: false },
  { number: 6, from: 'limited', to: 'unlimited/controlled', requirements: ['025', '026'], isOptional: false },
  { number: 7, from: 'limited', to: 'failsafe', requirements: ['029'], isOptional: false },
  { number: 8, from: 'failsafe', to: 'unlimited/controlled', requirements: ['031', '033'], isOptional: false },
  { number: 9, from: 'failsafe', to: 'limited', requirements: ['032'], isOptional: false },
  { number: 10, from: 'failsafe', to: 'unlimited/autonomous', requirements: ['022/2', '022/3'], isOptional: true },
  { number: 11, from: 'unlimited/autonomous', to: 'unlimited/controlled', requirements: ['031', '033'], isOptional: false },
  { number: 12, from: 'unlimited/autonomous', to: 'limited', requirements: ['032'], isOptional: false },
]

/** Why a state was left. */
export type Cause =
  | 'limit-accepted'
  | 'limit-deactivated'
  | 'limit-refused'
  | 'duration-over'
  | 'guard-silent'
  | 'nothing-heard'
  | 'no-limit-after-heartbeat'
  | 'failsafe-minimum-over'

/** A state that was left for another, at its instant. */
export interface Change {
  readonly at: number
  readonly from: StateName
  readonly to: StateName
  readonly transition: Transition['number']
  /** Number of the requirement, as `022/3`. */
  readonly requirement: string
  readonly isOptional: boolean
  readonly cause: Cause
}

/** The change that a cause makes of a state. Throws where there is no such way. */
export function changeOf(from: StateName, to: StateName, cause: Cause, at: number): Change {
  const way = TRANSITIONS.find((one) => one.from === from && one.to === to)
  if (way === undefined) throw new Error(`broken invariant: no way from ${from} to ${to}`)
  const requirement = way.requirements.find((one) => BY_CAUSE[cause].includes(one)) ?? way.requirements[0]!
  return { at, from, to, transition: way.number, requirement, isOptional: way.isOptional, cause }
}

/** Where two requirements lead the same way, the cause tells which applied. */
const BY_CAUSE: Readonly<Record<Cause, readonly string[]>> = {
  'limit-accepted': ['020', '027', '032'],
  'limit-deactivated': ['021', '026', '033'],
  'limit-refused': ['018', '031'],
  'duration-over': ['025'],
  'guard-silent': ['028', '029'],
  'nothing-heard': ['022/1'],
  'no-limit-after-heartbeat': ['022/1', '022/2'],
  'failsafe-minimum-over': ['022/3'],
}
