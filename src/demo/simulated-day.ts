// A simulated day in lockstep: the same wiring as in operation against the twin, billed from what the meters counted.
import { verifyJournal } from '../../adapters/journal-file/verify-journal.ts'
import { memoryStores } from '../../adapters/memory/memory-stores.ts'
import type { TwinFleet } from '../../adapters/twin/twin-fleet.ts'
import { inFlight } from '../../adapters/wire/in-flight.ts'
import type { Strategy } from '../../domain/planning/plan.ts'
import type { Stores } from '../../domain/ports/stores.ts'
import { settle } from '../../domain/settlement/statement.ts'
import { later, slotAt, type Slot } from '../../domain/time/slot.ts'
import { inEurPerMWh, inEuros, inKilowattHours, microCents, type Price } from '../../domain/units.ts'
import { manualClock } from '../run/clock.ts'
import { bookedSessions, type BookedSessions } from './booked-sessions.ts'
import { bookedEnergy, type BookedEnergy } from './booked-energy.ts'
import { energyAccount, type EnergyAccount } from './energy-account.ts'
import { playground, type Playground, type PlaygroundOptions } from './playground.ts'
import { provenPlans, type ProvenPlans } from './proven-plans.ts'

export interface DayOptions {
  readonly seed: string
  readonly stations: number
  /** Another fleet than the seed's own. */
  readonly fleet?: TwinFleet
  readonly from: number
  readonly until: number
  readonly strategy: Strategy
  readonly stores: Stores
  readonly meterIntervalMs?: number
  /** Called about every simulated hour with the share done. */
  readonly progress?: (share: number) => void
  readonly log: (level: 'info' | 'warn' | 'error', text: string, facts?: object) => void
}
/** What a day has come to. */
export interface DayFigures {
  readonly strategy: Strategy
  /** What the driving energy cost: bought minus sold as metered, minus what is stored more at the end than at the start at `meanBuyEurMwh`. */
  readonly totalEur: number
  readonly boughtEur: number
  readonly soldEur: number
  readonly chargedKwh: number
  readonly dischargedKwh: number
  /** Metered in quarter-hours without a known price; it is in no sum of money. */
  readonly unpricedKwh: number
  readonly stored: EnergyAccount
  /** Worth of `stored.changeKwh`. */
  readonly storedEur: number
  readonly meanBuyEurMwh: number
  readonly meanSpotEurMwh: number
  readonly chargedMeanEurMwh: number | null
  readonly dischargedMeanEurMwh: number | null
  readonly departures: { readonly met: number; readonly missed: number }
  readonly sessions: number
  readonly orders: number
  readonly messages: number
  readonly booked: BookedEnergy
}
/** The same with what its journal proves. */
export interface DayResult extends DayFigures {
  readonly plans: ProvenPlans
  readonly journal: { readonly entries: number; readonly verified: boolean; readonly hash: string }
}

const HOUR_MS = 3_600_000
/** Nobody looks at the database before the day is over. */
const COPY_EVERY_MS = 900_000

/** Runs a day from start to end, settles it and reads what its journal proves. Rejects when the world cannot be started. */
export function simulateDay(options: DayOptions): Promise<DayResult> {
  return inWorld(options, options, async (world, figures) => {
    const { journal } = world.running
    const head = journal.head()
    await journal.durable(head.sequence)
    const verified = await verifyJournal(world.journalFolder)
    return {
      ...figures,
      plans: await provenPlans(journal),
      journal: { entries: head.sequence, verified: verified.ok && verified.value.head.hash === head.hash, hash: head.hash },
    }
  })
}

/** Runs a day only for its figures: nothing reads its journal, in no database either. */
export function simulateFigures(options: Omit<DayOptions, 'stores'>): Promise<DayFigures> {
  return inWorld(options, { stores: memoryStores(), isCopied: false }, (_, figures) => Promise.resolve(figures))
}

async function inWorld<Result>(
  options: Omit<DayOptions, 'stores'>,
  kept: Pick<PlaygroundOptions, 'stores' | 'isCopied'>,
  finish: (world: Playground, figures: DayFigures) => Promise<Result>,
): Promise<Result> {
  const clock = manualClock(options.from)
  const work = inFlight()
  const world = await playground({
    ...options,
    ...kept,
    clock,
    speed: 1,
    port: 0,
    inFlight: work,
    insideProcess: true,
    copyEveryMs: COPY_EVERY_MS,
  })
  const carsAtStart = world.twin.cars()
  const booked = bookedSessions(world.fleet.stations, world.running.application.fleet.registers)
  try {
    for (let at = options.from; at < options.until;) {
      at = Math.min(options.until, at + HOUR_MS)
      await clock.runUntil(at, work.idle)
      booked.look(world.twin.sessions(), at)
      options.progress?.((at - options.from) / (options.until - options.from))
    }
    return await finish(world, figuresOf(options, world, energyAccount(carsAtStart, world.twin.cars()), booked))
  } finally {
    await world.stop()
  }
}

function figuresOf(
  { strategy, from, until }: Omit<DayOptions, 'stores'>,
  world: Playground,
  stored: EnergyAccount,
  booked: BookedSessions,
): DayFigures {
  const { application, prices, ocpp } = world.running
  const { fleet } = application
  const statement = settle(fleet.meter.values(), (slot) => {
    const { buy, sell } = prices(fleet, slot, 1)
    return { buy: buy[0] ?? null, sell: sell[0] ?? null, spot: fleet.prices.get(slot) ?? null }
  })
  const slots = Array.from({ length: slotAt(until) - slotAt(from) }, (_, i) => later(slotAt(from), i))
  const meanBuy = mean(slots, (slot) => prices(fleet, slot, 1).buy[0] ?? null)
  const storedWorth = stored.changeKwh * 1_000 * meanBuy
  const departures = world.twin.departures()
  return {
    strategy,
    totalEur: inEuros(microCents(statement.spent - storedWorth)),
    boughtEur: inEuros(statement.bought),
    soldEur: inEuros(statement.sold),
    chargedKwh: inKilowattHours(statement.charged),
    dischargedKwh: inKilowattHours(statement.discharged),
    unpricedKwh: inKilowattHours(statement.unpriced),
    stored,
    storedEur: inEuros(microCents(storedWorth)),
    meanBuyEurMwh: inEurPerMWh(meanBuy as Price),
    meanSpotEurMwh: inEurPerMWh(mean(slots, (slot) => fleet.prices.get(slot) ?? null) as Price),
    chargedMeanEurMwh: eurPerMwh(statement.meanSpotCharged),
    dischargedMeanEurMwh: eurPerMwh(statement.meanSpotDischarged),
    departures: { met: departures.met, missed: departures.missed },
    sessions: fleet.sessions.size,
    orders: fleet.ordersIssued,
    messages: ocpp.messages(),
    booked: bookedEnergy(world.fleet.stations, world.twin.sessions(), fleet.meter, booked.of),
  }
}

function mean(slots: readonly Slot[], of: (slot: Slot) => number | null): number {
  const known = slots.map(of).filter((value) => value !== null)
  return known.length === 0 ? 0 : known.reduce((a, b) => a + b, 0) / known.length
}
function eurPerMwh(price: number | null): number | null {
  return price === null ? null : inEurPerMWh(price as Price)
}
