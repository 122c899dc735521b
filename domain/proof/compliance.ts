// How far what was measured kept within a limit: by time, by energy, and from when on.
import { inWatts } from '../units.ts'
import type { Signal } from '../signals/signal.ts'
import { energyOf, piecesOf, type Step } from './measured-sum.ts'

export interface Compliance {
  readonly inForceMs: number
  /** Of it, with the sum of every subject within its limit. */
  readonly withinMs: number
  /** In per cent, cut to hundredths; null where it was not in force. */
  readonly timePercent: number | null
  /** Taken or given while it held, and of it what lay beyond the limit, Wh. */
  readonly movedWh: number
  readonly beyondWh: number
  readonly energyPercent: number | null
  /** When every subject had been within its limit, epoch ms; null for never. */
  readonly withinFrom: number | null
}
interface Interval {
  readonly from: number
  readonly until: number
}

/** Meters are not exact: what lies beyond a limit by no more than this counts as within, W. */
const TOLERANCE_SHARE = 0.01
const TOLERANCE_MIN_WATTS = 60
const HOUR_MS = 3_600_000

/** Tolerance of a limit, W. */
export function toleranceOf(limit: number): number {
  return Math.max(TOLERANCE_MIN_WATTS, Math.abs(limit) * TOLERANCE_SHARE)
}

/** The sum of a subject: as power was told, and with the energy between two values as registers tell it. */
export interface SubjectSum {
  readonly power: readonly Step[]
  readonly energy: readonly Step[]
}

/** Compliance of a version over the time it held, epoch ms, with the sum of each subject: its time by power, its energy by registers. */
export function complianceOf(signal: Pick<Signal, 'max' | 'min'>, sums: readonly SubjectSum[], held: Interval): Compliance {
  const beyond: Interval[] = []
  let [movedWh, beyondWh] = [0, 0]
  let withinFrom: number | null = held.from
  for (const { power, energy } of sums) {
    let firstWithin: number | null = null
    for (const piece of piecesOf(power, held.from, held.until))
      if (excessOf(signal, piece.watts) > 0) beyond.push(piece)
      else firstWithin ??= piece.from
    for (const piece of piecesOf(energy, held.from, held.until)) {
      const hours = (piece.until - piece.from) / HOUR_MS
      movedWh += Math.abs(piece.watts) * hours
      beyondWh += excessOf(signal, piece.watts) * hours
    }
    withinFrom = withinFrom === null || firstWithin === null ? null : Math.max(withinFrom, firstWithin)
  }
  const inForceMs = Math.max(0, held.until - held.from)
  return complianceFrom(inForceMs, inForceMs - lengthOf(beyond), movedWh, beyondWh, inForceMs === 0 ? null : withinFrom)
}

/** Of several versions together. */
export function together(all: readonly Compliance[]): Compliance {
  const sum = (of: (one: Compliance) => number) => all.reduce((total, one) => total + of(one), 0)
  return complianceFrom(
    sum(({ inForceMs }) => inForceMs),
    sum(({ withinMs }) => withinMs),
    sum(({ movedWh }) => movedWh),
    sum(({ beyondWh }) => beyondWh),
    all.find(({ withinFrom }) => withinFrom !== null)?.withinFrom ?? null,
  )
}

/** Mean of a course within [from, until), W. */
export function meanOf(steps: readonly Step[], from: number, until: number): number {
  return (energyOf(steps, from, until) * HOUR_MS) / (until - from)
}

function complianceFrom(
  inForceMs: number,
  withinMs: number,
  movedWh: number,
  beyondWh: number,
  withinFrom: number | null,
): Compliance {
  return {
    inForceMs,
    withinMs,
    timePercent: inForceMs === 0 ? null : percent(withinMs / inForceMs),
    movedWh,
    beyondWh,
    energyPercent: inForceMs === 0 ? null : movedWh === 0 ? 100 : percent(Math.max(0, 1 - beyondWh / movedWh)),
    withinFrom,
  }
}

/** Never more than it is: what is not kept wholly is not 100 %. */
function percent(share: number): number {
  return Math.floor(share * 10_000 + 1e-6) / 100
}

/** W beyond the bounds; 0 within them and their tolerance. */
function excessOf({ max, min }: Pick<Signal, 'max' | 'min'>, watts: number): number {
  if (max !== null && watts > inWatts(max) + toleranceOf(max)) return watts - inWatts(max)
  if (min !== null && watts < inWatts(min) - toleranceOf(min)) return inWatts(min) - watts
  return 0
}

function lengthOf(intervals: readonly Interval[]): number {
  let [length, end] = [0, -Infinity]
  for (const { from, until } of intervals.toSorted((a, b) => a.from - b.from)) {
    length += Math.max(0, until - Math.max(from, end))
    end = Math.max(end, until)
  }
  return length
}
