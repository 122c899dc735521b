// Splits a power target over EVSEs: as near to what each would like as the bounds of EVSEs and of the phases of their sites allow.
import { watts, type Power } from '../../../../domain/units.ts'
import type { Phase } from '../../../../domain/registry/registry.ts'

export interface Member {
  readonly key: string
  readonly min: Power
  readonly max: Power
  /** What the plan would like. */
  readonly preferred: Power
  readonly site: string
  /** Phases the power is spread over evenly; empty when the rotation is unknown: the whole power then counts on every phase. */
  readonly phases: readonly Phase[]
}
export interface SitePhases {
  readonly site: string
  /** Most and least active power per phase. */
  readonly max: Power
  readonly min: Power
}
export interface Allocation {
  /** By position of the members. */
  readonly power: readonly Power[]
  /** What could not be placed: target minus sum; 0 when the target was met. */
  readonly missing: Power
}

const PHASES: readonly Phase[] = ['L1', 'L2', 'L3']

/**
 * Allocates `target` (null: the sum of what the members prefer). Each member moves by the same amount from its preference until it meets a bound, so
 * that the sum is met exactly in whole watts wherever bounds allow. Phase bounds of a site cut first and are never exceeded.
 */
export function allocate(members: readonly Member[], target: Power | null, sites: readonly SitePhases[]): Allocation {
  const low = members.map((member) => Number(member.min))
  const high = members.map((member) => Math.max(Number(member.max), member.min))
  const wanted = members.map((member, i) => bound(member.preferred, low[i]!, high[i]!))
  for (const site of sites) fitPhases(members, site, wanted, low, high)
  const goal = target ?? wanted.reduce((a, b) => a + b, 0)
  const power = fill(wanted, low, high, goal)
  return { power: power.map((value) => watts(value)), missing: watts(goal - power.reduce((a, b) => a + b, 0)) }
}

/**
 * Cuts the bounds of a site's members so that no combination of them can exceed a phase. What one car feeds in makes no room for another to charge: it
 * may stop at any moment.
 */
function fitPhases(members: readonly Member[], site: SitePhases, wanted: number[], low: number[], high: number[]): void {
  for (const phase of PHASES) {
    const on = members.flatMap((member, i) =>
      member.site === site.site && isOn(member, phase) ? [{ i, part: 1 / Math.max(1, member.phases.length) }] : [],
    )
    cut(on, wanted, high, site.max, 1)
    cut(on, wanted, low, site.min, -1)
  }
  for (let i = 0; i < members.length; i++) {
    // A minimum above what the phase has left gives way: the connection is rank 1.
    if (low[i]! > high[i]!) low[i] = high[i] = high[i]! < 0 ? low[i]! : high[i]!
    wanted[i] = bound(wanted[i]!, low[i]!, high[i]!)
  }
}

function isOn(member: Member, phase: Phase): boolean {
  return member.phases.length === 0 || member.phases.includes(phase)
}

/** Shares one direction (`sign`) of a phase: everybody what it wants where there is room, else less in equal steps. */
function cut(
  on: readonly { i: number; part: number }[],
  wanted: readonly number[],
  bounds: number[],
  room: number,
  sign: 1 | -1,
): void {
  const most = on.map(({ i, part }) => Math.max(0, bounds[i]! * sign) * part)
  const limit = Math.max(0, room * sign)
  if (most.reduce((a, b) => a + b, 0) <= limit) return
  const wants = on.map(({ i, part }, k) => bound(wanted[i]! * sign * part, 0, most[k]!))
  const granted = fill(
    wants,
    most.map(() => 0),
    most,
    limit,
    false,
  )
  on.forEach(({ i, part }, k) => {
    if (bounds[i]! * sign > 0) bounds[i] = Math.floor(granted[k]! / part + 1e-6) * sign + 0
  })
}

/** Water-filling: one common shift from `wanted`, found by bisection over the breakpoints, then whole watts by largest remainder in order. */
function fill(wanted: readonly number[], low: readonly number[], high: readonly number[], goal: number, whole = true): number[] {
  const at = (shift: number) => wanted.map((value, i) => bound(value + shift, low[i]!, high[i]!))
  const sumAt = (shift: number) => wanted.reduce((total, value, i) => total + bound(value + shift, low[i]!, high[i]!), 0)
  let [from, to] = [0, 0]
  wanted.forEach((value, i) => {
    from = Math.min(from, low[i]! - value)
    to = Math.max(to, high[i]! - value)
  })
  const start = sumAt(0)
  if (goal <= sumAt(from)) return at(from)
  if (goal >= sumAt(to)) return at(to)
  if (start === goal) return at(0)
  // To the last bit: a bound that is off by a billionth would cost a whole watt when it is rounded.
  for (let step = 0; step < 200; step++) {
    const middle = (from + to) / 2
    if (middle <= from || middle >= to) break
    if (sumAt(middle) < goal) from = middle
    else to = middle
  }
  const exact = at(to)
  if (!whole) return exact
  const floor = exact.map((value) => Math.floor(value + 1e-6))
  let rest = Math.round(goal - floor.reduce((a, b) => a + b, 0))
  for (let i = 0; i < floor.length && rest !== 0; i++) {
    const room = rest > 0 ? Math.min(rest, high[i]! - floor[i]!) : Math.max(rest, low[i]! - floor[i]!)
    const step = rest > 0 ? Math.min(1, room) : Math.max(-1, room)
    floor[i] = floor[i]! + step
    rest -= step
  }
  return floor
}

function bound(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value
}
