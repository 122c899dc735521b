// A day told in any order, with losses and repetitions, is the same day (F4, F5, F6): 2,000 seeded ways in each run, SHUFFLES=<n> for another number.
import { describe, expect, it } from 'vitest'
import type { Dialect } from '../../adapters/ocpp/rpc/frame.ts'
import { evseNumber } from '../../domain/registry/identity.ts'
import { countedUntil } from '../../domain/telemetry/register-ledger.ts'
import type { Session } from '../../domain/registry/session.ts'
import { random as randomNumbers } from '../domain/planning/car/random-problem.ts'
import { CARS, HOUR_MS, makeDay, type Day, type Frame, type Stay } from './shuffled/day.ts'
import { toldFleet, type Told } from './shuffled/tell.ts'
import { makeVariant, type Variant } from './shuffled/variant.ts'

const VARIANTS = Number(process.env['SHUFFLES'] ?? 2_000)
const DIALECTS: readonly Dialect[] = ['ocpp1.6', 'ocpp2.0.1', 'ocpp2.1']
const FROM = Date.parse('2026-03-28T20:00:00Z')

function tellAll(dialect: Dialect, { arrivals }: Variant): Told {
  const told = toldFleet(dialect, FROM - HOUR_MS)
  const numbers = new Map<number, number>()
  for (const { frame, at, isOffline } of arrivals) {
    const number = frame.stay === null ? -1 : (numbers.get(frame.stay) ?? -1)
    const answer = told.tell(frame.action, frame.payload({ number, isOffline }), at)
    if (frame.what === 'start' && typeof answer['transactionId'] === 'number') numbers.set(frame.stay!, answer['transactionId'])
  }
  return told
}

/** Register energy by quarter-hour of both EVSEs. */
function ledgerOf({ fleet }: Told): readonly string[] {
  return [...fleet.meter]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([evse, slots]) =>
      [...slots]
        .filter(([, { importedWh }]) => importedWh > 0)
        .sort(([a], [b]) => a - b)
        .map(([slot, { importedWh }]) => `${evse} ${slot} ${importedWh.toFixed(3)}`),
    )
}

/** What is wrong with the sessions after a day, in words. */
function faultsOf(day: Day, variant: Variant, told: Told): readonly string[] {
  const faults: string[] = []
  const left = new Set(told.fleet.sessions.values())
  const lostOf = (stay: number, what: string) => [...variant.lost].some((frame) => frame.stay === stay && frame.what === what)
  day.stays.forEach((stay, i) => {
    const isHeard = variant.arrivals.some(({ frame }) => frame.stay === i && namesPlace(frame))
    const session = [...left].find((one) => isOf(one, stay))
    if (session === undefined) return isHeard ? void faults.push(`no session of ${text(stay)}`) : undefined
    left.delete(session)
    const hasStart = !lostOf(i, 'start')
    const hasToken = !lostOf(i, stay.isTokenLate ? 'token' : 'start')
    if (hasStart && session.startedAt !== stay.start) faults.push(`${text(stay)} starts at ${session.startedAt}`)
    if (hasStart === (session.isTakenUp === true)) faults.push(`${text(stay)} taken up: ${session.isTakenUp}`)
    // Whether a car is still there of which nothing but old readings came nobody can say.
    const isDecidable =
      hasStart ||
      stay.end !== null ||
      variant.arrivals.some((one) => one.frame.stay === i && !one.isOffline && one.frame.what !== 'status')
    if (!isDecidable) return
    if (!lostOf(i, 'end') && session.endedAt !== stay.end) faults.push(`${text(stay)} ends at ${session.endedAt}`)
    if (session.endedAt !== null && session.endedAt < session.startedAt) faults.push(`${text(stay)} ends before it begins`)
    if (stay.end === null && told.fleet.evses.get(session.evse)!.session !== session.id) faults.push(`${text(stay)} is not led`)
    const vehicle = stay.car < CARS && hasToken ? `car-${stay.car}` : null
    if (session.vehicle !== vehicle) faults.push(`${text(stay)} has ${session.vehicle}, not ${vehicle}`)
  })
  for (const { transaction, evse, startedAt, endedAt } of left)
    faults.push(`nobody was ${evse} ${transaction} ${startedAt}-${endedAt}`)
  return faults
}

/** Without a message that names its EVSE nobody can say where a transaction was. */
function namesPlace({ what, payload }: Frame): boolean {
  const names = payload({ number: 1, isOffline: false })
  return what !== 'status' && ('evse' in names || 'connectorId' in names)
}
/** The session of a stay lies within it as far as its own messages say. */
function isOf(session: Session, { evse, start, end }: Stay): boolean {
  const slack = 30_000
  return evseNumber(session.evse) === evse && session.startedAt >= start - slack && session.startedAt <= (end ?? Infinity) + slack
}
function text({ evse, car, start, end }: Stay): string {
  return `EVSE ${evse} car ${car} ${start}-${end}`
}

/** Sessions whose energy is not the difference of their first and last register, where both were told: whatever was lost between them. */
function energyFaults(day: Day, { lost }: Variant, { fleet }: Told): readonly string[] {
  const registers = new Map([...fleet.registers].map(([evse, { imported }]) => [evseNumber(evse), imported]))
  return day.stays.flatMap((stay, i) => {
    const told = day.frames.filter((frame) => frame.stay === i && frame.wh !== null)
    const [first, last] = [told[0]!, told.at(-1)!]
    if (lost.has(first) || lost.has(last)) return []
    const ledger = registers.get(stay.evse)
    if (ledger === undefined) return [`${text(stay)} was told and nothing is booked`]
    const booked = countedUntil(ledger, stay.end ?? day.until) - countedUntil(ledger, stay.start)
    const off = booked - (last.wh! - first.wh!)
    return Math.abs(off) <= 1 ? [] : [`${text(stay)} is off by ${off} Wh`]
  })
}

describe('a day of a station, shuffled, repeated and with losses', { timeout: 600_000 }, () => {
  it.each(DIALECTS)('has the same sessions and the same energy in %s', (dialect) => {
    for (let seed = 0; seed < VARIANTS; seed++) {
      if (seed % DIALECTS.length !== DIALECTS.indexOf(dialect)) continue
      const random = randomNumbers(seed)
      const day = makeDay(dialect, FROM, random)
      const variant = makeVariant(dialect, day, random)
      const told = tellAll(dialect, variant)
      const faults = [...faultsOf(day, variant, told), ...energyFaults(day, variant, told)]
      if (told.isClockDoubted()) faults.push('what waited was taken for a clock in another zone')
      if (faults.length > 0) expect(faults, `seed ${seed}`).toEqual([])
      if (isPartLost(variant)) continue
      const inOrder = { ...variant, arrivals: firstTold(variant).toSorted((a, b) => a.frame.at - b.frame.at) }
      const [booked, wanted] = [ledgerOf(told), ledgerOf(tellAll(dialect, inOrder))]
      if (booked.join() !== wanted.join()) expect(booked, `seed ${seed}`).toEqual(wanted)
    }
  })
})

/** Then the energy between what is left lies in other quarter-hours. */
function isPartLost({ lost }: Variant): boolean {
  return [...lost].some(({ what }) => what !== 'status')
}

/** Each frame that arrives, at the instant it is about. */
function firstTold({ arrivals }: Variant): Variant['arrivals'] {
  return [...new Map(arrivals.map((one) => [one.frame, { ...one, at: one.frame.at + 1_000, isOffline: false }])).values()]
}
