// Data: payloads both ways. Access methods go beside it and hold back nothing [SHIP-IG-02, SHIP-IG-03]; then the end, with notice.
import { child, isObject } from '../eebus-json.ts'
import { writeFrame } from './frame.ts'
import { control, controlElement, ended, stay } from './phase.ts'
import type { ClosingPhase, CloseReason, DataPhase, ShipOutput, ShipState, Step, Timed } from './phase.ts'

/** Some listen to data only after access methods; whoever never answers those gets data so long after. */
const ACCESS_WAIT_MS = 2_000
/** How long the other may take to agree to the end. */
/** For the other to confirm; whoever was sent away is off the line within a second. */
const CLOSE_MAX_MS: Record<CloseReason, number> = { unspecific: 2_000, removedConnection: 500 }

/** Why a connection is over that the other end has closed in good order. */
export const ENDED_BY_OTHER = 'the other has ended the connection'

/** Into the phase of data. */
export function enterData(state: ShipState, at: number): Step {
  const { asksAccessMethods } = state.settings
  const phase: DataPhase = { kind: 'data', openAt: asksAccessMethods ? at + ACCESS_WAIT_MS : null, peerId: null }
  const out: ShipOutput = asksAccessMethods ? control('accessMethodsRequest', {}) : { kind: 'open', peerId: null }
  return { state: { ...state, phase }, out: [out] }
}

/** A message or time in the phase of data. What we do not know is passed over. */
export function stepData(state: ShipState, phase: DataPhase, input: Timed, at: number): Step {
  if (input.kind === 'time') return phase.openAt !== null && at >= phase.openAt ? open(state, phase, null) : stay(state)
  const { frame } = input
  if (frame.kind === 'end') return peerEnds(state, child(frame.root, 'connectionClose'))
  if (frame.kind === 'data') return takePayload(state, phase, child(frame.root, 'data'), at)
  if (controlElement(frame, 'accessMethodsRequest') !== undefined)
    return { state, out: [control('accessMethods', { id: state.settings.id })] }
  const id = child(controlElement(frame, 'accessMethods'), 'id')
  if (controlElement(frame, 'accessMethods') === undefined) return stay(state)
  return open(state, phase, typeof id === 'string' ? id.slice(0, 128) : null)
}

/** Announces the end; the reason as the standard has it, the detail for ourselves. */
export function announceClose(state: ShipState, reason: CloseReason, detail: string, at: number): Step {
  const maxTime = CLOSE_MAX_MS[reason]
  const phase: ClosingPhase = { kind: 'closing', detail, until: at + maxTime }
  return { state: { ...state, phase }, out: [end({ phase: 'announce', maxTime, reason })] }
}

/** A message or time after the end was announced; data still under way counts for nothing. */
export function stepClosing(state: ShipState, phase: ClosingPhase, input: Timed, at: number): Step {
  if (input.kind === 'time') return at < phase.until ? stay(state) : ended(state, phase.detail)
  if (input.frame.kind !== 'end') return stay(state)
  // Where both announce at once, each has said what the other waits for.
  return ended(state, phase.detail)
}

function open(state: ShipState, phase: DataPhase, id: string | null): Step {
  const peerId = id ?? phase.peerId
  const next = { ...state, phase: { ...phase, openAt: null, peerId } }
  return phase.openAt === null ? stay(next) : { state: next, out: [{ kind: 'open', peerId }] }
}

function takePayload(state: ShipState, phase: DataPhase, data: unknown, at: number): Step {
  const payload = isObject(data) ? data['payload'] : undefined
  const header = isObject(data) ? data['header'] : undefined
  if (!isObject(payload)) return announceClose(state, 'unspecific', 'data without a payload', at)
  if (child(header, 'protocolId') !== 'ee1.0') return announceClose(state, 'unspecific', 'data of another protocol', at)
  // Whoever sends data listens to them.
  const opened = phase.openAt === null ? stay(state) : open(state, phase, null)
  return { state: opened.state, out: [...opened.out, { kind: 'payload', payload }] }
}

function peerEnds(state: ShipState, close: unknown): Step {
  const isAnnounced = isObject(close) && close['phase'] === 'announce'
  return ended(state, ENDED_BY_OTHER, isAnnounced ? [end({ phase: 'confirm' })] : [])
}

function end(connectionClose: { phase: string; maxTime?: number; reason?: string }): ShipOutput {
  return { kind: 'send', frame: writeFrame('end', { connectionClose }) }
}
