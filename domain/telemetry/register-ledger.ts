// The samples of one register that are kept, and what follows from them: the same samples in any order of arrival give the same ledger (F5).
import type { Slot } from '../time/slot.ts'
import { follow, type Stretch } from './register-stretch.ts'
import type { Side } from './slot-meter.ts'

/** How far back quarter-hours are open: 8 working days are 12 calendar days, as long as no more than two of them are holidays. Older samples are not booked. */
export const OPEN_MS = 12 * 86_400_000
/** Between samples further apart the split by time is a guess. */
export const GAP_MS = 20 * 60_000
/** Samples taken between two rounds of thinning. */
export const COMPACT_EVERY = 256

export interface RegisterLedger {
  readonly side: Side
  /** Samples kept, by stamp (epoch ms) and then by value (Wh). */
  at: number[]
  wh: number[]
  /** What lies before them and cannot change any more, with what its own slot has from there. */
  base: Stretch | null
  baseEnergyWh: number
  baseMarks: number
  /** What is believed after all samples; behind while `isStale`. */
  top: Stretch | null
  isStale: boolean
  /** Slots before it keep only what decides them, unless something is wrong in them. */
  thinnedUntil: Slot
  readonly untidy: Set<Slot>
  compactAt: number
  wattHoursPerMs: number
}

/** A register of which nothing was told; the rating in W bounds what it may count. */
export function emptyLedger(side: Side, ratedWatts: number): RegisterLedger {
  return {
    side,
    at: [],
    wh: [],
    base: null,
    baseEnergyWh: 0,
    baseMarks: 0,
    top: null,
    isStale: false,
    thinnedUntil: 0 as Slot,
    untidy: new Set(),
    compactAt: COMPACT_EVERY,
    wattHoursPerMs: ratedWatts / 3_600_000,
  }
}

/** Energy counted up to the last sample believed at or before an instant, Wh. */
export function countedUntil(ledger: RegisterLedger, at: number): number {
  if (ledger.top === null) return 0
  if (!ledger.isStale && at >= ledger.top.at) return ledger.top.countedWh
  const { indexes, counted } = replay(ledger)
  let k = indexes.length - 1
  while (k >= 0 && ledger.at[indexes[k]!]! > at) k--
  return k < 0 ? (ledger.base?.countedWh ?? 0) : counted[k]!
}

/** The samples that are believed, with the energy counted and the register at each, and whether a stretch begins there. */
export interface Path {
  readonly indexes: number[]
  readonly counted: number[]
  readonly registers: number[]
  readonly begins: boolean[]
  readonly top: Stretch | null
}
export interface Link {
  readonly from: number
  readonly to: number
  readonly energyWh: number
  /** No energy is counted over it. */
  readonly isJump: boolean
  /** Long, or something between its ends is not believed. */
  readonly isGuess: boolean
}

/** Follows the samples kept from the base up to an index, which is included. */
export function replay(ledger: RegisterLedger, until: number = ledger.at.length - 1): Path {
  const { at, wh, wattHoursPerMs } = ledger
  const [indexes, counted, registers, begins] = [[] as number[], [] as number[], [] as number[], [] as boolean[]]
  let top = ledger.base
  for (let i = 0; i <= until; i++) {
    top = follow(top, at[i]!, wh[i]!, wattHoursPerMs)
    const k = top.believed - 1
    // Taking back what was believed shortens the path.
    if (k < indexes.length) for (const list of [indexes, counted, registers, begins]) list.length = k
    indexes.push(i)
    counted.push(top.countedWh)
    registers.push(top.wh)
    begins.push(top.length === 1)
  }
  return { indexes, counted, registers, begins, top }
}

/** The links between samples that are believed, oldest first. */
export function* linksOf(ledger: RegisterLedger, path: Path): Generator<Link> {
  const { at, base } = ledger
  for (let k = base === null ? 1 : 0; k < path.indexes.length; k++) {
    const index = path.indexes[k]!
    const previous = k === 0 ? -1 : path.indexes[k - 1]!
    const [from, to] = [k === 0 ? base!.at : at[previous]!, at[index]!]
    const energyWh = path.counted[k]! - (k === 0 ? base!.countedWh : path.counted[k - 1]!)
    const isGuess = energyWh > 0 && (to - from > GAP_MS || index - previous > 1)
    yield { from, to, energyWh, isJump: path.begins[k]!, isGuess }
  }
}
