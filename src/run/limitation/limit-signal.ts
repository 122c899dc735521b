// A limited direction as a signal on its site: what holds now, in watts, and the sentence that says why.
import type { Ceiling, ControllableSystem } from '../../../domain/limitation/controllable-system.ts'
import type { Direction } from '../../../domain/limitation/limit.ts'
import { useCaseOf, type LimitationContract } from '../../../domain/limitation/limitation-contract.ts'
import { limitationName } from '../../../domain/live/limitations.ts'
import { isOver, newestVersion, type SignalBook } from '../../../domain/live/signal-book.ts'
import type { SiteId } from '../../../domain/registry/identity.ts'
import type { Signal } from '../../../domain/signals/signal.ts'
import { instantText } from '../../../domain/time/slot.ts'
import type { Power } from '../../../domain/units.ts'

/** What a direction is limited to, and why. */
export interface Bound {
  /** Domain sign: not above it to consume, not below it to produce. */
  readonly power: Power
  readonly reference: string
}

/** What bounds it; null for nothing. `untilStamp` is the end of an active limit, epoch ms. */
export function boundOf(
  { device: { direction }, standing }: ControllableSystem,
  { by, power }: Ceiling,
  untilStamp: number | null,
): Bound | null {
  if (power === null) return null
  const end = untilStamp === null ? 'until it is changed' : `until ${instantText(untilStamp)}`
  const why = {
    limit: `limited ${end}`,
    failsafe: standing.name === 'init' ? 'failsafe: no heartbeat and limit since the start' : 'failsafe: no heartbeat for 120 s',
    'nominal-maximum': 'contractual maximum',
    none: '',
  }[by]
  return { power, reference: `${useCaseOf(direction)} ${why}` }
}

/** The bound that holds by the book of signals; null for none. */
export function boundInBook(book: SignalBook, site: SiteId, direction: Direction, now: number): Bound | null {
  const known = book.byId.get(limitationName(site, direction))
  if (known === undefined || isOver(known, now)) return null
  const power = direction === 'consume' ? known.signal.max : known.signal.min
  return power === null ? null : { power, reference: known.signal.provenance.reference }
}

/** The next version of the signal that says a bound. It began before anything did and has no end: whatever is done to the clock, only the next version changes it. */
export function limitSignal(
  book: SignalBook,
  site: SiteId,
  direction: Direction,
  { guard }: Pick<LimitationContract, 'guard'>,
  bound: Bound,
  now: number,
): Signal {
  const id = limitationName(site, direction)
  return {
    id,
    version: nextVersion(book, id),
    subjects: [`site:${site}`],
    from: 0,
    until: null,
    rank: 'grid-limit',
    max: direction === 'consume' ? bound.power : null,
    min: direction === 'produce' ? bound.power : null,
    provenance: { authority: `guard ${guard}`, reference: bound.reference },
    issuedAt: now,
    sender: guard,
    receivedAt: now,
  }
}

/** One more than is known of; 1 for what nobody knows. */
export function nextVersion(book: SignalBook, id: string): number {
  const known = book.byId.get(id)
  return known === undefined ? 1 : newestVersion(known) + 1
}

/** Whether a bound lets more through than another. */
export function isLooser(direction: Direction, bound: Bound | null, than: Bound | null): boolean {
  if (than === null) return false
  if (bound === null) return true
  return direction === 'consume' ? bound.power > than.power : bound.power < than.power
}
