// What dispatch costs: one car that has changed among ever more, a pool's target over 100,000 EVSEs, and a limit on a grid area of 10,000, from the signal to the
// last order that is recorded and written as a message. Times are processor time: what it takes where nothing else runs.
import { schemaFault } from '../../adapters/ocpp/rpc/schema.ts'
import { callFrame } from '../../adapters/ocpp/rpc/frame.ts'
import { hasCourse, type Installed } from '../../adapters/ocpp/blocks/charging/installed.ts'
import type { Manner } from '../../adapters/ocpp/blocks/charging/manner.ts'
import { firstForm } from '../../adapters/ocpp/blocks/charging/profile-forms.ts'
import { v21 } from '../../adapters/ocpp/dialects/v21.ts'
import { canonicalJson } from '../../adapters/wire/hash-chain.ts'
import { dispatcher, type Dispatcher } from '../../domain/dispatch/dispatcher.ts'
import { noticeFact } from '../../domain/dispatch/notice.ts'
import { fill } from '../../domain/dispatch/water-fill.ts'
import { orderContent } from '../../domain/dispatch/wanted-orders.ts'
import { apply } from '../../domain/live/apply.ts'
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import type { OrderContent } from '../../domain/orders/order.ts'
import { id, type OrderId, type SiteId } from '../../domain/registry/identity.ts'
import type { Fact } from '../../domain/facts/fact.ts'
import { slotAt } from '../../domain/time/slot.ts'
import { watts } from '../../domain/units.ts'
import { needsOf, NOW, sessionOf, smallFleet, smallRegistry } from '../domain/live/small-fleet.ts'
import type { BenchOptions, BenchResult, Target } from './run.ts'
import { quantile } from './service/figures.ts'

/** EVSEs behind one connection. */
const SITE_SIZE = 4
/** Each car changes once in this time, so that a larger fleet changes more often. */
const CHANGES_EVERY_MS = 10_000
/** How long a signal holds. */
const SIGNAL_MS = 1_000
/** What a limit leaves each car of an area either way. */
const LIMIT_W = 500
const [FULL, SMOKE] = [
  { sizes: [1_000, 10_000, 100_000], changes: 10_000, area: 10_000, rounds: 5 },
  { sizes: [100, 1_000], changes: 500, area: 500, rounds: 4 },
]

export async function run({ smoke }: BenchOptions): Promise<BenchResult> {
  const { sizes, changes, area, rounds } = smoke ? SMOKE : FULL
  const figures: Record<string, number> = {}
  const targets: Record<string, Target> = {}
  for (const size of sizes) {
    const { us, orders } = changedCar(openWorld(size), changes)
    figures[`changedCarUs:${size}`] = us
    figures[`changedCarOrders:${size}`] = orders
  }
  for (const [i, size] of sizes.slice(1).entries()) {
    figures[`growth:${size}`] = figures[`changedCarUs:${size}`]! / figures[`changedCarUs:${sizes[i]!}`]!
    targets[`growth:${size}`] = { atMost: 1.5 }
  }
  const largest = sizes.at(-1)!
  figures[`splitMs:${largest}`] = splitMs(largest, rounds)
  targets[`splitMs:${largest}`] = { atMost: 10 }
  const aimed = signalMs(openWorld(largest), 'pool:pool', largest, rounds)
  const limited = signalMs(openWorld(area), 'area:VNB', area, rounds)
  return {
    figures: { ...figures, ...named(`poolTarget:${largest}`, aimed), ...named(`areaLimit:${area}`, limited) },
    targets,
  }
}

interface World {
  readonly fleet: LiveFleet
  readonly desk: Dispatcher
  /** What each station has taken so far, by transaction: what it has already is not sent again. */
  readonly installed: Map<string, Installed>
  now: number
}

/** A fleet in one pool, every car with a plan and an order it follows. */
function openWorld(size: number): World {
  const base = smallRegistry({ cars: size, site: () => ({ fuseAmps: 100, feedInMax: watts(SITE_SIZE * 11_000) }) })
  const evses = base.evses.map((evse, i) => ({ ...evse, site: id<SiteId>(`home-${1 + Math.floor(i / SITE_SIZE)}`) }))
  const fleet = smallFleet({ ...base, evses })
  const desk = dispatcher(fleet, {
    controllability: () => 'setpoint',
    safeDefault: watts(4_200),
    onFailure(_, error) {
      throw error
    },
  })
  const world = { fleet, desk, installed: new Map(), now: NOW }
  for (let n = 1; n <= size; n++) for (const fact of arrival(n)) take(world, fact)
  answer(world, unwritten)
  return world
}

function arrival(n: number): readonly Fact[] {
  const session = sessionOf(n)
  return [
    { kind: 'station-connected', station: session.evse.slice(0, -2) as never, dialect: 'ocpp2.1' },
    { kind: 'session-started', session },
    { kind: 'session-needs', session: session.id, needs: needsOf(), wish: session.wish },
    plan(n, 0),
  ]
}

function plan(n: number, round: number): Fact {
  return {
    kind: 'plan-published',
    session: sessionOf(n).id,
    strategy: 'bidirectional',
    firstSlot: slotAt(NOW),
    powerWatts: Array.from({ length: 48 }, (_, i) => ((n * 37 + i * 101 + round * 733) % 160) * 100 - 8_000),
    cause: 'bench',
    feeRegime: 'none',
    breaches: [],
    degraded: false,
    inputHash: '',
    certificate: null,
  }
}

