// One connection as the standard has it: who may send when, what is acknowledged when, and what ends it. No sockets and no clock: time and octets come in as arguments.
import {
  informationFrame,
  readFrame,
  supervisoryFrame,
  unnumberedFrame,
  type Frame,
  type FrameFault,
  type UnnumberedFunction,
} from '../codec/apci.ts'
import type { LinkSettings } from './link-settings.ts'
import { receiveWindow, sendWindow, type ReceiveWindow, type SendWindow } from './windows.ts'

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

/** A connection and how it stands. */
interface Link {
  readonly role: LinkRole
  readonly settings: LinkSettings
  readonly effects: LinkEffects
  readonly sent: SendWindow
  readonly received: ReceiveWindow
  phase: LinkPhase
  heardAt: number
  /** When a test was sent that is not answered, and when a start or stop was asked for; infinite for none. */
  testedAt: number
  askedAt: number
}

/** A connection that has just been made at an instant. */
export function linkLayer(role: LinkRole, settings: LinkSettings, effects: LinkEffects, madeAt: number): LinkLayer {
  const link: Link = {
    role,
    settings,
    effects,
    sent: sendWindow(settings.unacknowledgedMax),
    received: receiveWindow(),
    phase: 'stopped',
    heardAt: madeAt,
    testedAt: Infinity,
    askedAt: Infinity,
  }
  const { sent } = link
  const isOpen = () => link.phase === 'started' && sent.outstanding() < settings.unacknowledgedMax
  return {
    received(bytes, now) {
      if (link.phase !== 'closed') take(link, bytes, now)
    },
    offer(asdu, now) {
      if (!isOpen()) return false
      effects.send(informationFrame(sent.take(now), link.received.settle(), asdu))
      return true
    },
    isOpen,
    start(now) {
      if (link.phase === 'stopped') ask(link, 'startdt-act', 'starting', now)
    },
    stop(now) {
      if (link.phase !== 'started') return
      acknowledge(link)
      ask(link, 'stopdt-act', 'stopping', now)
    },
    standBy() {
      if (link.phase === 'started' || link.phase === 'stopping') enter(link, 'stopped')
    },
    tick(now) {
      if (link.phase !== 'closed') passTime(link, now)
    },
    dueAt: () => (link.phase === 'closed' ? Infinity : dueAt(link)),
    phase: () => link.phase,
    outstanding: () => sent.outstanding(),
  }
}

function take(link: Link, bytes: Buffer, now: number): void {
  link.heardAt = now
  const frame = readFrame(bytes)
  if (!frame.ok) return close(link, frame.refusal)
  switch (frame.value.kind) {
    case 'information':
      return takeInformation(link, frame.value, now)
    case 'supervisory':
      return void takeAcknowledgement(link, frame.value.received)
    case 'unnumbered':
      return takeFunction(link, frame.value.is)
  }
}

function takeInformation(link: Link, { sent, received, asdu }: Frame & { kind: 'information' }, now: number): void {
  // A centre that has asked to stop still hears what was on its way.
  const isExpected = link.phase === 'started' || (link.phase === 'stopping' && link.role === 'controlling')
  if (!isExpected) return close(link, 'out-of-turn')
  if (!link.received.take(sent, now)) return close(link, 'send-number')
  if (!takeAcknowledgement(link, received)) return
  link.effects.deliver(asdu)
  if (link.received.owed() >= link.settings.acknowledgeEvery) acknowledge(link)
}

function takeAcknowledgement(link: Link, received: number): boolean {
  const count = link.sent.acknowledge(received)
  if (count === null) {
    close(link, 'receive-number')
    return false
  }
  if (count > 0) link.effects.acknowledged(count)
  if (link.phase === 'stopping' && link.role === 'controlled' && link.sent.outstanding() === 0) confirmStop(link)
  return true
}

function takeFunction(link: Link, is: UnnumberedFunction): void {
  const { role, phase, effects } = link
  switch (is) {
    case 'testfr-act':
      return effects.send(unnumberedFrame('testfr-con'))
    case 'testfr-con':
      link.testedAt = Infinity
      return
    case 'startdt-act':
      if (role === 'controlling') return close(link, 'out-of-turn')
      effects.send(unnumberedFrame('startdt-con'))
      return enter(link, 'started')
    case 'stopdt-act':
      return role === 'controlling' ? close(link, 'out-of-turn') : takeStop(link)
    case 'startdt-con':
      if (phase !== 'starting') return close(link, 'out-of-turn')
      link.askedAt = Infinity
      return enter(link, 'started')
    case 'stopdt-con':
      if (phase !== 'stopping' || role !== 'controlling') return close(link, 'out-of-turn')
      link.askedAt = Infinity
      acknowledge(link)
      return enter(link, 'stopped')
  }
}

function takeStop(link: Link): void {
  acknowledge(link)
  if (link.sent.outstanding() === 0) return confirmStop(link)
  if (link.phase === 'started') enter(link, 'stopping')
}

function confirmStop(link: Link): void {
  link.effects.send(unnumberedFrame('stopdt-con'))
  enter(link, 'stopped')
}

function passTime(link: Link, now: number): void {
  const { acknowledgeTimeoutMs: t1, acknowledgeAfterMs: t2, testAfterMs: t3 } = link.settings
  if (now >= unansweredSince(link) + t1) return close(link, 'no-acknowledgement')
  if (now >= link.received.owedSince() + t2) acknowledge(link)
  if (link.testedAt !== Infinity || now < link.heardAt + t3) return
  link.testedAt = now
  link.effects.send(unnumberedFrame('testfr-act'))
}

function dueAt(link: Link): number {
  const { acknowledgeTimeoutMs: t1, acknowledgeAfterMs: t2, testAfterMs: t3 } = link.settings
  const test = link.testedAt === Infinity ? link.heardAt + t3 : Infinity
  return Math.min(unansweredSince(link) + t1, link.received.owedSince() + t2, test)
}

/** Since when the other side owes something. */
function unansweredSince({ sent, testedAt, askedAt }: Link): number {
  return Math.min(sent.oldestSentAt(), testedAt, askedAt)
}

function ask(link: Link, is: 'startdt-act' | 'stopdt-act', next: LinkPhase, now: number): void {
  link.effects.send(unnumberedFrame(is))
  link.askedAt = now
  enter(link, next)
}

function acknowledge(link: Link): void {
  if (link.received.owed() > 0 && link.phase !== 'closed') link.effects.send(supervisoryFrame(link.received.settle()))
}

function enter(link: Link, next: LinkPhase): void {
  if (link.phase === next) return
  link.phase = next
  link.effects.phase(next)
}

function close(link: Link, reason: CloseReason): void {
  if (link.phase === 'closed') return
  enter(link, 'closed')
  link.effects.close(reason)
}
