// A night of a grid operator in lockstep: a control room that dims an area, a control box that falls silent, a relay whose contact bounces, a ripple control that stops feeding in.
import type { ProofDocument } from '../../adapters/proof-files/proof-document.ts'
import { twinFleet } from '../../adapters/twin/twin-fleet.ts'
import { inFlight, type InFlight } from '../../adapters/wire/in-flight.ts'
import { liveOrder } from '../../domain/live/live-fleet.ts'
import { orderedPower } from '../../domain/orders/order.ts'
import type { Stores } from '../../domain/ports/stores.ts'
import type { EvseId } from '../../domain/registry/identity.ts'
import { instantText } from '../../domain/time/slot.ts'
import { manualClock, type ManualClock } from '../run/clock.ts'
import { AREA, dimmedFleet, FAILSAFE_W } from './dimming-fleet.ts'
import { dimmingPlayers, NIGHT_SIGNAL } from './dimming-players.ts'
import { playground, type Playground } from './playground.ts'

export interface DimmingOptions {
  readonly seed: string
  readonly stations: number
  /** An afternoon, epoch ms: the night is ten hours later. */
  readonly from: number
  readonly stores: Stores
  readonly progress?: (share: number) => void
  readonly log: (level: 'info' | 'warn' | 'error', text: string, facts?: object) => void
}
/** One thing that was said, or that silence said, and what the cars it means made of it. */
export interface DimmingStep {
  readonly at: string
  readonly player: 'control room' | 'control box' | 'relay' | 'ripple control'
  readonly event: string
  readonly subject: string
  /** What holds from here on, W; null for nothing. */
  readonly maxW: number | null
  readonly minW: number | null
  readonly evses: number
  readonly beforeW: number
  /** What living orders add up to in the same millisecond. */
  readonly orderedW: number
  /** What the cars take by their own truth after ten seconds, in which a station may follow. */
  readonly afterW: number
}
export interface DimmingReport {
  readonly steps: readonly DimmingStep[]
  /** Looks at which cars took or gave more than was allowed, ten seconds after it was told; empty when all was kept. */
  readonly exceeded: readonly {
    readonly at: string
    readonly subject: string
    readonly takenW: number
    readonly limitW: number
  }[]
  /** Looks every ten seconds while something held. */
  readonly looks: number
  readonly proof: Pick<ProofDocument, 'instants' | 'compliance' | 'notDrawn'>
  /** Energy not drawn as it was recorded for each portfolio, Wh. */
  readonly compensatedWh: number
  readonly journalEntries: number
}

type Subject = `site:${string}` | `area:${string}`
interface Bound {
  readonly maxW: number | null
  readonly minW: number | null
  /** From here on cars have had time to follow, epoch ms. */
  readonly keptFrom: number
}
interface Saying {
  readonly player: DimmingStep['player']
  readonly event: string
  readonly subject: Subject
  /** What holds from then on; null lifts it. */
  readonly bound: Pick<Bound, 'maxW' | 'minW'> | null
  readonly say: () => Promise<void>
}

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
/** A station has so long to follow; meters are not exact. */
const FOLLOWED_MS = 10 * SECOND_MS
const TOLERANCE_W = 60
/** Cars that can give do so at some time until then. */
const EVENING_MS = 6 * HOUR_MS
/** What counts as giving. */
const GIVES_W = -1_000
/** Most cars charge from here on, after the begin. */
const NIGHT_MS = 10 * HOUR_MS + 2 * MINUTE_MS
const END_MS = NIGHT_MS + 75 * MINUTE_MS

/** Plays it; nothing is left behind. Needs `DIMMING_STATIONS_MIN` stations. Rejects where a player is not understood. */
export async function playDimming(options: DimmingOptions): Promise<DimmingReport> {
  const clock = manualClock(options.from)
  const work = inFlight()
  const fleet = dimmedFleet(twinFleet(options))
  const world = await playground({
    ...options,
    fleet,
    strategy: 'bidirectional',
    clock,
    speed: 1,
    port: 0,
    inFlight: work,
    releaseMs: MINUTE_MS,
  })
  try {
    return await playNight(world, clock, work, options.progress ?? (() => {}))
  } finally {
    await world.stop()
  }
}

