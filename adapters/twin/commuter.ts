// A seeded commuter: when the car stands at its station, when it is wanted, and what it uses in between.
import { DateTime } from 'luxon'
import { MARKET_ZONE } from '../../domain/time/zone-offset.ts'
import { dice, within, type Roll } from './dice.ts'

export interface Commuter {
  readonly seed: string
  /** Where the station stands: cars at home are away by day, cars at work by night and on weekends. */
  readonly place: 'home' | 'work'
  /** Home early from work and out again on weekday evenings: what is missing is needed in the expensive hours. */
  readonly goesOut: boolean
  /** The usual time the car is wanted, local wall-clock time. */
  readonly readyByHour: number
  readonly readyByMinute: number
  /** Shares of the capacity. */
  readonly targetSoc: number
  readonly minimumSoc: number
  readonly capacityWh: number
  /** Whether the car tells when it is wanted; a car that cannot is wanted at the usual time. */
  readonly announces: boolean
  /** Share of departures that come before the announced time. */
  readonly earlyShare: number
}
/** One time at the station. Epoch ms. */
export interface Stay {
  readonly arrivesAt: number
  /** What the car announces. */
  readonly readyBy: number
  /** When it really leaves. */
  readonly leavesAt: number
  /** Energy used since the stay before. */
  readonly usedWh: number
}

const MINUTE_MS = 60_000
/** A car leaves when it said or up to this much later. */
const LATE_MAX_MS = 20 * MINUTE_MS
/** Early leavers come 10 to 60 min before. */
const EARLY_MS = [10 * MINUTE_MS, 60 * MINUTE_MS] as const
/** What lies between target and minimum is used only up to this reserve, so that a car comes home above its minimum. */
const SPARE_SOC = 0.05

/** All stays that end after an instant, in order, without end. */
export function* stays(commuter: Commuter, from: number): Generator<Stay, never> {
  // A week back there is at least one stay to begin with, whatever the weekday.
  const first = DateTime.fromMillis(from, { zone: MARKET_ZONE }).startOf('day').minus({ days: 8 })
  const days = commuter.place === 'home' ? staysAtHome(commuter, first) : staysAtWork(commuter, first)
  for (const stay of days) if (stay.leavesAt > from) yield stay
  throw new Error('a commuter has no last day')
}

/** What the car holds when it is first seen, in Wh: something between minimum and target that still leaves the target within reach. */
export function firstStored(commuter: Commuter, stay: Stay, from: number, chargeMaxW: number): number {
  const { capacityWh, targetSoc, minimumSoc } = commuter
  const roll = dice(commuter.seed, 'first')
  const drawn = within(roll, [minimumSoc + SPARE_SOC, targetSoc]) * capacityWh
  if (stay.arrivesAt >= from) return targetSoc * capacityWh - stay.usedWh
  const hoursLeft = Math.max(0, (stay.readyBy - from) / (60 * MINUTE_MS) - 1)
  return Math.min(capacityWh, Math.max(drawn, targetSoc * capacityWh - hoursLeft * chargeMaxW * 0.7))
}

/** Mean energy between two stays in Wh. */
export function usualUse(commuter: Commuter): number {
  return Math.min(useMax(commuter), commuter.place === 'home' ? 10_000 : 12_000)
}

interface Trip {
  readonly readyBy: number
  readonly leavesAt: number
  readonly returnsAt: number
  readonly usedWh: number
}

function* staysAtHome(commuter: Commuter, first: DateTime): Generator<Stay> {
  let before: Trip | null = null
  for (let day = first; ; day = day.plus({ days: 1 })) {
    for (const trip of tripsOn(commuter, day)) {
      if (before !== null)
        yield { arrivesAt: before.returnsAt, readyBy: trip.readyBy, leavesAt: trip.leavesAt, usedWh: before.usedWh }
      before = trip
    }
  }
}

/** All outings of a day, in order. */
function tripsOn(commuter: Commuter, day: DateTime): readonly Trip[] {
  const trip = tripOn(commuter, day)
  if (trip === null) return []
  if (!commuter.goesOut || day.weekday > 5) return [trip]
  const roll = dice(commuter.seed, 'evening', day.toISODate()!)
  const home = { ...trip, returnsAt: at(day, 16, Math.round(within(roll, [0, 75]))) }
  const readyBy = at(day, 19, 15 * Math.floor(roll() * 3))
  const returnsAt = at(day, 21, Math.round(within(roll, [30, 90])))
  return [home, { readyBy, leavesAt: leaving(commuter, readyBy, roll), returnsAt, usedWh: use(commuter, roll, [2_000, 5_000]) }]
}

/** The outing of a day: to work and back, or on some days of a weekend somewhere else. */
function tripOn(commuter: Commuter, day: DateTime): Trip | null {
  const roll = dice(commuter.seed, 'trip', day.toISODate()!)
  const isWeekend = day.weekday > 5
  if (roll() > (isWeekend ? 0.55 : 0.95)) return null
  const usual = at(day, commuter.readyByHour, commuter.readyByMinute)
  const readyBy = isWeekend
    ? at(day, 9, 30 + 15 * Math.floor(roll() * 10))
    : usual + (commuter.announces ? 15 * MINUTE_MS * Math.floor(roll() * 5 - 2) : 0)
  const leavesAt = leaving(commuter, readyBy, roll)
  const returnsAt = isWeekend
    ? readyBy + Math.round(within(roll, [120, 420])) * MINUTE_MS
    : at(day, 16, Math.round(within(roll, [0, 210])))
  return { readyBy, leavesAt, returnsAt, usedWh: use(commuter, roll, isWeekend ? [5_000, 18_000] : [6_000, 14_000]) }
}

function* staysAtWork(commuter: Commuter, first: DateTime): Generator<Stay> {
  for (let day = first; ; day = day.plus({ days: 1 })) {
    const roll = dice(commuter.seed, 'work', day.toISODate()!)
    if (day.weekday > 5 || roll() > 0.94) continue
    const usual = at(day, commuter.readyByHour, commuter.readyByMinute)
    const readyBy = usual + (commuter.announces ? 15 * MINUTE_MS * Math.floor(roll() * 5 - 2) : 0)
    const arrivesAt = at(day, 7, Math.round(within(roll, [15, 75])))
    yield { arrivesAt, readyBy, leavesAt: leaving(commuter, readyBy, roll), usedWh: use(commuter, roll, [7_000, 17_000]) }
  }
}

function leaving(commuter: Commuter, readyBy: number, roll: Roll): number {
  const [isEarly, share] = [roll() < commuter.earlyShare, roll()]
  const shift = isEarly ? -(EARLY_MS[0] + share * (EARLY_MS[1] - EARLY_MS[0])) : share * LATE_MAX_MS
  return readyBy + Math.round(shift / 1_000) * 1_000
}

function use(commuter: Commuter, roll: Roll, range: readonly [number, number]): number {
  return Math.round(Math.min(within(roll, range), useMax(commuter)))
}
function useMax({ capacityWh, targetSoc, minimumSoc }: Commuter): number {
  return (targetSoc - minimumSoc - SPARE_SOC) * capacityWh
}

/** A local time of day; minutes may run over the hour. */
function at(day: DateTime, hour: number, minute: number): number {
  return day.set({ hour: hour + Math.floor(minute / 60), minute: minute % 60, second: 0, millisecond: 0 }).toMillis()
}
