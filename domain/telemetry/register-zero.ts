// From which zero a register counts: what is told at the begin and at the end of a transaction may be another register than the samples between, so it
// is booked only as far as a second value confirms it.
import type { RegisterLedger } from './register-ledger.ts'
import { stepOf } from './register-stretch.ts'

/** A value as told, epoch ms and Wh. */
interface Told {
  readonly at: number
  readonly wh: number
}
/** What is known of the zeros of one register in the transaction it tells of. Plain data. */
export interface RegisterZero {
  transaction: string | null
  begin: Told | null
  /**
   * `open`: no sample has confirmed the begin yet. `same`: samples go on from it. `session`: samples count from the begin on. `other`: from a zero nobody knows;
   * the difference between begin and end counts all the same.
   */
  kind: 'open' | 'same' | 'session' | 'other'
  /** The sample that contradicts the begin, until another one says who is right. */
  doubt: Told | null
  doubts: number
  /** The first sample on a zero of its own. */
  first: Told | null
}
/** A value of a register that comes in; `edge` tells those at the begin and at the end of a transaction. */
export interface RegisterSample extends Told {
  readonly transaction: string | null
  readonly edge: 'begin' | 'end' | null
}
/** Takes values to be booked, all on the zero of the samples. */
type Emit = (at: number, wh: number) => void

/** So many samples that agree neither with the begin nor with each other, and nobody knows better. */
const DOUBTS_MAX = 5
const ROUNDING_WH = 1

/** Nothing is known. */
export function unknownZero(): RegisterZero {
  return { transaction: null, begin: null, kind: 'same', doubt: null, doubts: 0, first: null }
}

/** Hands on what a value leads to, at once or, for those at the begin, when another one has confirmed it. The ledger must not be stale at an end. */
export function alignRegister(zero: RegisterZero, ledger: RegisterLedger, sample: RegisterSample, emit: Emit): void {
  if (sample.edge === null) return takeSample(zero, ledger, sample, emit)
  return sample.edge === 'begin' ? takeBegin(zero, sample, emit) : takeEnd(zero, ledger, sample, emit)
}

function takeBegin(zero: RegisterZero, { transaction, at, wh }: RegisterSample, emit: Emit): void {
  if (zero.begin !== null && zero.transaction === transaction) return
  // A transaction of before that is told late: the running one goes on.
  if (zero.begin !== null && at < zero.begin.at) return emit(at, wh)
  release(zero, emit)
  Object.assign(zero, { transaction, begin: { at, wh }, kind: 'open', doubt: null, doubts: 0, first: null })
}

function takeSample(zero: RegisterZero, ledger: RegisterLedger, { transaction, at, wh }: RegisterSample, emit: Emit): void {
  const { begin, doubt } = zero
  const isOther = transaction !== null && transaction !== zero.transaction
  if (zero.kind !== 'open' || begin === null || isOther || at < begin.at) return emit(at, wh)
  const told = { at, wh }
  if (isFollowing(ledger, begin, told)) {
    emit(begin.at, begin.wh)
    emit(at, wh)
    zero.kind = 'same'
    zero.doubt = null
    return
  }
  if (doubt !== null && isFollowing(ledger, doubt, told)) {
    ownZero(zero, ledger, doubt, emit)
    return emit(at, wh)
  }
  zero.doubt = told
  if (++zero.doubts < DOUBTS_MAX) return
  release(zero, emit)
  emit(at, wh)
}

/** Two samples agree with each other and not with the begin. */
function ownZero(zero: RegisterZero, ledger: RegisterLedger, first: Told, emit: Emit): void {
  const begin = zero.begin!
  const isSession = isFollowing(ledger, { at: begin.at, wh: 0 }, first)
  if (isSession) emit(begin.at, 0)
  emit(first.at, first.wh)
  Object.assign(zero, { kind: isSession ? 'session' : 'other', first, doubt: null })
}

