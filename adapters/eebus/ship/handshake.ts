// The phases of a SHIP connection as a pure machine: frames, trust and time in; frames, a deadline and what became of it out.
// CMI, hello, protocol, PIN, data with access methods beside it, close.
import { unreachable } from '../../../domain/result.ts'
import { announceClose, stepClosing, stepData } from './data-phase.ts'
import { INIT_FRAME, type FrameFault } from './frame.ts'
import { abortHello, enterHello, stepHello, takeTrust } from './hello.ts'
import { ended, stay, STEP_WAIT_MS, type CloseReason } from './phase.ts'
import type { ShipInput, ShipOutput, ShipSettings, ShipState, Step, Timed, Trust } from './phase.ts'
import { stepPin, stepProtocol } from './protocol.ts'

const DROPPED_MAX = 32

/** The machine right after the WebSocket is open. */
export function beginShip(settings: ShipSettings, trust: Trust, at: number): Step {
  const state: ShipState = { settings, trust, phase: { kind: 'cmi', until: at + STEP_WAIT_MS }, dropped: 0 }
  return { state, out: settings.role === 'client' ? [INIT] : [] }
}

/** What an input does at an instant; an ended machine stays as it is. */
export function stepShip(state: ShipState, input: ShipInput, at: number): Step {
  const { phase } = state
  if (phase.kind === 'ended') return stay(state)
  if (input.kind === 'fault') return stepFault(state, input.fault, at)
  if (input.kind === 'close') return close(state, input.reason, at)
  if (input.kind === 'trust') return stepTrust({ ...state, trust: input.trust }, at)
  switch (phase.kind) {
    case 'cmi':
      return stepInit(state, phase.until, input, at)
    case 'hello':
      return stepHello(state, phase, input, at)
    case 'protocol':
      return stepProtocol(state, phase, input, at)
    case 'pin':
      return stepPin(state, phase.until, input, at)
    case 'data':
      return stepData(state, phase, input, at)
    case 'closing':
      return stepClosing(state, phase, input, at)
    default:
      return unreachable(phase)
  }
}

/** When the machine wants to hear of the time next; null where nothing is waited for. */
export function shipDeadline({ phase }: ShipState): number | null {
  switch (phase.kind) {
    case 'hello': {
      const waits = [phase.peer === 'ready' ? null : phase.readyUntil, phase.prolongAt, phase.answerUntil]
      return Math.min(...waits.filter((wait) => wait !== null))
    }
    case 'data':
      return phase.openAt
    case 'ended':
      return null
    default:
      return phase.until
  }
}

const INIT: ShipOutput = { kind: 'send', frame: INIT_FRAME }

function stepInit(state: ShipState, until: number, input: Timed, at: number): Step {
  if (input.kind === 'time') return at < until ? stay(state) : ended(state, 'no connection mode initialisation in time')
  if (input.frame.kind !== 'init' || input.frame.head !== 0) return wrongMode(state)
  return enterHello(state, state.settings.role === 'server' ? [INIT] : [], at)
}

/** A server says its own part first, also to somebody who is then sent away [SHIP-TS-CMI-02, SHIP-TS-CMI-03]. */
function wrongMode(state: ShipState): Step {
  return ended(state, 'another connection mode', state.settings.role === 'server' ? [INIT] : [])
}

function stepFault(state: ShipState, fault: FrameFault, at: number): Step {
  if (state.phase.kind === 'cmi') return wrongMode(state)
  if (fault.kind === 'unreadable') return close(state, 'unspecific', at, fault.reason)
  const dropped = state.dropped + 1
  return dropped < DROPPED_MAX ? stay({ ...state, dropped }) : close(state, 'unspecific', at, 'too many frames without a meaning')
}

function stepTrust(state: ShipState, at: number): Step {
  const { phase, trust } = state
  if (trust === 'refused') return close(state, 'removedConnection', at, 'not trusted')
  return trust === 'trusted' && phase.kind === 'hello' ? takeTrust(state, phase, at) : stay(state)
}

/** In the phase of data with notice, before that at once. */
function close(state: ShipState, reason: CloseReason, at: number, detail: string = reason): Step {
  switch (state.phase.kind) {
    case 'data':
      return announceClose(state, reason, detail, at)
    case 'hello':
      return abortHello(state, detail)
    case 'closing':
      return stay(state)
    default:
      return ended(state, detail)
  }
}