async function playNight(
  world: Playground,
  clock: ManualClock,
  work: InFlight,
  progress: (share: number) => void,
): Promise<DimmingReport> {
  const sites = world.fleet.registry.sites.slice(0, 3)
  const [box, relay, ripple] = sites.map(({ id }) => `site:${id}` as const) as [Subject, Subject, Subject]
  const area = `area:${AREA}` as const
  const players = dimmingPlayers(world.running.address.port, sites, clock, work)
  const watch = boundWatch(world, clock)
  const steps: DimmingStep[] = []
  const begun = clock.now()

  async function run(at: number): Promise<void> {
    await clock.runUntil(at, work.idle)
    const failure = players.failure()
    if (failure !== null) throw failure
  }
  /** Lets the night go on, with a look at everything that holds every ten seconds. */
  async function until(sinceBegin: number): Promise<void> {
    while (clock.now() < begun + sinceBegin) {
      await run(Math.min(begun + sinceBegin, clock.now() + (watch.isBusy() ? FOLLOWED_MS : 10 * MINUTE_MS)))
      watch.look()
      progress((clock.now() - begun) / END_MS)
    }
  }
  /** Somebody says something; what became of it is looked at when stations had time to follow. */
  async function step({ player, event, subject, bound, say }: Saying): Promise<void> {
    const [at, beforeW] = [instantText(clock.now()), takenOf(world, subject)]
    if (bound === null) watch.lift(subject)
    await say()
    const orderedW = orderedOf(world, subject, clock.now())
    if (bound !== null) watch.hold(subject, { ...bound, keptFrom: clock.now() + FOLLOWED_MS })
    await run(clock.now() + FOLLOWED_MS)
    const { maxW, minW } = bound ?? { maxW: null, minW: null }
    const sums = { evses: membersOf(world, subject).size, beforeW, orderedW, afterW: takenOf(world, subject) }
    steps.push({ at, player, event, subject, maxW, minW, ...sums })
  }
  /** Four changes in 80 ms before the contact rests. */
  async function bounce(isClosed: boolean): Promise<void> {
    for (const is of [isClosed, !isClosed, isClosed, !isClosed, isClosed]) {
      await players.close('relay', 0, is)
      await run(clock.now() + 20)
    }
    await run(clock.now() + SECOND_MS)
  }
  const most = (maxW: number) => ({ maxW, minW: null })

  await players.begin()
  // Evening: cars give what they can spare, until the ripple control says no.
  while (takenOf(world, ripple) > GIVES_W && clock.now() < begun + EVENING_MS) await until(clock.now() - begun + 10 * MINUTE_MS)
  const noFeedIn = { maxW: null, minW: 0 }
  const isOff = (is: boolean) => () => players.close('ripple', 2, is)
  await step({ player: 'ripple control', event: 'no feed-in', subject: ripple, bound: noFeedIn, say: isOff(true) })
  await until(clock.now() - begun + 10 * MINUTE_MS)
  await step({ player: 'ripple control', event: 'feed-in again', subject: ripple, bound: null, say: isOff(false) })
  // Night: cars charge, and the control room dims the area to half of what they take.
  await until(NIGHT_MS - 10 * MINUTE_MS)
  await players.beginNight()
  await until(NIGHT_MS)
  const half = Math.round(takenOf(world, area) / 2)
  const room = { player: 'control room', subject: area } as const
  await step({ ...room, event: 'area dimmed', bound: most(half), say: () => players.dimArea(1, half) })
  await until(NIGHT_MS + 20 * MINUTE_MS)
  await step({ ...room, event: 'area released', bound: null, say: () => players.releaseArea(2) })
  await until(NIGHT_MS + 30 * MINUTE_MS)
  const boxed = { player: 'control box', subject: box } as const
  await step({ ...boxed, event: 'connection limited', bound: most(8_000), say: () => players.limitBox(8_000) })
  await until(NIGHT_MS + 36 * MINUTE_MS)
  players.silenceBox()
  await until(NIGHT_MS + 39 * MINUTE_MS)
  await step({ ...boxed, event: 'silent: failsafe', bound: most(FAILSAFE_W), say: () => Promise.resolve() })
  await until(NIGHT_MS + 50 * MINUTE_MS)
  await step({ ...boxed, event: 'back, nothing limited', bound: null, say: players.wakeBox })
  await until(NIGHT_MS + 60 * MINUTE_MS)
  const minimum = await players.minimumOf(sites[1]!)
  const contact = { player: 'relay', subject: relay } as const
  await step({ ...contact, event: 'contact bounces, then closed', bound: most(minimum), say: () => bounce(true) })
  await until(NIGHT_MS + 70 * MINUTE_MS)
  await step({ ...contact, event: 'contact open', bound: null, say: () => bounce(false) })
  await until(END_MS)
  return {
    steps,
    exceeded: watch.exceeded,
    looks: watch.looks(),
    ...(await records(world, (await players.proof()) as ProofDocument)),
  }
}

