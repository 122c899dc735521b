// Keeps the ledger of a register small: of older quarter-hours only the samples that decide them stay, what is closed is sealed.
import { slotAt, type Slot } from '../time/slot.ts'
import { COMPACT_EVERY, linksOf, OPEN_MS, replay, type Path, type RegisterLedger } from './register-ledger.ts'
import { sealed, stepOf } from './register-stretch.ts'
import { spread } from './register-to-slots.ts'
import { COVERED, INTERPOLATED, JUMPED } from './slot-meter.ts'

/** So long all samples are kept, whatever they say: longer than a stretch takes to settle. */
const DENSE_MS = 2 * 3_600_000
/** Samples of a register at most: 12 days at two a quarter-hour and two hours at one every four seconds. Beyond it the oldest are sealed early. */
export const KEPT_MAX = 4_096

/** Thins and seals a ledger that is not stale. Energy by slot stays as it is. */
export function compact(ledger: RegisterLedger, now: number): void {
  const past = countOf(ledger, now - OPEN_MS)
  if (past >= COMPACT_EVERY) sealBefore(ledger, past)
  thin(ledger, slotAt(now - DENSE_MS))
  if (ledger.at.length > KEPT_MAX - COMPACT_EVERY) thin(ledger, slotAt(ledger.at.at(-1)!))
  if (ledger.at.length > KEPT_MAX - COMPACT_EVERY) sealBefore(ledger, KEPT_MAX / 4)
  ledger.compactAt = ledger.at.length + COMPACT_EVERY
  ledger.top = replay(ledger).top
}

/** Samples at or before an instant. */
function countOf({ at }: RegisterLedger, instant: number): number {
  let count = 0
  while (count < at.length && at[count]! <= instant) count++
  return count
}

/** Seals what the first samples say. The last of them that is believed becomes the base: what comes after it still needs it. */
function sealBefore(ledger: RegisterLedger, count: number): void {
  const path = replay(ledger)
  const k = path.indexes.findLastIndex((index) => index < count)
  const drop = k < 0 ? count : path.indexes[k]! + 1
  if (k >= 0) {
    const base = sealed(replay(ledger, drop - 1).top!)
    Object.assign(ledger, countedIn(ledger, path, slotAt(base.at), drop - 1), { base })
    for (const slot of ledger.untidy) if (slot < slotAt(base.at)) ledger.untidy.delete(slot)
  }
  ledger.at.splice(0, drop)
  ledger.wh.splice(0, drop)
}

/** What a slot has from the links up to a sample. */
function countedIn(ledger: RegisterLedger, path: Path, slot: Slot, lastIndex: number) {
  const isSame = ledger.base !== null && slotAt(ledger.base.at) === slot
  let [baseEnergyWh, baseMarks] = isSame ? [ledger.baseEnergyWh, ledger.baseMarks] : [0, 0]
  for (const { from, to, energyWh, isJump, isGuess } of linksOf(ledger, path)) {
    if (to > ledger.at[lastIndex]!) break
    if (to < slot * 900_000) continue
    if (isJump) {
      if (slotAt(from) === slot || slotAt(to) === slot) baseMarks |= JUMPED
      continue
    }
    spread(from, to, energyWh, (at, part) => {
      if (at !== slot) return
      baseEnergyWh += part
      baseMarks |= COVERED | (isGuess ? INTERPOLATED : 0)
    })
  }
  return { baseEnergyWh, baseMarks }
}

/** Drops the samples of slots before `until` that change nothing, now or when others come late. */
function thin(ledger: RegisterLedger, until: Slot): void {
  const path = replay(ledger)
  const [at, wh]: [number[], number[]] = [[], []]
  let [i, k] = [0, 0]
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
  Object.assign(ledger, { at, wh, thinnedUntil: Math.max(ledger.thinnedUntil, until) })
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
