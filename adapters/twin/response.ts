// How station and car get from one power to another: dead time, ramp, wake-up and change of direction, as a path of power over time.
import { within, type Roll } from './dice.ts'

type Range = readonly [low: number, high: number]

/** Ranges in milliseconds; every command draws its own values from them. */
export interface ResponseProfile {
  readonly reduceDead: Range
  readonly reduceRamp: Range
  readonly raiseDead: Range
  readonly raiseRamp: Range
  /** A car without power for longer than `sleepsAfter` has to be woken first. */
  readonly wake: Range
  readonly sleepsAfter: number
  /** From charging to discharging and back, without power in between. */
  readonly turn: Range
  /** False for stations that accept everything and do nothing: their cars charge as if nobody had asked for anything. */
  readonly obeys: boolean
}
export type ResponseName = 'usual' | 'slow' | 'deaf' | 'drowsy'

const USUAL: ResponseProfile = {
  reduceDead: [500, 4_000],
  reduceRamp: [500, 4_000],
  raiseDead: [1_000, 5_000],
  raiseRamp: [1_000, 5_000],
  wake: [20_000, 120_000],
  sleepsAfter: 15 * 60_000,
  turn: [5_000, 30_000],
  obeys: true,
}
/** `slow` and `deaf` do not comply with what a grid operator may ask for; they must show up as such. */
export const RESPONSES: Record<ResponseName, ResponseProfile> = {
  usual: USUAL,
  slow: { ...USUAL, reduceDead: [15_000, 30_000], reduceRamp: [20_000, 60_000], raiseRamp: [20_000, 60_000] },
  deaf: { ...USUAL, obeys: false },
  /** Once paused it takes a quarter of an hour or so until it charges again. */
  drowsy: { ...USUAL, wake: [600_000, 1_200_000], sleepsAfter: 10_000 },
}

/** A corner of the path: power in watts, positive into the car, at an instant. Straight in between, level after the last one. */
export interface Knot {
  readonly at: number
  readonly watts: number
}
/** What the answer to a command depends on. */
export interface Posture {
  readonly path: readonly Knot[]
  /** Direction of the last power that flowed. */
  readonly direction: -1 | 0 | 1
}

/** Powers below it are no power. */
const NOTHING_WATTS = 1

/** Power on a path at an instant. */
export function pathPower(path: readonly Knot[], at: number): number {
  for (let i = path.length - 1; i >= 0; i--) {
    const knot = path[i]!
    if (knot.at > at) continue
    const next = path[i + 1]
    return next === undefined ? knot.watts : knot.watts + ((next.watts - knot.watts) * (at - knot.at)) / (next.at - knot.at)
  }
  return path[0]?.watts ?? 0
}

/** The path from where the power is at `at` to a new target. A path under way is left where it is. */
export function respond(posture: Posture, at: number, target: number, profile: ResponseProfile, roll: Roll): readonly Knot[] {
  const from = pathPower(posture.path, at)
  const start: Knot = { at, watts: from }
  if (Math.abs(from) < NOTHING_WATTS) return raise(posture, at, target, profile, roll)
  const turns = from * target < 0
  if (!turns && Math.abs(target) >= Math.abs(from)) {
    const begins = at + within(roll, profile.raiseDead)
    return [start, { at: begins, watts: from }, { at: begins + within(roll, profile.raiseRamp), watts: target }]
  }
  const begins = at + within(roll, profile.reduceDead)
  const ends = begins + within(roll, profile.reduceRamp)
  const down: readonly Knot[] = [start, { at: begins, watts: from }, { at: ends, watts: turns ? 0 : target }]
  if (!turns) return down
  const turned = ends + within(roll, profile.turn)
  return [...down, { at: turned, watts: 0 }, { at: turned + within(roll, profile.raiseRamp), watts: target }]
}

function raise(posture: Posture, at: number, target: number, profile: ResponseProfile, roll: Roll): readonly Knot[] {
  const start: Knot = { at, watts: 0 }
  if (Math.abs(target) < NOTHING_WATTS) return [start]
  const idleFor = at - (posture.path.at(-1)?.at ?? at)
  // A pause under way (waking, turning) is not cut short by another command.
  const pause = posture.path.find((knot) => knot.at > at)
  let wait = within(roll, idleFor > profile.sleepsAfter ? profile.wake : profile.raiseDead)
  if (pause?.watts === 0) wait = Math.max(wait, pause.at - at)
  if (posture.direction * target < 0) wait = Math.max(wait, within(roll, profile.turn))
  return [start, { at: at + wait, watts: 0 }, { at: at + wait + within(roll, profile.raiseRamp), watts: target }]
}
