// Transactions: they begin, go on and end, at the station or by remote control.
import { REGISTER_RANGE } from '../../../domain/telemetry/physical-range.ts'
import type { Reading } from '../../../domain/telemetry/reading.ts'
import { noteSequence } from '../event-sequence.ts'
import { nothingMore, type EventBody, type Inbound, type InboundContext, type InboundHandler } from '../inbound.ts'
import { instantOr } from '../instant.ts'
import type { Outbound } from '../outbound.ts'
import type { PresentedToken } from '../presented-tokens.ts'
import { possibleNumbers } from '../possible-number.ts'
import { keepUnplaced, takeUnplaced } from '../station-memory.ts'
import { idTagInfo, idTokenInfo, isNobody, type IdToken } from './authorization.ts'
import { clearProfileV16, clearProfileV2, profileIds } from './charging/profile.ts'
import { readingsOf, type MeterValue } from './meter-values.ts'

/** Remote control of transactions. */
export interface TransactionMessages {
  /** The token is what stands on the card; its type counts in 2.x. */
  start(evse: number, token: PresentedToken, requestId: number): Outbound
  stop(transaction: string): Outbound
}

export const transactionsV16: TransactionMessages = {
  start: (evse, { token }) => ({ action: 'RemoteStartTransaction', payload: { connectorId: evse, idTag: token } }),
  stop: (transaction) => ({ action: 'RemoteStopTransaction', payload: { transactionId: Number(transaction) } }),
}

/** 2.0.1 and 2.1. */
export const transactionsV2: TransactionMessages = {
  start: (evse, { token, type }, requestId) => ({
    action: 'RequestStartTransaction',
    payload: { remoteStartId: requestId, evseId: evse, idToken: { idToken: token, type } },
  }),
  stop: (transaction) => ({ action: 'RequestStopTransaction', payload: { transactionId: transaction } }),
}

/** A start told later than this after it happened was offline, ms; 1.6 does not say. */
const OFFLINE_AFTER_MS = 60_000

/** 1.6: the core's reply numbers the transaction. */
export const startTransaction: InboundHandler = (payload, { now, memory, impossible }) => {
  const { connectorId, idTag, meterStart, timestamp } = payload as {
    readonly connectorId: number
    readonly idTag: string
    readonly meterStart: number
    readonly timestamp: string
  }
  const at = instantOr(timestamp, now)
  return {
    events: [
      {
        kind: 'session-started',
        evse: placeOf(connectorId),
        transaction: null,
        token: idTag,
        at,
        offline: at < now - OFFLINE_AFTER_MS,
        importedWh: possibleNumbers(impossible)('meterStart', meterStart, REGISTER_RANGE),
      },
    ],
    answer([reply]) {
      const transaction = reply!.transaction ?? '0'
      if (connectorId > 0) memory.evseOf.set(transaction, connectorId)
      return { idTagInfo: idTagInfo(reply!), transactionId: Number(transaction) }
    },
  }
}

/** 1.6. */
export const stopTransaction: InboundHandler = (payload, context) => {
  const { station, now, impossible } = context
  const stop = payload as {
    readonly transactionId: number
    readonly meterStop: number
    readonly timestamp: string
    readonly reason?: string
    readonly idTag?: string
    readonly transactionData?: readonly MeterValue[]
  }
  const transaction = String(stop.transactionId)
  const evse = evseOf(transaction, context)
  const wasDefault = forget(transaction, context)
  const values = stop.transactionData ?? []
  const readings = evse === null ? [] : readingsOf(values, { station, evse, transaction, now, impossible, isEnd: true })
  const before = measured(readings, true)
  return {
    events: [
      ...before,
      {
        kind: 'session-ended',
        evse: null,
        transaction,
        at: instantOr(stop.timestamp, now),
        detail: stop.reason ?? 'Local',
        importedWh: possibleNumbers(impossible)('meterStop', stop.meterStop, REGISTER_RANGE),
        ...(stop.idTag === undefined ? {} : { token: stop.idTag }),
      },
      ...shown(stop.idTag),
    ],
    answer: (replies) => (stop.idTag === undefined ? {} : { idTagInfo: idTagInfo(replies[before.length + 1]!) }),
    ...(wasDefault && evse !== null ? { afterwards: [clearProfileV16(profileIds(evse).course)] } : {}),
  }
}

interface TransactionEvent {
  readonly eventType: 'Started' | 'Updated' | 'Ended'
  readonly timestamp: string
  readonly offline?: boolean
  readonly triggerReason: string
  /** Stations leave it out that should not. */
  readonly seqNo?: number
  readonly transactionInfo: {
    readonly transactionId: string
    readonly stoppedReason?: string
    readonly remoteStartId?: number
  }
  readonly evse?: { readonly id: number; readonly connectorId?: number }
  readonly idToken?: IdToken
  readonly meterValue?: readonly MeterValue[]
}
/** Where a transaction is; `isNews` with the first message that tells. */
interface Place {
  readonly evse: number | null
  readonly connector?: number
  readonly isNews: boolean
}

