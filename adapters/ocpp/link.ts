// One connected station: its messages become events for the core, the core's orders become its messages.
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { id, type StationId } from '../../domain/registry/identity.ts'
import type { OrderContent } from '../../domain/orders/order.ts'
import { isNotRecorded, type ReceiveStationEvent, type StationEvent } from '../../domain/ports/charge-points.ts'
import type { OrderRefusal } from '../../domain/ports/controllables.ts'
import { type StationLimit } from '../../domain/registry/station.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import { ok, refused, type Result } from '../../domain/result.ts'
import type { Power } from '../../domain/units.ts'
import type { Channel } from '../wire/in-flight.ts'
import { frameLog, type FrameLog } from './frame-log.ts'
import { tokenFilter, type KnownTokens, type Pseudonym } from './hide-tokens.ts'
import type { AnswerCache } from './rpc/answer-cache.ts'
import { RpcError } from './rpc/error-code.ts'
import type { Dialect } from './rpc/frame.ts'
import { allowance, paceSocket, type Allowance, type PaceLimits } from './rpc/pace.ts'
import { openRpc, type Rpc, type RpcRefusal } from './rpc/rpc.ts'
import {
  hasCourse,
  profileIds,
  PULL_MAX_MS,
  type EventBody,
  type Outbound,
  type StationMemory,
  type Translator,
} from './translator.ts'
import { turns } from './turns.ts'
import { v16 } from './v16/station.ts'
import { v201 } from './v201/outbound.ts'
import { v21 } from './v21/outbound.ts'

const TRANSLATORS: Record<Dialect, Translator> = { 'ocpp1.6': v16, 'ocpp2.0.1': v201, 'ocpp2.1': v21 }
const TRANSACTIONS_MAX = 1_000
/** Of the reason a station gives for a refusal, as much as OCPP-J lets a description have. */
const DETAIL_CHARACTERS_MAX = 300
const MUST_ARRIVE: ReadonlySet<StationEvent['kind']> = new Set(['session-started', 'session-ended'])

/** Kept as long as the process knows the station, over all its connections. */
export interface StationRecord extends StationMemory {
  readonly answered: AnswerCache
  readonly log: FrameLog
  readonly tokens: KnownTokens
  readonly allowance: Allowance
  messageNumber: number
  requestNumber: number
  lastSeenAt: number
  badFrames: number
  /** Steps of the clock so far: what was asked before one and answered after it says nothing about how long it holds. */
  clockSteps: number
  /** Passed time of the connections let in within the last hour, oldest first. */
  connections: readonly number[]
  /** Passed time at which the core was last told of a limit this station ran into. */
  readonly toldAt: Map<StationLimit, number>
}

/** What is remembered of a station that was never seen before. */
export function stationRecord(limits?: PaceLimits): StationRecord {
  return {
    evseOf: new Map(),
    installed: new Map(),
    answered: new Map(),
    log: frameLog(),
    tokens: new Map(),
    allowance: allowance(limits),
    messageNumber: 0,
    requestNumber: 0,
    lastSeenAt: 0,
    badFrames: 0,
    clockSteps: 0,
    connections: [],
    toldAt: new Map(),
  }
}
/** After a step of the clock the machine may have slept: nobody knows what is left of the set-points in place, so none is told or renewed unasked (F36). */
export function doubtInstalled(record: StationRecord): void {
  record.clockSteps++
  for (const [transaction, installed] of record.installed) record.installed.set(transaction, { ...installed, renewedAt: null })
}

export interface LinkOptions {
  readonly station: StationId
  readonly socket: WebSocket
  /** What the socket reads from. */
  readonly raw: Duplex
  readonly dialect: Dialect
  readonly clock: Clock
  readonly record: StationRecord
  readonly receive: ReceiveStationEvent
  readonly pseudonym: Pseudonym
  readonly callTimeoutMs: number
  readonly evseOf: (transaction: string) => number | null
  readonly channel?: Channel
  /** Called for each frame. */
  readonly onFrame: (direction: 'in' | 'out') => void
  /** It is sent away through no fault of its own: what it told could not be recorded. */
  readonly onSentAway: () => void
  /** It sends faster than it is listened to. */
  readonly onSlow: () => void
  /** Something of ours went wrong; where a frame led to it the connection has been closed. */
  readonly onFailure: (error: Error) => void
}
type Confirmation = Result<{ readonly confirmedAt: number }, OrderRefusal>
export interface Link {
  readonly dialect: Dialect
  readonly since: number
  order(content: OrderContent, evse: number): Promise<Confirmation>
  renew(content: OrderContent, evse: number): Promise<Confirmation>
  setDefault(evse: number, limit: Power): Promise<Result<null, OrderRefusal>>
  start(evse: number, token: string): Promise<Result<null, OrderRefusal>>
  stop(transaction: string): Promise<Result<null, OrderRefusal>>
  /** A text the station gave outside of its messages, without tokens. */
  cleaned(text: string): string
  /** Makes the station ask for the time, where it can be made to. */
  tellTime(): void
  /** Since when the socket is read, in passed time; null while it is not, because too much waits. */
  readSince(): number | null
  close(code: number, reason: string): void
}

