// How the limited directions of all sites stand, and what became of each lately; rebuilt from facts.
import type { LimitationEvent, LimitationFact, LimitationStand, StateChange } from '../facts/limitation.ts'
import type { Direction } from '../limitation/limit.ts'
import { useCaseOf } from '../limitation/limitation-contract.ts'
import type { SiteId } from '../registry/identity.ts'

export interface LiveLimitation {
  readonly stands: LimitationStand
  /** The newest last. */
  readonly history: readonly LimitationEvent[]
}
/** By name, see `limitationName`. Those of sites that have left the registry stay: what a guard has written counts again when they come back. */
export type Limitations = Map<string, LiveLimitation>

const HISTORY_MAX = 20

/** `lpc:SITE` or `lpp:SITE`; also the id of the signal it is obeyed by. */
export function limitationName(site: SiteId, direction: Direction): string {
  return `${useCaseOf(direction).toLowerCase()}:${site}`
}

/** Whether the id of a signal is one that nobody may send, replace or withdraw from outside. */
export function isLimitationName(id: string): boolean {
  return /^lp[cp]:/.test(id)
}

/** Takes how one stands. */
export function takeStand(all: Limitations, fact: Extract<LimitationFact, { kind: 'limitation-told' }>): void {
  const name = limitationName(fact.site, fact.direction)
  const changes = fact.changes.map((change) => ({ kind: 'changed' as const, ...change }))
  all.set(name, { stands: fact.stands, history: longer(all.get(name)?.history ?? [], changes) })
}

/** Takes down a write that was refused at an instant, epoch ms. */
export function takeRefusedWrite(
  all: Limitations,
  { site, direction, guard, write, value, refusal }: Extract<LimitationFact, { kind: 'limitation-refused' }>,
  at: number,
): void {
  const name = limitationName(site, direction)
  const known = all.get(name)
  if (known === undefined) return
  all.set(name, { ...known, history: longer(known.history, [{ kind: 'refused', at, guard, write, value, refusal }]) })
}

/** The process has begun at an instant, epoch ms: no limit is active any more, and the failsafe limit holds until heartbeat and limit have come [TS-009/2, TS-017]. */
export function restartLimitations(all: Limitations, at: number): void {
  for (const [name, { stands, history }] of all) {
    const restarted = { ...stands, state: 'init', since: at, until: null, limit: null, guard: null, isConnected: false } as const
    const left = stands.state === 'init' ? [] : [startedAnew(stands.state, at)]
    all.set(name, { stands: restarted, history: longer(history, left) })
  }
}

/** That one began anew, as an event. */
export function startedAnew(from: LimitationStand['state'], at: number): LimitationEvent & StateChange {
  return { kind: 'changed', at, from, to: 'init', requirement: '017', cause: 'started-anew' }
}

function longer(before: readonly LimitationEvent[], more: readonly LimitationEvent[]): readonly LimitationEvent[] {
  return more.length === 0 ? before : [...before, ...more].slice(-HISTORY_MAX)
}
