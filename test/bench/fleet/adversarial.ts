// Fleets that are meant to be hard for the planner: how far the gap grows there, and whether planning them takes longer than planning ordinary ones of the same number of cars.
import { createResponse, respond } from '../../../domain/planning/fleet/best-response.ts'
import { coordinate, type Certificate } from '../../../domain/planning/fleet/coordinate.ts'
import type { Coupling } from '../../../domain/planning/fleet/coupling.ts'
import type { FleetColumns } from '../../../domain/planning/fleet/fleet-columns.ts'
import { ALONE, createMember, createWork, type FleetWork } from '../../../domain/planning/fleet/team.ts'
import { cappedCoupling, randomFleet, soldCoupling } from '../../domain/planning/fleet/random-fleet.ts'
import { random } from '../../domain/planning/car/random-problem.ts'
import type { BenchResult, Target } from '../run.ts'
import { violationsOf } from './implementability.ts'

interface Case {
  readonly name: string
  readonly cars: number
  make(cars: number, seed: number): { readonly fleet: FleetColumns; readonly coupling: Coupling }
}
interface Measured {
  readonly certificate: Certificate
  readonly seconds: number
  readonly p999Us: number
  readonly violations: number
  readonly excessWatts: number
}

const EURO = 1e8
/** Runs of which the fastest counts: what is asked is what the case costs, not what else the machine does. */
const RUNS = 3
/** Best responses timed of every car; the median of them is the car's time. */
const RESPONSES = 5

/** Plans every case in this thread. `vehicles` is the common number of cars, except for the cases that are about a number. */
export function adversarialRun(vehicles: number, seed: number): Promise<BenchResult> {
  const figures: Record<string, number> = { vehicles }
  const targets: Record<string, Target> = {
    violations: { atMost: 0 },
    excessWatts: { atMost: 0 },
    worstTimeRatio: { atMost: 10 },
  }
  const ordinary = new Map<number, number>()
  const worst = { gap: 0, gapEurPerCarDay: 0, p999Us: 0, timeRatio: 0, violations: 0, excessWatts: 0 }
  warmUp(vehicles, seed)
  for (const adverse of casesOf(vehicles)) {
    const { name, cars } = adverse
    console.error(`${name}: ${cars} cars`)
    const median = ordinary.get(cars) ?? ordinarySeconds(cars, seed)
    ordinary.set(cars, median)
    const { certificate, seconds, p999Us, violations, excessWatts } = measure(adverse, seed)
    const gapEurPerCarDay = (certificate.value - certificate.bound) / EURO / cars
    figures[`${name}Gap`] = certificate.gap
    figures[`${name}GapEurPerCarDay`] = gapEurPerCarDay
    figures[`${name}Seconds`] = seconds
    figures[`${name}TimeRatio`] = seconds / median
    figures[`${name}P999Us`] = p999Us
    figures[`${name}Missed`] = certificate.missed.cars
    worst.gap = Math.max(worst.gap, certificate.gap)
    worst.gapEurPerCarDay = Math.max(worst.gapEurPerCarDay, gapEurPerCarDay)
    worst.p999Us = Math.max(worst.p999Us, p999Us)
    worst.timeRatio = Math.max(worst.timeRatio, seconds / median)
    worst.violations += violations
    worst.excessWatts = Math.max(worst.excessWatts, excessWatts)
  }
  for (const [cars, seconds] of ordinary) figures[`ordinary${cars}Seconds`] = seconds
  figures['worstGap'] = worst.gap
  figures['worstGapEurPerCarDay'] = worst.gapEurPerCarDay
  figures['worstP999Us'] = worst.p999Us
  figures['worstTimeRatio'] = worst.timeRatio
  figures['violations'] = worst.violations
  figures['excessWatts'] = worst.excessWatts
  return Promise.resolve({ figures, targets })
}

function casesOf(vehicles: number): readonly Case[] {
  const onPrices = (price: (t: number, tariff: number, next: () => number) => [buy: number, sell: number]): Case['make'] => {
    return (cars, seed) => sold(repriced(randomFleet(cars, seed), seed, price), seed)
  }
  return [
    { name: 'flat', cars: vehicles, make: onPrices((_, tariff) => [20_000 + 2_000 * tariff, 12_000]) },
    { name: 'negative', cars: vehicles, make: onPrices((t, tariff) => [trough(t) + 3_000 * tariff, trough(t)]) },
    // From -500 to +5,000 EUR/MWh, as far as the market lets a price go.
    { name: 'wide', cars: vehicles, make: onPrices((_t, _tariff, next) => alike(Math.round(-50_000 + 550_000 * next() ** 3))) },
    { name: 'clones', cars: vehicles, make: (cars, seed) => sold(clones(randomFleet(cars, seed)), seed) },
    { name: 'tightCaps', cars: vehicles, make: tightCaps },
    { name: 'infeasibleTargets', cars: vehicles, make: (cars, seed) => sold(infeasible(randomFleet(cars, seed)), seed) },
    { name: 'fiftyCars', cars: 50, make: (cars, seed) => sold(randomFleet(cars, seed), seed) },
    { name: 'oneCar', cars: 1, make: (cars, seed) => sold(randomFleet(cars, seed), seed) },
  ]
}

