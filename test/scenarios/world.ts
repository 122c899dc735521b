// A playground on the manual clock for scripted days, and the invariants that hold at every minute of them.
import { inFlight, type InFlight } from '../../adapters/wire/in-flight.ts'
import { memoryStores } from '../../adapters/memory/memory-stores.ts'
import type { Twin } from '../../adapters/twin/fleet.ts'
import { twinFleet, type TwinFleet } from '../../adapters/twin/twin-fleet.ts'
import type { EvseId } from '../../domain/registry/identity.ts'
import { liveOrder, type LiveEvse } from '../../domain/live/live-fleet.ts'
import type { JournalEntry } from '../../domain/ports/journal.ts'
import type { Fact } from '../../domain/facts/fact.ts'
import type { Stores } from '../../domain/ports/stores.ts'
import { manualClock, type ManualClock } from '../../src/run/clock.ts'
import type { DoorsOptions } from '../../src/compose/doors.ts'
import { playground, type Playground } from '../../src/demo/playground.ts'
import type { SteppableHost } from './steppable-host.ts'

export const MINUTE_MS = 60_000
export const HOUR_MS = 3_600_000

type CarTruth = ReturnType<Twin['cars']>[number]

export interface WorldOptions {
  readonly from: number
  readonly seed?: string
  readonly stations?: number
  readonly fleet?: TwinFleet
  readonly stores?: Stores
  /** Gives the backend a clock of a machine of its own, which can be set and sleep; stations follow it or stay right. */
  readonly host?: SteppableHost
  readonly followsBackend?: boolean
  /** Threads that plan cars together. */
  readonly plannerThreads?: number
  /** Ways in for grid operators beside the REST API. */
  readonly doors?: DoorsOptions
  /** The count of what is under way, where a door needs it as well. */
  readonly work?: InFlight
  /** Stations reach the backend through the kernel; otherwise the same requests and frames stay inside the process, which leads to the same journal (same-journal.test.ts) with half the work. */
  readonly throughKernel?: boolean
  /** Limits are released over so long, ms; all at once where it is left out. */
  readonly releaseMs?: number
}
export interface World extends Playground {
  /** True time; the backend's own may differ, see `now`. */
  readonly clock: ManualClock
  /** What is under way; other ends of sockets count on it too. */
  readonly work: InFlight
  /** The time the backend believes in. */
  now(): number
  /** Everything the backend complained about. */
  readonly complaints: string[]
  /** Moves time; nothing is under way when it returns. */
  runUntil(at: number): Promise<void>
  /** Like `runUntil`, with a look in the middle of every minute, when all stations had time to follow. */
  watchUntil(at: number, look: (at: number) => void): Promise<void>
  live(evse: string): LiveEvse
  truth(evse: string): CarTruth
  journal(): Promise<readonly JournalEntry[]>
}

export async function openWorld(options: WorldOptions): Promise<World> {
  const { from, seed = '1', stations = 8 } = options
  const clock = options.host?.trueClock ?? manualClock(from)
  const backendClock = options.host?.clock ?? clock
  const work = options.work ?? inFlight()
  const complaints: string[] = []
  const play = await playground({
    seed,
    stations,
    from,
    strategy: 'bidirectional',
    clock: backendClock,
    trueClock: clock,
    ...(options.followsBackend === undefined ? {} : { followsBackend: options.followsBackend }),
    ...(options.plannerThreads === undefined ? {} : { plannerThreads: options.plannerThreads }),
    releaseMs: options.releaseMs ?? 0,
    ...(options.doors === undefined ? {} : { doors: options.doors }),
    speed: 1,
    port: 0,
    inFlight: work,
    insideProcess: options.throughKernel !== true,
    stores: options.stores ?? memoryStores(),
    fleet: options.fleet ?? twinFleet({ seed, stations, from }),
    log(level, text, facts) {
      if (level !== 'info') complaints.push(`${level}: ${text} ${JSON.stringify(facts ?? {})}`)
    },
  })
  const runUntil = (at: number) => clock.runUntil(at, work.idle)
  return {
    ...play,
    clock,
    work,
    now: backendClock.now,
    complaints,
    runUntil,
    async watchUntil(at, look) {
      for (let next = Math.floor(clock.now() / MINUTE_MS) * MINUTE_MS + MINUTE_MS / 2; next <= at; next += MINUTE_MS) {
        if (next <= clock.now()) continue
        await runUntil(next)
        look(next)
      }
      await runUntil(at)
    },
    live: (evse) => play.running.application.fleet.evses.get(evse as EvseId)!,
    truth: (evse) => play.twin.cars().find((car) => car.evse === evse)!,
    async journal() {
      const { journal } = play.running
      await journal.durable(journal.head().sequence)
      const entries: JournalEntry[] = []
      for await (const entry of journal.read(0)) entries.push(entry)
      return entries
    },
  }
}

