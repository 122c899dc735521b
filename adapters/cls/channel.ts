// One channel over one tunnel: opened on request, commands in, feedback out, closed when nothing was heard for too long. Its end lifts nothing.
import type { TLSSocket } from 'node:tls'
import type { SignalView } from '../../domain/ports/answers/signals.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import { signalRefusalText } from '../../domain/signals/signal-refusal.ts'
import { inWatts } from '../../domain/units.ts'
import { problemDocument, type Problem, type ProblemKind } from '../wire/problem.ts'
import { LINE_BYTES_MAX, readMessage, type ChannelCommand, type Direction } from './channel-message.ts'
import type { ChannelSignals, ClsChannel } from './channel-signals.ts'
import { linesOf } from './lines.ts'

/** A channel that is open. */
export interface ChannelHandle {
  readonly clsChannelId: string
  readonly site: string
  /** Epoch ms. */
  readonly openedAt: number
  /** Who opened it: fingerprint of the certificate. */
  readonly by: string
  readonly scenario: 'HKS3' | 'HKS4'
  /** Closed when nothing was heard for so long, ms. */
  readonly maxIdle: number
}
export type ClosedBecause = 'idle' | 'replaced' | 'stopping' | 'malformed' | 'gone' | 'revoked'
export interface ChannelOptions {
  readonly clock: Clock
  readonly socket: TLSSocket
  /** SHA-256 of the certificate of the other end. */
  readonly by: string
  /** Channels this certificate may open. */
  readonly channels: readonly ClsChannel[]
  readonly signals: ChannelSignals
  /** The longest a channel may stay silent, ms. */
  readonly maxIdleMs: number
  readonly onOpen: (handle: ChannelHandle, close: (because: ClosedBecause) => void) => void
  readonly onClosed: (handle: ChannelHandle, because: ClosedBecause) => void
  readonly track: <Value>(work: Promise<Value>) => Promise<Value>
}

/** So long a tunnel may stay without a request to open, ms. */
const OPEN_WITHIN_MS = 10_000
const LOOK_MS = 1_000
const UNSENT_BYTES_MAX = 1_048_576
const REFUSALS_MAX = 20

