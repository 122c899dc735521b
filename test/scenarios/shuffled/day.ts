// A day of one station with two EVSEs as it happened, and the frames it would send of it, in every version.
import type { Dialect } from '../../../adapters/ocpp/rpc/frame.ts'

export const MINUTE_MS = 60_000
export const HOUR_MS = 60 * MINUTE_MS

/** A car that was there, epoch ms; `end` null where it still is. */
export interface Stay {
  readonly evse: number
  readonly car: number
  readonly start: number
  readonly end: number | null
  /** Register at start and end, or now, Wh. */
  readonly from: number
  readonly to: number
  /** The card is shown after the cable has been plugged in; 2.x. */
  readonly isTokenLate: boolean
  readonly remoteStartId: number | null
}
/** What a frame is about; `stay` null for one of the station. */
export interface Frame {
  readonly at: number
  readonly stay: number | null
  readonly what: 'status' | 'start' | 'token' | 'needs' | 'meter' | 'end'
  readonly action: string
  /** The register it tells, Wh; null for none. */
  readonly wh: number | null
  /** `number`: what 1.6 calls the transaction, once it has been answered. */
  readonly payload: (of: { readonly number: number; readonly isOffline: boolean }) => object
}
export interface Day {
  readonly stays: readonly Stay[]
  readonly frames: readonly Frame[]
  readonly until: number
}

/** So many cars are known; one more is not. */
export const CARS = 4
const METER_EVERY_MS = 30 * MINUTE_MS

/** Some cars at two EVSEs, one after the other; instants in whole seconds, as stations write them. */
export function makeDay(dialect: Dialect, from: number, random: () => number): Day {
  const stays: Stay[] = []
  const until = from + 9 * HOUR_MS
  for (const evse of [1, 2]) {
    let at = from + second(random() * HOUR_MS)
    let register = 10_000 * evse
    while (at < until - HOUR_MS) {
      const stayMs = second(20 * MINUTE_MS + random() * 3 * HOUR_MS)
      const end = at + stayMs < until ? at + stayMs : null
      const to = register + Math.floor((((end ?? until) - at) / HOUR_MS) * 3_000)
      const car = Math.floor(random() * (CARS + 1))
      const remoteStartId = random() < 0.2 ? stays.length + 1 : null
      stays.push({ evse, car, start: at, end, from: register, to, isTokenLate: random() < 0.4, remoteStartId })
      register = to
      at = (end ?? until) + second(5 * MINUTE_MS + random() * 40 * MINUTE_MS)
    }
  }
  const frames = stays.flatMap((stay, i) =>
    dialect === 'ocpp1.6' ? framesV16(stay, i, until) : framesV2(stay, i, until, random),
  )
  return { stays, frames: frames.sort((a, b) => a.at - b.at), until }
}

/** What a station tells of its connectors when it is back, at an instant. */
export function statusesAt(dialect: Dialect, { stays }: Day, at: number): readonly Frame[] {
  return [1, 2].flatMap((evse) => {
    const here = stays.find((stay) => stay.evse === evse && stay.start <= at && (stay.end === null || stay.end > at))
    if (dialect === 'ocpp1.6') return [statusV16(evse, here !== undefined, at, null)]
    return [1, 2].map((connector) => statusV2(evse, connector, here !== undefined && connectorOf(here) === connector, at, null))
  })
}

export function tokenOf(car: number): string {
  return `CARD-${car}`
}

function second(ms: number): number {
  return Math.floor(ms / 1_000) * 1_000
}
function wire(at: number): string {
  return new Date(at).toISOString()
}
function connectorOf({ car }: Stay): number {
  return 1 + (car % 2)
}
/** Samples between start and end, without both. */
function samples({ start, end, from, to }: Stay, until: number): readonly { readonly at: number; readonly wh: number }[] {
  const all: { at: number; wh: number }[] = []
  for (let at = start + METER_EVERY_MS; at < (end ?? until); at += METER_EVERY_MS)
    all.push({ at, wh: from + Math.floor(((to - from) * (at - start)) / ((end ?? until) - start)) })
  return all
}

