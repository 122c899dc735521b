// Keeps what cars may charge at the same time within the fuse of their house connection, whoever controls them and however.
import type { Phase } from '../registry/registry.ts'
import type { Power } from '../units.ts'

export interface Claim {
  /** Empty when the rotation is unknown: the whole power then counts on every phase. */
  readonly phases: readonly Phase[]
  /** Charging power asked for, at least 0. */
  readonly wanted: Power
  /** Below it nothing flows. */
  readonly least: Power
  /** What flows whether it is granted or not: a car that is not led by us. */
  readonly isFixed: boolean
  /** Instant the car is wanted; earlier ones are served first. */
  readonly readyBy: number
}

const PHASES: readonly Phase[] = ['L1', 'L2', 'L3']

/** The claims on one connection, laid out once for many slots: phases each counts on, and with which part of its power. */
interface Connection {
  readonly claims: readonly Claim[]
  readonly on: readonly (readonly number[])[]
  readonly part: readonly number[]
  /** Most power per phase, W. */
  readonly max: number
  readonly order: readonly number[]
  readonly orderUnfixed: readonly number[]
}

/** Lays out the claims on a connection that carries `max` W on each phase. */
export function connectionOf(claims: readonly Claim[], max: number): Connection {
  const all = [...claims.keys()]
  const earliest = (a: number, b: number) => claims[a]!.readyBy - claims[b]!.readyBy || a - b
  return {
    claims,
    on: claims.map(({ phases }) => (phases.length === 0 ? [0, 1, 2] : phases.map((phase) => PHASES.indexOf(phase)))),
    part: claims.map(({ phases }) => 1 / Math.max(1, phases.length)),
    max,
    order: all.toSorted((a, b) => Number(claims[b]!.isFixed) - Number(claims[a]!.isFixed) || earliest(a, b)),
    orderUnfixed: all.toSorted(earliest),
  }
}

/** Whether powers by position of the claims, W, at least 0, are more than some phase carries. */
export function isTooMuch({ on, part, max }: Connection, powers: ArrayLike<number>): boolean {
  let [first, second, third] = [0, 0, 0]
  for (let i = 0; i < on.length; i++) {
    const own = powers[i]! * part[i]!
    for (const phase of on[i]!) {
      if (phase === 0) first += own
      else if (phase === 1) second += own
      else third += own
    }
  }
  return first > max || second > max || third > max
}

/**
 * Charging powers by position of the claims, changed in place: what is wanted where there is room, else first what cannot be led (unless `areLed`: everybody follows), then the cars that are
 * wanted first. A car that would get less than it can charge with gets nothing, so that another one gets on. Feeding in makes no room: it may stop at any moment.
 */
export function fitPowers(connection: Connection, powers: Float64Array, areLed: boolean): void {
  const { claims, on, part, max, order, orderUnfixed } = connection
  if (!isTooMuch(connection, powers)) return
  const room = [max, max, max]
  for (const i of areLed ? orderUnfixed : order) {
    const { least, isFixed } = claims[i]!
    const wanted = powers[i]!
    let free = Infinity
    for (const phase of on[i]!) free = Math.min(free, room[phase]!)
    const most = Math.floor(Math.max(0, free) / part[i]! + 1e-6)
    const power = (isFixed && !areLed) || wanted <= most ? wanted : most < least ? 0 : most
    for (const phase of on[i]!) room[phase]! -= power * part[i]!
    powers[i] = power
  }
}
