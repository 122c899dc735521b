// What a house takes beside the cars we lead: what its meter says, less what the cars behind it take by their own.
import type { HouseReading, NoSample } from '../ports/house-reading.ts'
import type { SiteId } from '../registry/identity.ts'
import { ok, refused, type Result } from '../result.ts'
import { slotAt } from '../time/slot.ts'
import { watts, type Power } from '../units.ts'
import type { LiveEvse, LiveFleet } from './live-fleet.ts'
import { powerAt } from './measured-power.ts'

export interface HouseSample {
  /** Epoch ms. */
  readonly at: number
  readonly power: Power
  /** Of the cars we lead, which the meter counted as well. */
  readonly cars: Power
}

const FAULTS = { outOfRange: 'out-of-range', error: 'error', unreadable: 'unreadable' } as const
/** Two meters that were read within this time say the same. */
const TOGETHER_MS = 15_000
/** A station has followed an order after this time, and takes what it takes until the next. */
const FOLLOWED_MS = 30_000
/** Their power is that of cars, which may be ours. */
const OF_CARS = new Set(['EV', 'EVSE'])

/** The house at the instant of a reading; `now` in epoch ms. */
export function houseSample(fleet: LiveFleet, site: SiteId, reading: HouseReading, now: number): Result<HouseSample, NoSample> {
  const connection = connectionOf(reading)
  if (connection === null) return refused(reading.fault === null ? 'no-power' : FAULTS[reading.fault])
  const { at, power, isWhole } = connection
  if (!isWhole) return ok({ at, power, cars: watts(0) })
  let cars = 0
  for (const id of fleet.evsesBySite.get(site) ?? []) {
    const live = fleet.evses.get(id)!
    if (live.session === null) continue
    const own = powerBeside(live, at, now)
    if (own === null) return refused('cars-unmeasured')
    cars += own
  }
  return ok({ at, power: watts(power - cars), cars: watts(cars) })
}

/** At the connection to the grid; where nobody measures there, its parts together, among which are no cars. */
function connectionOf({ at, hasMeter, connection, parts }: HouseReading) {
  if (at !== null && connection !== null) return { at, power: connection, isWhole: true }
  // What its parts take says too little where the whole should be known.
  if (hasMeter) return null
  const own = parts.filter(({ place, kind }) => !OF_CARS.has(kind) && !parts.some((other) => place.startsWith(`${other.place}.`)))
  if (own.length === 0) return null
  const power = own.reduce<Power>((sum, part) => watts(sum + part.power), watts(0))
  return { at: Math.min(...own.map((part) => part.at)), power, isWhole: false }
}

/** What a car took at an instant: as it was measured near it, or as it has been since it followed its order. Null where that is not known. */
function powerBeside(live: LiveEvse, at: number, now: number): Power | null {
  const power = powerAt(live, now)
  if (power === null || live.heardAt === null) return null
  if (Math.abs(live.heardAt - at) <= TOGETHER_MS) return power
  const isSettled = live.order === null || live.order.content.issuedAt + FOLLOWED_MS <= live.heardAt
  return isSettled && slotAt(live.heardAt) === slotAt(at) ? power : null
}
