// `--habits`: which habits of real stations the twin plays, by name or all of them mixed.
import { InvalidArgumentError, Option } from 'commander'
import { habitList, isHabit } from '../../adapters/twin/habits/catalog.ts'
import type { HabitChoice } from '../../adapters/twin/habits/deal-habits.ts'
import type { CommandIo } from './exit.ts'

/** What the option gives: a choice, or the wish to see the list. */
export type HabitsAsked = HabitChoice | 'help'

/** The option of `demo` and `twin`. */
export function habitsOption(): Option {
  return new Option(
    '--habits <names>',
    'stations with habits of real ones: names with commas, all for a mix, help for the list',
  ).argParser(habitsAsked)
}

/** Prints the list where it was asked for; true when that is all there is to do. */
export function isHelpOnHabits(asked: HabitsAsked | undefined, io: CommandIo): asked is 'help' {
  if (asked !== 'help') return false
  io.stdout(`${habitList()}\n`)
  return true
}

function habitsAsked(text: string): HabitsAsked {
  if (text === 'all' || text === 'help') return text
  const names = text.split(',').map((name) => name.trim())
  const unknown = names.find((name) => !isHabit(name))
  if (unknown !== undefined) throw new InvalidArgumentError(`there is no habit "${unknown}"; there are:\n${habitList()}`)
  return names
}
