// A night of a grid operator in lockstep, with everybody who may limit cars: each speaks the protocol that it would use, is obeyed, and lets go.
import type { ProofDocument } from '../../adapters/proof-files/proof-document.ts'
import { liveOrder } from '../../domain/live/live-fleet.ts'
import { membersOf } from '../../domain/live/subject.ts'
import { orderedPower } from '../../domain/orders/order.ts'
import { id, type SiteId } from '../../domain/registry/identity.ts'
import { instantText } from '../../domain/time/slot.ts'
import { AREA, FAILSAFE_W } from './dimming-fleet.ts'
import { HEMS_FAILSAFE_W, type HouseTruth } from './dimming-hems.ts'
import { NIGHT_SIGNAL } from './dimming-players.ts'
import { limitOutcomes, type LimitOutcome } from './dimming-signals.ts'
import { boundWatch, type Bound, type BoundWatch, type Course, type Exceeded, type Subject } from './dimming-watch.ts'
import { dimmingWorld, type DimmingOptions, type DimmingWorld } from './dimming-world.ts'

/** One thing that was said, or that silence said, and what those it means made of it. */
export interface DimmingStep {
  readonly at: string
  readonly player: 'control room' | 'CLS management' | 'market partner' | 'control box' | 'relay' | 'ripple control'
  /** What it came by. */
  readonly over: 'REST' | 'CLS channel' | 'control API' | 'EEBUS' | 'contacts'
  readonly event: string
  readonly subject: string
  /** What holds from here on, W; null for nothing. */
  readonly maxW: number | null
  readonly minW: number | null
  readonly evses: number
  readonly beforeW: number
  /** What living orders add up to in the same millisecond. */
  readonly orderedW: number
  /** What is taken in truth after ten seconds, in which a station may follow. */
  readonly afterW: number
  /** Of a house: what its connection is made up of after ten seconds, W. */
  readonly house?: HouseTruth
}
export interface DimmingReport {
  readonly steps: readonly DimmingStep[]
  /** Looks at which more was taken or given than was allowed, ten seconds after it was told; empty when all was kept. */
  readonly exceeded: readonly Exceeded[]
  /** Looks every ten seconds while something held. */
  readonly looks: number
  /** Every limit that the backend was told, by its proof. */
  readonly limits: readonly LimitOutcome[]
  /** What the market partner was called back with about its command. */
  readonly answers: readonly string[]
  /** What the backend knows of the house by its meter at the end, as the API tells it. */
  readonly measuredHouse: MeasuredView
  /** What was taken in the night, and what bound it. */
  readonly courses: readonly Course[]
  readonly proof: Pick<ProofDocument, 'instants' | 'compliance' | 'notDrawn'>
  /** Energy not drawn as it was recorded for each portfolio, Wh. */
  readonly compensatedWh: number
  readonly journal: { readonly entries: number; readonly hash: string }
}

/** A part of `GET /v1/sites/{site}/measured-load`. */
export interface MeasuredView {
  readonly state: string
  readonly reason: string
  readonly powerW: number | null
  readonly ageSeconds: number | null
}

interface Saying extends Pick<DimmingStep, 'player' | 'over' | 'event'> {
  readonly subject: Subject
  /** What holds from then on; null lifts it. */
  readonly bound: Pick<Bound, 'maxW' | 'minW'> | null
  /** What is let go beside the subject. */
  readonly lifts?: readonly Subject[]
  readonly say: () => Promise<void>
}

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
/** A station has so long to follow. */
const FOLLOWED_MS = 10 * SECOND_MS
/** Cars that can give do so at some time until then. */
const EVENING_MS = 6 * HOUR_MS
/** What counts as giving. */
const GIVES_W = -1_000
/** Most cars charge from here on, after the begin. */
const NIGHT_MS = 10 * HOUR_MS + 2 * MINUTE_MS
const END_MS = NIGHT_MS + 80 * MINUTE_MS
const [BOX_W, HOUSE_W] = [8_000, 9_000]

/** Plays it; nothing is left behind. Needs `DIMMING_STATIONS_MIN` stations. Rejects where a player is not understood. */
export async function playDimming(options: DimmingOptions): Promise<DimmingReport> {
  const world = await dimmingWorld(options)
  try {
    return await playNight(world, options.progress ?? (() => {}))
  } finally {
    await world.stop()
  }
}

/** Time goes on, somebody speaks, and it is looked at. */
interface Script {
  /** Ms since the begin. */
  until(sinceBegin: number): Promise<void>
  /** Ms after the night has begun. */
  night(minutes: number): Promise<void>
  pass(ms: number): Promise<void>
  step(saying: Saying): Promise<void>
  readonly steps: readonly DimmingStep[]
  takenOf(subject: Subject): number
}

