// Hello: both say whether they trust the other, and give each other time while a person makes up her mind.
import { child, type Plain } from '../eebus-json.ts'
import {
  control,
  controlElement,
  ended,
  stay,
  type HelloPhase,
  type ShipOutput,
  type ShipState,
  type Step,
  type Timed,
} from './phase.ts'
import { enterProtocol } from './protocol.ts'

/** Why a connection is over whose other end was not trusted yet. */
export const LEFT_UNTRUSTED = 'the other has left before it was trusted here'
/** What the other gets on top when it asks for more time. */
const MORE_MS = 60_000
/** We ask for more time so long before the other's patience ends; where it has less than that left, at once. */
const ASK_BEFORE_MS = 30_000
/** Patience of less than a second is none. */
const PATIENCE_MIN_MS = 1_000
/** Nobody waits longer than a day for a person; what the other claims beyond that counts as so much. */
const PATIENCE_MAX_MS = 86_400_000
const PROLONGATIONS_MAX = 60

/** Into hello after the connection mode; whom we refuse hears it at once. */
export function enterHello(state: ShipState, before: readonly ShipOutput[], at: number): Step {
  if (state.trust === 'refused') return ended(state, 'not trusted', [...before, ABORTED])
  const phase: HelloPhase = {
    kind: 'hello',
    own: state.trust === 'trusted' ? 'ready' : 'pending',
    peer: 'silent',
    readyUntil: at + state.settings.helloWaitMs,
    prolongAt: null,
    answerUntil: null,
    prolongations: 0,
  }
  return { state: { ...state, phase }, out: [...before, word(phase, at)] }
}

/** A message or time during hello. */
export function stepHello(state: ShipState, phase: HelloPhase, input: Timed, at: number): Step {
  if (input.kind === 'time') return passTime(state, phase, at)
  const hello = controlElement(input.frame, 'connectionHello')
  switch (child(hello, 'phase')) {
    case 'ready':
      return peerReady(state, phase, hello, at)
    case 'pending':
      return peerPending(state, phase, hello, at)
    case 'aborted':
      return ended(state, whyAborted(phase))
    default:
      return abortHello(state, 'no hello')
  }
}

/** We trust the other from now on. */
export function takeTrust(state: ShipState, phase: HelloPhase, at: number): Step {
  if (phase.own === 'ready') return stay(state)
  const own: HelloPhase = {
    ...phase,
    own: 'ready',
    prolongAt: null,
    answerUntil: null,
    readyUntil: at + state.settings.helloWaitMs,
  }
  if (phase.peer === 'ready') return enterProtocol(state, [word(own, at)], phase.answerUntil !== null, at)
  return { state: { ...state, phase: own }, out: [word(own, at)] }
}

/** Ends hello for a reason of ours. */
export function abortHello(state: ShipState, reason: string): Step {
  return ended(state, reason, [ABORTED])
}

const ABORTED: ShipOutput = control('connectionHello', { phase: 'aborted' })

function word(phase: HelloPhase, at: number): ShipOutput {
  return control('connectionHello', { phase: phase.own, waiting: Math.max(0, phase.readyUntil - at) })
}

function peerReady(state: ShipState, phase: HelloPhase, hello: Plain | undefined, at: number): Step {
  if (phase.own === 'ready') return enterProtocol(state, [], false, at)
  const waiting = child(hello, 'waiting')
  const patience = Math.min(PATIENCE_MAX_MS, typeof waiting === 'number' ? waiting : state.settings.helloWaitMs)
  if (!(patience >= PATIENCE_MIN_MS)) return abortHello(state, 'the other does not wait')
  const prolongAt = at + Math.max(0, patience - ASK_BEFORE_MS)
  return stay({ ...state, phase: { ...phase, peer: 'ready', prolongAt, answerUntil: null } })
}

function peerPending(state: ShipState, phase: HelloPhase, hello: Plain | undefined, at: number): Step {
  const heard: HelloPhase = { ...phase, peer: 'pending' }
  // A word without a wish changes nothing [SHIP-TS-HELLO-04].
  if (child(hello, 'prolongationRequest') !== true) return stay({ ...state, phase: heard })
  if (phase.prolongations >= PROLONGATIONS_MAX) return abortHello(state, 'the other asks for more time without end')
  const longer: HelloPhase = { ...heard, readyUntil: phase.readyUntil + MORE_MS, prolongations: phase.prolongations + 1 }
  return { state: { ...state, phase: longer }, out: [word(longer, at)] }
}

/** The other has ended hello: because of us, or because nobody on its side or on ours has said yes. */
function whyAborted({ own, peer }: HelloPhase): string {
  if (own === 'pending') return LEFT_UNTRUSTED
  return peer === 'pending' ? 'nobody at the other end has said that it trusts us' : 'the other does not trust us'
}

function passTime(state: ShipState, phase: HelloPhase, at: number): Step {
  if (phase.peer !== 'ready' && at >= phase.readyUntil) return abortHello(state, 'the other was not ready in time')
  if (phase.answerUntil !== null && at >= phase.answerUntil) return abortHello(state, 'the other gave no more time to trust it')
  if (phase.prolongAt === null || at < phase.prolongAt) return stay(state)
  const asked: HelloPhase = { ...phase, prolongAt: null, answerUntil: at + ASK_BEFORE_MS }
  return {
    state: { ...state, phase: asked },
    out: [control('connectionHello', { phase: 'pending', prolongationRequest: true })],
  }
}
