// Keeps day-ahead prices coming: looks at the right times, asks the next source for what the first one misses, and never mixes markets in one curve.
import { createHash } from 'node:crypto'
import type { Clock } from '../../domain/ports/clock.ts'
import type { PriceCurve } from '../../domain/signals/price.ts'
import type { PriceRefusal } from '../../domain/signals/price-refusal.ts'
import { DAY_AHEAD_SCHEDULE, nextLook, slotsDue, type PriceSchedule } from '../../domain/signals/price-schedule.ts'
import { later, type Slot } from '../../domain/time/slot.ts'
import type { Price } from '../../domain/units.ts'
import type { PriceSource } from './price-source.ts'

export interface PriceWatch {
  readonly clock: Clock
  /** Asked in this order; each only for what is still missing. */
  readonly sources: readonly PriceSource[]
  /** Makes the looks of this installation differ from those of others. */
  readonly seed: string
  /** Called with every new curve; it holds null where another source has already given the price. */
  readonly onCurve: (curve: PriceCurve) => void
  readonly onRefusal: (source: string, refusal: PriceRefusal) => void
  /** Called when everything due is there, and when something is missing after all sources were asked; `missing` is the number of slots. */
  readonly onLook?: (missing: number) => void
  /** Told when a look failed in a way nobody foresaw. */
  readonly onFailure?: (error: Error) => void
  readonly schedule?: PriceSchedule
  /** Counts a fetch as under way, for clocks that must not move meanwhile. */
  readonly track?: <Value>(work: Promise<Value>) => Promise<Value>
}

/** After a step of the clock it is looked soon whether anything is missing by its new time (F36). */
const LOOK_AFTER_STEP_MS = 10_000

/** Starts looking at once. Returns a way to stop. */
export function watchPrices(watch: PriceWatch): { stop(): void } {
  const { clock, sources, seed, schedule = DAY_AHEAD_SCHEDULE, track = (work) => work } = watch
  const known = new Map<Slot, Price>()
  let failures = 0
  let looks = 0
  let lookedUntil: Slot | null = null
  let isStopped = false
  let awaitsPublication = false
  let cancel = clock.after(0, 'prices', look)
  const forget = clock.onStep(() => {
    // A retry only waits; a publication stands in the calendar, and another day may be due now.
    if (!awaitsPublication) return
    awaitsPublication = false
    cancel()
    cancel = clock.after(LOOK_AFTER_STEP_MS, 'prices', look)
  })

  function look(): void {
    awaitsPublication = false
    track(fetchMissing()).then(looked, (error: Error) => {
      // Whatever failed, the next look comes.
      watch.onFailure?.(error)
      failures++
      if (!isStopped) wait(null)
    })
  }

  function looked(retryAfterMs: number | null): void {
    if (isStopped) return
    const missing = missingSlots().length
    const { until } = slotsDue(clock.now(), schedule)
    // A new day to look for starts with short waits again, whatever is missing of the old one.
    if (until !== lookedUntil) failures = 0
    lookedUntil = until
    failures = missing === 0 ? 0 : failures + 1
    watch.onLook?.(missing)
    wait(retryAfterMs)
  }

  function wait(retryAfterMs: number | null): void {
    const now = clock.now()
    const next = nextLook(now, failures, chanceOf(seed, looks++), retryAfterMs, schedule)
    awaitsPublication = failures === 0
    cancel = awaitsPublication ? clock.at(next, 'prices', look) : clock.after(next - now, 'prices', look)
  }

  async function fetchMissing(): Promise<number | null> {
    const { from } = slotsDue(clock.now(), schedule)
    for (const slot of known.keys()) if (slot < from) known.delete(slot)
    let retryAfterMs: number | null = null
    for (const source of sources) {
      const missing = missingSlots()
      if (missing.length === 0 || isStopped) break
      const answer = await source.fetch(missing[0]!, later(missing.at(-1)!, 1))
      if (isStopped) break
      if (answer.ok) take(answer.value)
      else {
        watch.onRefusal(source.name, answer.refusal)
        if (answer.refusal.kind === 'unavailable')
          retryAfterMs = Math.max(retryAfterMs ?? 0, answer.refusal.retryAfterMs ?? 0) || null
      }
    }
    return retryAfterMs
  }

  function take(curve: PriceCurve): void {
    const { first, values } = curve.prices
    let taken = 0
    const fresh = values.map((price, i) => {
      const slot = later(first, i)
      if (price === null || known.has(slot)) return null
      known.set(slot, price)
      taken++
      return price
    })
    if (taken > 0) watch.onCurve({ ...curve, prices: { first, values: fresh } })
  }

  function missingSlots(): readonly Slot[] {
    const { from, until } = slotsDue(clock.now(), schedule)
    const missing: Slot[] = []
    for (let slot = from; slot < until; slot = later(slot, 1)) if (!known.has(slot)) missing.push(slot)
    return missing
  }

  return {
    stop() {
      isStopped = true
      forget()
      cancel()
    },
  }
}

/** A number in [0, 1) that depends on nothing but its arguments. */
function chanceOf(seed: string, number: number): number {
  return createHash('sha256').update(`${seed}/${number}`).digest().readUInt32BE(0) / 2 ** 32
}