/** What the journal says of the night. */
async function records({ running: { journal } }: Playground, { instants, compliance, notDrawn }: ProofDocument) {
  let [compensatedWh, journalEntries] = [0, 0]
  await journal.durable(journal.head().sequence)
  for await (const { fact } of journal.read(0)) {
    journalEntries++
    if (fact.kind === 'limit-compensated' && fact.signal === NIGHT_SIGNAL) compensatedWh += fact.notDrawnWh
  }
  return { proof: { instants, compliance, notDrawn }, compensatedWh, journalEntries }
}

/** Looks at what holds by the truth of the cars. */
function boundWatch(world: Playground, clock: ManualClock) {
  const bounds = new Map<Subject, Bound>()
  const exceeded: DimmingReport['exceeded'][number][] = []
  let looks = 0
  return {
    exceeded,
    looks: () => looks,
    isBusy: () => bounds.size > 0,
    hold: (subject: Subject, bound: Bound) => void bounds.set(subject, bound),
    lift: (subject: Subject) => void bounds.delete(subject),
    look() {
      for (const [subject, { maxW, minW, keptFrom }] of bounds) {
        if (clock.now() < keptFrom) continue
        looks++
        const takenW = takenOf(world, subject)
        if (maxW !== null && takenW > maxW + TOLERANCE_W)
          exceeded.push({ at: instantText(clock.now()), subject, takenW, limitW: maxW })
        if (minW !== null && takenW < minW - TOLERANCE_W)
          exceeded.push({ at: instantText(clock.now()), subject, takenW, limitW: minW })
      }
    },
  }
}

function membersOf({ fleet }: Playground, subject: Subject): ReadonlySet<EvseId> {
  return new Set(
    fleet.registry.evses.flatMap(({ id, site }) => (subject.startsWith('area:') || subject === `site:${site}` ? [id] : [])),
  )
}
function takenOf(world: Playground, subject: Subject): number {
  const members: ReadonlySet<string> = membersOf(world, subject)
  return Math.round(world.twin.cars().reduce((sum, { evse, power }) => sum + (members.has(evse) ? power : 0), 0))
}
function orderedOf(world: Playground, subject: Subject, now: number): number {
  let sum = 0
  for (const evse of membersOf(world, subject)) {
    const live = world.running.application.fleet.evses.get(evse)!
    const order = live.session === null ? null : liveOrder(live, now)
    if (order !== null) sum += orderedPower(order.content, now)
  }
  return Math.round(sum)
}
