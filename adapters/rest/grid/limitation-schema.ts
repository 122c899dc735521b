// A limited direction of a site on the wire, and what a guard writes to it.
import { z } from 'zod'
import { DIRECTIONS, GUARD_DOORS, useCaseOf } from '../../../domain/limitation/limitation-contract.ts'
import type { Direction } from '../../../domain/limitation/limit.ts'
import type { LimitationView } from '../../../domain/ports/answers/limitations.ts'
import { inWatts } from '../../../domain/units.ts'
import { name } from '../trader/portfolio-path.ts'
import { instant, instantOf, instantOrNull, power, wattsOrNull } from '../wire-values.ts'

const WATTS_MAX = 1e9
const SECONDS_MAX = 366 * 86_400
const STATES = ['init', 'limited', 'unlimited/controlled', 'failsafe', 'unlimited/autonomous'] as const

export const sitePath = z.object({ site: name.meta({ description: 'Id of the site in the registry' }) })
export const directionPath = sitePath.extend({
  direction: z.enum(DIRECTIONS).meta({ description: '`consume`: what is taken (LPC); `produce`: what is given (LPP)' }),
})
const bound = power.min(-WATTS_MAX).max(WATTS_MAX)
const seconds = z.number().min(0).max(SECONDS_MAX)

const event = z.strictObject({
  at: instant,
  from: z.enum(STATES).nullable(),
  to: z.enum(STATES).nullable().meta({ description: 'The state it went into; null for a write that was refused' }),
  requirement: z.string().nullable().meta({ description: 'Of the test specification, such as `LPC-TS-022/3`' }),
  cause: z.string().meta({ description: 'Why the state was left, or why the write was refused' }),
  guard: z.string().nullable(),
  write: z.enum(['limit', 'failsafe-limit', 'failsafe-duration']).nullable(),
})
export const limitation = z
  .strictObject({
    site: z.string(),
    direction: z.enum(DIRECTIONS),
    useCase: z.enum(['LPC', 'LPP']),
    state: z.enum(STATES),
    since: instant,
    isActive: z.boolean().meta({ description: 'Whether the limit holds' }),
    limitW: power.nullable().meta({ description: 'As it was last taken over, active or not' }),
    until: instant.nullable().meta({ description: 'End of an active limit; null has none' }),
    remainingSeconds: z.number().nullable(),
    failsafeW: power.meta({ description: 'At least 0 in both directions' }),
    failsafeDurationSeconds: z.number(),
    isFailsafeWritten: z.boolean().meta({ description: 'Its guard has written one of them; the registry’s counts no more' }),
    nominalMaxW: power.nullable(),
    role: z.enum(['energy-manager', 'device']),
    guard: z.string().meta({ description: 'Who may guide it' }),
    by: z.enum(GUARD_DOORS),
    isConnected: z.boolean().meta({ description: 'Where its protocol knows of connections' }),
    lastHeartbeat: instant.nullable(),
    heartbeatAgeSeconds: z.number().nullable(),
    nextDeadline: z
      .strictObject({ at: instant, why: z.string() })
      .nullable()
      .meta({ description: 'When its state changes if nothing comes in' }),
    ceiling: z.strictObject({ by: z.enum(['limit', 'failsafe', 'nominal-maximum', 'none']), powerW: power.nullable() }),
    inForceW: power.nullable().meta({ description: 'What the cars of the site are held to together' }),
    releasesAt: instant
      .nullable()
      .meta({ description: 'When it is let to its ceiling: many sites of one guard are released one after the other' }),
    history: z.array(event).meta({ description: 'The last twenty, the newest last' }),
  })
  .meta({ id: 'Limitation' })
export const acknowledged = limitation.extend({
  storedW: power.nullable().meta({ description: 'What is stored now' }),
  isReduced: z.boolean().meta({ description: 'It was larger than can be stored' }),
})

export const heartbeat = z
  .strictObject({ timeoutSeconds: z.number().min(1).max(3_600).default(60).meta({ description: 'The next one follows within' }) })
  .meta({ id: 'Heartbeat' })

export const newLimit = z
  .strictObject({
    isActive: z.boolean(),
    powerW: bound
      .nullable()
      .default(null)
      .meta({ description: 'At least 0 to consume, at most 0 to produce; null keeps the value that stands' }),
    durationSeconds: seconds.nullable().default(null).meta({ description: 'From now on; null holds until it is changed' }),
  })
  .meta({ id: 'NewLimit' })
export const newFailsafe = z
  .strictObject({
    powerW: bound.nullable().default(null).meta({ description: 'At least 0 in both directions; null leaves it' }),
    durationSeconds: seconds.nullable().default(null).meta({ description: '2 to 24 h; null leaves it' }),
  })
  .refine(({ powerW, durationSeconds }) => powerW !== null || durationSeconds !== null, { error: 'writes nothing' })
  .meta({ id: 'NewFailsafe' })

/** One direction as it is shown at an instant, epoch ms. */
export function limitationBody(
  { direction, contract, stands, ceiling, history, ...of }: LimitationView,
  now: number,
): z.output<typeof limitation> {
  const useCase = useCaseOf(direction)
  return {
    site: of.site,
    direction,
    useCase,
    state: stands.state,
    since: instantOf(stands.since),
    isActive: stands.state === 'limited',
    limitW: wattsOrNull(stands.limit),
    until: instantOrNull(stands.until),
    remainingSeconds: of.remainingMs === null ? null : secondsOf(of.remainingMs),
    failsafeW: inWatts(of.failsafeLimit),
    failsafeDurationSeconds: secondsOf(of.failsafeDurationMs),
    isFailsafeWritten: stands.written.limit !== null || stands.written.durationMs !== null,
    nominalMaxW: wattsOrNull(contract.nominalMax),
    role: contract.role,
    guard: contract.guard,
    by: contract.by,
    isConnected: stands.isConnected,
    lastHeartbeat: instantOrNull(of.heartbeatAt),
    heartbeatAgeSeconds: of.heartbeatAt === null ? null : secondsOf(now - of.heartbeatAt),
    nextDeadline: of.nextDeadline === null ? null : { at: instantOf(of.nextDeadline.at), why: of.nextDeadline.why },
    ceiling: { by: ceiling.by, powerW: wattsOrNull(ceiling.power) },
    inForceW: wattsOrNull(of.inForce),
    releasesAt: instantOrNull(of.releasesAt),
    history: history.map((one) => eventBody(one, direction)),
  }
}

function eventBody(of: LimitationView['history'][number], direction: Direction): z.output<typeof event> {
  return of.kind === 'changed'
    ? {
        at: instantOf(of.at),
        from: of.from,
        to: of.to,
        requirement: `${useCaseOf(direction)}-TS-${of.requirement}`,
        cause: of.cause,
        guard: null,
        write: null,
      }
    : { at: instantOf(of.at), from: null, to: null, requirement: null, cause: of.refusal, guard: of.guard, write: of.write }
}

function secondsOf(ms: number): number {
  return Math.round(ms) / 1_000
}
