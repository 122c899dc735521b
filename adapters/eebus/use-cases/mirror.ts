// What features of another device say, kept as they say it: subscribed, read, read again, and dropped when nothing is heard any more.
import type { Clock } from '../../../domain/ports/clock.ts'
import { isObject, items, type PlainObject } from '../eebus-json.ts'
import { featureKey, type FeatureAddress } from '../spine/address.ts'
import type { Command } from '../spine/command.ts'
import type { SpineLink } from '../spine/link.ts'
import { LISTS } from '../spine/list-shapes.ts'
import type { FeatureRef } from '../spine/local-device.ts'
import type { RemoteFeature } from '../spine/remote-device.ts'
import { updated } from '../spine/update.ts'

/** Data of one function, and when they were heard last. */
export interface Heard {
  readonly data: PlainObject
  /** Epoch ms. */
  readonly at: number
  /** Ms of the clock that only passes. */
  readonly elapsed: number
}
export interface MirrorOptions {
  readonly link: SpineLink
  readonly clock: Clock
  /** A client feature of ours for a type of server feature. */
  readonly clientFor: (type: string) => FeatureRef
  /** Something of this feature was heard. */
  readonly onChange: (feature: RemoteFeature) => void
  /** Values that were heard less often are asked for; ms. */
  readonly pollMs?: number
}
export interface Mirror {
  /** Keeps these functions of these features and forgets all others. Asked again, nothing happens twice. */
  follow(wanted: readonly Followed[]): void
  /** A reply or a notify, of whomever. */
  take(from: FeatureAddress, command: Command): void
  heard(feature: RemoteFeature, name: string): Heard | null
  /** Asks for what has not been heard for long; to be called every now and then. */
  poll(): void
}
export interface Followed {
  readonly feature: RemoteFeature
  readonly functions: readonly string[]
}

/** MPC and MGCP want an answer at least every 120 s [MPC-TS-013, MGCP-TS-012]. */
export const POLL_MS = 60_000
/** After this time without a word a value is nobody's any more; ms. */
export const SILENCE_MS = 120_000
/** So many questions are open at a time; the link bears 64 of all. */
const OPEN_MAX = 8
const FUNCTIONS_MAX = 256
/** These hold until a change is told. */
const LASTING = /(Description|Constraints|Characteristic)(ListData|Data)$|^deviceClassification/

interface Entry {
  readonly feature: RemoteFeature
  readonly name: string
  heard: Heard | null
  askedAt: number | null
  /** It was said that there is no such function to read. */
  isRefused: boolean
}

/** Nothing is kept at first. */
export function mirrorOf({ link, clock, clientFor, onChange, pollMs = POLL_MS }: MirrorOptions): Mirror {
  const entries = new Map<string, Entry>()
  const subscribed = new Set<string>()
  const waiting: Entry[] = []
  let open = 0
  const keyOf = (address: Omit<FeatureAddress, 'device'>, name: string) => `${featureKey(address)} ${name}`

  function ask(entry: Entry): void {
    entry.askedAt = clock.elapsed()
    waiting.push(entry)
    askNext()
  }
  function askNext(): void {
    while (open < OPEN_MAX && waiting.length > 0) void read(waiting.shift()!)
  }
  async function read(entry: Entry): Promise<void> {
    if (entries.get(keyOf(entry.feature.address, entry.name)) !== entry) return
    open += 1
    // What it says comes in as whatever it tells, so only a refusal is of interest here.
    const answer = await link.read(clientFor(entry.feature.type), entry.feature.address, entry.name)
    open -= 1
    if (!answer.ok && answer.refusal.kind === 'refused') entry.isRefused = true
    askNext()
  }
  function subscribe({ address, type }: RemoteFeature): void {
    const key = featureKey(address)
    if (subscribed.has(key)) return
    subscribed.add(key)
    void link.subscribe(clientFor(type), address, type)
  }

  return {
    follow(wanted) {
      const all = wanted.flatMap(({ feature, functions }) => readable(feature, functions).map((name) => ({ feature, name })))
      const kept = new Map(all.slice(0, FUNCTIONS_MAX).map((one) => [keyOf(one.feature.address, one.name), one]))
      for (const key of entries.keys()) if (!kept.has(key)) entries.delete(key)
      const features = new Set(wanted.map(({ feature }) => featureKey(feature.address)))
      for (const key of subscribed) if (!features.has(key)) subscribed.delete(key)
      for (const { feature } of wanted) subscribe(feature)
      for (const [key, one] of kept) {
        if (entries.has(key)) continue
        const entry: Entry = { ...one, heard: null, askedAt: null, isRefused: false }
        entries.set(key, entry)
        ask(entry)
      }
    },
    take(from, command) {
      const entry = entries.get(keyOf(from, command.name))
      if (entry === undefined) return
      const changed = updated(entry.heard?.data, onlyValues(command), { mayAdd: true })
      if (!changed.ok) return
      entry.heard = { data: changed.value, at: clock.now(), elapsed: clock.elapsed() }
      onChange(entry.feature)
    },
    heard(feature, name) {
      const entry = entries.get(keyOf(feature.address, name))
      if (entry === undefined || entry.heard === null) return null
      const isSilent = !LASTING.test(name) && clock.elapsed() - entry.heard.elapsed > SILENCE_MS
      return isSilent ? null : entry.heard
    },
    poll() {
      const now = clock.elapsed()
      for (const entry of entries.values()) {
        const last = Math.max(entry.heard?.elapsed ?? -Infinity, entry.askedAt ?? -Infinity)
        const isDone = entry.isRefused || (LASTING.test(entry.name) && entry.heard !== null)
        if (!isDone && now - last >= pollMs && !waiting.includes(entry)) ask(entry)
      }
    },
  }
}

/** A feature that does not say which functions it has is asked for all. */
function readable({ functions }: RemoteFeature, wanted: readonly string[]): readonly string[] {
  return functions.length === 0 ? wanted : wanted.filter((name) => functions.includes(name))
}

/** Least, greatest and mean values of a measurement go by the same id as its value, and are none. */
function onlyValues(command: Command): Command {
  if (command.name !== 'measurementListData') return command
  const { item } = LISTS[command.name]!
  const isValue = (one: PlainObject) => one['valueType'] === undefined || one['valueType'] === 'value'
  return { ...command, data: { ...command.data, [item]: items(command.data[item]).filter(isObject).filter(isValue) } }
}
