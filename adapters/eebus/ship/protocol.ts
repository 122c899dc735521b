// The protocol handshake, in which both agree on version and spelling, and the PIN, which we neither have nor ask for.
import { child, isSame, items, type Plain, type PlainObject } from '../eebus-json.ts'
import { enterData } from './data-phase.ts'
import { control, controlElement, ended, stay, STEP_WAIT_MS } from './phase.ts'
import type { ProtocolPhase, ShipOutput, ShipState, Step, Timed } from './phase.ts'

const ERROR = { timeout: 1, unexpected: 2, mismatch: 3 } as const
const NAME = 'messageProtocolHandshake'
const OWN = { version: { major: 1, minor: 0 }, formats: { format: ['JSON-UTF8'] } } as const satisfies PlainObject

/** Into the protocol handshake: the client makes an offer, the server waits for it. */
export function enterProtocol(state: ShipState, before: readonly ShipOutput[], lateHello: boolean, at: number): Step {
  const isClient = state.settings.role === 'client'
  const phase: ProtocolPhase = { kind: 'protocol', awaits: isClient ? 'choice' : 'offer', lateHello, until: at + STEP_WAIT_MS }
  const offer = isClient ? [control(NAME, { handshakeType: 'announceMax', ...OWN })] : []
  return { state: { ...state, phase }, out: [...before, ...offer] }
}

/** A message or time during the protocol handshake. */
export function stepProtocol(state: ShipState, phase: ProtocolPhase, input: Timed, at: number): Step {
  if (input.kind === 'time') return at < phase.until ? stay(state) : fail(state, 'timeout')
  const { frame } = input
  if (controlElement(frame, 'messageProtocolHandshakeError') !== undefined)
    return ended(state, 'the other has ended the protocol handshake')
  // An answer to our last wish for more time, which crossed with our being ready.
  if (phase.lateHello && child(controlElement(frame, 'connectionHello'), 'phase') === 'ready')
    return stay({ ...state, phase: { ...phase, lateHello: false } })
  const message = controlElement(frame, NAME)
  if (message === undefined) return fail(state, 'unexpected')
  return phase.awaits === 'offer' ? takeOffer(state, phase, message, at) : takeChoice(state, phase, message, at)
}

/** A message or time while the other's word on its PIN is awaited. */
export function stepPin(state: ShipState, until: number, input: Timed, at: number): Step {
  if (input.kind === 'time') return at < until ? stay(state) : ended(state, 'no word on a PIN in time')
  switch (child(controlElement(input.frame, 'connectionPinState'), 'pinState')) {
    case 'none':
    case 'optional':
    case 'pinOk':
      return enterData(state, at)
    case 'required':
      return ended(state, 'the other wants a PIN')
    default:
      return ended(state, 'a word on a PIN was expected')
  }
}

function takeOffer(state: ShipState, phase: ProtocolPhase, message: Plain, at: number): Step {
  if (child(message, 'handshakeType') !== 'announceMax') return fail(state, 'unexpected')
  if (!(version(message).major >= 1) || !formats(message).includes('JSON-UTF8')) return fail(state, 'mismatch')
  return {
    state: { ...state, phase: { ...phase, awaits: 'echo', until: at + STEP_WAIT_MS } },
    out: [control(NAME, { handshakeType: 'select', ...OWN })],
  }
}

function takeChoice(state: ShipState, phase: ProtocolPhase, message: Plain, at: number): Step {
  if (child(message, 'handshakeType') !== 'select') return fail(state, 'unexpected')
  const { major, minor } = version(message)
  const isOurs = major === OWN.version.major && minor === OWN.version.minor && isSame([...formats(message)], OWN.formats.format)
  if (!isOurs) return fail(state, 'mismatch')
  const echo = phase.awaits === 'choice' ? [control(NAME, message as PlainObject)] : []
  return {
    state: { ...state, phase: { kind: 'pin', until: at + STEP_WAIT_MS } },
    out: [...echo, control('connectionPinState', { pinState: 'none' })],
  }
}

function version(message: Plain): { readonly major: number; readonly minor: number } {
  const [major, minor] = ['major', 'minor'].map((name) => Number(child(child(message, 'version'), name) ?? Number.NaN))
  return { major: major!, minor: minor! }
}

/** Some write the list as one item. */
function formats(message: Plain): readonly Plain[] {
  return items(child(child(message, 'formats'), 'format'))
}

function fail(state: ShipState, error: keyof typeof ERROR): Step {
  return ended(state, `protocol handshake: ${error}`, [control('messageProtocolHandshakeError', { error: ERROR[error] })])
}