async function playNight(world: DimmingWorld, progress: (share: number) => void): Promise<DimmingReport> {
  const { rest, sites } = world
  const subjects: Record<'area' | 'channel' | 'location' | 'box' | 'house' | 'relay' | 'ripple', Subject> = {
    area: `area:${AREA}`,
    channel: `site:${sites.channel.id}`,
    location: `site:${sites.location.id}`,
    box: `site:${sites.box.id}`,
    house: `connection:${sites.house.id}`,
    relay: `site:${sites.relay.id}`,
    ripple: `site:${sites.ripple.id}`,
  }
  const takenOf = (subject: Subject) => Math.round(takenBy(world, subject))
  const watch = boundWatch(Object.values(subjects), takenOf, () => world.clock.now())
  const script = scriptOf(world, watch, takenOf, progress)
  await rest.begin()
  await playEvening(world, script, subjects.ripple)
  await playControlRoom(world, script, subjects.area)
  await playRemote(world, script, subjects)
  await playControlBox(world, script, subjects)
  await playRelay(world, script, subjects.relay)
  await script.until(END_MS)
  return {
    steps: script.steps,
    exceeded: watch.exceeded,
    looks: watch.looks(),
    answers: world.partner.answers('dim'),
    courses: watch.courses(),
    ...(await records(world)),
  }
}

/** Cars give what they can spare, until the ripple control says no. */
async function playEvening({ rest, clock }: DimmingWorld, script: Script, subject: Subject): Promise<void> {
  const begun = clock.now()
  const since = () => clock.now() - begun
  while (script.takenOf(subject) > GIVES_W && since() < EVENING_MS) await script.until(since() + 10 * MINUTE_MS)
  const ripple = { player: 'ripple control', over: 'contacts', subject } as const
  const off = (is: boolean) => () => rest.close('ripple', 2, is)
  await script.step({ ...ripple, event: 'no feed-in', bound: { maxW: null, minW: 0 }, say: off(true) })
  await script.until(since() + 10 * MINUTE_MS)
  await script.step({ ...ripple, event: 'feed-in again', bound: null, say: off(false) })
}

/** The area is dimmed to half of what it takes. */
async function playControlRoom({ rest, box, channel }: DimmingWorld, script: Script, subject: Subject): Promise<void> {
  await script.night(-10)
  await rest.beginNight()
  await box.wake()
  await channel.open()
  await script.night(0)
  const half = Math.round(script.takenOf(subject) / 2)
  const room = { player: 'control room', over: 'REST', subject } as const
  await script.step({ ...room, event: 'area dimmed', bound: most(half), say: () => rest.dimArea(1, half) })
  await script.night(15)
  await script.step({ ...room, event: 'area released', bound: null, say: () => rest.releaseArea(2) })
}

/** Limits from afar: through a channel of the smart meter gateway, and as a market partner. */
async function playRemote(
  { channel, partner }: DimmingWorld,
  script: Script,
  subjects: { readonly channel: Subject; readonly location: Subject },
): Promise<void> {
  await script.night(22)
  const management = { player: 'CLS management', over: 'CLS channel', subject: subjects.channel } as const
  await script.step({ ...management, event: 'connection limited', bound: most(4_200), say: () => channel.limit('dim', 4_200) })
  await script.night(28)
  await script.step({ ...management, event: 'released', bound: null, say: () => channel.release('free') })
  const operator = { player: 'market partner', over: 'control API', subject: subjects.location } as const
  await script.step({ ...operator, event: 'location limited', bound: most(4_200), say: () => partner.limit('dim', 4_200) })
  await script.night(34)
  await script.step({ ...operator, event: 'initial state', bound: null, say: () => partner.release('free') })
}

/** The control box limits cars and a house, falls silent, and comes back. */
async function playControlBox(
  { box, hems, work }: DimmingWorld,
  script: Script,
  subjects: { readonly box: Subject; readonly house: Subject },
): Promise<void> {
  await script.night(44)
  const guard = { player: 'control box', over: 'EEBUS' } as const
  const cars = { ...guard, subject: subjects.box }
  const house = { ...guard, subject: subjects.house }
  const silently = () => work.idle()
  await script.step({ ...cars, event: 'connection limited', bound: most(BOX_W), say: () => box.want('cars', BOX_W) })
  await script.step({ ...house, event: 'house limited', bound: most(HOUSE_W), say: () => box.want('house', HOUSE_W) })
  await script.night(50)
  await box.silence()
  await script.night(53)
  await script.step({ ...cars, event: 'silent: failsafe', bound: most(FAILSAFE_W), say: silently })
  await script.step({ ...house, event: 'silent: failsafe', bound: most(hems.limitW() ?? HEMS_FAILSAFE_W), say: silently })
  await script.night(61)
  const isBack = { event: 'back, nothing limited', bound: null, lifts: [subjects.house] }
  await script.step({ ...cars, ...isBack, say: box.wake })
  await script.step({ ...house, event: 'back, nothing limited', bound: null, say: silently })
}

