// How much will a session charge? Own sessions of like days tell, the pool helps out where there are few.
import { DAY_MS, wallTime, type WallTime } from '../time/wall-clock.ts'
import { clockDistance, DAY_CLASSES, dayClass, ENERGY_STEP, minuteOf, type Habit, type History } from './history.ts'
import { HALF_LIFE_DAYS } from './tuning.ts'
import { weighted, type Weighted } from './weighted.ts'

/** The hour tells less about the energy than about the departure. */
const LIKE_MINUTES = 240
const OTHER_DAY = 0.25
/** Shrinkage: users differ more in energy than in departure, so that the pool counts as one session only. */
const POOL_SESSIONS = 1

/** Points of the energy (Wh) that a session of this user, plugged in at `pluggedAt` (epoch ms), will charge; empty when nobody ever charged. */
export function energyDistribution(history: History, user: string, pluggedAt: number): Weighted {
  const plugged = wallTime(pluggedAt, history.zone)
  const points: [number, number][] = []
  for (const habit of history.users.get(user)?.habits ?? [])
    if (habit.energy !== null) points.push([habit.energy, likeness(habit, plugged)])
  const pool: [number, number][] = []
  for (let day = 0; day < DAY_CLASSES; day++) {
    const like = day === dayClass(plugged) ? 1 : OTHER_DAY
    history.energies[day]!.forEach((count, bin) => {
      if (count > 0) pool.push([(bin + 0.5) * ENERGY_STEP, like * count])
    })
  }
  const total = pool.reduce((sum, [, weight]) => sum + weight, 0)
  const scale = total === 0 ? 0 : Math.min(1, POOL_SESSIONS / total)
  return weighted([...points, ...pool.map(([value, weight]): [number, number] => [value, weight * scale])])
}

/** How much a habit tells about a session that begins at `plugged`: 1 for the same hour of a like day just now. */
function likeness(habit: Habit, plugged: WallTime): number {
  const apart = clockDistance(minuteOf(plugged), minuteOf(habit.plugged)) / LIKE_MINUTES
  const ageDays = Math.max(0, plugged - habit.plugged) / DAY_MS
  const day = dayClass(habit.plugged) === dayClass(plugged) ? 1 : OTHER_DAY
  return day * Math.exp(-0.5 * apart * apart) * 2 ** (-ageDays / HALF_LIFE_DAYS)
}
