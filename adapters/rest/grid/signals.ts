// Limits and activations of grid operators and of the control room: set, replaced, withdrawn, and what has become of them.
import { z } from 'zod'
import { SIGNAL_ALARMS, type SignalReceipt, type SignalView } from '../../../domain/ports/answers/signals.ts'
import type { Asker } from '../../../domain/registry/asker.ts'
import { SIGNAL_RANKS, type NewSignal } from '../../../domain/signals/signal.ts'
import { signalRefusalText, type SignalField, type SignalRefusal } from '../../../domain/signals/signal-refusal.ts'
import { inWatts, watts } from '../../../domain/units.ts'
import { problem } from '../../wire/problem.ts'
import { fromJournal } from '../operator/store-access.ts'
import { cursorParameter } from '../paging.ts'
import type { RestPorts } from '../ports.ts'
import { GRID_OPERATORS, GRID_OPERATORS_AND_VIEWERS, route, type Route } from '../route.ts'
import { name } from '../trader/portfolio-path.ts'
import { instant, instantOf, instantOrNull, instantParameter, limitParameter, power, wattsOrNull } from '../wire-values.ts'

const RETRY_AFTER_SECONDS = 5
/** Of a list; the whole of it stands under the signal's own address. */
const SUBJECTS_LISTED = 20
/** A gigawatt: more than any pool here will ever have. */
const WATTS_MAX = 1e9

const text = z.string().min(1).max(200)
const version = z.int().min(1)
const bound = power.min(-WATTS_MAX).max(WATTS_MAX).nullable().default(null)
const subject = z.string().min(1).max(140)
const newSignal = z
  .strictObject({
    version: version.meta({ description: 'Rises with every change; the withdrawal counts as one' }),
    issuedAt: instantParameter('When you made this version; older than 30 days is refused'),
    subjects: z
      .array(subject)
      .min(1)
      .meta({
        description: 'At most 10,000 of `evse:ID`, `site:ID`, `site:ID/L1` (one phase), `area:ID` (grid area), `pool:ID`',
        example: ['area:VNB-1|T-3|F-2'],
      }),
    rank: z.enum(SIGNAL_RANKS).meta({
      description:
        'Who has the last word, strictest first. An `activation` is a target of one pool: `minW` and `maxW` are the same',
    }),
    minW: bound.meta({ description: 'Lowest allowed power, at most 0 for a limit; null leaves this side free' }),
    maxW: bound.meta({ description: 'Highest allowed power, at least 0 for a limit; null leaves this side free' }),
    from: instantParameter('It acts from its first millisecond on; an instant of the past means at once'),
    until: instantParameter('It ends with this millisecond')
      .nullable()
      .default(null)
      .meta({ description: 'It ends with this millisecond; null: until it is replaced or withdrawn' }),
    authority: text.optional().meta({ description: 'Who decided it, in words; the name of the key where it is left out' }),
    preventive: z
      .boolean()
      .default(false)
      .meta({ description: 'Dimming by way of precaution, before the state of the grid was measured: at most two hours a day' }),
    reference: text.meta({ description: 'How a person finds it again: number of the intervention, contract, rule' }),
  })
  .meta({ id: 'NewSignal' })

const signal = z
  .strictObject({
    id: z.string(),
    version: z.int().meta({ description: 'The newest one, a withdrawal included' }),
    state: z.enum(['scheduled', 'in-force', 'ended', 'withdrawn']),
    subjects: z.array(z.string()),
    subjectCount: z.int(),
    rank: z.enum(SIGNAL_RANKS),
    minW: power.nullable(),
    maxW: power.nullable(),
    from: instant,
    until: instant.nullable(),
    authority: z.string(),
    reference: z.string(),
    sender: z.string().meta({ description: 'Name of the key it came with' }),
    issuedAt: instant,
    receivedAt: instant,
    withdrawnAt: instant.nullable(),
    evses: z.int().meta({ description: 'EVSEs it means now' }),
    cars: z.int().meta({ description: 'Of these, with a car' }),
    measuredW: power.meta({ description: 'What these cars take together, as last measured' }),
    orderedW: power.meta({
      description: 'What their orders add up to; for an activation what is granted of the power asked for',
    }),
    firstOrderAt: instant.nullable().meta({ description: 'First order that was issued while it held' }),
    lastConfirmedAt: instant.nullable().meta({ description: 'When the last of these stations first confirmed an order' }),
    told: z.int().meta({ description: 'EVSEs with an order since it began' }),
    confirmed: z.int().meta({ description: 'Of these, that have confirmed one' }),
    preventive: z.boolean(),
    alarms: z.array(z.enum(SIGNAL_ALARMS)).meta({
      description:
        'It is obeyed as sent all the same: less is left than §14a EnWG lets dim to, or precaution for more than two hours of this day',
    }),
  })
  .meta({ id: 'Signal' })
