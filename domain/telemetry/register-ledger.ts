// The samples of one register that are kept, and what follows from them: the same samples in any order of arrival give the same ledger (F5).
import { slotAt, type Slot } from '../time/slot.ts'
import { isIdleRise, type Idle } from './idle-times.ts'
import { anew, follow, type Point, type Stretch } from './register-stretch.ts'
import { spread } from './register-to-slots.ts'
import { COVERED, INTERPOLATED, JUMPED, type Side } from './slot-meter.ts'

/** How far back quarter-hours are open: 8 working days are 12 calendar days, as long as no more than two of them are holidays. Older samples are not booked. */
export const OPEN_MS = 12 * 86_400_000
/** Samples taken between two rounds of thinning. */
export const COMPACT_EVERY = 256
/** Between samples further apart the split by time is a guess. */
const GAP_MS = 20 * 60_000

/** What some first samples say, so that the others can be followed from there. */
export interface Footing {
  /** How many samples they are. */
  readonly index: number
  readonly stretch: Stretch
  /** What they have booked into the slot of the last of them; earlier slots are not looked at. */
  readonly energyWh: number
  readonly marks: number
}
export interface RegisterLedger {
  readonly side: Side
  /** Samples kept, by stamp (epoch ms) and then by value (Wh). */
  at: number[]
  wh: number[]
  /** What lies before them and cannot change any more. */
  base: Footing | null
  /** What was booked into slots after the base's by a clock that was ahead; it stays where it is. */
  ahead: ReadonlyMap<Slot, Pick<Footing, 'energyWh' | 'marks'>>
  /** A place further on that nothing has come in before: from there it is not far to the end. */
  anchor: Footing | null
  /** When no car was there, as far as is known, in order. */
  idle: readonly Idle[]
  /** What is believed after all samples; behind while `isStale`. */
  top: Stretch | null
  isStale: boolean
  /** Slots before it keep only what decides them, unless something is wrong in them. */
  thinnedUntil: Slot
  readonly untidy: Set<Slot>
  /** Numbers of samples at which the newest ones are thinned, and all of them. */
  compactAt: number
  compactAllAt: number
  wattHoursPerMs: number
}

/** A register of which nothing was told; the rating in W bounds what it may count. */
export function emptyLedger(side: Side, ratedWatts: number): RegisterLedger {
  return {
    side,
    at: [],
    wh: [],
    base: null,
    ahead: new Map(),
    anchor: null,
    idle: [],
    top: null,
    isStale: false,
    thinnedUntil: 0 as Slot,
    untidy: new Set(),
    compactAt: COMPACT_EVERY,
    compactAllAt: 0,
    wattHoursPerMs: ratedWatts / 3_600_000,
  }
}

/** Takes the next sample of a ledger, in the order of stamps and then of values. What it rose by while no car was there is a jump and no energy. */
export function followed(ledger: RegisterLedger, top: Stretch | null, at: number, wh: number): Stretch {
  const { idle, wattHoursPerMs } = ledger
  if (top !== null && isIdleRise(idle, top.last, at, wh, wattHoursPerMs)) return anew(top, at, wh, wattHoursPerMs)
  return follow(top, at, wh, wattHoursPerMs)
}

/** Energy counted up to the last sample believed at or before an instant, Wh. */
export function countedUntil(ledger: RegisterLedger, at: number): number {
  if (ledger.top === null) return 0
  if (!ledger.isStale && at >= ledger.top.last.at) return ledger.top.last.countedWh
  const { anchor } = ledger
  const path = anchor !== null && at >= anchor.stretch.last.at ? replay(ledger) : replayFrom(ledger, ledger.base)!
  let k = path.indexes.length - 1
  while (k >= 0 && ledger.at[path.indexes[k]!]! > at) k--
  return k < 0 ? (path.footing?.stretch.last.countedWh ?? 0) : path.counted[k]!
}

