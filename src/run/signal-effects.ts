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
  /** What it has read off the facts, to be taken up again by `thaw` in place of those facts. */
  freeze(): unknown
  thaw(frozen: unknown): void
}

interface Kept {
  readonly version: number
  readonly firstOrderAt: number
  lastConfirmedAt: number | null
  /** The order each EVSE still has to confirm; null once it has. */
  readonly orders: Map<EvseId, OrderId | null>
}

/** Signals whose effect is remembered, the latest ones. */
const KEPT_MAX = 5_000
const NOTHING: SignalEffect = { firstOrderAt: null, lastConfirmedAt: null, told: 0, confirmed: 0 }

/** The effects of the signals of one fleet. */
export function signalEffects(fleet: LiveFleet): SignalEffects {
  const effects = new Map<string, Kept>()

  function noticeOrder(evse: EvseId, order: OrderId, issuedAt: number): void {
    const live = fleet.evses.get(evse)
    if (live === undefined || fleet.signals.byId.size === 0) return
    for (const subject of subjectsOf(fleet, live.evse))
      for (const { signal, ...envelope } of signalsOn(fleet.signals, subject)) {
        if (signal === undefined || !isInForce(envelope, issuedAt)) continue
        const kept = keptOf(signal.id, signal.version, issuedAt)
        if (kept.orders.get(evse) !== null) kept.orders.set(evse, order)
      }
  }
  function keptOf(id: string, version: number, issuedAt: number): Kept {
    const known = effects.get(id)
    if (known?.version === version) return known
    const made: Kept = { version, firstOrderAt: issuedAt, lastConfirmedAt: null, orders: new Map() }
    effects.delete(id)
    effects.set(id, made)
    if (effects.size > KEPT_MAX)
      for (const oldest of [...effects.keys()].slice(0, effects.size - KEPT_MAX)) effects.delete(oldest)
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
    },
    of(id) {
      const kept = effects.get(id)
      if (kept === undefined) return NOTHING
      const confirmed = [...kept.orders.values()].filter((order) => order === null).length
      return { firstOrderAt: kept.firstOrderAt, lastConfirmedAt: kept.lastConfirmedAt, told: kept.orders.size, confirmed }
    },
  }
}
