// Transactions: they begin, go on and end, at the station or by remote control.
import { REGISTER_RANGE } from '../../../domain/telemetry/physical-range.ts'
import type { EventBody, Inbound, InboundContext, InboundHandler } from '../inbound.ts'
import { instantOr } from '../instant.ts'
import type { Outbound } from '../outbound.ts'
import { possibleNumbers } from '../possible-number.ts'
import { idTagInfo, idTokenInfo, isNobody, type IdToken } from './authorization.ts'
import { clearProfileV16, clearProfileV2, profileIds } from './charging/profile.ts'
import { readingsOf, type MeterValue } from './meter-values.ts'

/** Remote control of transactions. */
export interface TransactionMessages {
  /** The token is what stands on the card. */
  start(evse: number, token: string, requestId: number): Outbound
  stop(transaction: string): Outbound
}

export const transactionsV16: TransactionMessages = {
  start: (evse, token) => ({ action: 'RemoteStartTransaction', payload: { connectorId: evse, idTag: token } }),
  stop: (transaction) => ({ action: 'RemoteStopTransaction', payload: { transactionId: Number(transaction) } }),
}

/** 2.0.1 and 2.1. */
export const transactionsV2: TransactionMessages = {
  start: (evse, token, requestId) => ({
    action: 'RequestStartTransaction',
    payload: { remoteStartId: requestId, evseId: evse, idToken: { idToken: token, type: 'ISO14443' } },
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
        evse: connectorId,
        transaction: null,
        token: idTag,
        at,
        offline: at < now - OFFLINE_AFTER_MS,
        importedWh: possibleNumbers(impossible)('meterStart', meterStart, REGISTER_RANGE),
      },
    ],
    answer([reply]) {
      const transaction = reply!.transaction ?? '0'
      memory.evseOf.set(transaction, connectorId)
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
  const readings = readingsOf(stop.transactionData ?? [], { station, evse, transaction, now, impossible, isEnd: true })
  const before = measured(readings)
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
      },
      ...shown(stop.idTag),
    ],
    answer: (replies) => (stop.idTag === undefined ? {} : { idTagInfo: idTagInfo(replies[before.length + 1]!) }),
    ...(wasDefault ? { afterwards: [clearProfileV16(profileIds(evse).course)] } : {}),
  }
}

interface TransactionEvent {
  readonly eventType: 'Started' | 'Updated' | 'Ended'
  readonly timestamp: string
  readonly offline?: boolean
  readonly triggerReason: string
  readonly transactionInfo: { readonly transactionId: string; readonly stoppedReason?: string }
  readonly evse?: { readonly id: number }
  readonly idToken?: IdToken
  readonly meterValue?: readonly MeterValue[]
}

/** 2.0.1 and 2.1. */
export const transactionEvent: InboundHandler = (payload, context) => {
  const { station, now, memory, impossible } = context
  const event = payload as TransactionEvent
  const transaction = event.transactionInfo.transactionId
  const evse = event.evse?.id ?? evseOf(transaction, context)
  memory.evseOf.set(transaction, evse)
  const isEnd = event.eventType === 'Ended'
  const readings = readingsOf(event.meterValue ?? [], { station, evse, transaction, now, impossible, isEnd })
  const events = eventsOf(event, evse, measured(readings), now)
  const wasDefault = event.eventType === 'Ended' && forget(transaction, context)
  return {
    events,
    ...answerToToken(event, events),
    ...(wasDefault ? { afterwards: [clearProfileV2(profileIds(evse).course)] } : {}),
  }
}

function eventsOf(event: TransactionEvent, evse: number, readings: readonly EventBody[], now: number): readonly EventBody[] {
  const transaction = event.transactionInfo.transactionId
  const token = event.idToken === undefined || isNobody(event.idToken) ? null : event.idToken.idToken
  const at = instantOr(event.timestamp, now)
  switch (event.eventType) {
    case 'Started': {
      const offline = event.offline === true
      return [{ kind: 'session-started', evse, transaction, token, at, offline, importedWh: null }, ...readings]
    }
    case 'Updated':
      return token === null ? readings : [...readings, { kind: 'authorize', token }]
    case 'Ended': {
      const detail = event.transactionInfo.stoppedReason ?? event.triggerReason
      return [...readings, { kind: 'session-ended', evse, transaction, at, detail, importedWh: null }, ...shown(token)]
    }
  }
}

/** A token that decides nothing, but whoever shows it hears what it is worth. */
function shown(token: string | null | undefined): readonly EventBody[] {
  return token === null || token === undefined ? [] : [{ kind: 'authorize', token }]
}

/** Who shows a token hears what it is worth; of an end it decides nothing. */
function answerToToken({ idToken }: TransactionEvent, events: readonly EventBody[]): Pick<Inbound, 'answer'> {
  const judged = events.findIndex(({ kind }) => kind === 'session-started' || kind === 'authorize')
  if (idToken === undefined) return { answer: () => ({}) }
  if (isNobody(idToken)) return { answer: () => ({ idTokenInfo: idTokenInfo({ accepted: true }) }) }
  return { answer: (replies) => (judged < 0 ? {} : { idTokenInfo: idTokenInfo(replies[judged]!) }) }
}

function measured(readings: ReturnType<typeof readingsOf>): readonly EventBody[] {
  return readings.length === 0 ? [] : [{ kind: 'readings', readings }]
}

/** The EVSE of a transaction whose message leaves it out. */
function evseOf(transaction: string, { memory, evseOf }: InboundContext): number {
  return memory.evseOf.get(transaction) ?? evseOf(transaction) ?? 1
}

/** Drops what is remembered of a transaction that has ended; true where its course lies on the station as the default of its EVSE and has to go with it. */
function forget(transaction: string, { memory }: InboundContext): boolean {
  const wasDefault = memory.installed.get(transaction)?.asDefault === true
  memory.evseOf.delete(transaction)
  memory.installed.delete(transaction)
  return wasDefault
}
