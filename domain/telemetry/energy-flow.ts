// What has flowed into and out of a car since plug-in: by the registers of its meter, or by power where they are missing, lag or are stuck.
import { inWatts, watts, type Power } from '../units.ts'

/** Bounds of what has flowed since plug-in on the grid side, Wh; one number each way where a meter counts. */
export interface Flow {
  readonly inLeast: number
  readonly inMost: number
  readonly outLeast: number
  readonly outMost: number
}
/** What readings have told of a session's energy. Plain data. */
export interface FlowCount {
  readonly byPower: Flow
  /** The power read last. */
  readonly power: { readonly watts: number; readonly at: number } | null
  /** Registers have been read. */
  readonly hasRegister: boolean
  /** When its meter was read last. */
  readonly countedAt: number | null
  /** Instant up to which the energy is known: by a register, or by power that was read again and again since. */
  readonly knownAt: number | null
  /** Wh booked out of the car at the last reading. */
  readonly exportedWh: number
  /** Wh that the car was ordered to give while its meter told no power and its register stood still. */
  readonly unmeteredWh: number
}
/** What one reading says; instants are epoch ms, Wh the sum of the session's export register after it. */
export interface FlowReading {
  readonly at: number
  readonly power: Power | null
  readonly hasRegister: boolean
  readonly dischargedWh: number
  /** Of the order in force; null without. */
  readonly ordered: Power | null
  /** The most the EVSE takes. */
  readonly chargeMax: Power
  readonly startedAt: number
}

const NOTHING: Flow = { inLeast: 0, inMost: 0, outLeast: 0, outMost: 0 }
export const NOTHING_COUNTED: FlowCount = {
  byPower: NOTHING,
  power: null,
  hasRegister: false,
  countedAt: null,
  knownAt: null,
  exportedWh: 0,
  unmeteredWh: 0,
}

const HOUR_MS = 3_600_000
/** Between readings this near a power that is the same at both ends was there all the time: set-points change once a minute. */
const DENSE_MS = 90_000
/** Further apart it was there for this share at least: a car may pause and go on unseen. */
const SPARSE_SHARE = 0.4
/** Readings further apart say nothing about the time between them. */
const GAP_MS = 360_000
/** A register that shows less than this share of what the power alone has moved lags or is stuck; less than so many Wh are rounding. */
const LAG_SHARE = 0.95
const LAG_WH = 50

/** Takes one reading of a plugged car into its count. */
export function countReading(count: FlowCount, reading: FlowReading): FlowCount {
  const { at, power, hasRegister, dischargedWh, startedAt } = reading
  if (power === null && !hasRegister) return count
  const from = count.power ?? { watts: 0, at: Math.min(at, startedAt) }
  const isStill = power === null && dischargedWh <= count.exportedWh
  return {
    byPower: power === null ? count.byPower : add(count.byPower, between(from, reading, power)),
    power: power === null ? count.power : { watts: inWatts(power), at },
    hasRegister: count.hasRegister || hasRegister,
    countedAt: Math.max(at, count.countedAt ?? at),
    knownAt: isKnown(count, reading) ? Math.max(at, count.knownAt ?? at) : count.knownAt,
    exportedWh: dischargedWh,
    unmeteredWh: count.unmeteredWh + (isStill ? orderedOut(reading, count.countedAt ?? startedAt) : 0),
  }
}

/** Whether a word at an instant can be held against what had flowed by then. */
export function isEnergyKnown({ knownAt }: FlowCount, at: number): boolean {
  return knownAt !== null && at - knownAt <= DENSE_MS
}

/** What has flowed, from the count and the sums of the session's registers, Wh. The larger outflow counts where meter and power contradict each other. */
export function flowOf({ byPower, hasRegister, unmeteredWh }: FlowCount, chargedWh: number, dischargedWh: number): Flow {
  if (!hasRegister) return byPower
  const taken = Math.max(0, chargedWh)
  const hasIn = !lags(taken, byPower.inLeast)
  const hasOut = !lags(dischargedWh, byPower.outLeast)
  return {
    inLeast: taken,
    inMost: hasIn ? taken : Math.max(taken, byPower.inMost),
    outLeast: hasOut ? dischargedWh : Math.max(dischargedWh, byPower.outLeast),
    outMost: (hasOut ? dischargedWh : Math.max(dischargedWh, byPower.outMost)) + unmeteredWh,
  }
}

/** Power says what flows, not what has flowed while nobody looked; without registers there is nothing better. */
function isKnown({ hasRegister, knownAt }: FlowCount, reading: FlowReading): boolean {
  return reading.hasRegister || !hasRegister || (knownAt !== null && reading.at - knownAt <= GAP_MS)
}

/** What had flowed by an earlier instant, by what the registers are known to have counted until then; what was told by power stays. */
export function recounted<Counted extends Flow>(flow: Counted, chargedWh: number, dischargedWh: number): Counted {
  const [into, out] = [Math.max(0, chargedWh), Math.max(0, dischargedWh)]
  return {
    ...flow,
    ...(flow.inLeast === flow.inMost ? { inLeast: into, inMost: into } : {}),
    ...(flow.outLeast === flow.outMost ? { outLeast: out, outMost: out } : {}),
  }
}

/** The same count by a clock that was set: `seen` moves an instant of a sighting. */
export function seenFlow(count: FlowCount, seen: <At extends number | null>(at: At) => At): FlowCount {
  const power = count.power === null ? null : { ...count.power, at: seen(count.power.at) }
  return { ...count, power, countedAt: seen(count.countedAt), knownAt: seen(count.knownAt) }
}

function lags(register: number, byPower: number): boolean {
  return register < LAG_SHARE * byPower - LAG_WH
}

function between(
  from: { readonly watts: number; readonly at: number },
  { at, ordered, chargeMax }: FlowReading,
  power: Power,
): Flow {
  const hours = Math.max(0, at - from.at) / HOUR_MS
  const [a, b] = [from.watts, inWatts(power)]
  const isGap = at - from.at > GAP_MS
  const share = isGap ? 0 : at - from.at > DENSE_MS ? SPARSE_SHARE : 1
  return {
    inLeast: share * Math.max(0, Math.min(a, b)) * hours,
    inMost: Math.max(0, a, b, isGap ? inWatts(chargeMax) : 0) * hours,
    outLeast: share * Math.max(0, Math.min(-a, -b)) * hours,
    outMost: Math.max(0, -a, -b, isGap ? -inWatts(ordered ?? power) : 0) * hours,
  }
}

function orderedOut({ at, ordered }: FlowReading, since: number): number {
  return (Math.max(0, -inWatts(ordered ?? watts(0))) * Math.max(0, at - since)) / HOUR_MS
}

function add(a: Flow, b: Flow): Flow {
  return {
    inLeast: a.inLeast + b.inLeast,
    inMost: a.inMost + b.inMost,
    outLeast: a.outLeast + b.outLeast,
    outMost: a.outMost + b.outMost,
  }
}
