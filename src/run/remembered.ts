// What is rebuilt from facts, and can be laid down in a snapshot and taken up again instead: one after the other, by name.
import type { Habits } from '../../domain/forecast/habits.ts'
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import { fillWith } from './fill-with.ts'
import { stateShape } from './state-shape.ts'

export interface Remembered {
  readonly name: string
  /** Everything it has learnt from facts: plain data, maps, sets and typed arrays. It may share parts with what it goes on changing. */
  freeze(): unknown
  /** Takes over what was frozen, in place of what it knows. */
  thaw(frozen: unknown): void
}
/** What stands for the entries up to a sequence number. */
export interface Base {
  readonly sequence: number
  /** When the last of them was written, epoch ms. */
  readonly at: number
  readonly remains: Readonly<Record<string, unknown>>
}

/** Counts up where facts do something else to the same shape of state, or what others remember changes: a snapshot of before is not taken up then. */
const FORMAT = 13

/** Names what a snapshot holds: those of another format are left alone. */
export function stateFormat(): string {
  return `${FORMAT}-${stateShape()}`
}

/** The live state as something to remember. */
export function rememberedFleet(fleet: LiveFleet): Remembered {
  return {
    name: 'fleet',
    freeze: () => fleet,
    thaw(frozen) {
      // A fleet without one shares its registry with all others: it is replaced, not filled.
      fleet.registry = (frozen as LiveFleet).registry
      fleet.byHand.base = (frozen as LiveFleet).byHand.base
      fillWith(fleet, frozen)
    },
  }
}

/** The habits of users as something to remember. */
export function rememberedHabits({ freeze, thaw }: Habits): Remembered {
  return { name: 'habits', freeze, thaw }
}

/** Lays down all of them. */
export function freezeAll(all: readonly Remembered[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(all.map((one) => [one.name, one.freeze()]))
}

/** Takes up all of them. Throws when one is missing, before anything has changed. */
export function thawAll(all: readonly Remembered[], remains: Readonly<Record<string, unknown>>): void {
  const missing = all.find(({ name }) => !(name in remains))
  if (missing !== undefined) throw new Error(`the snapshot does not hold the ${missing.name}`)
  for (const one of all) one.thaw(remains[one.name])
}
