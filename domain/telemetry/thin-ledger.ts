// Keeps the ledger of a register small: of older quarter-hours only the samples that decide them stay, what is closed is sealed.
import { slotAt, type Slot } from '../time/slot.ts'
import { COMPACT_EVERY, footingAfter, OPEN_MS, replay, type Path, type RegisterLedger } from './register-ledger.ts'
import { sealed, stepOf } from './register-stretch.ts'

/** So long all samples are kept, whatever they say: longer than a stretch takes to settle. */
const DENSE_MS = 2 * 3_600_000
/** Samples of a register at most: 12 days at two a quarter-hour and two hours at one every four seconds. Beyond it the oldest are sealed early. */
export const KEPT_MAX = 4_096
/** The old part is gone through again after so many more samples. */
const COMPACT_ALL_EVERY = 1_024

/** Thins a ledger that is not stale by its own newest stamp, and seals it by the instant samples age by. Energy by slot stays as it is. */
export function compact(ledger: RegisterLedger, steadyAt: number): void {
  if (ledger.at.length >= ledger.compactAllAt || ledger.at[COMPACT_EVERY]! <= steadyAt - OPEN_MS) {
    ledger.anchor = null
    if (ledger.at[COMPACT_EVERY]! <= steadyAt - OPEN_MS) sealBefore(ledger, countOf(ledger, steadyAt - OPEN_MS))
  }
  thin(ledger, slotAt(ledger.at.at(-1)! - DENSE_MS))
  if (ledger.at.length > KEPT_MAX - COMPACT_EVERY) thin(ledger, slotAt(ledger.at.at(-1)!))
  if (ledger.at.length > KEPT_MAX - COMPACT_EVERY) sealBefore(ledger, ledger.at.length - KEPT_MAX / 2)
  if (ledger.anchor === null) ledger.compactAllAt = ledger.at.length + COMPACT_ALL_EVERY
  ledger.compactAt = ledger.at.length + COMPACT_EVERY
  setAnchor(ledger)
}

/** Samples at or before an instant. */
function countOf({ at }: RegisterLedger, instant: number): number {
  let count = 0
  while (count < at.length && at[count]! <= instant) count++
  return count
}

/** Seals what the first samples say. The last of them that is believed becomes the base: what comes after it still needs it. */
function sealBefore(ledger: RegisterLedger, count: number): void {
  ledger.anchor = null
  const path = replay(ledger)
  const k = path.indexes.findLastIndex((index) => index < count)
  const drop = k < 0 ? count : path.indexes[k]! + 1
  if (k >= 0) {
    const { stretch, energyWh, marks } = footingAfter(ledger, path, drop)
    ledger.base = { index: 0, stretch: sealed(stretch), energyWh, marks }
    if (ledger.ahead.size > 0) ledger.ahead = new Map([...ledger.ahead].filter(([slot]) => slot > slotAt(stretch.last.at)))
    for (const slot of ledger.untidy) if (slot < slotAt(stretch.last.at)) ledger.untidy.delete(slot)
  }
  ledger.at.splice(0, drop)
  ledger.wh.splice(0, drop)
}

/** Drops the samples after the anchor, of slots before `until`, that change nothing, now or when others come late. */
function thin(ledger: RegisterLedger, until: Slot): void {
  const path = replay(ledger)
  const begin = path.footing?.index ?? 0
  const [at, wh]: [number[], number[]] = [[], []]
  let [i, k] = [begin, 0]
  while (i < ledger.at.length) {
    const slot = slotAt(ledger.at[i]!)
    const [first, firstBelieved] = [i, k]
    while (i < ledger.at.length && slotAt(ledger.at[i]!) === slot) i++
    while (k < path.indexes.length && path.indexes[k]! < i) k++
    const isTidy = k - firstBelieved === i - first && !path.begins.slice(firstBelieved, k).includes(true)
    if (slot < until && isTidy) {
      ledger.untidy.delete(slot)
      for (const kept of decisive(ledger, path, firstBelieved, k)) {
        at.push(ledger.at[path.indexes[kept]!]!)
        wh.push(path.registers[kept]!)
      }
      continue
    }
    if (slot < until) ledger.untidy.add(slot)
    for (let index = first; index < i; index++) {
      at.push(ledger.at[index]!)
      wh.push(ledger.wh[index]!)
    }
  }
  ledger.at.splice(begin, ledger.at.length - begin, ...at)
  ledger.wh.splice(begin, ledger.wh.length - begin, ...wh)
  ledger.thinnedUntil = Math.max(ledger.thinnedUntil, until) as Slot
}

/**
 * Of a slot in which all agrees: the first sample and the last, because they meet the neighbouring slots; the one that bounds later ones most; and
 * those that tell a finer resolution. A slot in which nothing flowed since the one before keeps its last alone.
 */
function decisive(ledger: RegisterLedger, path: Path, from: number, to: number): readonly number[] {
  const stamp = (k: number) => ledger.at[path.indexes[k]!]!
  const boundOf = (k: number) => path.counted[k]! - ledger.wattHoursPerMs * stamp(k)
  let tightest = from
  for (let k = from + 1; k < to; k++) if (boundOf(k) < boundOf(tightest)) tightest = k
  const isStill =
    from > 0 && path.counted[from - 1] === path.counted[to - 1] && slotAt(stamp(from - 1)) === slotAt(stamp(from)) - 1
  const kept: number[] = []
  let step = from > 0 ? stepOf(path.registers[from - 1]!) : Infinity
  for (let k = from; k < to; k++) {
    const own = stepOf(path.registers[k]!)
    if ((k === from && !isStill) || k === to - 1 || k === tightest || own < step) kept.push(k)
    step = Math.min(step, own)
  }
  return kept
}

/** The last sample of the thinned part becomes the anchor if it stands firm: believed, and in no stretch that may still turn out to be a mistake. */
function setAnchor(ledger: RegisterLedger): void {
  const path = replay(ledger)
  ledger.top = path.top
  const k = path.indexes.findLastIndex((index) => slotAt(ledger.at[index]!) < ledger.thinnedUntil)
  if (k < 0) return
  const anchor = footingAfter(ledger, path, path.indexes[k]! + 1)
  if (anchor.stretch.below === null) ledger.anchor = anchor
}
