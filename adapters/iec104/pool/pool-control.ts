// Pools and their control centres: set-points become activations at the desk of signals, and what the pools do is reported every second.
import type { Clock } from '../../../domain/ports/clock.ts'
import { watts, type Power } from '../../../domain/units.ts'
import { CAUSES } from '../codec/asdu.ts'
import { QUALITY } from '../codec/quality.ts'
import type { ControlledStation, StationTell } from '../station/controlled-station.ts'
import type { Command, CommandDesk } from '../station/respond.ts'
import type { Activations } from './activations.ts'
import { POOL_POINTS } from './pool-points.ts'
import {
  lifetimeMs,
  NO_SET_POINT,
  nextLife,
  powerOf,
  type FailSafe,
  type SetPointEvent,
  type SetPointLife,
} from './set-point-life.ts'

/** A pool as a station of its own. */
export interface ControlledPool {
  readonly pool: string
  /** Common address. */
  readonly station: number
  readonly failSafe: FailSafe
  /** Set-points beyond are refused, W, either way. */
  readonly powerMax: Power
  /** Left out: the pool may be of any tenant. */
  readonly tenant?: string
}
/** What a pool does and could do now; W, taking positive. */
export interface PoolFigures {
  readonly measured: number
  readonly planned: number
  readonly low: number
  readonly high: number
  /** Wh. */
  readonly stored: number
  /** Cars that count, and those of them whose power is old, or not known at all. */
  readonly cars: number
  readonly old: number
  readonly unknown: number
}
export interface PoolControlOptions {
  readonly clock: Clock
  readonly pools: readonly ControlledPool[]
  readonly activations: Activations
  /** Null where the pool is not known. */
  readonly figures: (pool: string) => PoolFigures | null
  /** Why nothing can be recorded now; null where it can. */
  readonly failure: () => string | null
  readonly track: <Value>(work: Promise<Value>) => Promise<Value>
  readonly tell: StationTell
}
export interface PoolControl {
  /** For the station's commands. */
  readonly commands: CommandDesk
  /** Joins the station, takes up what was in force, and reports from now on. */
  start(station: ControlledStation): void
  /** Whether some set-point is lost, and held or ramped to the working point. */
  isSetPointLost(): boolean
  stop(): void
}

const CYCLE_MS = 1_000
/** A ramp goes by steps of a control cycle of the transmission system operators. */
const RAMP_STEP_MS = 4_000
/** An activation lasts so much longer than its set-point could: what is only repeated is told again no more often than this. */
const SPARE_MS = 120_000
/** More cars than this share whose power is old make the sum not topical. */
const OLD_SHARE_MAX = 0.05
const WATTS_PER_MW = 1_000_000

/** One pool while it is served. */
interface Led {
  readonly of: ControlledPool
  life: SetPointLife
  /** As of this cycle. */
  figures: PoolFigures | null
  /** Whose set-point it was. */
  centre: string | null
  isParticipating: boolean
  /** What the desk was told last, and until when it holds, epoch ms. */
  told: { readonly power: Power; readonly until: number; readonly at: number } | null
  version: number
  /** A set-point that is to be told in this turn, and whether it was done. */
  next: { power: Power; readonly done: Promise<boolean> } | null
}

/** Pools nobody has commanded yet. */
export function poolControl(options: PoolControlOptions): PoolControl {
  const { clock } = options
  const led = new Map(options.pools.map((of): readonly [number, Led] => [of.station, leadOf(of)]))
  const ways: Ways = { ...options, station: null }
  let cancel = () => {}
  function cycle(): void {
    cancel = clock.after(CYCLE_MS, 'iec104-cycle', cycle)
    for (const one of led.values()) {
      one.figures = options.figures(one.of.pool)
      step(ways, one, { kind: 'time-passed' })
      report(ways, one, clock.now())
    }
    ways.station?.cycle()
  }
  return {
    commands: {
      judge: (command) => judge(ways, led.get(command.station)!, command),
      execute: (command) => execute(ways, led.get(command.station)!, command),
    },
    start(station) {
      ways.station = station
      station.onHeard((centre, isHeard) => {
        for (const one of led.values()) if (one.centre === centre) step(ways, one, { kind: 'heard', isHeard })
      })
      for (const one of led.values()) takeUp(ways, one)
      cycle()
    },
    isSetPointLost: () => [...led.values()].some(isLost),
    stop: () => cancel(),
  }
}