function sold(fleet: FleetColumns, seed: number) {
  return { fleet, coupling: soldCoupling(fleet, seed) }
}

function alike(price: number): [buy: number, sell: number] {
  return [price, price]
}

/** 60 EUR/MWh, and down to -800 EUR/MWh for some hours: charging and discharging at once would pay. ct/MWh. */
function trough(t: number): number {
  return 6_000 - 86_000 * Math.max(0, Math.sin((2 * Math.PI * t) / 48 - 1)) ** 3
}

function repriced(
  fleet: FleetColumns,
  seed: number,
  price: (t: number, tariff: number, next: () => number) => [buy: number, sell: number],
): FleetColumns {
  const next = random(seed + 9)
  for (let index = 0; index < fleet.buy.length; index++) {
    const [buy, sell] = price(index % fleet.steps, Math.floor(index / fleet.steps), next)
    fleet.buy[index] = buy
    fleet.sell[index] = sell
  }
  return fleet
}

/** Every car is the first one. */
function clones(fleet: FleetColumns): FleetColumns {
  const { tariff, bounds, from, until, efficiencyCharge, efficiencyDischarge, wear } = fleet
  const { energyMax, minimum, targetStep, targetEnergy, terminalPrice, start } = fleet
  for (const column of [tariff, bounds, from, until, targetStep]) column.fill(column[0]!)
  for (const column of [efficiencyCharge, efficiencyDischarge, wear, energyMax, minimum, targetEnergy, terminalPrice, start])
    column.fill(column[0]!)
  return fleet
}

/** Every cap leaves nine tenths of what the bench with caps leaves. */
function tightCaps(cars: number, seed: number) {
  const fleet = randomFleet(cars, seed)
  const coupling = cappedCoupling(fleet, seed)
  for (let index = coupling.steps; index < coupling.at.length; index++)
    if (coupling.at[index]! < 1e12) coupling.at[index] = Math.floor(0.9 * coupling.at[index]!)
  return { fleet, coupling }
}

/** Every second car is asked for a full battery within the first hour of its stay. */
function infeasible(fleet: FleetColumns): FleetColumns {
  for (let car = 0; car < fleet.cars; car += 2) {
    fleet.targetStep[car] = Math.min(fleet.until[car]! - 1, fleet.from[car]! + 3)
    fleet.targetEnergy[car] = fleet.energyMax[car]!
  }
  return fleet
}

function ordinarySeconds(cars: number, seed: number): number {
  const make: Case['make'] = (number, own) => sold(randomFleet(number, own), own)
  const times = [0, 1, 2, 3, 4].map((i) => measure({ name: 'ordinary', cars, make }, seed + i).seconds)
  return times.sort((a, b) => a - b)[2]!
}

function warmUp(cars: number, seed: number): void {
  for (let i = 0; i < 3; i++) measure({ name: 'warm-up', cars, make: (number, own) => sold(randomFleet(number, own), own) }, seed)
}

function measure({ cars, make }: Case, seed: number): Measured {
  let seconds = Infinity
  for (let i = 0; ; i++) {
    const { fleet, coupling } = make(cars, seed)
    const started = process.hrtime.bigint()
    const work = createWork(fleet, coupling)
    const certificate = coordinate(createMember(work, 0, 1, ALONE), { seed, warm: false })
    seconds = Math.min(seconds, Number(process.hrtime.bigint() - started) / 1e9)
    if (i + 1 < RUNS) continue
    const { count, excessWatts, missedTargets } = violationsOf(work)
    const violations = count + Math.abs(missedTargets - certificate.missed.cars)
    return { certificate, seconds, p999Us: tailOfResponses(work), violations, excessWatts }
  }
}

/** The time of one best response at the prices found, microseconds: the car that takes longer than 99.9 % of the others. */
function tailOfResponses({ fleet, coupling, prices }: FleetWork): number {
  const response = createResponse(fleet.steps)
  const times: number[] = []
  for (let car = 0; car < fleet.cars; car++) {
    response.lambda.fill(0)
    for (const row of coupling.sets[fleet.membership[car]!]!)
      for (let t = 0; t < fleet.steps; t++) response.lambda[t]! += prices[row * fleet.steps + t]!
    const own: number[] = []
    for (let i = 0; i < RESPONSES; i++) {
      const started = process.hrtime.bigint()
      respond(response, fleet, car, false)
      own.push(Number(process.hrtime.bigint() - started) / 1e3)
    }
    times.push(own.sort((a, b) => a - b)[RESPONSES >> 1]!)
  }
  return times.sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * 0.999))]!
}
