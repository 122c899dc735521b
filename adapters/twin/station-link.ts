// The connection of a twin station: a real WebSocket, boot, heartbeat, a queue that survives lost links, and reconnects with growing pauses.
import type { Duplex } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { WebSocket } from 'ws'
import type { Clock } from '../../domain/ports/clock.ts'
import { openRpc, type Rpc } from '../ocpp/rpc/rpc.ts'
import type { InFlight } from '../wire/in-flight.ts'
import { dice } from './dice.ts'
import { rewriting } from './habits/rewriting-socket.ts'
import { ownTime } from './own-time.ts'
import type { BootReason, Message, Speech } from './session-message.ts'
import type { StationConfig } from './twin-fleet.ts'

export interface StationLinkOptions {
  readonly config: StationConfig
  readonly speech: Speech
  /** Base address; `/ocpp/{station}` is appended. */
  readonly url: string
  /** Another way there than the network. */
  readonly connection?: () => Duplex
  readonly clock: Clock
  readonly inFlight?: InFlight
  readonly callTimeoutMs: number
  readonly connectAt: number
  /** The station sets its clock by the backend's; else nobody sets it, and it is right. */
  readonly followsBackend: boolean
  /** Answers a CALL of the other side; throws `RpcError`. */
  readonly answer: (action: string, payload: object) => object | Promise<object>
  readonly habits: LinkHabits
  /** Connected and accepted, or not any more. */
  readonly onOnline: (isOnline: boolean) => void
  readonly onFrame: (direction: 'in' | 'out', text: string) => void
}
/** What habits change about the connection itself. */
export interface LinkHabits {
  /** The station's identity as it stands in the address. */
  identity(station: string): string
  /** How far the station's clock is ahead of the truth, ms. */
  readonly clockAheadMs: number
  /** A frame as it leaves; null leaves all of them as they are. */
  readonly writes: ((text: string) => string) | null
  /** The order in which what waited is told once the connection is back. */
  queues(waiting: readonly Message[]): readonly Message[]
}
export interface StationLink {
  /** Queues a message; one is under way at a time. */
  send(message: Message): void
  isOnline(): boolean
  hasBooted(): boolean
  /** Another interval of heartbeats; 0 keeps the one in force. */
  heartbeatEvery(ms: number): void
  /** Goes down and comes back with a BootNotification after a while. */
  reboot(reason: BootReason): void
  /** Cuts the link and keeps it cut. Resolves when the socket is closed. */
  cut(): Promise<void>
  restore(): void
  stop(): Promise<void>
}

/** Messages kept while offline; two days of minutes. */
const OUTBOX_MAX = 3_000
const ATTEMPTS_MAX = 3
const ATTEMPT_PAUSE_MS = 10_000
/** First pause before a reconnect; doubles five times. */
const BACK_OFF_MS = 10_000
const BACK_OFF_DOUBLINGS = 5
const REBOOT_MS = 20_000
const HEARTBEAT_DEFAULT_MS = 300_000
const HANDSHAKE_TIMEOUT_MS = 20_000