/** 2.0.1 and 2.1. */
export const transactionEvent: InboundHandler = (payload, context) => {
  const { station, now, memory, impossible } = context
  const event = payload as TransactionEvent
  const transaction = event.transactionInfo.transactionId
  const place = placeOfEvent(event, context)
  const { evse } = place
  const values = event.meterValue ?? []
  if (evse === null) keepUnplaced(memory, transaction, values)
  else memory.evseOf.set(transaction, evse)
  const placed = evse === null ? [] : takeUnplaced(memory, transaction).concat(values)
  const isEnd = event.eventType === 'Ended'
  const told = evse === null ? [] : readingsOf(placed, { station, evse, transaction, now, impossible, isEnd })
  const readings = event.offline === true ? told.map(queued) : told
  const sequence = Number.isSafeInteger(event.seqNo) ? event.seqNo : undefined
  if (sequence !== undefined) noteSequence(memory.sequences, transaction, sequence)
  const missed = isEnd ? (memory.sequences.get(transaction)?.missed.size ?? 0) : 0
  const events = eventsOf(event, place, readings, now, sequence, missed)
  const wasDefault = isEnd && forget(transaction, context)
  const answer = answerToToken(event, events)
  return wasDefault && evse !== null
    ? { events, answer, afterwards: [clearProfileV2(profileIds(evse).course)] }
    : { events, answer }
}

/** EVSE and connector come with one message of a transaction, not with all. */
function placeOfEvent({ evse, transactionInfo }: TransactionEvent, context: InboundContext): Place {
  const { transactionId } = transactionInfo
  const { evseOf: known, unplaced } = context.memory
  const place = evse === undefined || evse.id <= 0 ? evseOf(transactionId, context) : evse.id
  const isNews = place === null ? !unplaced.has(transactionId) : !known.has(transactionId)
  const connector = place === evse?.id ? evse?.connectorId : undefined
  return connector === undefined || connector <= 0 ? { evse: place, isNews } : { evse: place, connector, isNews }
}

/** A card that is shown with one of these ends a session; it says nothing about whose it was. */
const ENDING: ReadonlySet<string> = new Set(['StopAuthorized', 'Deauthorized', 'RemoteStop'])

function eventsOf(
  event: TransactionEvent,
  place: Place,
  readings: readonly Reading[],
  now: number,
  sequence: number | undefined,
  missed: number,
): readonly EventBody[] {
  const { transactionId: transaction, stoppedReason, remoteStartId } = event.transactionInfo
  const token = event.idToken === undefined || isNobody(event.idToken) ? null : event.idToken.idToken
  const isTold = place.isNews || token !== null || remoteStartId !== undefined
  // Most messages of a transaction measure, and tell nothing else.
  if (event.eventType === 'Updated' && !isTold) return measured(readings)
  const { isNews: _, ...where } = place
  const at = instantOr(event.timestamp, now)
  const numbered = sequence === undefined ? {} : { sequence }
  const what = { ...where, ...(remoteStartId === undefined ? {} : { remoteStartId }), transaction, ...numbered }
  const waited = event.offline === true ? ({ offline: true } as const) : {}
  switch (event.eventType) {
    case 'Started': {
      const offline = event.offline === true
      return [{ kind: 'session-started', ...what, token, at, offline, importedWh: null }, ...measured(readings)]
    }
    case 'Updated': {
      if (token !== null && ENDING.has(event.triggerReason)) return [...measured(readings), { kind: 'authorize', token }]
      return [{ kind: 'session-updated', ...what, token, at, ...waited }, ...measured(readings)]
    }
    case 'Ended': {
      const detail = stoppedReason ?? event.triggerReason
      const more = { ...(token === null ? {} : { token }), ...(missed === 0 ? {} : { missed }) }
      const end = { evse: place.evse, transaction, at, ...waited, detail, importedWh: null, ...more }
      return [...measured(readings, true), { kind: 'session-ended', ...end }, ...shown(token)]
    }
  }
}

function queued(reading: Reading): Reading {
  return { ...reading, origin: { ...reading.origin, isQueued: true } }
}

/** A token that decides nothing, but whoever shows it hears what it is worth. */
function shown(token: string | null | undefined): readonly EventBody[] {
  return token === null || token === undefined ? [] : [{ kind: 'authorize', token }]
}

const JUDGED: ReadonlySet<EventBody['kind']> = new Set(['session-started', 'session-updated', 'authorize'])

/** Who shows a token hears what it is worth; of an end it decides nothing. */
function answerToToken({ idToken }: TransactionEvent, events: readonly EventBody[]): Inbound['answer'] {
  if (idToken === undefined) return nothingMore
  if (isNobody(idToken)) return () => ({ idTokenInfo: idTokenInfo({ accepted: true }) })
  const judged = events.findIndex(({ kind }) => JUDGED.has(kind))
  return (replies) => (judged < 0 ? {} : { idTokenInfo: idTokenInfo(replies[judged]!) })
}

function measured(readings: readonly Reading[], isLast = false): readonly EventBody[] {
  return readings.length === 0 ? [] : [{ kind: 'readings', readings, ...(isLast ? { isLast } : {}) }]
}

/** The EVSE of a transaction whose message leaves it out; null where nobody knows. */
function evseOf(transaction: string, { memory, evseOf }: InboundContext): number | null {
  return memory.evseOf.get(transaction) ?? evseOf(transaction)
}

/** A connector of 1.6; 0 is the station and no place of a car. */
function placeOf(connector: number): number | null {
  return connector > 0 ? connector : null
}

/** Drops what is remembered of a transaction that has ended; true where its course lies on the station as the default of its EVSE and has to go with it. */
function forget(transaction: string, { memory }: InboundContext): boolean {
  const wasDefault = memory.installed.get(transaction)?.asDefault === true
  memory.evseOf.delete(transaction)
  memory.sequences.delete(transaction)
  memory.installed.delete(transaction)
  return wasDefault
}
