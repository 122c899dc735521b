// Sums of what meters told, as steps: a power holds until the next one is told, a mean from register to register for the time between.
import type { Reading } from '../telemetry/reading.ts'

/** From an instant on, epoch ms, so many W. */
export interface Step {
  readonly at: number
  readonly watts: number
}
/** What a register counted, given energy subtracted. */
export interface Register {
  readonly at: number
  readonly wh: number
}
/** How a meter stood where it is begun with. */
export interface MeterStart {
  readonly watts: number | null
  readonly register: Register | null
  /** What it can be at most, W either way. */
  readonly rated: { readonly max: number; readonly min: number }
}
/** Power of one meter: begun from what was known, fed with its readings in any order. */
export interface MeterSteps {
  take(reading: Pick<Reading, 'sampledAt' | 'power' | 'imported' | 'exported'>): void
  /** From an instant on nothing is taken: the car has left. */
  end(at: number): void
  /** As power was told: each value holds until the next one, so that nothing is said to have fallen before it was seen. */
  power(): readonly Step[]
  /** The same, with means from register to register where these tell the energy between two values. */
  energy(): readonly Step[]
}

const HOUR_MS = 3_600_000
/** A register that says nothing for longer tells no course of power. */
const REGISTER_GAP_MAX_MS = 1_800_000
/** Registers that count in such steps, Wh, tell no mean of a minute. */
const COARSE_WH = 100
const RATED_SHARE = 1.1

/** Steps of a meter from an instant on. */
export function meterSteps(at: number, start: MeterStart): MeterSteps {
  const told: Step[] = [{ at, watts: start.watts ?? 0 }]
  const registers: Register[] = []
  if (start.register !== null && start.register.at <= at) {
    // Until the limit came it went on as it was told last.
    const before = ((start.watts ?? 0) * (at - start.register.at)) / HOUR_MS
    registers.push({ at, wh: start.register.wh + before })
  }
  let leftAt = Infinity
  const inOrder = <Item extends { readonly at: number }>(items: readonly Item[]) => items.toSorted((a, b) => a.at - b.at)
  /** The mean between two values of a register; null where they tell none. */
  function meanBetween(from: Register, to: Register): number | null {
    const ms = to.at - from.at
    if (ms <= 0 || ms > REGISTER_GAP_MAX_MS || (from.wh % COARSE_WH === 0 && to.wh % COARSE_WH === 0)) return null
    const mean = ((to.wh - from.wh) * HOUR_MS) / ms
    return mean > start.rated.max * RATED_SHARE || mean < start.rated.min * RATED_SHARE ? null : mean
  }
  function means(): readonly (Step & { readonly until: number })[] {
    const sorted = inOrder(registers)
    return sorted.slice(1).flatMap((to, i) => {
      const mean = meanBetween(sorted[i]!, to)
      return mean === null ? [] : [{ at: sorted[i]!.at, until: to.at, watts: mean }]
    })
  }
  function powerSteps(): readonly Step[] {
    if (told.length > 1) return inOrder(told)
    // A meter that tells no power at all is known by its register alone.
    return inOrder([...told, ...means()])
  }

  return {
    take({ sampledAt, power, imported, exported }) {
      if (sampledAt < at) return
      if (power !== null) told.push({ at: sampledAt, watts: power })
      if (imported !== null) registers.push({ at: sampledAt, wh: imported - (exported ?? 0) })
    },
    end(left) {
      leftAt = left
      told.push({ at: left, watts: 0 })
    },
    power: powerSteps,
    energy() {
      const known = means()
      const isInside = (step: Step) => known.some(({ at: from, until }) => from <= step.at && step.at < until)
      const outside = known.length === 0 ? powerSteps() : powerSteps().filter((step) => !isInside(step))
      return inOrder([...outside, ...known]).filter((step) => step.at < leftAt || step.watts === 0)
    },
  }
}

/** The sum of several courses, each with its share, from an instant on, epoch ms. */
export function sumOf(
  courses: readonly { readonly steps: readonly Step[]; readonly share: number }[],
  from: number,
): readonly Step[] {
  const changes: { readonly at: number; readonly change: number }[] = []
  for (const { steps, share } of courses) {
    let before = 0
    for (const { at, watts } of steps) {
      changes.push({ at: Math.max(at, from), change: (watts - before) * share })
      before = watts
    }
  }
  changes.sort((a, b) => a.at - b.at)
  const sums: { at: number; watts: number }[] = [{ at: from, watts: 0 }]
  let watts = 0
  for (const { at, change } of changes) {
    watts += change
    const last = sums.at(-1)!
    if (last.at === at) last.watts = watts
    else sums.push({ at, watts })
  }
  return sums
}

/** The pieces of a course within [from, until), in order. */
export function* piecesOf(
  steps: readonly Step[],
  from: number,
  until: number,
): Generator<{ readonly from: number; readonly until: number; readonly watts: number }> {
  let low = 0
  let high = steps.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (steps[middle]!.at <= from) low = middle + 1
    else high = middle
  }
  for (let i = Math.max(0, low - 1); i < steps.length && steps[i]!.at < until; i++) {
    const piece = {
      from: Math.max(from, steps[i]!.at),
      until: Math.min(until, steps[i + 1]?.at ?? Infinity),
      watts: steps[i]!.watts,
    }
    if (piece.until > piece.from) yield piece
  }
}

/** Energy of a course within [from, until), Wh. */
export function energyOf(steps: readonly Step[], from: number, until: number): number {
  let wattMs = 0
  for (const piece of piecesOf(steps, from, until)) wattMs += piece.watts * (piece.until - piece.from)
  return wattMs / HOUR_MS
}
