// What a fleet of plugged cars records, minute by minute: a reading of each, orders that are followed, now and then a new plan. As many of each as a real fleet of the demo.
import type { Fact } from '../../../domain/facts/fact.ts'
import { evseId, id, type EvseId, type OrderId, type StationId } from '../../../domain/registry/identity.ts'
import { series } from '../../../domain/time/series.ts'
import { slotAt } from '../../../domain/time/slot.ts'
import { share, wattHours, watts } from '../../../domain/units.ts'
import { MINUTE_MS, needsOf, sessionOf, smallRegistry } from '../../domain/live/small-fleet.ts'

interface Car {
  readonly n: number
  readonly evse: EvseId
  imported: number
  exported: number
  orders: number
  /** Difference of its registers at the start. */
  readonly begun: number
}
/** Of so many minutes one brings a new plan and a new order; of so many others one a sign of life of the order. */
const PLAN_EVERY = 85
const MOVE_EVERY = 4
const SLOTS = 96

/** Facts and their instants without end; chance from a seed. */
export function* fleetFacts(stations: number, from: number): Generator<{ readonly fact: Fact; readonly at: number }> {
  const random = chance(1)
  const cars = Array.from({ length: stations }, (_, i): Car => {
    const meters = { imported: Math.floor(random() * 4e6), exported: Math.floor(random() * 1e6) }
    return {
      n: i + 1,
      evse: evseId(id<StationId>(`S${i + 1}`), 1),
      ...meters,
      orders: 0,
      begun: meters.imported - meters.exported,
    }
  })
  yield { fact: { kind: 'registry-set', registry: smallRegistry({ cars: stations }) }, at: from }
  for (const car of cars) for (const fact of arrival(car, from, random)) yield { fact, at: from }
  for (let minute = 1; ; minute++)
    for (const [i, car] of cars.entries()) {
      // Each at its own millisecond of the minute.
      const at = from + minute * MINUTE_MS + Math.floor((i * MINUTE_MS) / stations)
      for (const fact of minuteOf(car, minute, at, random)) yield { fact, at }
    }
}

function arrival(car: Car, at: number, random: () => number): readonly Fact[] {
  const { n } = car
  const station = id<StationId>(`S${n}`)
  const session = sessionOf(n, { startedAt: at })
  const boot = { vendor: 'Gegenstrom', model: 'Twin DC bpt', firmware: '1.0.0' }
  return [
    { kind: 'station-connected', station, dialect: 'ocpp2.1' },
    { kind: 'station-booted', station, ...boot },
    { kind: 'session-started', session },
    { kind: 'session-needs', session: session.id, needs: needsOf(), wish: session.wish },
    ...planned(car, at, random),
  ]
}

function minuteOf(car: Car, minute: number, at: number, random: () => number): readonly Fact[] {
  const { n, evse } = car
  const power = Math.round((random() * 2 - 1) * 11_000)
  if (power > 0) car.imported += power / 60
  else car.exported -= power / 60
  const facts: Fact[] = [
    {
      kind: 'readings',
      readings: [
        {
          evse,
          transaction: `tx-${n}`,
          sampledAt: at - (at % 1_000),
          arrivedAt: at,
          power: watts(power),
          imported: wattHours(Math.round(car.imported * 4) / 4),
          exported: wattHours(Math.round(car.exported * 4) / 4),
          soc: share(socOf(car)),
          phases: null,
          quality: 'measured',
        },
      ],
    },
  ]
  if ((minute + n) % MOVE_EVERY === 0) {
    const state = { kind: 'followed' as const, at, leaseUntil: at + 5 * MINUTE_MS, measured: watts(power) }
    facts.push({ kind: 'order-moved', evse, order: orderOf(car), state })
  }
  if ((minute + n) % PLAN_EVERY === 0) facts.push(...planned(car, at, random))
  return facts
}

/** What it told at first and what its meter has counted since, in per mille. */
function socOf({ n, imported, exported, begun }: Car): number {
  const stored = 30_000 + (n % 100) * 100 + (imported - exported - begun) * 0.95
  return Math.min(1, Math.max(0, Math.round(stored / 60) / 1_000))
}

function planned(car: Car, at: number, random: () => number): readonly Fact[] {
  car.orders++
  const { id: session, transaction } = sessionOf(car.n)
  const values: number[] = []
  while (values.length < SLOTS) {
    const value = [0, 11_000, -11_000, Math.round(random() * 11_000)][Math.floor(random() * 4)]!
    for (let k = 1 + Math.floor(random() * 16); k > 0 && values.length < SLOTS; k--) values.push(value)
  }
  const plan = { strategy: 'bidirectional', cause: 'fleet', feeRegime: 'relief', breaches: [], degraded: false } as const
  const certificate = {
    scope: 'car',
    cars: 1,
    value: random() * 1e9,
    bound: random() * 1e9,
    gap: random(),
    sweeps: 0,
    seed: 0,
  } as const
  const inputHash = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join('')
  const course = series(
    slotAt(at),
    values.map((value) => watts(Math.max(0, value))),
  )
  const setpoint = watts(values[0]!)
  const order = {
    id: orderOf(car),
    evse: car.evse,
    session,
    transaction,
    setpoint,
    course,
    reason: 'plan',
    issuedAt: at,
    leaseMs: 5 * MINUTE_MS,
  }
  return [
    {
      kind: 'plan-published',
      session,
      firstSlot: slotAt(at),
      powerWatts: values,
      ...plan,
      inputHash,
      certificate,
    } as unknown as Fact,
    { kind: 'order-issued', order, leaseUntil: at + 5 * MINUTE_MS },
    { kind: 'order-moved', evse: car.evse, order: order.id, state: { kind: 'confirmed', at, leaseUntil: at + 5 * MINUTE_MS } },
  ]
}

function orderOf({ n, orders }: Car): OrderId {
  return id<OrderId>(`node-1-${n}-${orders}`)
}

/** Numbers in [0, 1), the same ones for a seed. */
function chance(seed: number): () => number {
  let state = seed
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
}
