// One connection as the standard has it: who may send when, what is acknowledged when, and what ends it. No sockets and no clock: time and octets come in as arguments.
import {
  informationFrame,
  NUMBERS,
  readFrame,
  supervisoryFrame,
  unnumberedFrame,
  type Frame,
  type FrameFault,
  type UnnumberedFunction,
} from '../codec/apci.ts'
import type { LinkSettings } from './link-settings.ts'

/** `controlled` is the station, which waits to be started; `controlling` the centre, which starts. */
export type LinkRole = 'controlled' | 'controlling'
export type LinkPhase = 'stopped' | 'starting' | 'started' | 'stopping' | 'closed'
export type CloseReason =
  | FrameFault
  /** t1: nobody has acknowledged, confirmed or answered a test. */
  | 'no-acknowledgement'
  /** N(S) leaves out or repeats a frame. */
  | 'send-number'
  /** N(R) acknowledges what was never sent, or takes an acknowledgement back. */
  | 'receive-number'
  /** Numbered frames on a connection that is not started, or a function that the other side has not to send. */
  | 'out-of-turn'
export interface LinkEffects {
  /** Octets for the other side. */
  send(bytes: Buffer): void
  /** An ASDU has arrived; the memory is the caller's. */
  deliver(asdu: Buffer): void
  /** So many of the oldest ASDUs that were sent are acknowledged. */
  acknowledged(count: number): void
  /** Numbered frames may be sent from now on, or no more. */
  phase(phase: LinkPhase): void
  /** The connection has to be closed. Called once. */
  close(reason: CloseReason): void
}
/** All instants are ms of a time that only passes. */
export interface LinkLayer {
  /** A whole frame has arrived. */
  received(bytes: Buffer, now: number): void
  /** Sends an ASDU; false where the window is full or the connection is not started. */
  offer(asdu: Uint8Array, now: number): boolean
  /** Whether an ASDU would be sent now. */
  isOpen(): boolean
  /** Asks the other side to start or to stop; for the centre. */
  start(now: number): void
  stop(now: number): void
  /** Another connection of the group has taken over; what was sent stays to be acknowledged. */
  standBy(): void
  /** What the passing of time demands. */
  tick(now: number): void
  /** When `tick` is due next. */
  dueAt(): number
  readonly phase: () => LinkPhase
  /** Sent and not acknowledged. */
  readonly outstanding: () => number
}

const NEVER = Infinity