const receipt = signal
  .extend({
    isRepeated: z.boolean().meta({ description: 'It was there already, word for word' }),
    degraded: z.array(z.string()).meta({ description: 'What is away while it was taken; it acts and is durable all the same' }),
  })
  .meta({ id: 'SignalReceipt' })

const signalPath = z.object({ signal: name.meta({ description: 'Your name for the signal' }) })

/** Routes of signals. */
export function signalRoutes(ports: Pick<RestPorts, 'health' | 'signals'>): readonly Route[] {
  const receiptBody = ({ view: of, isRepeated }: SignalReceipt): z.output<typeof receipt> => ({
    ...signalBody(of),
    isRepeated,
    degraded: [...ports.health.health().degraded],
  })
  return [
    route({
      method: 'put',
      path: '/v1/signals/{signal}',
      access: GRID_OPERATORS,
      tag: 'Signals',
      summary: 'Set or replace a limit or an activation; sent twice it is one',
      description:
        'The answer is the receipt: the signal is durable, and its orders are leaving, those for less power first. Plans follow when all have left. A newer version replaces the one before, an older one never comes back.',
      pathSchema: signalPath,
      bodySchema: newSignal,
      answerSchema: receipt,
      problems: ['not-allowed', 'version-conflict', 'already-over', 'not-possible', 'unavailable'],
      async handle({ path, body, asker }) {
        const sent = signalFrom(path.signal, body, asker)
        if (asker.role === 'grid' && (sent.rank === 'driver' || sent.rank === 'operator'))
          throw signalProblem({ kind: 'impossible', field: 'rank', detail: `a grid operator does not speak as ${sent.rank}` })
        const answer = await fromJournal(ports.signals.receive(asker, sent))
        if (!answer.ok) throw signalProblem(answer.refusal)
        return { body: receiptBody(answer.value) }
      },
    }),
    route({
      method: 'delete',
      path: '/v1/signals/{signal}',
      access: GRID_OPERATORS,
      tag: 'Signals',
      summary: 'Withdraw a signal as of a version: it and all before it are over for ever',
      pathSchema: signalPath,
      querySchema: z.strictObject({
        version: z.coerce.number().pipe(version).meta({ description: 'The one in force or a higher one' }),
      }),
      answerSchema: receipt,
      problems: ['not-allowed', 'not-found', 'version-conflict', 'unavailable'],
      async handle({ path, query, asker }) {
        const answer = await fromJournal(ports.signals.withdraw(asker, path.signal, query.version))
        if (!answer.ok) throw signalProblem(answer.refusal)
        return { body: receiptBody(answer.value) }
      },
    }),
    route({
      method: 'get',
      path: '/v1/signals',
      access: GRID_OPERATORS_AND_VIEWERS,
      tag: 'Signals',
      summary: 'Signals by id: those in force and to come, or all that are known',
      querySchema: z.strictObject({
        over: z.enum(['true', 'false']).default('false').meta({ description: 'Those that have ended or were withdrawn as well' }),
        limit: limitParameter(),
        cursor: cursorParameter(),
      }),
      answerSchema: z.strictObject({ signals: z.array(signal) }),
      answerHeaders: ['Link'],
      handle({ query, asker, position, nextPage }) {
        const page = { after: position(z.string()), withOver: query.over === 'true', limit: query.limit + 1 }
        const found = ports.signals.signals(asker, page)
        const shown = found.slice(0, query.limit)
        const body = { signals: shown.map((one) => shortened(signalBody(one))) }
        return found.length > query.limit ? { body, headers: nextPage(shown.at(-1)!.signal.id) } : { body }
      },
    }),
    route({
      method: 'get',
      path: '/v1/signals/{signal}',
      access: GRID_OPERATORS_AND_VIEWERS,
      tag: 'Signals',
      summary: 'A signal, whom it bounds now, and what has become of it',
      pathSchema: signalPath,
      answerSchema: signal,
      problems: ['not-found'],
      handle({ path, asker }) {
        const found = ports.signals.signal(asker, path.signal)
        if (found === null) throw signalProblem({ kind: 'unknown-signal' })
        return { body: signalBody(found) }
      },
    }),
  ]
}