interface Ways extends PoolControlOptions {
  station: ControlledStation | null
}

function leadOf(of: ControlledPool): Led {
  return { of, life: NO_SET_POINT, figures: null, centre: null, isParticipating: true, told: null, version: 0, next: null }
}

/** What is in force from before a restart: its centre is not heard, so it is held and ramped. */
function takeUp({ clock, activations }: Ways, led: Led): void {
  const known = activations.known(led.of)
  if (known === null) return
  led.version = known.version
  if (known.inForce === null) return
  const now = clock.elapsed()
  const { power, until } = known.inForce
  led.told = { power, until, at: now }
  led.life = { kind: 'held', power, receivedAt: now - led.of.failSafe.silenceMs, since: now }
}

function judge({ failure }: Ways, led: Led, { point, value }: Command): string | null {
  const reason = failure()
  if (reason !== null) return reason
  if (point.address !== POOL_POINTS.commandSetPoint) return null
  if (led.figures === null) return 'the pool is not known'
  if (!led.isParticipating) return 'the pool does not take part'
  if (!Number.isFinite(value)) return 'the set-point is no number'
  return Math.abs(value) * WATTS_PER_MW > led.of.powerMax ? `the set-point is beyond ${led.of.powerMax / WATTS_PER_MW} MW` : null
}

function execute(ways: Ways, led: Led, { centre, point, value }: Command): Promise<boolean> {
  if (point.address === POOL_POINTS.commandParticipation) {
    led.isParticipating = value === 1
    ways.tell('participation', { pool: led.of.pool, isParticipating: led.isParticipating })
    if (!led.isParticipating) step(ways, led, { kind: 'left' })
    reportStates(ways, led, CAUSES.returnRemote)
    return Promise.resolve(true)
  }
  led.centre = centre
  // Towards a centre feed-in is positive, here it is what is taken.
  const power = watts(value === 0 ? 0 : -Math.round(value * WATTS_PER_MW))
  if (led.life.kind !== 'followed') ways.tell('set-point-followed', { pool: led.of.pool, centre })
  led.life = nextLife(led.life, { kind: 'received', power }, ways.clock.elapsed(), led.of.failSafe)
  reportStates(ways, led, CAUSES.returnRemote)
  return soon(ways, led, power)
}

/** Tells it in the next turn: of several set-points that have arrived together only the last is carried out, and all are done with it. */
function soon(ways: Ways, led: Led, power: Power): Promise<boolean> {
  if (led.next !== null) {
    led.next.power = power
    return led.next.done
  }
  const done = new Promise<void>((resolve) => ways.clock.after(0, 'iec104-set-point', resolve)).then(() => {
    const { power: last } = led.next!
    led.next = null
    return activate(ways, led, last)
  })
  led.next = { power, done }
  return done
}

/** Makes the power the pool's activation; the same again only lengthens it. Resolves when it is durable and its orders have left. */
async function activate(ways: Ways, led: Led, power: Power): Promise<boolean> {
  const { clock, track, tell } = ways
  const { of, told } = led
  const now = clock.now()
  const lifetime = lifetimeMs(of.failSafe)
  if (told !== null && told.power === power && told.until >= now + lifetime) return true
  const version = (led.version = Math.max(led.version + 1, now))
  // What a ramp tells ends by itself soon, should nothing follow.
  const until = led.life.kind === 'ramped' ? now + of.failSafe.rampMs + RAMP_STEP_MS : now + lifetime + SPARE_MS
  led.told = { power, until, at: clock.elapsed() }
  const by = led.centre ?? 'control centre'
  const refusal = await track(
    ways.activations.activate(of, { version, power, until, by, isRamp: led.life.kind === 'ramped' }, now),
  )
  if (refusal === null) return true
  tell('set-point-failed', { pool: of.pool, detail: refusal })
  // What is not known to hold is told again with the next cycle.
  if (led.version === version) led.told = null
  return false
}

