// Tells what becomes of signals, for whoever has subscribed: beside everything else and one after the other, never on the way of a signal.
import type { Fact } from '../../domain/facts/fact.ts'
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { Signal } from '../../domain/signals/signal.ts'
import type { SignalSums } from '../../domain/signals/signal-change.ts'
import { confirmationLooks, LOOK_MS, type Look } from './confirmation-looks.ts'
import { beginOf, REFUSED_AFTER_MS, type FollowedSignal, type NewsBook, type OwedChange } from './news-book.ts'
import type { Pace } from './pace.ts'
import type { SignalEffect, SignalEffects } from './signal-effects.ts'
import { addUp } from './signal-sums.ts'
import type { Troubles } from './troubles.ts'

export interface SignalNewsOptions {
  readonly clock: Clock
  readonly fleet: LiveFleet
  readonly news: NewsBook
  readonly effects: Pick<SignalEffects, 'ofVersion'>
  readonly pace: Pace
  /** Records a fact and resolves when it is durable; rejects while nothing can be recorded. */
  readonly keep: (fact: Fact) => Promise<void>
  /** Why nothing can be recorded; null while it can. */
  readonly failure: () => string | null
  readonly troubles: Troubles
}
export interface SignalNews {
  /** A fact is recorded and in the book. */
  notice(fact: Fact): void
  /** The journal can be written again. */
  healed(): void
  /** Takes up what was not told; from here on everything has its time. */
  start(): void
  stop(): void
}

/** Orders of a signal have so long before anything is added up for its sender, ms. */
const AFTER_MS = 100
/** How often it is looked later whether stations have confirmed, and after a look that found somebody away. */
const LATER_LOOK_MS = 60_000
const AWAY_LOOK_MS = 15_000

/** Something to be told once everybody it means is added up; `null` for what the sums have to decide. */
type Job = OwedChange | { readonly change: null; readonly signal: Signal }

/** News of a fleet's signals; nothing is told before `start`. */
export function signalNews({ clock, fleet, news, effects, pace, keep, failure, troubles }: SignalNewsOptions): SignalNews {
  const waiting = new Set<string>()
  const looks = confirmationLooks(clock, lookUpon)
  const edges = new Map<string, () => void>()
  let isStarted = false
  let isBusy = false
  let cancelWork = () => {}
  let leaveSums = () => {}

  /** Puts on the clock whatever comes next of a signal. */
  function arm(id: string): void {
    disarm(id)
    const one = news.followed.get(id)
    if (one === undefined) return void waiting.delete(id)
    const edge = nextEdge(one, clock.now())
    const again = () => arm(id)
    if (edge !== null) edges.set(id, clock.at(edge, `z-news ${id}`, again))
    if (jobOf(one, clock.now()) !== null) want(id)
    if (isUndecided(one, clock.now())) looks.later(id, { told: -1, dueAt: clock.elapsed() + LOOK_MS })
    else looks.drop(id)
  }
  function disarm(id: string): void {
    edges.get(id)?.()
    edges.delete(id)
  }
  function armAll(): void {
    for (const id of new Set([...edges.keys(), ...waiting, ...news.followed.keys()])) arm(id)
  }

  function want(id: string): void {
    waiting.add(id)
    if (isBusy || !isStarted) return
    isBusy = true
    cancelWork = clock.after(AFTER_MS, 'z-news', next)
  }
  /** Tells the next of what waits. */
  function next(): void {
    isBusy = true
    for (const id of waiting) {
      const one = news.followed.get(id)
      const job = one === undefined ? null : jobOf(one, clock.now(), looks.at(id)?.told)
      if (job === null) {
        waiting.delete(id)
        continue
      }
      // What cannot be recorded waits until it can, see `healed`.
      if (failure() !== null) break
      leaveSums = addUp({ clock, fleet, pace, key: 'z-news' }, job.signal, (sums) => {
        cancelWork = clock.after(0, 'z-news', next)
        troubles.guard('internal', () => tell(id, job, sums), undefined)
      })
      return
    }
    isBusy = false
  }

  function tell(id: string, job: Job, sums: SignalSums): void {
    const effect = effects.ofVersion(id, job.signal.version)
    const owed = job.change === null ? decide(id, job.signal, effect, sums) : job
    waiting.delete(id)
    if (owed === null || failure() !== null) return
    keep(toldFact(owed, effect, sums)).catch(() => {})
    arm(id)
  }
  /** What the sums say of a signal; where it is too early it is looked at again. */
  function decide(id: string, signal: Signal, effect: SignalEffect, sums: SignalSums): OwedChange | null {
    const [one, look, now] = [news.followed.get(id), looks.at(id), clock.now()]
    if (one === undefined || look === undefined || one.signal !== signal || !isUndecided(one, now)) return null
    const verdict = verdictOf(one, look, effect, sums, now)
    const pauseMs = one.told.has('refused') ? LATER_LOOK_MS : AWAY_LOOK_MS
    if (verdict === null) looks.later(id, { ...look, dueAt: clock.elapsed() + pauseMs })
    return verdict
  }

  /** Whoever seems to have followed, or has had time enough, is added up. */
  function lookUpon(id: string, look: Look, elapsed: number): void {
    const [one, now] = [news.followed.get(id), clock.now()]
    if (one === undefined || !isUndecided(one, now)) return looks.drop(id)
    const { told, confirmed } = effects.ofVersion(id, one.signal.version)
    looks.later(id, { told: Math.max(told, look.told), dueAt: elapsed + (one.told.has('refused') ? LATER_LOOK_MS : LOOK_MS) })
    if ((told === look.told && confirmed >= told) || mayBeRefused(one, now)) want(id)
  }

  return {
    notice(fact) {
      if (!isStarted) return
      if (fact.kind === 'signal-received') arm(fact.signal.id)
      if (fact.kind === 'signal-withdrawn') arm(fact.id)
      if (fact.kind === 'webhook-set' || fact.kind === 'webhook-removed') armAll()
    },
    healed() {
      const [first] = waiting
      if (first !== undefined) want(first)
    },
    start() {
      isStarted = true
      armAll()
    },
    stop() {
      isStarted = false
      cancelWork()
      leaveSums()
      looks.stop()
      for (const cancel of edges.values()) cancel()
      edges.clear()
    },
  }
}

