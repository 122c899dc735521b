// One guided direction on one connection: looked for until it is found, joined to its machine while it stands, and what both say carried across.
import type { GuardSend } from '../../../domain/limitation/energy-guard.ts'
import { limitFromWire, type Direction } from '../../../domain/limitation/limit.ts'
import type { Clock } from '../../../domain/ports/clock.ts'
import type { GuidedPart } from '../../../domain/ports/limitation.ts'
import { isSameFeature, type FeatureAddress } from '../spine/address.ts'
import type { Command } from '../spine/command.ts'
import { ERROR_NUMBER } from '../spine/datagram.ts'
import type { SpineLink } from '../spine/link.ts'
import type { SpineAnswer } from '../spine/requests.ts'
import { commission, writeTo, type GuidedDevice, type Tying } from './guided-device.ts'
import type { OwnBeats } from './own-beats.ts'
import { remoteLimits } from './remote-limits.ts'
import { CHARACTERISTICS, HEARTBEAT, LIMITS } from './words.ts'

export interface GuidedEndOptions {
  readonly direction: Direction
  readonly part: GuidedPart
  readonly link: SpineLink
  readonly ties: Tying
  readonly beats: OwnBeats
  readonly clock: Clock
  readonly connectionId: string
  /** Whether the device hears our heartbeat. */
  readonly isHeard: () => boolean
  /** It was found and bound, or is not there. */
  readonly onCommissioned: (isFound: boolean) => void
}
export interface GuidedEnd {
  /** Looks for what is not found yet, and notices what is gone. */
  look(): void
  /** The device hears our heartbeat from now on. */
  heard(): void
  isJoined(): boolean
  /** A reply or notify of the device. */
  told(from: FeatureAddress, command: Command): void
  stop(): void
}

/** After a device has shown no limit that can be bound. */
const RETRY_MS = 20_000
/** For the device to subscribe our heartbeat before we write. */
const HEARD_WITHIN_MS = 4_000

/** Does nothing until it is told to look. */
export function guidedEnd(options: GuidedEndOptions): GuidedEnd {
  const { direction, part, link, clock, connectionId } = options
  const shown = remoteLimits()
  let found: GuidedDevice | null = null
  let isSeeking = false
  let isJoined = false
  let isOver = false
  let cancelWait = () => {}

  function isThere({ limits }: GuidedDevice): boolean {
    return link.remote().features.some(({ address }) => isSameFeature(address, limits))
  }
  async function seek(): Promise<void> {
    if (isOver || isSeeking || found !== null) return
    isSeeking = true
    cancelWait()
    const device = await commission(link, direction, options.ties)
    isSeeking = false
    if (isOver) return
    options.onCommissioned(device !== null)
    if (device === null || !isThere(device)) {
      cancelWait = clock.after(RETRY_MS, `limits of ${link.from}`, () => void seek())
      return
    }
    found = device
    const { maximum } = shown.of(device)
    if (maximum !== null) part.take({ kind: 'maximum-reported', nominalMax: maximum })
    if (options.isHeard()) return join()
    cancelWait = clock.after(HEARD_WITHIN_MS, `heartbeat for ${link.from}`, join)
  }
  function join(): void {
    if (isOver || isJoined || found === null) return
    cancelWait()
    isJoined = true
    part.take({ kind: 'connection-made', connection: connectionId })
  }
  function lose(): void {
    cancelWait()
    found = null
    if (!isJoined) return
    isJoined = false
    part.take({ kind: 'connection-lost', connection: connectionId })
  }
  function send(one: GuardSend): void {
    if (found === null || !isJoined) return
    if (one.kind === 'heartbeat') return options.beats.send(one)
    // Of two connections for a moment, the newer one writes.
    if (part.guard().connections.at(-1) !== connectionId) return
    void take(one.id, writeTo(link, found, one, shown.of(found).hasEnd) ?? Promise.resolve(NO_DATA_POINT))
  }
  async function take(id: number, answer: Promise<SpineAnswer>): Promise<void> {
    const given = await answer
    // Answers that come with the end of the connection say nothing.
    if (isOver) return
    // Told again after a while, it then finds its binding.
    if (!given.ok && found !== null && isUnbound(given.refusal)) options.ties.bindAgain(found)
    part.take({ kind: 'answered', id, isAccepted: given.ok, reason: given.ok ? '' : reasonOf(given.refusal) })
  }

  const stopListening = part.listen({ send, happened: () => {} })
  return {
    look() {
      if (found !== null && !isThere(found)) lose()
      void seek()
    },
    heard: join,
    isJoined: () => isJoined,
    told(from, command) {
      shown.take(from, command)
      if (found === null) return
      const { limits, heartbeat, electrical } = found
      const { limit, maximum } = shown.of(found)
      const isFrom = (feature: FeatureAddress | null) => feature !== null && isSameFeature(from, feature)
      if (command.name === HEARTBEAT && isFrom(heartbeat)) part.take({ kind: 'system-heartbeat' })
      if (command.name === CHARACTERISTICS && isFrom(electrical) && maximum !== null)
        part.take({ kind: 'maximum-reported', nominalMax: maximum })
      if (command.name !== LIMITS || !isFrom(limits) || limit === null) return
      const value = limitFromWire(direction, limit.value)
      if (value !== null) part.take({ kind: 'limit-reported', ...limit, value })
    },
    stop() {
      stopListening()
      lose()
      isOver = true
    },
  }
}

const NO_DATA_POINT: SpineAnswer = {
  ok: false,
  refusal: { kind: 'refused', errorNumber: 6, text: 'the device has no such data point' },
}

/** Some say it by SPINE's number, others in words only. */
function isUnbound(refusal: Extract<SpineAnswer, { ok: false }>['refusal']): boolean {
  if (refusal.kind !== 'refused') return false
  return refusal.errorNumber === ERROR_NUMBER.bindingNecessary || /binding/i.test(refusal.text)
}

function reasonOf(refusal: Extract<SpineAnswer, { ok: false }>['refusal']): string {
  return refusal.kind === 'refused' ? `error ${refusal.errorNumber}: ${refusal.text}` : refusal.kind
}