function statusV16(evse: number, isTaken: boolean, at: number, stay: number | null): Frame {
  const payload = { connectorId: evse, errorCode: 'NoError', status: isTaken ? 'Charging' : 'Available', timestamp: wire(at) }
  return { at, stay, what: 'status', action: 'StatusNotification', wh: null, payload: () => payload }
}
function statusV2(evseId: number, connectorId: number, isTaken: boolean, at: number, stay: number | null): Frame {
  const payload = { evseId, connectorId, connectorStatus: isTaken ? 'Occupied' : 'Available', timestamp: wire(at) }
  return { at, stay, what: 'status', action: 'StatusNotification', wh: null, payload: () => payload }
}

function framesV16(one: Stay, stay: number, until: number): readonly Frame[] {
  const { evse, start, end, from, to, car } = one
  const energy = (wh: number) => [{ value: String(wh), measurand: 'Energy.Active.Import.Register', unit: 'Wh' }]
  const frames: Frame[] = [
    statusV16(evse, true, start - 1_000, stay),
    {
      at: start,
      stay,
      what: 'start',
      action: 'StartTransaction',
      wh: from,
      payload: () => ({ connectorId: evse, idTag: tokenOf(car), meterStart: from, timestamp: wire(start) }),
    },
    ...samples(one, until).map(({ at, wh }): Frame => ({
      at,
      stay,
      what: 'meter',
      action: 'MeterValues',
      wh,
      payload: ({ number }) => ({
        connectorId: evse,
        transactionId: number,
        meterValue: [{ timestamp: wire(at), sampledValue: energy(wh) }],
      }),
    })),
  ]
  if (end === null) return frames
  frames.push(
    {
      at: end,
      stay,
      what: 'end',
      action: 'StopTransaction',
      wh: to,
      payload: ({ number }) => ({ transactionId: number, meterStop: to, timestamp: wire(end), reason: 'EVDisconnected' }),
    },
    statusV16(evse, false, end + 1_000, stay),
  )
  return frames
}

function framesV2(one: Stay, stay: number, until: number, random: () => number): readonly Frame[] {
  const { evse: id, start, end, from, to, car, isTokenLate, remoteStartId } = one
  const connectorId = connectorOf(one)
  let seqNo = 0
  const namesPlace = random() < 0.5
  const event = (
    what: Frame['what'],
    at: number,
    eventType: string,
    triggerReason: string,
    wh: number | null,
    more: object = {},
  ): Frame => {
    const number = seqNo++
    const info = { transactionId: `T-${id}-${stay}`, ...(what === 'start' && remoteStartId !== null ? { remoteStartId } : {}) }
    return {
      at,
      stay,
      what,
      action: 'TransactionEvent',
      wh,
      payload: ({ isOffline }) => ({
        eventType,
        triggerReason,
        seqNo: number,
        timestamp: wire(at),
        ...(isOffline ? { offline: true } : {}),
        transactionInfo: info,
        ...(what === 'start' || namesPlace ? { evse: { id, connectorId } } : {}),
        ...(wh === null ? {} : values(at, wh)),
        ...more,
      }),
    }
  }
  const idToken = { idToken: tokenOf(car), type: 'ISO14443' }
  const values = (at: number, wh: number) => ({
    meterValue: [
      { timestamp: wire(at), sampledValue: [{ value: wh, context: 'Sample.Periodic', unitOfMeasure: { unit: 'Wh' } }] },
    ],
  })
  const frames: Frame[] = [
    statusV2(id, connectorId, true, start - 1_000, stay),
    isTokenLate
      ? event('start', start, 'Started', 'CablePluggedIn', from)
      : event('start', start, 'Started', 'Authorized', from, { idToken }),
  ]
  if (isTokenLate) frames.push(event('token', start + 20_000, 'Updated', 'Authorized', null, { idToken }))
  frames.push(...samples(one, until).map(({ at, wh }) => event('meter', at, 'Updated', 'MeterValuePeriodic', wh)))
  if (end === null) return frames
  frames.push(
    event('meter', end - 1_000, 'Updated', 'ChargingStateChanged', to),
    event('end', end, 'Ended', 'EVDeparted', null),
    statusV2(id, connectorId, false, end + 1_000, stay),
  )
  return frames
}