function takeEnd(zero: RegisterZero, ledger: RegisterLedger, { transaction, at, wh }: RegisterSample, emit: Emit): void {
  const end = { at, wh }
  if (zero.begin === null || zero.transaction !== transaction) {
    // On another zero than the samples before it, it says nothing.
    if (goesOn(ledger, end)) emit(at, wh)
    return
  }
  const last = lastBefore(ledger, at)
  const { begin, kind, doubt, first } = zero
  Object.assign(zero, unknownZero())
  if (kind === 'open') {
    emitAlone(ledger, begin, doubt, end, emit)
    return
  }
  if (last === null || (kind !== 'session' && goesOn(ledger, end))) return emit(at, wh)
  const total = wh - begin.wh
  if (kind === 'session') {
    if (isFollowing(ledger, last, { at, wh: total })) emit(at, total)
    else if (isFollowing(ledger, last, end)) emit(at, wh)
    return
  }
  if (kind === 'other') emitRest(ledger, begin, first!, last, { at, wh: total }, emit)
}

/** A transaction without samples that agree. */
function emitAlone(ledger: RegisterLedger, begin: Told, doubt: Told | null, end: Told, emit: Emit): void {
  if (doubt === null || isFollowing(ledger, begin, end)) {
    emit(begin.at, begin.wh)
    return emit(end.at, end.wh)
  }
  if (!isFollowing(ledger, doubt, end)) return
  if (isFollowing(ledger, { at: begin.at, wh: 0 }, doubt)) emit(begin.at, 0)
  emit(doubt.at, doubt.wh)
  emit(end.at, end.wh)
}

/** What flowed before the first sample and after the last, by the time that was; both on the zero of the samples. `total` is what begin and end differ by. */
function emitRest(ledger: RegisterLedger, begin: Told, first: Told, last: Told, total: Told, emit: Emit): void {
  const [before, after] = [first.at - begin.at, total.at - last.at]
  const missing = total.wh - (last.wh - first.wh)
  const most = ledger.wattHoursPerMs * Math.max(0, before + after) + 2 * stepOf(total.wh)
  if (missing < -ROUNDING_WH || missing > most || before < 0 || after < 0) return
  const share = before + after === 0 ? 0 : before / (before + after)
  const rest = Math.max(0, missing)
  if (first.wh >= rest * share) emit(begin.at, first.wh - rest * share)
  emit(total.at, last.wh + rest * (1 - share))
}

/** Whatever was held back counts as told: nobody has contradicted it. */
function release(zero: RegisterZero, emit: Emit): void {
  const { begin, kind, doubt } = zero
  if (kind === 'open' && begin !== null) {
    emit(begin.at, begin.wh)
    if (doubt !== null) emit(doubt.at, doubt.wh)
  }
  Object.assign(zero, unknownZero())
}

/** A sample or two before an end may be mistakes of the meter. */
const BEFORE_END = 3

/** Whether an end goes on from the samples before it, in whatever order all of them were told. */
function goesOn(ledger: RegisterLedger, end: Told): boolean {
  const first = countUntil(ledger, end.at) - 1
  if (first < 0) return true
  for (let i = first; i >= Math.max(0, first - BEFORE_END + 1); i--)
    if (isFollowing(ledger, { at: ledger.at[i]!, wh: ledger.wh[i]! }, end)) return true
  return false
}

/** The last sample at or before an instant: the one that is believed where it is the newest of all. */
function lastBefore(ledger: RegisterLedger, at: number): Told | null {
  const { top } = ledger
  if (top !== null && !ledger.isStale && top.last.at <= at) return top.last
  const i = countUntil(ledger, at) - 1
  return i < 0 ? null : { at: ledger.at[i]!, wh: ledger.wh[i]! }
}

/** How many samples are kept until an instant. */
function countUntil({ at: stamps }: RegisterLedger, at: number): number {
  let count = stamps.length
  while (count > 0 && stamps[count - 1]! > at) count--
  return count
}

/** Whether a value goes on from another one: it did not fall, and rose no faster than the rating allows. */
function isFollowing({ wattHoursPerMs }: RegisterLedger, from: Told, to: Told): boolean {
  const rise = to.wh - from.wh
  if (to.at < from.at || rise < -ROUNDING_WH) return false
  return rise <= wattHoursPerMs * (to.at - from.at) + Math.min(stepOf(from.wh), stepOf(to.wh))
}