/** What an event does to the set-point, and what follows from it. */
function step(ways: Ways, led: Led, event: SetPointEvent): void {
  const { clock, tell } = ways
  const now = clock.elapsed()
  const before = led.life
  led.life = nextLife(before, event, now, led.of.failSafe)
  if (led.life.kind !== before.kind) {
    tell(`set-point-${led.life.kind}`, { pool: led.of.pool })
    reportStates(ways, led)
  }
  if (led.life.kind === 'none') {
    if (led.told !== null) release(ways, led)
    return
  }
  if (led.next !== null) return
  const power = powerOf(led.life, watts(Math.round(led.figures?.planned ?? 0)), now, led.of.failSafe)!
  // Not known to hold, or over because the clock was set.
  const isOver = led.told === null || led.told.until <= clock.now()
  const isDue = isOver || (led.life.kind === 'ramped' && now >= led.told!.at + RAMP_STEP_MS)
  if (isDue) void activate(ways, led, power)
}

/** Its plans are followed again. */
function release({ clock, activations, track, tell }: Ways, led: Led): void {
  led.told = null
  led.version = Math.max(led.version + 1, clock.now())
  void track(activations.release(led.of, led.version)).then((refusal) => {
    if (refusal !== null) tell('set-point-failed', { pool: led.of.pool, detail: refusal })
  })
}

/** Everything that is reported by cycle. */
function report({ station, failure }: Ways, led: Led, at: number): void {
  if (station === null) return
  const { station: address } = led.of
  const now = led.figures
  const measured = qualityOf(now)
  const known = now === null ? QUALITY.invalid : QUALITY.good
  const { planned = 0, low = 0, high = 0, stored = 0 } = now ?? {}
  const power = now?.measured ?? 0
  const take = (point: number, value: number, quality: number) => station.take(address, point, { value, quality }, at)
  take(POOL_POINTS.power, fedIn(power), measured)
  take(POOL_POINTS.workingPoint, fedIn(planned), known)
  take(POOL_POINTS.delivered, fedIn(power - planned), measured)
  take(POOL_POINTS.bandUp, Math.max(0, fedIn(low - planned)), known)
  take(POOL_POINTS.bandDown, Math.max(0, fedIn(planned - high)), known)
  take(POOL_POINTS.stored, stored / WATTS_PER_MW, known)
  take(POOL_POINTS.ready, failure() === null && led.isParticipating && now !== null ? 1 : 0, QUALITY.good)
  stateOf(led, (point, value, quality = QUALITY.good) => take(point, value, quality))
}

/** What a command or the passing of time has changed. */
function reportStates({ station, clock }: Ways, led: Led, cause?: number): void {
  if (station === null) return
  const at = clock.now()
  stateOf(led, (point, value, quality = QUALITY.good) => station.take(led.of.station, point, { value, quality }, at, cause))
}

function stateOf(
  { life, isParticipating }: Pick<Led, 'life' | 'isParticipating'>,
  take: (point: number, value: number, quality?: number) => void,
): void {
  const power = life.kind === 'none' ? null : life.power
  // Without a set-point its echo says nothing.
  take(POOL_POINTS.setPoint, power === null ? 0 : fedIn(power), power === null ? QUALITY.invalid : echoQuality(life))
  take(POOL_POINTS.participating, isParticipating ? 1 : 0)
  take(POOL_POINTS.following, life.kind === 'none' ? 0 : 1)
  take(POOL_POINTS.setPointLost, isLost({ life, isParticipating }) ? 1 : 0)
}

/** Not where a centre has taken the pool out: it knows. */
function isLost({ life, isParticipating }: Pick<Led, 'life' | 'isParticipating'>): boolean {
  return isParticipating && (life.kind === 'held' || life.kind === 'ramped')
}

function echoQuality({ kind }: SetPointLife): number {
  return kind === 'followed' ? QUALITY.good : QUALITY.notTopical
}

/** Never an old value that looks new: without any it is invalid, with too many old ones not topical. */
function qualityOf(figures: PoolFigures | null): number {
  if (figures === null || (figures.cars > 0 && figures.unknown === figures.cars)) return QUALITY.invalid
  return figures.old > figures.cars * OLD_SHARE_MAX ? QUALITY.notTopical : QUALITY.good
}

/** MW, feed-in positive, of W taken. */
function fedIn(power: number): number {
  return power === 0 ? 0 : -power / WATTS_PER_MW
}
