// Stations nobody knows that wait for a person's yes: kept connected and told `Pending` (B02), bounded in number, with nothing of theirs recorded.
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { PendingStation } from '../../../domain/ports/answers/by-hand.ts'
import type { Clock } from '../../../domain/ports/clock.ts'
import type { StationId } from '../../../domain/registry/identity.ts'
import { isPrintable } from '../../wire/printable.ts'
import { bootOf, pendingAnswer, type Boot } from '../blocks/provisioning.ts'
import { adoptStationPassword, basicCredentials, type StoredCredential } from '../credentials.ts'
import { cut } from '../oddities.ts'
import { RpcError } from '../rpc/error-code.ts'
import type { Dialect } from '../rpc/frame.ts'
import { allowance, paceSocket } from '../rpc/pace.ts'
import { openRpc, type Rpc } from '../rpc/rpc.ts'
import { spend, tokenBucket, waitMs } from '../rpc/token-bucket.ts'

export interface PendingOptions {
  readonly clock: Clock
  readonly pepper: string
  /** How many may wait; 0: nobody. */
  readonly most: number
  readonly addressOf: (request: IncomingMessage) => string
  readonly onFailure: (station: StationId, error: unknown) => void
  /** Somebody new waits. */
  readonly onWaiting: (station: StationId, address: string) => void
}
export interface PendingStations {
  /** Whether a station nobody knows may wait here: `no` for one that is treated like any unknown one. */
  admits(station: StationId): 'yes' | 'no' | 'later'
  connect(station: StationId, dialect: Dialect, socket: WebSocket, raw: Duplex, request: IncomingMessage): void
  list(): readonly PendingStation[]
  find(station: StationId): PendingStation | null
  /** What is stored of the password it came with; null where it came without one that can be kept. */
  passwordOf(station: StationId): StoredCredential | null
  /** It waits no longer: it is known now, and comes again. */
  release(station: StationId): void
  close(): void
}

interface Waiting {
  readonly address: string
  readonly dialect: Dialect
  readonly firstSeenAt: number
  lastSeenAt: number
  boot: Boot | null
  password: string | null
  /** It came with another password before: nobody can tell which of them is the station. */
  isContested: boolean
  rpc: Rpc | null
  cancel: () => void
}

/** New names: so many at once, then one in half a minute. */
const NEW_NAMES = { perSecond: 1 / 30, burst: 20 }
/** Between two connections of one name. */
const APART_MS = 5_000
/** A station that says nothing for so long is gone; it is asked to boot again far more often. */
const SILENCE_MAX_MS = 300_000
const BOOT_AGAIN_SECONDS = 60
const TEXT_CHARACTERS_MAX = 50