/** A connection that has just been made at an instant. */
export function linkLayer(role: LinkRole, settings: LinkSettings, effects: LinkEffects, madeAt: number): LinkLayer {
  const {
    acknowledgeTimeoutMs: t1,
    acknowledgeAfterMs: t2,
    testAfterMs: t3,
    unacknowledgedMax: k,
    acknowledgeEvery: w,
  } = settings
  let phase: LinkPhase = 'stopped'
  let nextSent = 0
  let nextReceived = 0
  let firstUnacknowledged = 0
  /** When each unacknowledged frame was sent: a ring whose first is the oldest. */
  const sentAt = new Float64Array(k)
  let oldest = 0
  let owed = 0
  let owedSince = NEVER
  let heardAt = madeAt
  let testedAt = NEVER
  /** When a start or stop was asked for. */
  let askedAt = NEVER

  const outstanding = () => (nextSent - firstUnacknowledged + NUMBERS) % NUMBERS
  const oldestSentAt = () => (outstanding() === 0 ? NEVER : sentAt[oldest]!)
  function enter(next: LinkPhase): void {
    if (phase === next) return
    phase = next
    effects.phase(next)
  }
  function close(reason: CloseReason): void {
    if (phase === 'closed') return
    enter('closed')
    effects.close(reason)
  }
  function acknowledge(): void {
    if (owed === 0 || phase === 'closed') return
    forgetOwed()
    effects.send(supervisoryFrame(nextReceived))
  }
  function forgetOwed(): void {
    owed = 0
    owedSince = NEVER
  }
  function takeAcknowledgement(received: number): boolean {
    const count = (received - firstUnacknowledged + NUMBERS) % NUMBERS
    if (count > outstanding()) {
      close('receive-number')
      return false
    }
    firstUnacknowledged = received
    oldest = (oldest + count) % k
    if (count > 0) effects.acknowledged(count)
    if (phase === 'stopping' && role === 'controlled' && outstanding() === 0) confirmStop()
    return true
  }
  function confirmStop(): void {
    effects.send(unnumberedFrame('stopdt-con'))
    enter('stopped')
  }
  function takeInformation({ sent, received, asdu }: Frame & { kind: 'information' }, now: number): void {
    // A centre that has asked to stop still hears what was on its way.
    const isExpected = phase === 'started' || (phase === 'stopping' && role === 'controlling')
    if (!isExpected) return close('out-of-turn')
    if (sent !== nextReceived) return close('send-number')
    nextReceived = (nextReceived + 1) % NUMBERS
    if (owed++ === 0) owedSince = now
    if (!takeAcknowledgement(received)) return
    effects.deliver(asdu)
    if (owed >= w) acknowledge()
  }
  function takeFunction(is: UnnumberedFunction): void {
    switch (is) {
      case 'testfr-act':
        return effects.send(unnumberedFrame('testfr-con'))
      case 'testfr-con':
        testedAt = NEVER
        return
      case 'startdt-act':
        if (role === 'controlling') return close('out-of-turn')
        effects.send(unnumberedFrame('startdt-con'))
        return enter('started')
      case 'stopdt-act':
        if (role === 'controlling') return close('out-of-turn')
        return takeStop()
      case 'startdt-con':
        if (phase !== 'starting') return close('out-of-turn')
        askedAt = NEVER
        return enter('started')
      case 'stopdt-con':
        if (phase !== 'stopping' || role !== 'controlling') return close('out-of-turn')
        askedAt = NEVER
        acknowledge()
        return enter('stopped')
    }
  }
  function takeStop(): void {
    acknowledge()
    if (outstanding() === 0) return confirmStop()
    enter('stopping')
  }
  function ask(is: 'startdt-act' | 'stopdt-act', next: LinkPhase, now: number): void {
    effects.send(unnumberedFrame(is))
    askedAt = now
    enter(next)
  }

  return {
    received(bytes, now) {
      if (phase === 'closed') return
      heardAt = now
      const frame = readFrame(bytes)
      if (!frame.ok) return close(frame.refusal)
      switch (frame.value.kind) {
        case 'information':
          return takeInformation(frame.value, now)
        case 'supervisory':
          return void takeAcknowledgement(frame.value.received)
        case 'unnumbered':
          return takeFunction(frame.value.is)
      }
    },
    offer(asdu, now) {
      if (phase !== 'started' || outstanding() >= k) return false
      sentAt[(oldest + outstanding()) % k] = now
      const bytes = informationFrame(nextSent, nextReceived, asdu)
      nextSent = (nextSent + 1) % NUMBERS
      forgetOwed()
      effects.send(bytes)
      return true
    },
    isOpen: () => phase === 'started' && outstanding() < k,
    start(now) {
      if (phase === 'stopped') ask('startdt-act', 'starting', now)
    },
    stop(now) {
      if (phase === 'started') {
        acknowledge()
        ask('stopdt-act', 'stopping', now)
      }
    },
    standBy() {
      if (phase === 'started' || phase === 'stopping') enter('stopped')
    },
    tick(now) {
      if (phase === 'closed') return
      if (now >= Math.min(oldestSentAt(), testedAt, askedAt) + t1) return close('no-acknowledgement')
      if (now >= owedSince + t2) acknowledge()
      if (testedAt === NEVER && now >= heardAt + t3) {
        testedAt = now
        effects.send(unnumberedFrame('testfr-act'))
      }
    },
    dueAt() {
      if (phase === 'closed') return NEVER
      return Math.min(oldestSentAt() + t1, testedAt + t1, askedAt + t1, owedSince + t2, testedAt === NEVER ? heardAt + t3 : NEVER)
    },
    phase: () => phase,
    outstanding,
  }
}