/** What is known of a signal whose stations had time; null where it is too early to say. */
function verdictOf(
  one: FollowedSignal,
  look: Look,
  { told, confirmed, lastConfirmedAt }: SignalEffect,
  { notConnected }: SignalSums,
  now: number,
): OwedChange | null {
  const { signal } = one
  const { version } = signal
  const begin = beginOf(signal)
  if (told === look.told && confirmed >= told && notConnected === 0)
    return { change: 'confirmed', at: lastConfirmedAt ?? begin, signal, version }
  return mayBeRefused(one, now) ? { change: 'refused', at: begin + REFUSED_AFTER_MS, signal, version } : null
}

function toldFact({ change, at, version, signal }: OwedChange, effect: SignalEffect, sums: SignalSums): Fact {
  const { id, sender, rank, min, max, from, until, issuedAt, receivedAt, provenance } = signal
  const said = { sender, rank, min, max, from, until, issuedAt, receivedAt, reference: provenance.reference }
  return { kind: 'signal-told', signal: id, change, at, version, ...said, ...effect, ...sums }
}

/** What is to be told of a signal next; null for nothing. `lookedAt`: its stations were looked at, and the sums have to decide. */
function jobOf({ signal, told, owed, isWithdrawn }: FollowedSignal, now: number, lookedAt = -1): Job | null {
  const { from, until, version } = signal
  if (owed[0] !== undefined) return owed[0]
  if (isWithdrawn) return null
  const isEnded = until !== null && until <= now
  if (from <= now && !isEnded && !told.has('in-force')) return { change: 'in-force', at: beginOf(signal), signal, version }
  if (isEnded) return told.has('ended') ? null : { change: 'ended', at: until, signal, version }
  return lookedAt >= 0 && from <= now && !told.has('confirmed') ? { change: null, signal } : null
}

/** When it begins or ends next by itself, epoch ms; null for never. */
function nextEdge({ signal: { from, until }, isWithdrawn }: FollowedSignal, now: number): number | null {
  return isWithdrawn ? null : ([from, until].find((edge) => edge !== null && edge > now) ?? null)
}

/** It holds, and nobody knows yet whether all have followed. */
function isUndecided({ signal, told, isWithdrawn }: FollowedSignal, now: number): boolean {
  return !isWithdrawn && !told.has('confirmed') && beginOf(signal) <= now && (signal.until === null || signal.until > now)
}

/** It has had time enough, and nobody was told so. */
function mayBeRefused({ signal, told }: FollowedSignal, now: number): boolean {
  return !told.has('refused') && now - beginOf(signal) >= REFUSED_AFTER_MS
}
