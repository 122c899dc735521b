// What a SHIP connection can be in, what happens to it and what it does: the words that all its phases share. Ms of a clock that only passes.
import type { Plain, PlainObject } from '../eebus-json.ts'
import { child } from '../eebus-json.ts'
import { writeFrame, type FrameFault, type ShipFrame } from './frame.ts'

export interface ShipSettings {
  readonly role: 'client' | 'server'
  /** Our SHIP id, told in access methods. */
  readonly id: string
  /** Whether we ask the other for its access methods; some hold back their data until they were asked. */
  readonly asksAccessMethods: boolean
  /** How long the other may take to be ready: 60 to 240 s. */
  readonly helloWaitMs: number
}

export type Phase =
  | { readonly kind: 'cmi'; readonly until: number }
  | HelloPhase
  | ProtocolPhase
  | { readonly kind: 'pin'; readonly until: number }
  | DataPhase
  | ClosingPhase
  | { readonly kind: 'ended'; readonly reason: string }

export interface HelloPhase {
  readonly kind: 'hello'
  /** Our own word. `pending`: nobody has said yet whether we trust the other. */
  readonly own: 'ready' | 'pending'
  readonly peer: 'silent' | 'pending' | 'ready'
  /** We give up then unless the other is ready; no longer counts once it is. */
  readonly readyUntil: number
  /** While we are pending: when to ask the other for more time. */
  readonly prolongAt: number | null
  /** Asked; without an answer by then it has given up on us. */
  readonly answerUntil: number | null
  /** How much more time the other has had so far. */
  readonly prolongations: number
}

export interface ProtocolPhase {
  readonly kind: 'protocol'
  /** A server waits for an offer, then for its choice to come back; a client for the choice. */
  readonly awaits: 'offer' | 'choice' | 'echo'
  /** One answer to our last wish for more time may still be under way. */
  readonly lateHello: boolean
  readonly until: number
}

export interface DataPhase {
  readonly kind: 'data'
  /** From then on we send, whatever has become of access methods. Null once open. */
  readonly openAt: number | null
  readonly peerId: string | null
}

export interface ClosingPhase {
  readonly kind: 'closing'
  readonly detail: string
  /** Ends then also without the other's consent. */
  readonly until: number
}

export type CloseReason = 'unspecific' | 'removedConnection'

export interface ShipState {
  readonly settings: ShipSettings
  readonly trust: Trust
  readonly phase: Phase
  /** Frames that could be dropped so far. */
  readonly dropped: number
}
/** `undecided`: a person has to say so, and the other waits meanwhile. */
export type Trust = 'trusted' | 'undecided' | 'refused'

export type ShipInput =
  | { readonly kind: 'frame'; readonly frame: ShipFrame }
  | { readonly kind: 'fault'; readonly fault: FrameFault }
  | { readonly kind: 'trust'; readonly trust: Trust }
  | { readonly kind: 'time' }
  /** We want to end it in good order. */
  | { readonly kind: 'close'; readonly reason: CloseReason }

export type ShipOutput =
  | { readonly kind: 'send'; readonly frame: Uint8Array }
  /** Data may be sent from here on. */
  | { readonly kind: 'open'; readonly peerId: string | null }
  | { readonly kind: 'payload'; readonly payload: PlainObject }
  /** The WebSocket is to be closed; what was sent before goes out first. */
  | { readonly kind: 'end'; readonly reason: string }

/** What remains to a phase once faults, trust and closing are dealt with. */
export type Timed = Extract<ShipInput, { kind: 'frame' | 'time' }>
/** A state with what was done on the way to it, in order. */
export interface Step {
  readonly state: ShipState
  readonly out: readonly ShipOutput[]
}

/** CMI and each step of the protocol handshake. */
export const STEP_WAIT_MS = 10_000

/** Nothing happens. */
export function stay(state: ShipState): Step {
  return { state, out: [] }
}

/** The connection is over; what stands before is sent first. */
export function ended(state: ShipState, reason: string, before: readonly ShipOutput[] = []): Step {
  return { state: { ...state, phase: { kind: 'ended', reason } }, out: [...before, { kind: 'end', reason }] }
}

/** A control message with one element. */
export function control(name: string, value: PlainObject): ShipOutput {
  return { kind: 'send', frame: writeFrame('control', { [name]: value }) }
}

/** The element of a control message by its name, or nothing where it is another one. */
export function controlElement(frame: ShipFrame, name: string): Plain | undefined {
  return frame.kind === 'control' ? child(frame.root, name) : undefined
}
