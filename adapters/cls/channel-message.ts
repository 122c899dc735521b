// What is said inside a CLS channel: lines of JSON, each a request to open, a limit, a schedule, a release or a sign of life.
import { z } from 'zod'
import { ok, refused, type Result } from '../../domain/result.ts'
import { watts, type Power } from '../../domain/units.ts'
import type { Problem } from '../wire/problem.ts'
import { parseInstant } from '../wire/rfc3339.ts'

/** A bound on one direction, a positive number of watts, from and until an instant, epoch ms; null stays until it is replaced. */
export interface Step {
  readonly from: number
  readonly until: number | null
  readonly power: Power
}
export type Direction = 'consumption' | 'production'
export type ChannelMessage =
  | {
      readonly kind: 'open'
      readonly scenario: 'HKS3' | 'HKS4'
      readonly channel: string
      /** Null where the other side leaves it to us, ms. */
      readonly maxIdleMs: number | null
    }
  | { readonly kind: 'command'; readonly command: ChannelCommand }
  | { readonly kind: 'ping' }
export interface ChannelCommand {
  /** Its sender's name for it. */
  readonly name: string
  /** When it was made, epoch ms; of two commands for one direction the later made counts. */
  readonly issuedAt: number
  readonly direction: Direction
  /** In order and not overlapping; none lets go. */
  readonly steps: readonly Step[]
}

export const LINE_BYTES_MAX = 65_536
/** A day by the hour fits, and three of them have room among the 100 signals a site may have: what holds in both directions, and what replaces one of them. */
const STEPS_MAX = 32
const WATTS_MAX = 1e9
const IDLE_SECONDS_MAX = 86_400
const ISSUES_MAX = 20

const instant = z.string().transform((text, context) => {
  const at = parseInstant(text)
  if (at === null) context.addIssue({ code: 'custom', message: 'is an instant with offset such as 2026-01-31T12:30:00.000Z' })
  return at ?? 0
})
const power = z.int().min(0).max(WATTS_MAX).transform(watts)
const of = {
  command: z.string().regex(/^[^\p{C}]{1,64}$/u, 'is 1 to 64 printable characters'),
  issuedAt: instant,
  direction: z.enum(['consumption', 'production']),
}
const message = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('open'),
    scenario: z.enum(['HKS3', 'HKS4']),
    channel: z.string().min(1).max(64),
    maxIdleSeconds: z.int().min(1).max(IDLE_SECONDS_MAX).optional(),
  }),
  z.strictObject({ type: z.literal('limit'), ...of, maxW: power, from: instant, until: instant.nullable().default(null) }),
  z.strictObject({
    type: z.literal('schedule'),
    ...of,
    steps: z
      .array(z.strictObject({ from: instant, until: instant, maxW: power }))
      .min(1)
      .max(STEPS_MAX)
      .refine((steps) => steps.every(({ from, until }, i) => from < until && from >= (steps[i - 1]?.until ?? -Infinity)), {
        error: 'follow one another and do not overlap',
      }),
  }),
  z.strictObject({ type: z.literal('release'), ...of }),
  z.strictObject({ type: z.literal('ping') }),
])

/** The message of a line. Never throws. */
export function readMessage(line: string): Result<ChannelMessage, Problem> {
  let json: unknown
  try {
    json = JSON.parse(line)
  } catch {
    return refused({ kind: 'malformed-json', detail: 'a line is one JSON object' })
  }
  const parsed = message.safeParse(json)
  if (!parsed.success) {
    const errors = parsed.error.issues.slice(0, ISSUES_MAX).map((issue) => ({
      pointer: `/${issue.path.join('/')}`,
      detail: issue.message,
    }))
    return refused({ kind: 'invalid-request', detail: 'some values are not valid', errors })
  }
  const { data } = parsed
  if (data.type === 'ping') return ok({ kind: 'ping' })
  if (data.type === 'open') {
    const { scenario, channel, maxIdleSeconds } = data
    return ok({ kind: 'open', scenario, channel, maxIdleMs: maxIdleSeconds === undefined ? null : maxIdleSeconds * 1_000 })
  }
  const { command: name, issuedAt, direction } = data
  return ok({ kind: 'command', command: { name, issuedAt, direction, steps: stepsOf(data) } })
}

function stepsOf(data: Exclude<z.output<typeof message>, { type: 'ping' | 'open' }>): readonly Step[] {
  switch (data.type) {
    case 'release':
      return []
    case 'limit':
      return [{ from: data.from, until: data.until, power: data.maxW }]
    case 'schedule':
      return data.steps.map(({ from, until, maxW }) => ({ from, until, power: maxW }))
  }
}