/** Four changes in 80 ms before the contact rests. */
async function playRelay({ rest, sites }: DimmingWorld, script: Script, subject: Subject): Promise<void> {
  const bounce = async (isClosed: boolean) => {
    for (const is of [isClosed, !isClosed, isClosed, !isClosed, isClosed]) {
      await rest.close('relay', 0, is)
      await script.pass(20)
    }
    await script.pass(SECOND_MS)
  }
  await script.night(66)
  const minimum = await rest.minimumOf(sites.relay)
  const contact = { player: 'relay', over: 'contacts', subject } as const
  const closed = { event: 'contact bounces, then closed', bound: most(minimum), say: () => bounce(true) }
  await script.step({ ...contact, ...closed })
  await script.night(74)
  await script.step({ ...contact, event: 'contact open', bound: null, say: () => bounce(false) })
}

function scriptOf(world: DimmingWorld, watch: BoundWatch, takenOf: Script['takenOf'], progress: (share: number) => void): Script {
  const { clock, work, rest, hems } = world
  const begun = clock.now()
  const steps: DimmingStep[] = []
  const since = () => clock.now() - begun

  async function pass(ms: number): Promise<void> {
    await clock.runUntil(clock.now() + ms, work.idle)
    const failure = rest.failure()
    if (failure !== null) throw failure
  }
  /** How long until the next look, ms. */
  function stride(): number {
    if (watch.isBusy()) return FOLLOWED_MS
    return since() >= NIGHT_MS - 10 * MINUTE_MS ? MINUTE_MS : 10 * MINUTE_MS
  }
  async function until(sinceBegin: number): Promise<void> {
    while (since() < sinceBegin) {
      await pass(Math.min(sinceBegin - since(), stride()))
      watch.look()
      progress(since() / END_MS)
    }
  }
  /** Somebody says something; what became of it is looked at when there was time to follow. */
  async function step({ subject, bound, lifts = [], say, ...who }: Saying): Promise<void> {
    const [at, beforeW] = [instantText(clock.now()), takenOf(subject)]
    for (const lifted of bound === null ? [subject, ...lifts] : lifts) watch.lift(lifted)
    await say()
    const orderedW = orderedOf(world, subject)
    if (bound !== null) watch.hold(subject, { ...bound, keptFrom: clock.now() + FOLLOWED_MS })
    await pass(FOLLOWED_MS)
    watch.look()
    const { maxW, minW } = bound ?? { maxW: null, minW: null }
    const house = subject.startsWith('connection:') ? { house: inWholeWatts(hems.now()) } : {}
    const sums = { evses: evsesOf(world, subject).length, beforeW, orderedW, afterW: takenOf(subject) }
    steps.push({ at, ...who, subject, maxW, minW, ...sums, ...house })
  }
  return { until, night: (minutes) => until(NIGHT_MS + minutes * MINUTE_MS), pass, step, steps, takenOf }
}

function most(maxW: number): Pick<Bound, 'maxW' | 'minW'> {
  return { maxW, minW: null }
}

/** What the journal says of the night. */
async function records({ running: { journal }, rest, sites }: DimmingWorld) {
  const { instants, compliance, notDrawn } = (await rest.look(`/v1/signals/${NIGHT_SIGNAL}/proof`)) as ProofDocument
  const limits = await limitOutcomes(rest.look)
  const house = (await rest.look(`/v1/sites/${sites.house.id}/measured-load`)) as MeasuredView
  const measuredHouse = { state: house.state, reason: house.reason, powerW: house.powerW, ageSeconds: house.ageSeconds }
  const head = journal.head()
  let compensatedWh = 0
  await journal.durable(head.sequence)
  for await (const { fact } of journal.read(0))
    if (fact.kind === 'limit-compensated' && fact.signal === NIGHT_SIGNAL) compensatedWh += fact.notDrawnWh
  return {
    limits,
    measuredHouse,
    proof: { instants, compliance, notDrawn },
    compensatedWh,
    journal: { entries: head.sequence, hash: head.hash },
  }
}

function takenBy({ hems, carsW }: DimmingWorld, subject: Subject): number {
  if (subject.startsWith('connection:')) return hems.now().connection
  return subject.startsWith('area:') ? carsW() : carsW(id<SiteId>(subject.slice('site:'.length)))
}
function evsesOf({ running: { application } }: DimmingWorld, subject: Subject) {
  return membersOf(application.fleet, subject.replace(/^connection:/, 'site:')) ?? []
}
function orderedOf(world: DimmingWorld, subject: Subject): number {
  const [now, { fleet }] = [world.clock.now(), world.running.application]
  let sum = 0
  for (const evse of evsesOf(world, subject)) {
    const live = fleet.evses.get(evse)!
    const order = live.session === null ? null : liveOrder(live, now)
    if (order !== null) sum += orderedPower(order.content, now)
  }
  return Math.round(sum)
}
function inWholeWatts({ soc, ...powers }: HouseTruth): HouseTruth {
  const whole = Object.fromEntries(Object.entries(powers).map(([name, power]) => [name, Math.round(power)]))
  return { ...(whole as unknown as Omit<HouseTruth, 'soc'>), soc: Math.round(soc * 1_000) / 1_000 }
}