/** Serves a tunnel until it ends; never rejects. */
export async function serveChannel(options: ChannelOptions): Promise<void> {
  const { clock, socket, signals, track } = options
  let handle: ChannelHandle | null = null
  let channel: ClsChannel | null = null
  let because: ClosedBecause = 'gone'
  let refusals = 0
  let cancelIdle = clock.after(OPEN_WITHIN_MS, 'cls', () => close('idle'))
  let cancelLook = () => {}
  const told = new Map<Direction, string>()
  /** The command whose course is told, by direction. */
  const following = new Map<Direction, string>()

  function send(message: object): void {
    if (!socket.writable) return
    if (socket.writableLength > UNSENT_BYTES_MAX) return void socket.destroy()
    socket.write(`${JSON.stringify(message)}\n`)
  }
  function close(reason: ClosedBecause): void {
    because = reason
    send({ type: 'closed', reason, at: stamp(clock.now()) })
    socket.end()
    // A tunnel that is half open takes no farewell.
    socket.destroySoon()
  }
  function refuse(problem: Problem, command: string | null): void {
    send({ type: 'refused', ...(command === null ? {} : { command }), at: stamp(clock.now()), problem: documentOf(problem) })
    if (++refusals >= REFUSALS_MAX) close('malformed')
  }
  /** Before it is open nothing but the request to open ends the wait for it. */
  function heard(): void {
    if (handle === null) return
    cancelIdle()
    cancelIdle = clock.after(handle.maxIdle, 'cls', () => close('idle'))
  }

  function open(scenario: 'HKS3' | 'HKS4', id: string, wantedIdleMs: number | null): void {
    const found = options.channels.find((one) => one.id === id)
    if (found === undefined) {
      refuse({ kind: 'not-allowed', detail: 'this certificate may not open that channel' }, null)
      return close('malformed')
    }
    channel = found
    const maxIdle = Math.min(wantedIdleMs ?? options.maxIdleMs, options.maxIdleMs)
    handle = { clsChannelId: id, site: found.site, openedAt: clock.now(), by: options.by, scenario, maxIdle }
    heard()
    options.onOpen(handle, close)
    send({ type: 'opened', channel: id, site: found.site, openedAt: stamp(handle.openedAt), maxIdleSeconds: maxIdle / 1_000 })
  }

  async function carryOut(on: ClsChannel, command: ChannelCommand): Promise<void> {
    const { name, direction } = command
    try {
      const taken = await signals.take(on, command)
      if (!taken.ok) return refuse({ kind: kindOf(taken.refusal.kind), detail: signalRefusalText(taken.refusal) }, name)
      following.set(direction, name)
      tell(direction, name, taken.value)
      look()
    } catch (error) {
      refuse({ kind: 'unavailable', detail: `nothing can be recorded right now: ${(error as Error).message}` }, name)
    }
  }

  /** Says what has become of a command, where that has changed; whether it may change again. */
  function tell(direction: Direction, command: string, views: readonly SignalView[]): boolean {
    const feedback = feedbackOf(views)
    const mark = [command, feedback.state, feedback.told, feedback.confirmed].join()
    if (told.get(direction) !== mark) send({ type: 'feedback', command, direction, at: stamp(clock.now()), ...feedback })
    told.set(direction, mark)
    return feedback.state === 'scheduled' || feedback.state === 'in-force'
  }
  function look(): void {
    cancelLook()
    if (channel === null) return
    for (const [direction, name] of following)
      if (!tell(direction, name, signals.views(channel, direction))) following.delete(direction)
    if (following.size > 0) cancelLook = clock.after(LOOK_MS, 'cls', look)
  }

  async function serve(line: string): Promise<void> {
    heard()
    const read = readMessage(line)
    if (!read.ok) return refuse(read.refusal, null)
    const { value } = read
    if (value.kind === 'ping') return send({ type: 'pong', at: stamp(clock.now()) })
    if (value.kind === 'open' && handle === null) return open(value.scenario, value.channel, value.maxIdleMs)
    if (value.kind === 'open') return refuse({ kind: 'busy', detail: 'this tunnel holds a channel already' }, null)
    if (channel === null)
      return refuse({ kind: 'not-possible', detail: 'the channel has to be opened first' }, value.command.name)
    await track(carryOut(channel, value.command))
  }

  try {
    for await (const line of linesOf(socket, LINE_BYTES_MAX)) if (socket.writable) await serve(line)
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('a line')) {
      because = 'malformed'
      refuse({ kind: 'too-large', detail: error.message }, null)
    }
  } finally {
    cancelIdle()
    cancelLook()
    socket.destroySoon()
    if (handle !== null) options.onClosed(handle, because)
  }
}

/** What has become of all signals of a command together. */
function feedbackOf(views: readonly SignalView[]) {
  const current =
    views.find(({ state }) => state === 'in-force') ?? views.find(({ state }) => state === 'scheduled') ?? views.at(-1)
  const at = (of: number | null | undefined) => (of === null || of === undefined ? null : stamp(of))
  return {
    state: current?.state ?? ('withdrawn' as const),
    receivedAt: at(current?.signal.receivedAt),
    firstOrderAt: at(current?.firstOrderAt),
    lastConfirmedAt: at(current?.lastConfirmedAt),
    told: current?.told ?? 0,
    confirmed: current?.confirmed ?? 0,
    measuredW: current === undefined ? null : inWatts(current.measured),
    alarms: current?.alarms ?? [],
  }
}

function kindOf(refusal: string): ProblemKind {
  return refusal === 'outdated' || refusal === 'conflict'
    ? 'version-conflict'
    : refusal === 'not-recordable'
      ? 'unavailable'
      : 'not-possible'
}
function documentOf(problem: Problem): object {
  return problemDocument(problem, 'urn:gegenstrom:cls')
}
/** UTC with milliseconds. */
function stamp(at: number): string {
  return new Date(at).toISOString()
}
