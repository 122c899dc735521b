// Takes samples of a register into its ledger and books what flowed by slot: the newest at once, earlier ones by judging all samples kept anew.
import { slotAt, type Slot } from '../time/slot.ts'
import { bookLinks, followed, markOfLink, OPEN_MS, replay, type RegisterLedger } from './register-ledger.ts'
import { DISTANCE_MAX_MS, rated } from './register-stretch.ts'
import { spread } from './register-to-slots.ts'
import {
  COVERED,
  INTERPOLATED,
  JUMPED,
  markOf,
  marksIn,
  meterOf,
  slotsWithin,
  type Side,
  type SlotEnergy,
  type SlotMeter,
} from './slot-meter.ts'
import { compact } from './thin-ledger.ts'

/** A change later than this after the end of a slot, by our clock and in whole slots, is a revision. */
const REVISED_AFTER_SLOTS = 1

/** Energy by slot at one EVSE, and what it was where closed slots have changed. */
export interface SlotBook {
  readonly meters: Map<Slot, SlotMeter>
  /** Slots before it are closed: a change is a revision. */
  closedUntil: Slot
  /** What closed slots were before they changed, until somebody was told. */
  readonly before: Map<Slot, SlotEnergy>
}
/** `known`: told before, or of no consequence. `closed`: its slot cannot change any more. */
export type Taken = 'booked' | 'known' | 'closed'

/** Judges everything that is open by another rating in W; the ledger is stale then. */
export function rate(ledger: RegisterLedger, ratedWatts: number): void {
  ledger.wattHoursPerMs = ratedWatts / 3_600_000
  if (ledger.base !== null) ledger.base = { ...ledger.base, stretch: rated(ledger.base.stretch, ledger.wattHoursPerMs) }
  ledger.anchor = null
  ledger.isStale = true
}

/** Takes a sample. The newest is booked at once, O(1); after an earlier one the ledger is stale until `settle`. `now` is the instant of arrival, `steadyAt` the one by which samples age. */
export function take(ledger: RegisterLedger, book: SlotBook, at: number, wh: number, now: number, steadyAt: number = now): Taken {
  const { base, top } = ledger
  book.closedUntil = (slotAt(now) - REVISED_AFTER_SLOTS) as Slot
  if (at < steadyAt - OPEN_MS || (base !== null && isBefore(at, wh, base.stretch.last.at, base.stretch.last.wh))) return 'closed'
  const place = placeOf(ledger, at, wh)
  if (ledger.at[place] === at && ledger.wh[place] === wh) return 'known'
  if (place < ledger.at.length) return insert(ledger, place, at, wh)
  ledger.at.push(at)
  ledger.wh.push(wh)
  if (ledger.isStale) return 'booked'
  const next = followed(ledger, top, at, wh)
  if (next.believed !== (top?.believed ?? 0) + 1) {
    // Something before it is not believed any more.
    ledger.isStale = true
    return 'booked'
  }
  ledger.top = next
  if (top !== null) {
    if (next.length === 1) bookJump(ledger, book, top.last.at, at)
    else bookEnergy(ledger, book, top.last.at, at, next.last.countedWh - top.last.countedWh)
  }
  if (ledger.at.length >= ledger.compactAt) compact(ledger, steadyAt)
  return 'booked'
}

/** Judges the samples anew and books them, in time proportional to the number of those that are kept, or of the last hours where nothing earlier has come. Samples age by `steadyAt`. */
export function settle(ledger: RegisterLedger, book: SlotBook, steadyAt: number): void {
  const path = replay(ledger)
  const { footing } = path
  ledger.top = path.top
  ledger.isStale = false
  const earliest = ledger.at[footing?.index ?? 0]
  if (earliest === undefined) return
  const first = Math.max(slotAt(footing?.stretch.last.at ?? earliest), slotAt(earliest - DISTANCE_MAX_MS)) as Slot
  const last = slotAt(ledger.at.at(-1)!)
  const told = new Map<Slot, { energyWh: number; marks: number }>()
  for (const slot of slotsWithin(book.meters, first, last)) told.set(slot, { energyWh: 0, marks: 0 })
  if (footing !== null && slotAt(footing.stretch.last.at) === first)
    told.set(first, { energyWh: footing.energyWh, marks: footing.marks })
  for (const [slot, { energyWh, marks }] of ledger.ahead) if (slot > first && slot <= last) told.set(slot, { energyWh, marks })
  bookLinks(ledger, path, ledger.at.length, (slot, part, mark) => {
    if (slot < first) return
    const known = told.get(slot)
    if (known === undefined) return void told.set(slot, { energyWh: part, marks: mark })
    known.energyWh += part
    known.marks |= mark
  })
  for (const [slot, { energyWh, marks }] of told) rewrite(ledger.side, book, slot, energyWh, marks)
  if (ledger.at.length >= ledger.compactAt) compact(ledger, steadyAt)
}

