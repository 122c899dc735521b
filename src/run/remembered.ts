// What is rebuilt from facts, and can be laid down in a snapshot and taken up again instead: one after the other, by name.
import { createHash } from 'node:crypto'
import type { Habits } from '../../domain/forecast/habits.ts'
import { emptyFleet, type LiveFleet } from '../../domain/live/live-fleet.ts'
import { fillWith } from './fill-with.ts'

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

/** Counts up with every change of what is remembered that its outermost names do not show; a snapshot of before is not taken up then. */
const FORMAT = 1

/** Names the shape of the state: snapshots of another one are left alone. */
export function stateFormat(): string {
  const shape = JSON.stringify(Object.entries(emptyFleet()).map(([name, part]) => [name, kindOf(part)]))
  return `${FORMAT}-${createHash('sha256').update(shape).digest('hex').slice(0, 12)}`
}

/** The live state as something to remember. */
export function rememberedFleet(fleet: LiveFleet): Remembered {
  return {
    name: 'fleet',
    freeze: () => fleet,
    thaw: (frozen) => fillWith(fleet, frozen),
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

function kindOf(part: unknown): string {
  if (typeof part !== 'object' || part === null) return typeof part
  return part.constructor === Object ? Object.keys(part).join() : part.constructor.name
}