/** The samples that are believed after a footing, with the energy counted and the register at each, and whether a stretch begins there. */
export interface Path {
  readonly footing: Footing | null
  readonly indexes: number[]
  readonly counted: number[]
  readonly registers: number[]
  readonly begins: boolean[]
  readonly top: Stretch | null
}

/** Follows the samples to the end, from as far on as possible. */
export function replay(ledger: RegisterLedger): Path {
  const path = ledger.anchor === null ? null : replayFrom(ledger, ledger.anchor)
  if (path !== null) return path
  ledger.anchor = null
  return replayFrom(ledger, ledger.base)!
}

/** Follows the samples from a footing; null where what comes after it takes back what lies before it. */
export function replayFrom(ledger: RegisterLedger, footing: Footing | null): Path | null {
  const { at, wh } = ledger
  const [indexes, counted, registers, begins] = [[] as number[], [] as number[], [] as number[], [] as boolean[]]
  const believe = (index: number, { countedWh, wh: register }: Point, isFirst: boolean) => {
    indexes.push(index)
    counted.push(countedWh)
    registers.push(register)
    begins.push(isFirst)
  }
  let top = footing?.stretch ?? null
  const before = top?.believed ?? 0
  for (let i = footing?.index ?? 0; i < at.length; i++) {
    top = followed(ledger, top, at[i]!, wh[i]!)
    const k = top.believed - before - 1
    if (k < 0 || (top.isSwapped && k === 0)) return null
    // Taking back what was believed shortens the path.
    const kept = top.isSwapped ? k - 1 : k
    if (kept < indexes.length) for (const list of [indexes, counted, registers, begins]) list.length = kept
    if (top.isSwapped) believe(i - 1, top.before!, false)
    believe(i, top.last, top.length === 1)
  }
  return { footing, indexes, counted, registers, begins, top }
}

/** The footing after the first samples of a path, the last of which is believed. */
export function footingAfter(ledger: RegisterLedger, path: Path, index: number): Footing {
  let top = path.footing?.stretch ?? null
  for (let i = path.footing?.index ?? 0; i < index; i++) top = followed(ledger, top, ledger.at[i]!, ledger.wh[i]!)
  const stretch = top!
  const own = slotAt(stretch.last.at)
  let [energyWh, marks] = [0, 0]
  const known = path.footing !== null && slotAt(path.footing.stretch.last.at) === own ? path.footing : ledger.ahead.get(own)
  if (known !== undefined) ({ energyWh, marks } = known)
  bookLinks(ledger, path, index, (slot, part, mark) => {
    if (slot !== own) return
    energyWh += part
    marks |= mark
  })
  return { index, stretch, energyWh, marks }
}

/** What the links between believed samples before an index book, oldest first: energy of a slot, or the mark of a jump at its ends. */
export function bookLinks(
  ledger: RegisterLedger,
  path: Path,
  until: number,
  each: (slot: Slot, energyWh: number, mark: number) => void,
): void {
  const { footing, indexes, counted, begins } = path
  for (let k = footing === null ? 1 : 0; k < indexes.length && indexes[k]! < until; k++) {
    const index = indexes[k]!
    const previous = k === 0 ? footing!.index - 1 : indexes[k - 1]!
    const from = k === 0 ? footing!.stretch.last.at : ledger.at[previous]!
    const to = ledger.at[index]!
    if (begins[k]!) {
      each(slotAt(from), 0, JUMPED)
      each(slotAt(to), 0, JUMPED)
      continue
    }
    const energyWh = counted[k]! - (k === 0 ? footing!.stretch.last.countedWh : counted[k - 1]!)
    const mark = markOfLink(from, to, energyWh, index - previous > 1)
    spread(from, to, energyWh, (slot, part) => each(slot, part, mark))
  }
}

/** A split by time is a guess over a long gap, and where something between is not believed. */
export function markOfLink(from: number, to: number, energyWh: number, hasDoubts: boolean): number {
  return COVERED | (energyWh > 0 && (hasDoubts || to - from > GAP_MS) ? INTERPOLATED : 0)
}