/**
 * Goes on from an instant although the samples known bear times that have not come yet: the clock was set back, and with it the meter's (F36). What was
 * booked stays where it is, and what comes late from before cannot be placed any more. The ledger must not be stale.
 */
export function goOnFrom(ledger: RegisterLedger, book: SlotBook, at: number): void {
  const { top, side } = ledger
  if (top === null) return
  const own = slotAt(at)
  const bookedIn = (meter: SlotMeter | undefined) => ({
    energyWh: meter?.[side] ?? 0,
    marks: marksIn(side, meter?.marks ?? 0),
  })
  const firm = top.length === 1 && top.below !== null ? top.below : top
  const stretch = rated({ ...firm, since: at, last: { ...firm.last, at } }, ledger.wattHoursPerMs)
  Object.assign(ledger, {
    at: [],
    wh: [],
    anchor: null,
    idle: [],
    top: stretch,
    thinnedUntil: Math.min(ledger.thinnedUntil, own),
  })
  ledger.base = { index: 0, stretch, ...bookedIn(book.meters.get(own)) }
  ledger.ahead = new Map([...book.meters].filter(([slot]) => slot > own).map(([slot, meter]) => [slot, bookedIn(meter)]))
  ledger.untidy.clear()
}

function isBefore(at: number, wh: number, otherAt: number, otherWh: number): boolean {
  return at < otherAt || (at === otherAt && wh < otherWh)
}

/** Where a sample belongs; the common case is the end. */
function placeOf({ at: stamps, wh: values }: RegisterLedger, at: number, wh: number): number {
  let [low, high] = [0, stamps.length]
  if (high > 0 && isBefore(stamps[high - 1]!, values[high - 1]!, at, wh)) return high
  while (low < high) {
    const middle = (low + high) >> 1
    if (isBefore(stamps[middle]!, values[middle]!, at, wh)) low = middle + 1
    else high = middle
  }
  return low
}

function insert(ledger: RegisterLedger, place: number, at: number, wh: number): Taken {
  const slot = slotAt(at)
  if (slot < ledger.thinnedUntil) {
    if (place > 0 && !ledger.untidy.has(slot) && isDecided(ledger, place, slot)) return 'known'
    ledger.untidy.add(slot)
  }
  if (ledger.anchor !== null && place < ledger.anchor.index) ledger.anchor = null
  ledger.at.splice(place, 0, at)
  ledger.wh.splice(place, 0, wh)
  ledger.isStale = true
  return 'booked'
}

/** Whether a place lies inside of a thinned slot: the samples that were there agreed with each other, and those that are left decide it. */
function isDecided({ at, wh }: RegisterLedger, place: number, slot: Slot): boolean {
  const [before, after] = [slotAt(at[place - 1]!), slotAt(at[place]!)]
  if (after !== slot) return false
  // Of a slot in which nothing flowed its last sample alone is left.
  return before === slot || (before === slot - 1 && wh[place - 1] === wh[place])
}

function bookEnergy({ side }: RegisterLedger, book: SlotBook, from: number, to: number, energyWh: number): void {
  const marks = markOf(side, markOfLink(from, to, energyWh, false))
  spread(from, to, energyWh, (slot, part) => {
    const meter = meterOf(book.meters, slot)
    if (part > 0) remember(book, slot, meter)
    meter[side] += part
    meter.marks |= marks
  })
}

function bookJump({ side }: RegisterLedger, book: SlotBook, from: number, to: number): void {
  for (const at of [from, to]) meterOf(book.meters, slotAt(at)).marks |= markOf(side, JUMPED)
}

/** Replaces what one register says about a slot. */
function rewrite(side: Side, book: SlotBook, slot: Slot, energyWh: number, marks: number): void {
  if (marks === 0 && !book.meters.has(slot)) return
  const meter = meterOf(book.meters, slot)
  // Thinned samples add up in another order.
  if (Math.abs(meter[side] - energyWh) > 1e-6) remember(book, slot, meter)
  meter[side] = energyWh
  meter.marks = (meter.marks & ~markOf(side, COVERED | INTERPOLATED | JUMPED)) | markOf(side, marks)
  if (meter.marks === 0 && meter.revision === 0) book.meters.delete(slot)
}

/** Keeps what a closed slot was before it changes for the first time. */
function remember(book: SlotBook, slot: Slot, { importedWh, exportedWh }: SlotMeter): void {
  if (slot < book.closedUntil && !book.before.has(slot)) book.before.set(slot, { importedWh, exportedWh })
}