/** A station's connection: it comes back after a loss and keeps what could not be told. */
export function stationLink(options: StationLinkOptions): StationLink {
  const { config, speech, clock, inFlight, connection } = options
  const chance = dice(config.plug.seed, 'link')
  // Unique over restarts of the process: the other side remembers ids for longer.
  const idPrefix = `${Math.floor(clock.now() / 1_000).toString(36)}-`
  const time = ownTime(options.followsBackend, options.habits.clockAheadMs)
  const outbox: { readonly message: Message; attempts: number }[] = []
  const timers = new Map<string, () => void>()
  let messageNumber = 0
  let socket: WebSocket | null = null
  let rpc: Rpc | null = null
  let online = false
  let booted = false
  let bootReason: BootReason = 'PowerUp'
  let failures = 0
  let busy = false
  let isCut = false
  let lastSentAt = 0
  let heartbeatMs = HEARTBEAT_DEFAULT_MS
  let closed: Promise<void> = Promise.resolve()

  function timer(key: string, at: number, run: () => void): void {
    timers.get(key)?.()
    timers.set(key, clock.at(at, `twin ${config.id} ${key}`, run))
  }

  function connect(): void {
    if (isCut) return
    const opening = new WebSocket(`${options.url}/ocpp/${options.habits.identity(config.id)}`, [config.dialect], {
      perMessageDeflate: false,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      // Between two ends in one process nobody has to be kept from guessing what is sent.
      ...(connection === undefined ? {} : { createConnection: connection, generateMask() {} }),
      ...(config.secret === null ? {} : { auth: `${config.id}:${config.secret}` }),
    })
    socket = opening
    const settled = new Promise<void>((resolve) => {
      opening.once('open', resolve)
      opening.once('close', resolve)
    })
    closed = new Promise<void>((resolve) => void opening.once('close', () => resolve())).then(otherEndHears)
    void inFlight?.track(settled)
    opening.on('error', () => {})
    opening.once('open', () => opened(opening))
    opening.once('close', () => lost(opening))
  }

  function opened(opening: WebSocket): void {
    if (opening !== socket) return opening.terminate()
    rpc = openRpc({
      socket: options.habits.writes === null ? opening : rewriting(opening, options.habits.writes),
      dialect: config.dialect,
      clock,
      nextMessageId: () => `${idPrefix}${++messageNumber}`,
      callTimeoutMs: options.callTimeoutMs,
      ...(inFlight === undefined ? {} : { channel: inFlight.channel(config.id) }),
      handle: async (action, payload) => {
        const answer = options.answer(action, time.read(payload))
        return answer instanceof Promise ? time.written(await answer) : time.written(answer)
      },
      onFrame(direction, text) {
        if (direction === 'out') lastSentAt = clock.now()
        options.onFrame(direction, text)
      },
    })
    // [B01] a station boots once; when only its connection was lost it goes on where it was.
    if (booted) ready()
    else void boot()
  }

  async function boot(): Promise<void> {
    const at = rpc
    const message = speech.boot(bootReason)
    const result = await at?.call(message.action, time.written(message.payload()))
    if (at === null || at !== rpc || result === undefined) return
    if (!result.ok) return void hangUp()
    time.set(result.value, clock.now())
    const { status, interval } = result.value as { status: string; interval: number }
    const intervalMs = interval > 0 ? interval * 1_000 : HEARTBEAT_DEFAULT_MS
    // [B02] Pending, [B03] Rejected: nothing but another boot after the interval.
    if (status !== 'Accepted') return timer('boot', clock.now() + intervalMs, () => void boot())
    booted = true
    heartbeatMs = intervalMs
    ready()
  }

  function ready(): void {
    online = true
    failures = 0
    if (config.shufflesBacklog === true) shuffleReadings()
    arrangeQueue()
    options.onOnline(true)
    heartbeat()
    void pump()
  }

  function heartbeat(): void {
    const due = lastSentAt + heartbeatMs
    if (clock.now() >= due) send(speech.heartbeat())
    timer('heartbeat', Math.max(due, clock.now() + 1_000), heartbeat)
  }

  function lost(which: WebSocket): void {
    if (which !== socket) return
    socket = null
    rpc = null
    for (const key of ['heartbeat', 'boot', 'retry']) timers.get(key)?.()
    const wasOnline = online
    online = false
    for (let i = outbox.length - 1; i >= 0; i--)
      if (!outbox[i]!.message.isTransactional) outbox.splice(i, 1)[0]!.message.answered?.(null)
    if (wasOnline) options.onOnline(false)
    if (isCut) return
    const pause = BACK_OFF_MS * 2 ** Math.min(failures++, BACK_OFF_DOUBLINGS) * (1 + 0.5 * chance())
    timer('connect', clock.now() + Math.ceil(pause / 1_000) * 1_000, connect)
  }

  function send(message: Message): void {
    if ((!online && !message.isTransactional) || outbox.length >= OUTBOX_MAX) return message.answered?.(null)
    outbox.push({ message, attempts: 0 })
    void pump()
  }

  async function pump(): Promise<void> {
    const first = outbox[0]
    if (busy || !online || rpc === null || first === undefined) return
    busy = true
    const { message } = first
    const result = await rpc.call(message.action, time.written(message.payload()))
    busy = false
    if (result.ok) {
      time.set(result.value, clock.now())
      drop(first)
      message.answered?.(result.value)
      return pump()
    }
    const { kind } = result.refusal
    if (kind === 'no-answer') void hangUp()
    // Lost on the way: what must not be lost stays at the head of the queue until the connection is back.
    if (kind === 'closed' || kind === 'no-answer') return
    if (message.isTransactional && ++first.attempts < ATTEMPTS_MAX)
      return timer('retry', clock.now() + first.attempts * ATTEMPT_PAUSE_MS, () => void pump())
    drop(first)
    message.answered?.(null)
    return pump()
  }

  function shuffleReadings(): void {
    const places = outbox.flatMap(({ message }, i) => (message.isReading === true ? [i] : []))
    const roll = dice(config.plug.seed, 'backlog')
    const mixed = places.map((i) => ({ item: outbox[i]!, order: roll() })).sort((a, b) => a.order - b.order)
    places.forEach((i, k) => (outbox[i] = mixed[k]!.item))
  }

  function arrangeQueue(): void {
    const items = new Map(outbox.map((item) => [item.message, item]))
    const order = options.habits.queues([...items.keys()])
    outbox.splice(0, outbox.length, ...order.map((message) => items.get(message)!))
  }

  function drop(item: (typeof outbox)[number]): void {
    const at = outbox.indexOf(item)
    if (at >= 0) outbox.splice(at, 1)
  }

  function hangUp(): Promise<void> {
    socket?.terminate()
    return inFlight === undefined ? closed : inFlight.track(closed)
  }

  timer('connect', options.connectAt, connect)
  return {
    send,
    isOnline: () => online,
    hasBooted: () => booted,
    heartbeatEvery(ms) {
      if (ms === 0) return
      heartbeatMs = ms
      if (online) heartbeat()
    },
    reboot(reason) {
      booted = false
      bootReason = reason
      timer('reboot', clock.now() + REBOOT_MS, () => void hangUp())
    },
    cut() {
      isCut = true
      timers.get('connect')?.()
      return hangUp()
    },
    restore() {
      if (!isCut) return
      isCut = false
      timer('connect', clock.now() + 1_000, connect)
    },
    async stop() {
      isCut = true
      for (const cancel of timers.values()) cancel()
      await hangUp()
    },
  }
}

/** Turns of the event loop until the other end of a closed socket in the same process has noticed. */
const TURNS_TO_NOTICE = 5
async function otherEndHears(): Promise<void> {
  for (let turn = 0; turn < TURNS_TO_NOTICE; turn++) await setImmediate()
}
