// Signals as JSON, as the body of `PUT /v1/signals/{id}` has them, and what is answered and published about them.
import { z } from 'zod'
import type { SignalReceipt, SignalView } from '../../domain/ports/answers/signals.ts'
import { ok, refused, type Result } from '../../domain/result.ts'
import { SIGNAL_RANKS, type NewSignal } from '../../domain/signals/signal.ts'
import { signalRefusalText, type SignalRefusal } from '../../domain/signals/signal-refusal.ts'
import { instantText } from '../../domain/time/slot.ts'
import { inWatts, watts, type Power } from '../../domain/units.ts'
import { problemDocument, type Problem, type ProblemPart } from '../wire/problem.ts'
import { parseInstant } from '../wire/rfc3339.ts'

/** A gigawatt: more than any pool here will ever have. */
const WATTS_MAX = 1e9
const BODY_BYTES_MAX = 65_536
const ISSUES_MAX = 20

const version = z.int().min(1)
const bound = z.int().min(-WATTS_MAX).max(WATTS_MAX).nullable().default(null)
const instant = z.string().transform((text, context) => {
  const at = parseInstant(text)
  if (at === null) context.addIssue({ code: 'custom', message: 'is an instant with offset such as 2026-01-31T12:30:00Z' })
  return at ?? 0
})
const text = z.string().min(1).max(200)
const set = z.strictObject({
  version,
  issuedAt: instant,
  subjects: z.array(z.string().min(1).max(140)).min(1),
  // A grid operator speaks neither as the driver nor as the control room.
  rank: z.enum(SIGNAL_RANKS).extract(['grid-limit', 'activation']),
  minW: bound,
  maxW: bound,
  from: instant,
  until: instant.nullable().default(null),
  authority: text.optional(),
  preventive: z.boolean().default(false),
  reference: text,
})
const withdrawal = z.strictObject({ withdraw: z.literal(true), version })

export type SignalMessage =
  { readonly kind: 'set'; readonly signal: NewSignal } | { readonly kind: 'withdraw'; readonly version: number }

/** What a sender has written under an id. Never throws. */
export function readSignalMessage(payload: Buffer, id: string, sender: string): Result<SignalMessage, Problem> {
  if (payload.length > BODY_BYTES_MAX)
    return refused({ kind: 'too-large', detail: `a message has at most ${BODY_BYTES_MAX} bytes` })
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))
  } catch {
    return refused({ kind: 'malformed-json', detail: 'the message is not JSON in UTF-8' })
  }
  const isWithdrawal = typeof json === 'object' && json !== null && Object.hasOwn(json, 'withdraw')
  const parsed = isWithdrawal ? withdrawal.safeParse(json) : set.safeParse(json)
  if (!parsed.success)
    return refused({ kind: 'invalid-request', detail: 'some values are not valid', errors: partsOf(parsed.error) })
  if ('withdraw' in parsed.data) return ok({ kind: 'withdraw', version: parsed.data.version })
  const { minW, maxW, preventive, authority: _, reference, ...said } = parsed.data
  // What a grid operator sends is said by it, whatever it writes.
  const provenance = { authority: sender, reference }
  const signal = {
    ...said,
    id,
    min: powerOf(minW),
    max: powerOf(maxW),
    provenance,
    ...(preventive ? { isPreventive: true } : {}),
  }
  return ok({ kind: 'set', signal })
}

/** A signal and what has become of it, as `GET /v1/signals/{id}` shows it, without the list of its subjects. */
export function viewJson({ signal, state, withdrawn, ...effect }: SignalView): Readonly<Record<string, unknown>> {
  const at = (of: number | null) => (of === null ? null : instantText(of))
  const power = (of: Power | null) => (of === null ? null : inWatts(of))
  return {
    id: signal.id,
    version: withdrawn?.version ?? signal.version,
    state,
    subjectCount: signal.subjects.length,
    rank: signal.rank,
    minW: power(signal.min),
    maxW: power(signal.max),
    from: at(signal.from),
    until: at(signal.until),
    ...signal.provenance,
    issuedAt: at(signal.issuedAt),
    receivedAt: at(signal.receivedAt),
    withdrawnAt: at(withdrawn?.at ?? null),
    evses: effect.evses,
    cars: effect.cars,
    measuredW: inWatts(effect.measured),
    orderedW: inWatts(effect.ordered),
    firstOrderAt: at(effect.firstOrderAt),
    lastConfirmedAt: at(effect.lastConfirmedAt),
    told: effect.told,
    confirmed: effect.confirmed,
    preventive: signal.isPreventive === true,
    alarms: [...effect.alarms],
  }
}

/** The receipt of something that was accepted. */
export function acceptedJson({ view, isRepeated }: SignalReceipt): string {
  return JSON.stringify({ accepted: true, isRepeated, signal: viewJson(view) })
}

/** The receipt of something that was refused: a problem as the API words it. */
export function refusedJson(of: Problem): string {
  return JSON.stringify({ accepted: false, problem: problemDocument(of, 'urn:gegenstrom:mqtt') })
}

/** A refusal of the desk as a problem. */
export function problemOf(refusal: SignalRefusal): Problem {
  const detail = signalRefusalText(refusal)
  switch (refusal.kind) {
    case 'foreign':
      return { kind: 'not-allowed', detail }
    case 'outdated':
    case 'conflict':
      return { kind: 'version-conflict', detail }
    case 'withdrawn':
      return { kind: 'already-over', detail }
    case 'unknown-signal':
      return { kind: 'not-found', detail }
    case 'not-recordable':
      return { kind: 'unavailable', detail }
    default:
      return { kind: 'not-possible', detail }
  }
}

function partsOf({ issues }: z.ZodError): readonly ProblemPart[] {
  return issues.slice(0, ISSUES_MAX).map(({ path, message }) => ({ pointer: `/${path.join('/')}`, detail: message }))
}
function powerOf(value: number | null): Power | null {
  return value === null ? null : watts(value)
}
