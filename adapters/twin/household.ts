// A house with sun on its roof, a battery and a heat pump, as its energy manager runs it: within what its connection may take, and as it likes where nobody says so.
import { dice, within } from './dice.ts'

export interface HouseholdOptions {
  readonly seed: string
  /** Epoch ms at which it begins. */
  readonly from: number
}
/** Powers in W, taking positive. */
export interface HouseholdNow {
  readonly load: number
  readonly sun: number
  readonly heatPump: number
  readonly battery: number
  /** 0 to 1, of the battery. */
  readonly soc: number
}
export interface Household {
  /** What the connection may take, W, and what of it cars have; null for whatever it likes. It follows at once. */
  limit(maxW: number | null): void
  /** What is left for cars of a limit, W. */
  shareOfCars(maxW: number): number
  /** How it stands at an instant, epoch ms, while cars take so much, W. */
  at(now: number, carsW: number): HouseholdNow
  /** The time until an instant has passed with cars taking so much. */
  pass(now: number, carsW: number): void
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const LOAD_W = [300, 700] as const
/** The heat pump as it likes, and the least it needs (a heating rod that stays off). */
const HEAT_PUMP_W = { usual: 3_200, least: 1_000 } as const
const BATTERY = { capacityWh: 10_000, powerW: 5_000, atNightW: 2_000, low: 0.1, high: 0.95, start: 0.5 } as const
const SUN_PEAK_W = 9_000
/** Of the middle of Germany, degrees. */
const PLACE = { latitude: 51, longitude: 10 } as const
const TILT = 23.44

/** A house in which nothing is limited. */
export function household({ seed, from }: HouseholdOptions): Household {
  let [passedUntil, soc]: [number, number] = [from, BATTERY.start]
  let limit: number | null = null

  function loadAt(now: number): number {
    return within(dice(seed, 'household', Math.floor(now / MINUTE_MS)), LOAD_W)
  }
  /** What the battery does: takes what the sun has left over and a little at night; under a limit it gives what is missing, and takes nothing from the grid. */
  function batteryPower(beside: number): number {
    const [most, least] = [soc < BATTERY.high ? BATTERY.powerW : 0, soc > BATTERY.low ? -BATTERY.powerW : 0]
    if (limit === null) return Math.min(most, Math.max(BATTERY.atNightW, -beside))
    return beside < 0 ? Math.min(most, -beside) : Math.max(least, Math.min(0, limit - beside))
  }
  function at(now: number, carsW: number): HouseholdNow {
    const load = loadAt(now)
    const sun = 0 - sunPower(now)
    const heatPump = limit === null ? HEAT_PUMP_W.usual : HEAT_PUMP_W.least
    return { load, sun, heatPump, battery: batteryPower(load + sun + heatPump + carsW), soc }
  }
  return {
    limit: (maxW) => void (limit = maxW),
    shareOfCars: (maxW) => Math.max(0, maxW - HEAT_PUMP_W.least - LOAD_W[1]),
    at,
    pass(now, carsW) {
      const { battery } = at(now, carsW)
      soc = Math.min(1, Math.max(0, soc + (battery * (now - passedUntil)) / HOUR_MS / BATTERY.capacityWh))
      passedUntil = now
    },
  }
}

/** What the roof gives under a clear sky at an instant, epoch ms; W. */
export function sunPower(now: number): number {
  const days = now / DAY_MS
  const dayOfYear = (days % 365.2425) + 1
  const radians = Math.PI / 180
  const declination = -TILT * radians * Math.cos((2 * Math.PI * (dayOfYear + 10)) / 365.2425)
  const hourAngle = 2 * Math.PI * ((days % 1) - 0.5) + PLACE.longitude * radians
  const latitude = PLACE.latitude * radians
  const height = Math.sin(latitude) * Math.sin(declination) + Math.cos(latitude) * Math.cos(declination) * Math.cos(hourAngle)
  return SUN_PEAK_W * Math.max(0, height)
}
