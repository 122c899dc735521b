// Which station of a fleet has which habits: those that were named, as far as they suit and go together, or a seeded mix of all.
import { dice, shuffled } from '../dice.ts'
import type { StationConfig } from '../twin-fleet.ts'
import { habitNamed, HABITS } from './catalog.ts'
import type { Habit } from './habit.ts'

/** Names of habits, or all of them mixed. */
export type HabitChoice = 'all' | readonly string[]

/** In a mix every station has one to this many. */
const MOST_IN_A_MIX = 3

/** The same stations with habits. Named ones go to every station they suit; where two exclude each other, stations take them in turns. */
export function withHabits(stations: readonly StationConfig[], seed: string, choice: HabitChoice): readonly StationConfig[] {
  if (choice === 'all') return mixed(stations, seed)
  const wanted = choice.map(habitNamed)
  return stations.map((station, i) => {
    const suiting = wanted.filter((habit) => doesSuit(habit, station))
    const turn = suiting.length === 0 ? 0 : i % suiting.length
    return having(station, goingTogether([...suiting.slice(turn), ...suiting.slice(0, turn)], Infinity))
  })
}

/** Every habit gets about as many stations as the others: each station begins with the rarest one so far that suits it. */
function mixed(stations: readonly StationConfig[], seed: string): readonly StationConfig[] {
  const uses = new Map<Habit, number>()
  return stations.map((station) => {
    const roll = dice(seed, station.id, 'habits')
    const most = 1 + Math.floor(roll() * MOST_IN_A_MIX)
    const order = shuffled(
      roll,
      HABITS.filter((habit) => doesSuit(habit, station)),
    )
    const rarest = order.toSorted((a, b) => (uses.get(a) ?? 0) - (uses.get(b) ?? 0))
    const taken = goingTogether(rarest, most)
    for (const habit of taken) uses.set(habit, (uses.get(habit) ?? 0) + 1)
    return having(station, taken)
  })
}

function doesSuit({ versions, suits }: Habit, station: StationConfig): boolean {
  return versions.includes(station.dialect) && suits?.(station) !== false
}
function goingTogether(habits: readonly Habit[], most: number): readonly Habit[] {
  const taken: Habit[] = []
  for (const habit of habits)
    if (taken.length < most && !taken.some(({ topics }) => topics.some((topic) => habit.topics.includes(topic))))
      taken.push(habit)
  return taken
}
function having(station: StationConfig, habits: readonly Habit[]): StationConfig {
  const ordered = HABITS.filter((habit) => habits.includes(habit))
  const fitted = ordered.reduce((config, habit) => habit.fitted?.(config) ?? config, station)
  return { ...fitted, habits: ordered.map(({ name }) => name) }
}
