// What senders of signals are still to be told: rebuilt from the record, so that each change is told once, also across a restart.
import type { Fact } from '../../domain/facts/fact.ts'
import { isLimitationName } from '../../domain/live/limitations.ts'
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import { isOver } from '../../domain/live/signal-book.ts'
import type { Signal } from '../../domain/signals/signal.ts'
import type { SignalChange } from '../../domain/signals/signal-change.ts'
import { hearsOfSignals } from '../../domain/trading/webhook.ts'
import { isReleaseStep } from './staggered-release.ts'

/** A change that has come about and is to be told. */
export interface OwedChange {
  readonly change: SignalChange
  /** When it came about, epoch ms. */
  readonly at: number
  readonly signal: Signal
  /** That of a withdrawal is its own. */
  readonly version: number
}
/** The newest version of a signal that somebody hears of. */
export interface FollowedSignal {
  signal: Signal
  /** Changes of this version that were told. */
  readonly told: Set<SignalChange>
  /** Receipts and withdrawals, of older versions too, in their order. */
  readonly owed: OwedChange[]
  isWithdrawn: boolean
}
export interface NewsBook {
  /** By id; empty where nobody has subscribed. */
  readonly followed: ReadonlyMap<string, FollowedSignal>
  /** To be told each fact once it is applied. */
  noticed(fact: Fact, at: number): void
  freeze(): unknown
  thaw(frozen: unknown): void
}

/** So long after its beginning a signal that not all have confirmed is told to be refused, ms. */
export const REFUSED_AFTER_MS = 300_000
/** As many as are known at a time; beyond it those changed longest ago are not told of any more. */
const FOLLOWED_MAX = 50_000
/** Of one signal, where its versions come faster than they can be told. */
const OWED_MAX = 20

/** A book over the signals of a fleet. */
export function newsBook(fleet: LiveFleet): NewsBook {
  const followed = new Map<string, FollowedSignal>()
  let isHeard = false

  function put(id: string, one: FollowedSignal): void {
    followed.delete(id)
    followed.set(id, one)
    if (followed.size > FOLLOWED_MAX) followed.delete(followed.keys().next().value!)
  }
  function owe(one: FollowedSignal, owed: OwedChange): void {
    one.owed.push(owed)
    if (one.owed.length > OWED_MAX) one.owed.shift()
  }
  function receive(signal: Signal): void {
    const known = fleet.signals.byId.get(signal.id)
    if (!isNews(signal) || known?.signal.version !== signal.version || known.withdrawn !== null) return
    const one: FollowedSignal = { signal, told: new Set(), owed: followed.get(signal.id)?.owed ?? [], isWithdrawn: false }
    owe(one, { change: 'received', at: signal.receivedAt, signal, version: signal.version })
    put(signal.id, one)
  }
  function withdraw(id: string): void {
    const { signal, withdrawn = null } = fleet.signals.byId.get(id) ?? {}
    const one = followed.get(id) ?? { signal: signal!, told: new Set(), owed: [], isWithdrawn: false }
    if (signal === undefined || withdrawn === null || !isNews(signal) || one.isWithdrawn) return
    one.isWithdrawn = true
    owe(one, { change: 'withdrawn', ...withdrawn, signal })
    put(id, one)
  }
  /** Somebody hears of signals, or nobody does any more. Who begins to listen is told what comes from now on. */
  function lookWhoHears(at: number): void {
    const before = isHeard
    isHeard = [...fleet.webhooks.values()].some(hearsOfSignals)
    if (isHeard === before) return
    followed.clear()
    if (!isHeard) return
    for (const [id, known] of fleet.signals.byId) {
      const { signal } = known
      if (isNews(signal) && !isOver(known, at))
        put(id, { signal, told: new Set(changesBy(signal, at)), owed: [], isWithdrawn: false })
    }
  }
  function take({ signal: id, change, version }: Extract<Fact, { kind: 'signal-told' }>): void {
    const one = followed.get(id)
    if (one === undefined) return
    const place = one.owed.findIndex((owed) => owed.change === change && owed.version === version)
    if (place >= 0) one.owed.splice(place, 1)
    if (version === one.signal.version) one.told.add(change)
    if (one.owed.length === 0 && (one.isWithdrawn || one.told.has('ended'))) followed.delete(id)
  }

  return {
    followed,
    noticed(fact, at) {
      if (fact.kind === 'webhook-set' || fact.kind === 'webhook-removed') return lookWhoHears(at)
      if (!isHeard) return
      if (fact.kind === 'signal-received') receive(fact.signal)
      if (fact.kind === 'signal-withdrawn') withdraw(fact.id)
      if (fact.kind === 'signal-told') take(fact)
    },
    freeze: () => ({ isHeard, followed }),
    thaw(frozen) {
      const read = frozen as { readonly isHeard: boolean; readonly followed: typeof followed }
      isHeard = read.isHeard
      followed.clear()
      for (const [id, one] of read.followed) followed.set(id, one)
    },
  }
}

/** When a signal begins to hold, epoch ms. */
export function beginOf({ from, receivedAt }: Signal): number {
  return Math.max(from, receivedAt)
}

/** Whether its changes are told: steps of a release are made here, and limits of LPC and LPP are told to their guard by their own way. */
function isNews(signal: Signal): boolean {
  return !isReleaseStep(signal) && !isLimitationName(signal.id)
}

/** What has become of a signal by an instant, epoch ms, and is no news then. */
function changesBy(signal: Signal, at: number): readonly SignalChange[] {
  const begin = beginOf(signal)
  if (begin > at) return ['received']
  return begin + REFUSED_AFTER_MS > at ? ['received', 'in-force'] : ['received', 'in-force', 'confirmed', 'refused']
}