/** Messages a session that begins counts for: it means facts, a plan and an order. */
const SESSION_COST = 10
/** Of the readings of one message this many count for a message. */
const READINGS_A_MESSAGE = 2

/** Joins one socket to the core until it closes. */
export function openLink(options: LinkOptions): Link {
  const { station, clock, record, dialect } = options
  const translator = TRANSLATORS[dialect]
  const tokens = tokenFilter(options.pseudonym, record.tokens)
  const inTurn = turns<Confirmation>(refused({ kind: 'overtaken' }))
  // A new connection may be a new station behind the same name: nothing is taken to be in place.
  record.installed.clear()
  const pace = paceSocket({
    socket: options.socket,
    raw: options.raw,
    clock,
    allowance: record.allowance,
    key: `ocpp pace ${station}`,
    mayPause: options.channel === undefined,
    onSlow: options.onSlow,
    onFlood() {
      // The farewell goes out; nothing more is read.
      options.socket.pause()
      rpc.close(1008, 'too many messages')
    },
  })
  const rpc: Rpc = openRpc({
    socket: options.socket,
    dialect,
    clock,
    nextMessageId: () => `g${++record.messageNumber}`,
    callTimeoutMs: options.callTimeoutMs,
    answered: record.answered,
    ...(options.channel === undefined ? {} : { channel: options.channel }),
    handle,
    onFrame(direction, text) {
      record.log.add(clock.now(), direction, tokens.frame(text))
      options.onFrame(direction)
    },
    onBadFrame: () => void record.badFrames++,
    pace,
    onFailure: options.onFailure,
  })

  async function handle(action: string, payload: object): Promise<object> {
    if (action === 'PullDynamicScheduleUpdate' && dialect === 'ocpp2.1') return pulled(payload as { chargingProfileId: number })
    if (record.evseOf.size > TRANSACTIONS_MAX) record.evseOf.clear()
    tokens.heard(payload)
    const values: string[] = []
    const inbound = translator.inbound(action, payload, {
      station,
      now: clock.now(),
      memory: record,
      evseOf: options.evseOf,
      impossible: (what) => void values.push(what),
    })
    if (inbound === null) throw new RpcError('not-supported', `${action} is not served`)
    pace.charge(costOf(inbound.events))
    // Last, so that the replies before it stay in their places.
    const events: readonly EventBody[] =
      values.length === 0 ? inbound.events : [...inbound.events, { kind: 'impossible-values', action, values }]
    const replies = await Promise.all(
      events.map((event) => options.receive({ station, receivedAt: clock.now(), ...tokens.event(event) } as StationEvent)),
    ).catch((error: unknown) => {
      // Stations give a message up after a few errors. What came or went must not get lost, so it gets no answer: a station keeps it until it has one (F12).
      if (isNotRecorded(error) && events.some(({ kind }) => MUST_ARRIVE.has(kind))) {
        options.onSentAway()
        rpc.close(1013, 'try again later')
      }
      throw error
    })
    if (inbound.afterwards !== undefined) deliver(inbound.afterwards).catch(options.onFailure)
    // A step may have been noticed meanwhile; stations set their clocks by what they read here.
    return inbound.answer(replies, clock.now())
  }

  /**
   * K28.FR.07: the station asks for its set-point itself. The answer counts as an update there and starts the lease anew, so it is given only while the
   * core stands behind the order: nobody discharges because of his own questions.
   */
  function pulled({ chargingProfileId }: { chargingProfileId: number }): object {
    for (const [transaction, { setpoint, renewedAt }] of record.installed) {
      const evse = record.evseOf.get(transaction)
      if (evse === undefined || profileIds(evse).setpoint !== chargingProfileId || setpoint === null) continue
      if (renewedAt !== null && clock.elapsed() - renewedAt <= PULL_MAX_MS)
        return { status: 'Accepted', scheduleUpdate: { setpoint } }
    }
    return { status: 'Rejected' }
  }

  async function ask({ action, payload, alsoFine }: Outbound): Promise<Result<null, OrderRefusal>> {
    const answer = await rpc.call(action, payload)
    if (!answer.ok) return refused(cleaned(refusalOf(answer.refusal)))
    const { status, statusInfo } = answer.value as { status?: string; statusInfo?: { reasonCode?: string } }
    if (status === undefined || status === 'Accepted' || status === alsoFine) return ok(null)
    return refused(
      cleaned({
        kind: 'rejected',
        detail: `${action} ${status}${statusInfo?.reasonCode === undefined ? '' : ` (${statusInfo.reasonCode})`}`,
      }),
    )
  }

  /** Why a station refuses is a text of its own. */
  function cleaned(refusal: OrderRefusal): OrderRefusal {
    return 'detail' in refusal ? { ...refusal, detail: tokens.text(refusal.detail).slice(0, DETAIL_CHARACTERS_MAX) } : refusal
  }

  /**
   * Sends messages one after the other and stops at the first that is not taken. The other form of a message holds for whatever car comes next, so it is
   * tried only while the session is known to run.
   */
  async function deliver(
    messages: readonly Outbound[],
    transaction = '',
  ): Promise<Result<{ readonly inOtherForm: boolean }, OrderRefusal>> {
    let inOtherForm = false
    for (const message of messages) {
      let taken = await ask(message)
      if (message.otherwise !== undefined && !taken.ok && taken.refusal.kind === 'rejected' && record.evseOf.has(transaction)) {
        taken = await ask(message.otherwise)
        inOtherForm = true
      }
      if (!taken.ok) return taken
    }
    return ok({ inOtherForm })
  }

  async function install(content: OrderContent, evse: number): Promise<Confirmation> {
    const { transaction } = content
    const { clockSteps } = record
    let before = record.installed.get(transaction) ?? null
    let result = await deliver(translator.order(content, evse, before, clock.now()), transaction)
    if (!result.ok && result.refusal.kind === 'rejected' && before !== null) {
      // The station may have lost or outlived what we believe it has: everything anew, once (K28.FR.12).
      record.installed.delete(transaction)
      before = null
      result = await deliver(translator.order(content, evse, null, clock.now()), transaction)
    }
    if (!result.ok) {
      record.installed.delete(transaction)
      return result
    }
    if (record.installed.size > TRANSACTIONS_MAX) record.installed.clear()
    const { setpoint } = content
    const asDefault = result.value.inOtherForm || (before?.asDefault === true && hasCourse(before, content))
    record.installed.set(transaction, {
      course: before !== null && hasCourse(before, content) ? before.course : content.course,
      setpoint,
      renewedAt: record.clockSteps === clockSteps ? clock.elapsed() : null,
      asDefault,
    })
    record.evseOf.set(transaction, evse)
    return ok({ confirmedAt: clock.now() })
  }

  async function renew(content: OrderContent, evse: number): Promise<Confirmation> {
    const { transaction } = content
    const { clockSteps } = record
    const before = record.installed.get(transaction)
    if (before === undefined || before.renewedAt === null) return install(content, evse)
    const result = await deliver(translator.renewal(content, evse))
    if (result.ok) {
      record.installed.set(transaction, { ...before, renewedAt: record.clockSteps === clockSteps ? clock.elapsed() : null })
      return ok({ confirmedAt: clock.now() })
    }
    if (result.refusal.kind !== 'rejected') return result
    record.installed.delete(transaction)
    return install(content, evse)
  }

  return {
    dialect,
    since: clock.now(),
    order: (content, evse) => inTurn(content.transaction, () => install(content, evse)),
    renew: (content, evse) => inTurn(content.transaction, () => renew(content, evse)),
    setDefault: (evse, limit) => ask(translator.defaultLimit(evse, limit)),
    start(evse, token) {
      tokens.know(token)
      return ask(translator.start(evse, token, ++record.requestNumber))
    },
    cleaned: tokens.text,
    stop: (transaction) => ask(translator.stop(transaction)),
    tellTime: () => void ask({ action: 'TriggerMessage', payload: { requestedMessage: 'Heartbeat' } }).catch(options.onFailure),
    readSince: pace.readSince,
    close: rpc.close,
  }
}