/** Stations that wait, in memory only: whoever waits comes again after a restart. */
export function pendingStations(options: PendingOptions): PendingStations {
  const { clock, most, pepper } = options
  const waiting = new Map<StationId, Waiting>()
  const names = tokenBucket(NEW_NAMES)

  /** Makes room by forgetting who left longest ago. */
  function hasRoom(): boolean {
    if (waiting.size < most) return true
    const gone = [...waiting].filter(([, { rpc }]) => rpc === null).sort(([, a], [, b]) => a.lastSeenAt - b.lastSeenAt)
    const [oldest] = gone
    if (oldest === undefined) return false
    waiting.delete(oldest[0])
    return true
  }

  function storedOf(station: StationId): StoredCredential | null {
    const of = waiting.get(station)
    if (of === undefined || of.password === null || of.isContested) return null
    const words = [station, of.boot?.vendor, of.boot?.model, of.boot?.serial].filter((word) => typeof word === 'string')
    const adopted = adoptStationPassword(of.password, pepper, words)
    return adopted.ok ? adopted.value : null
  }

  /** A name that comes again: the newest connection counts, unless the old one says otherwise. */
  function entryFor(station: StationId, dialect: Dialect, request: IncomingMessage): Waiting {
    const now = clock.now()
    const before = waiting.get(station)
    before?.cancel()
    before?.rpc?.close(4001, 'a newer connection of this station')
    const given = basicCredentials(request.headers, station)
    const password = given?.user === station ? given.password : null
    const entry: Waiting = {
      address: options.addressOf(request),
      dialect,
      firstSeenAt: before?.firstSeenAt ?? now,
      lastSeenAt: now,
      boot: before?.boot ?? null,
      password,
      isContested: before !== undefined && (before.isContested || before.password !== password),
      rpc: null,
      cancel() {},
    }
    waiting.set(station, entry)
    if (before === undefined) options.onWaiting(station, entry.address)
    return entry
  }

  return {
    admits(station) {
      const known = waiting.get(station)
      if (known !== undefined) return clock.now() - known.lastSeenAt < APART_MS && known.rpc !== null ? 'later' : 'yes'
      if (most === 0 || waitMs(names, 1, clock.elapsed()) > 0 || !hasRoom()) return 'no'
      spend(names, 1, clock.elapsed())
      return 'yes'
    },
    connect(station, dialect, socket, raw, request) {
      const entry = entryFor(station, dialect, request)
      entry.rpc = openWaiting({ station, dialect, socket, raw, entry, clock, onFailure: options.onFailure })
    },
    list: () =>
      [...waiting]
        .map(([station, of]) => viewOf(station, of, storedOf(station) !== null))
        .sort((a, b) => (a.station < b.station ? -1 : 1)),
    find(station) {
      const of = waiting.get(station)
      return of === undefined ? null : viewOf(station, of, storedOf(station) !== null)
    },
    passwordOf: storedOf,
    release(station) {
      const of = waiting.get(station)
      waiting.delete(station)
      of?.cancel()
      of?.rpc?.close(1012, 'accepted: connect again')
    },
    close() {
      for (const { rpc, cancel } of waiting.values()) {
        cancel()
        rpc?.close(1001, 'going away')
      }
    },
  }
}

function viewOf(station: StationId, of: Waiting, bringsPassword: boolean): PendingStation {
  const { dialect, address, boot, firstSeenAt, lastSeenAt, rpc } = of
  const told = (text: string | null | undefined) => (text === null || text === undefined ? null : oneLine(text))
  return {
    station,
    dialect,
    address,
    vendor: told(boot?.vendor),
    model: told(boot?.model),
    serial: told(boot?.serial),
    firmware: told(boot?.firmware),
    isConnected: rpc !== null,
    bringsPassword,
    firstSeenAt,
    lastSeenAt,
  }
}

interface WaitingSocket {
  readonly station: StationId
  readonly dialect: Dialect
  readonly socket: WebSocket
  readonly raw: Duplex
  readonly entry: Waiting
  readonly clock: Clock
  readonly onFailure: (station: StationId, error: unknown) => void
}

/** Talks to a station that waits: its boot is answered `Pending`, and nothing else counts. */
function openWaiting({ station, dialect, socket, raw, entry, clock, onFailure }: WaitingSocket): Rpc {
  const watch = () => {
    entry.cancel()
    entry.cancel = clock.after(SILENCE_MAX_MS, `ocpp pending ${station}`, () => socket.terminate())
  }
  let number = 0
  const pace = paceSocket({
    socket,
    raw,
    clock,
    allowance: allowance(),
    key: `ocpp pending pace ${station}`,
    mayPause: true,
    onSlow() {},
    onFlood() {
      socket.pause()
      rpc.close(1008, 'too many messages')
    },
  })
  const rpc = openRpc({
    socket,
    dialect,
    clock,
    nextMessageId: () => `p${++number}`,
    pace,
    lenience: { shorten: cut, onOddity: () => {} },
    onFrame(direction) {
      if (direction === 'in') entry.lastSeenAt = clock.now()
      watch()
    },
    onFailure: (error) => onFailure(station, error),
    async handle(action, payload) {
      // Nothing else counts before somebody said yes (B02.FR.09).
      if (action !== 'BootNotification') throw new RpcError('security', 'this station is not accepted yet')
      entry.boot = bootOf(dialect, payload)
      return pendingAnswer(clock.now(), BOOT_AGAIN_SECONDS)
    },
  })
  watch()
  socket.on('close', () => {
    entry.cancel()
    entry.rpc = null
    entry.lastSeenAt = clock.now()
  })
  return rpc
}

/** A word a station gives of itself, for a list that people read. */
function oneLine(text: string): string {
  return Array.from(text.slice(0, TEXT_CHARACTERS_MAX)).filter(isPrintable).join('')
}