function take({ fleet, desk, now }: World, fact: Fact): void {
  apply(fleet, fact, now)
  noticeFact(desk, fleet, fact, now)
}

/** Looks until nothing is left, and records every order. Answers how many there were. */
function answer(world: World, each: (world: World, content: OrderContent) => void): number {
  let count = 0
  for (;;) {
    const { orders, isMore } = world.desk.look(world.now, Infinity)
    for (const wanted of orders) {
      const content = orderContent(wanted, id<OrderId>(`order-${world.fleet.ordersIssued + 1}`), world.now)
      each(world, content)
      take(world, orderIssued(content))
      const { course, setpoint } = content
      const { form } = MANNER
      const wireSetpoint = setpoint
      world.installed.set(content.transaction, { course, setpoint, wireSetpoint, form, renewedAt: world.now, asDefault: false })
    }
    count += orders.length
    if (!isMore) return count
  }
}

function orderIssued(order: OrderContent): Fact {
  return { kind: 'order-issued', order, leaseUntil: order.issuedAt + order.leaseMs }
}

/** What is not measured is taken as written. */
function unwritten(): void {}

/** As a station that says nothing of itself is spoken to. */
const MANNER: Manner = {
  form: firstForm(null, true),
  electrics: { phases: 3, volts: 230 },
  tuplesMax: null,
  priceAt: null,
  isOlderCar: false,
  fallback: null,
  now: NOW,
}

/** Bytes written, so that nothing is left out. */
let written = 0

/** As it stands in the journal, and as a station of 2.1 gets it. */
function write({ installed }: World, content: OrderContent): void {
  written += canonicalJson(orderIssued(content)).length
  const before = installed.get(content.transaction) ?? null
  const setpoint = v21.charging.setpoint(content, 1, MANNER, before !== null && before.setpoint !== null)
  const messages = [
    ...(hasCourse(before, content) ? [] : [v21.charging.course(content, 1, MANNER).message]),
    ...(setpoint === null ? [] : [setpoint]),
  ]
  for (const { action, payload } of messages) {
    const fault = schemaFault('ocpp2.1', action, 'request', payload)
    if (fault !== null) throw new Error(`${action}: ${fault.detail}`)
    written += callFrame(2, 'bench', action, payload).length
  }
}

/** One change, from its fact to its orders, the looks at a large pool as a whole included; the first half warms up. */
function changedCar(world: World, changes: number): { readonly us: number; readonly orders: number } {
  const size = world.fleet.evses.size
  const half = Math.floor(changes / 2)
  let [started, orders] = [0, 0]
  for (let change = 0; change < changes; change++) {
    if (change === half) [started, orders] = [processorMs(), 0]
    world.now = NOW + Math.floor((change * CHANGES_EVERY_MS) / size)
    take(world, plan(1 + ((change * 7_919) % size), 1 + change))
    orders += answer(world, write)
  }
  const count = changes - half
  return { us: ((processorMs() - started) * 1_000) / count, orders: orders / count }
}

/** The whole split of one sum, ms: the median of some, after as many to warm up. */
function splitMs(size: number, rounds: number): number {
  const bands = {
    wanted: Float64Array.from({ length: size }, (_, i) => ((i * 37) % 160) * 100 - 8_000),
    low: Float64Array.from({ length: size }, (_, i) => -11_000 + (i % 7) * 500),
    high: Float64Array.from({ length: size }, (_, i) => 11_000 - (i % 5) * 700),
  }
  const out = new Float64Array(size)
  const times = Array.from({ length: 2 * rounds }, (_, round) => {
    const started = processorMs()
    fill(bands, size, size * (1_000 + 150 * (round % 30)), out)
    return processorMs() - started
  })
  return median(times.slice(rounds))
}

interface SignalTimes {
  readonly ms: readonly number[]
  readonly orders: number
}

/** From a signal on everybody to its last order, again and again. */
function signalMs(world: World, subject: string, size: number, rounds: number): SignalTimes {
  const isTarget = subject.startsWith('pool:')
  let orders = 0
  const ms = Array.from({ length: rounds }, (_, round) => {
    // The one before has ended, and everybody follows his plan again.
    world.now += 2 * SIGNAL_MS
    world.desk.markSubjects([subject], world.now)
    answer(world, unwritten)
    const power = watts(size * (round % 2 === 0 ? 1_500 : -1_500) + round * size)
    const fact: Fact = {
      kind: 'envelope-received',
      envelope: {
        subject,
        from: world.now,
        until: world.now + SIGNAL_MS,
        rank: isTarget ? 'activation' : 'grid-limit',
        min: isTarget ? power : watts(-LIMIT_W * size),
        max: isTarget ? power : watts(LIMIT_W * size),
        provenance: { authority: 'bench', reference: String(round) },
        receivedAt: world.now,
      },
    }
    const started = processorMs()
    take(world, fact)
    orders += answer(world, write)
    return processorMs() - started
  })
  return { ms: ms.sort((a, b) => a - b), orders: orders / rounds }
}

function named(name: string, { ms, orders }: SignalTimes): Record<string, number> {
  return {
    [`${name}:p50Ms`]: quantile(ms, 0.5),
    [`${name}:p99Ms`]: quantile(ms, 0.99),
    [`${name}:orders`]: orders,
    [`${name}:usPerOrder`]: (1_000 * quantile(ms, 0.5)) / orders,
  }
}

/** Of this process so far. */
function processorMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
}