/** What a message costs beyond one, in messages: as much as it means for the journal, so that its growth is bounded by what a station may send. */
function costOf(events: readonly EventBody[]): number {
  let cost = 0
  for (const event of events)
    if (event.kind === 'session-started') cost += SESSION_COST
    else if (event.kind === 'readings') cost += Math.max(0, event.readings.length - 1) / READINGS_A_MESSAGE
  return cost
}

function refusalOf(refusal: RpcRefusal): OrderRefusal {
  switch (refusal.kind) {
    case 'error':
      return refusal.code === 'NotImplemented' || refusal.code === 'NotSupported'
        ? { kind: 'unsupported', detail: refusal.code }
        : { kind: 'rejected', detail: `${refusal.code} ${refusal.description}`.trim() }
    case 'no-answer':
      return refusal
    case 'invalid':
      return { kind: 'rejected', detail: refusal.detail }
    case 'queue-full':
      return { kind: 'rejected', detail: 'too many calls are waiting' }
    case 'closed':
      return { kind: 'not-connected' }
  }
}

/** Identity of a station in the path of its connection. */
export function stationFrom(path: string): StationId | null {
  const last = path.slice(path.lastIndexOf('/') + 1)
  try {
    const name = decodeURIComponent(last)
    return /^[A-Za-z0-9*_=:+|@.-]{1,48}$/.test(name) ? id<StationId>(name) : null
  } catch {
    return null
  }
}