/** What a grid operator sends is said by him, whatever he writes. */
function signalFrom(id: string, body: z.output<typeof newSignal>, asker: Asker): NewSignal {
  const { version: ofSignal, issuedAt, subjects, rank, minW, maxW, from, until, reference } = body
  const authority = asker.role === 'grid' ? asker.name : (body.authority ?? asker.name)
  const [min, max] = [minW, maxW].map((value) => (value === null ? null : watts(value)))
  return {
    id,
    version: ofSignal,
    subjects,
    from,
    until,
    rank,
    min: min ?? null,
    max: max ?? null,
    provenance: { authority, reference },
    issuedAt,
    ...(body.preventive ? { isPreventive: true } : {}),
  }
}

function signalBody({ signal: of, state, withdrawn, ...effect }: SignalView): z.output<typeof signal> {
  return {
    id: of.id,
    version: withdrawn?.version ?? of.version,
    state,
    subjects: [...of.subjects],
    subjectCount: of.subjects.length,
    rank: of.rank,
    minW: wattsOrNull(of.min),
    maxW: wattsOrNull(of.max),
    from: instantOf(of.from),
    until: instantOrNull(of.until),
    ...of.provenance,
    sender: of.sender,
    issuedAt: instantOf(of.issuedAt),
    receivedAt: instantOf(of.receivedAt),
    withdrawnAt: instantOrNull(withdrawn?.at ?? null),
    evses: effect.evses,
    cars: effect.cars,
    measuredW: inWatts(effect.measured),
    orderedW: inWatts(effect.ordered),
    firstOrderAt: instantOrNull(effect.firstOrderAt),
    lastConfirmedAt: instantOrNull(effect.lastConfirmedAt),
    told: effect.told,
    confirmed: effect.confirmed,
    preventive: of.isPreventive === true,
    alarms: [...effect.alarms],
  }
}

function shortened(of: z.output<typeof signal>): z.output<typeof signal> {
  return { ...of, subjects: of.subjects.slice(0, SUBJECTS_LISTED) }
}

const POINTERS: Record<SignalField, string> = {
  subjects: '/subjects',
  from: '/from',
  until: '/until',
  issuedAt: '/issuedAt',
  min: '/minW',
  max: '/maxW',
  rank: '/rank',
}

function signalProblem(refusal: SignalRefusal): Error {
  const detail = signalRefusalText(refusal)
  switch (refusal.kind) {
    case 'foreign':
      return problem('not-allowed', detail)
    case 'outdated':
    case 'conflict':
      return problem('version-conflict', detail)
    case 'withdrawn':
      return problem('already-over', detail)
    case 'unknown-signal':
      return problem('not-found', detail)
    case 'unknown-subjects':
      return problem('not-possible', detail, {
        errors: refusal.places.slice(0, 100).map((i) => ({ pointer: `/subjects/${i}`, detail: 'not in the registry' })),
      })
    case 'too-many-subjects':
      return problem('not-possible', detail, { errors: [{ pointer: '/subjects', detail }] })
    case 'full':
      return problem('not-possible', detail)
    case 'not-recordable':
      return problem('unavailable', detail, { retryAfter: RETRY_AFTER_SECONDS })
    case 'impossible':
      return problem('not-possible', detail, { errors: [{ pointer: POINTERS[refusal.field], detail }] })
  }
}
