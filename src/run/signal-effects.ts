// What has become of each signal: when the first order left after it began, and when the last station confirmed; read off the facts, so that a restart finds it again.
import type { Fact } from '../../domain/facts/fact.ts'
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import { signalsOn } from '../../domain/live/signal-book.ts'
import { subjectsOf } from '../../domain/live/subject.ts'
import type { EvseId, OrderId } from '../../domain/registry/identity.ts'
import { isInForce } from '../../domain/signals/envelope.ts'

export interface SignalEffect {
  readonly firstOrderAt: number | null
  readonly lastConfirmedAt: number | null
  readonly told: number
  readonly confirmed: number
}
export interface SignalEffects {
  /** To be told each fact once it is applied. */
  notice(fact: Fact, at: number): void
  of(id: string): SignalEffect
  /** The same for one version: nothing where that has led to no order. */
  ofVersion(id: string, version: number): SignalEffect
  /** What it has read off the facts, to be taken up again by `thaw` in place of those facts. */
  freeze(): unknown
  thaw(frozen: unknown): void
}

interface Kept {
  readonly version: number
  readonly firstOrderAt: number
  lastConfirmedAt: number | null
  confirmed: number
  /** The order each EVSE still has to confirm; null once it has. */
  readonly orders: Map<EvseId, OrderId | null>
}

/** Signals whose effect is remembered: those that had an order made last. */
const KEPT_MAX = 5_000
/** EVSEs of all of them together; beyond it the effects of the oldest are forgotten. */
const TOLD_MAX = 200_000
const NOTHING: SignalEffect = { firstOrderAt: null, lastConfirmedAt: null, told: 0, confirmed: 0 }

/** The effects of the signals of one fleet. */
export function signalEffects(fleet: LiveFleet): SignalEffects {
  const effects = new Map<string, Kept>()
  let told = 0

  function noticeOrder(evse: EvseId, order: OrderId, issuedAt: number): void {
    const live = fleet.evses.get(evse)
    if (live === undefined || fleet.signals.byId.size === 0) return
    for (const subject of subjectsOf(fleet, live.evse))
      for (const envelope of signalsOn(fleet.signals, subject)) {
        const { signal } = envelope
        if (signal === undefined || !isInForce(envelope, issuedAt)) continue
        const kept = keptOf(signal.id, signal.version, issuedAt)
        if (kept.orders.get(evse) === null) continue
        if (!kept.orders.has(evse)) told++
        kept.orders.set(evse, order)
      }
    forgetOldest()
  }
  function forget(id: string, { orders }: Kept): void {
    told -= orders.size
    effects.delete(id)
  }
  /** The latest one stays, however many it means. */
  function forgetOldest(): void {
    for (const [id, kept] of effects) {
      if (effects.size <= 1 || (effects.size <= KEPT_MAX && told <= TOLD_MAX)) return
      forget(id, kept)
    }
  }
  function keptOf(id: string, version: number, issuedAt: number): Kept {
    const known = effects.get(id)
    if (known?.version === version) {
      // Whoever goes on having orders made stays.
      effects.delete(id)
      effects.set(id, known)
      return known
    }
    const made: Kept = { version, firstOrderAt: issuedAt, lastConfirmedAt: null, confirmed: 0, orders: new Map() }
    if (known !== undefined) forget(id, known)
    effects.set(id, made)
    return made
  }
  function noticeConfirmed(evse: EvseId, order: OrderId, at: number): void {
    const live = fleet.evses.get(evse)
    if (live === undefined || effects.size === 0) return
    for (const subject of subjectsOf(fleet, live.evse))
      for (const { signal } of signalsOn(fleet.signals, subject)) {
        const kept = signal === undefined ? undefined : effects.get(signal.id)
        if (kept === undefined || kept.orders.get(evse) !== order) continue
        kept.orders.set(evse, null)
        kept.confirmed++
        kept.lastConfirmedAt = at
      }
  }

  return {
    notice(fact, at) {
      if (fact.kind === 'order-issued') noticeOrder(fact.order.evse, fact.order.id, fact.order.issuedAt)
      else if (fact.kind === 'order-moved' && (fact.state.kind === 'confirmed' || fact.state.kind === 'followed'))
        noticeConfirmed(fact.evse, fact.order, at)
    },
    freeze: () => effects,
    thaw(frozen) {
      effects.clear()
      for (const [id, kept] of frozen as typeof effects) effects.set(id, kept)
      told = 0
      for (const { orders } of effects.values()) told += orders.size
    },
    of: (id) => effectOf(effects.get(id)),
    ofVersion(id, version) {
      const kept = effects.get(id)
      return kept?.version === version ? effectOf(kept) : NOTHING
    },
  }
}

function effectOf(kept: Kept | undefined): SignalEffect {
  if (kept === undefined) return NOTHING
  const { firstOrderAt, lastConfirmedAt, confirmed, orders } = kept
  return { firstOrderAt, lastConfirmedAt, told: orders.size, confirmed }
}