/** Facts of one kind with the instants of their entries. */
export function factsOf<Kind extends Fact['kind']>(
  entries: readonly JournalEntry[],
  kind: Kind,
): readonly (Extract<Fact, { kind: Kind }> & { readonly at: number })[] {
  return entries.flatMap(({ at, fact }) => (fact.kind === kind ? [{ ...(fact as Extract<Fact, { kind: Kind }>), at }] : []))
}

/** Powers smaller than this are no discharge: a station at rest takes or gives some watts. */
const DISCHARGE_WATTS = -100
/** Dead time and ramp of a reduction. */
const REDUCTION_MS = 10_000
/** Within a minute the meter of a car at its minimum may go on for this share of the battery. */
const SOC_TOLERANCE = 0.004
const VOLTS = 230
const FUSE_TOLERANCE_WATTS = 50

/**
 * Looks for broken promises: discharge below the driver's minimum (I2), discharge without a live lease (I4), more than a site's fuse carries. Call it
 * again and again on the same world; it remembers the look before.
 */
export function invariants(world: World): (at: number) => readonly string[] {
  const before = new Map<string, CarTruth>()
  const dischargedUntil = new Map<string, number>()
  return (at) => {
    const { fleet } = world.running.application
    const broken: string[] = []
    const taken = new Map<string, number>()
    const given = new Map<string, number>()
    for (const car of world.twin.cars()) {
      const live = world.live(car.evse)
      const text = `${new Date(at).toISOString()} ${car.evse}`
      const earlier = before.get(car.evse)
      const session = live.session === null ? undefined : fleet.sessions.get(live.session)
      const gave = earlier !== undefined && car.exportedWh > earlier.exportedWh + 1
      const minimum = session?.wish.minimumSoc ?? car.minimumSoc
      if (gave && car.soc < minimum - SOC_TOLERANCE)
        broken.push(`I2 ${text} was discharged to ${car.soc.toFixed(4)}, minimum ${minimum}`)
      // Leases end by the backend's clock.
      const order = liveOrder(live, world.now())
      if ((order?.content.setpoint ?? 0) < 0) dischargedUntil.set(car.evse, at)
      const wasOrdered = at - (dischargedUntil.get(car.evse) ?? -Infinity) <= REDUCTION_MS
      const isNew = live.order !== null && world.now() - live.order.content.issuedAt < REDUCTION_MS
      if (car.power < DISCHARGE_WATTS && !wasOrdered && !isNew)
        broken.push(`I4 ${text} gives ${-car.power} W without a live discharge order (${JSON.stringify(live.order?.state)})`)
      const sums = car.power > 0 ? taken : given
      sums.set(live.evse.site, (sums.get(live.evse.site) ?? 0) + car.power)
      before.set(car.evse, car)
    }
    for (const [site, power] of [...taken, ...given]) {
      const { fuseAmps, phases } = fleet.sites.get(site)!
      if (Math.abs(power) > fuseAmps * VOLTS * phases.length + FUSE_TOLERANCE_WATTS)
        broken.push(`fuse ${new Date(at).toISOString()} ${site} carries ${power} W behind ${fuseAmps} A`)
    }
    return broken
  }
}

/** Orders that ended more than once or never although others followed (I6). */
export function brokenOrders(entries: readonly JournalEntry[]): readonly string[] {
  const ends = new Map<string, number>()
  const latest = new Map<string, string>()
  const broken: string[] = []
  for (const { fact } of entries) {
    if (fact.kind === 'order-issued') {
      const previous = latest.get(fact.order.evse)
      if (previous !== undefined && ends.get(previous) !== 1) broken.push(`${previous} has no end before ${fact.order.id}`)
      if (ends.has(fact.order.id)) broken.push(`${fact.order.id} was issued twice`)
      ends.set(fact.order.id, 0)
      latest.set(fact.order.evse, fact.order.id)
    }
    if (fact.kind === 'order-moved' && fact.state.kind === 'ended') ends.set(fact.order, (ends.get(fact.order) ?? NaN) + 1)
    if ((fact.kind === 'order-sent' || fact.kind === 'order-moved') && !ends.has(fact.order))
      broken.push(`${fact.order} is not known`)
    if (fact.kind === 'order-sent' && ends.get(fact.order) !== 0) broken.push(`${fact.order} was sent after its end`)
  }
  for (const [order, count] of ends) if (count > 1 || Number.isNaN(count)) broken.push(`${order} ended ${count} times`)
  return broken
}
