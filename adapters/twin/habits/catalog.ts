// All habits of real stations that the twin can play, in the order in which they change what is said.
import { EVENT_HABITS } from './event-habits.ts'
import type { Habit } from './habit.ts'
import { METER_HABITS } from './meter-habits.ts'
import { OBEDIENCE_HABITS } from './obedience-habits.ts'
import { OFFLINE_HABITS } from './offline-habits.ts'
import { PROFILE_HABITS } from './profile-habits.ts'
import { SPELLING_HABITS } from './spelling-habits.ts'
import { STATUS_HABITS } from './status-habits.ts'
import { TIME_HABITS } from './time-habits.ts'
import { TOKEN_HABITS } from './token-habits.ts'

/** Slow answers come last, for they put off what all the others do; so do clocks, which write down what all the others say. */
export const HABITS: readonly Habit[] = [
  ...TOKEN_HABITS,
  ...EVENT_HABITS,
  ...OFFLINE_HABITS,
  ...STATUS_HABITS,
  ...METER_HABITS,
  ...PROFILE_HABITS,
  ...OBEDIENCE_HABITS,
  ...SPELLING_HABITS,
  ...TIME_HABITS,
]
const BY_NAME: ReadonlyMap<string, Habit> = new Map(HABITS.map((habit) => [habit.name, habit]))

/** Throws on a name that is none; check with `isHabit` before. */
export function habitNamed(name: string): Habit {
  const habit = BY_NAME.get(name)
  if (habit === undefined) throw new Error(`no habit ${name}`)
  return habit
}
export function isHabit(name: string): boolean {
  return BY_NAME.has(name)
}

/** The habits as a list for people. */
export function habitList(): string {
  const width = Math.max(...HABITS.map(({ name }) => name.length))
  return HABITS.map(({ name, versions, sentence }) => `${name.padEnd(width)}  ${versionsInWords(versions)}  ${sentence}.`).join(
    '\n',
  )
}
/** `1.6 2.x`, all of equal width. */
function versionsInWords(versions: Habit['versions']): string {
  if (versions.includes('ocpp1.6')) return '1.6 2.x'
  return versions.length === 1 ? '2.1    ' : '2.x    '
}
