// What meters and cars report, taken into the live state: power and state of charge to act on, registers into the ledger of slots.
import { goOnFrom, rate, settle, take, type SlotBook } from '../telemetry/book-register.ts'
import { AHEAD_MAX_MS, type Reading } from '../telemetry/reading.ts'
import { countedUntil, emptyLedger, type RegisterLedger } from '../telemetry/register-ledger.ts'
import type { SlotMeter } from '../telemetry/slot-meter.ts'
import { later, slotAt, type Slot } from '../time/slot.ts'
import { inWattHours, inWatts, type Soc } from '../units.ts'
import type { EvseId, SessionId } from './identity.ts'
import { openSession, type LiveEvse, type LiveFleet } from './live-fleet.ts'
import type { Evse } from './registry.ts'

/** The registers of one EVSE: each its own ledger, both booked into the same slots. */
export interface MeterRegisters {
  readonly imported: RegisterLedger
  readonly exported: RegisterLedger
  readonly book: SlotBook
  /** Slots before it are not kept any more. */
  forgottenUntil: Slot | null
  ratedWatts: number
  /** Arrival of the last reading, epoch ms. */
  heardAt: number
  /** The session whose energy is counted, its start, and what the registers had counted by then. */
  session: SessionId | null
  startedAt: number
  importedAtStartWh: number
  exportedAtStartWh: number
  /** The clock was set back within it: its start bears a time that is not comparable any more, the sums at the start stay as they are. */
  isStartFixed: boolean
  /** What the station's clock is behind ours at most in this session, ms. */
  lagMs: number | null
  /** When the car told its state of charge last: by the stamp of the reading it came with, else by our clock. */
  soc: { readonly at: number; readonly isStamp: boolean; readonly session: SessionId | null } | null
}

/** Slots of metered energy kept in memory by EVSE: two months, more than any open settlement period. */
const SLOTS_KEPT = 62 * 96
/** Meters and ratings are not exact; beyond this much of its rating no EVSE takes or gives (F8). */
const RATING_MARGIN = 1.25

/** Takes one reading. What is older than what is known, late or suspect goes into the ledger at most; nobody acts on it (F5, F7). `settleMeters` has to follow. */
export function takeReading(fleet: LiveFleet, live: LiveEvse, reading: Reading): void {
  fleet.readingsTaken++
  const lastSeen = live.measuredAt
  const acting = reading.quality === 'measured' && (live.measuredAt === null || reading.sampledAt >= live.measuredAt)
  if (acting && reading.power !== null) Object.assign(live, { measured: reading.power, measuredAt: reading.sampledAt })
  if (reading.quality !== 'suspect' && (reading.imported !== null || reading.exported !== null))
    bookRegisters(fleet, live, reading, lastSeen)
  // After the registers of the same instant: from here on they tell what has changed since.
  if (acting && reading.soc !== null) takeSoc(fleet, live, reading.soc, reading.sampledAt, true)
}

/** Takes the state of charge the car told at an instant, by the stamp of a reading or else by our clock. */
export function takeSoc(fleet: LiveFleet, live: LiveEvse, soc: Soc, at: number, isStamp: boolean): void {
  Object.assign(live, { soc, socAt: at, chargedAtSocWh: live.chargedWh, dischargedAtSocWh: live.dischargedWh })
  const registers = registersOf(fleet, live.evse)
  registers.soc = { at, isStamp, session: live.session }
  if (isStamp && !isStale(registers)) countAtSoc(live, registers)
}

/** Books what came out of order among the readings taken since the last call, once for each EVSE. */
export function settleMeters(fleet: LiveFleet): void {
  for (const evse of fleet.staleMeters) {
    const registers = fleet.registers.get(evse)!
    for (const ledger of [registers.imported, registers.exported])
      if (ledger.isStale) settle(ledger, registers.book, registers.heardAt)
    const live = fleet.evses.get(evse)
    if (live !== undefined) countSession(fleet, live, registers)
  }
  fleet.staleMeters.clear()
}

/** Whether a register began anew or jumped within the last hour it told of, or goes on to count more than the rating allows. */
export function isMeterOff(fleet: LiveFleet, evse: EvseId): boolean {
  const registers = fleet.registers.get(evse)
  return registers !== undefined && [registers.imported, registers.exported].some(({ top }) => (top?.below ?? null) !== null)
}

function bookRegisters(fleet: LiveFleet, live: LiveEvse, reading: Reading, lastSeen: number | null): void {
  const { sampledAt, arrivedAt, imported, exported } = reading
  const registers = registersOf(fleet, live.evse)
  if (reading.quality === 'measured') followClock(live, registers, sampledAt, arrivedAt, lastSeen)
  const isOther = live.session !== registers.session
  const lag = isOther ? null : registers.lagMs
  registers.heardAt = arrivedAt
  registers.lagMs = Math.max(0, Math.min(lag ?? Infinity, arrivedAt - sampledAt))
  const { book } = registers
  const taken = [
    imported === null ? null : take(registers.imported, book, sampledAt, inWattHours(imported), arrivedAt),
    exported === null ? null : take(registers.exported, book, sampledAt, inWattHours(exported), arrivedAt),
  ]
  if (taken.includes('closed')) fleet.readingsClosed++
  forget(registers, later(slotAt(arrivedAt), -SLOTS_KEPT))
  if (isStale(registers)) return void fleet.staleMeters.add(live.evse.id)
  const isAfterMarks = sampledAt > registers.startedAt && sampledAt > (socMark(registers) ?? -Infinity)
  if (!isOther && lag === registers.lagMs && isAfterMarks) countFromStart(live, registers)
  else countSession(fleet, live, registers)
}

function registersOf(fleet: LiveFleet, evse: Evse): MeterRegisters {
  // Both directions may reach the larger rating: what a station may do is for orders to say, here only what it could do counts.
  const ratedWatts = RATING_MARGIN * Math.max(inWatts(evse.chargeMax), -inWatts(evse.dischargeMax))
  let registers = fleet.registers.get(evse.id)
  if (registers === undefined) fleet.registers.set(evse.id, (registers = freshRegisters(fleet, evse.id, ratedWatts)))
  if (registers.ratedWatts !== ratedWatts) {
    registers.ratedWatts = ratedWatts
    for (const ledger of [registers.imported, registers.exported]) rate(ledger, ratedWatts)
  }
  return registers
}

function freshRegisters(fleet: LiveFleet, evse: EvseId, ratedWatts: number): MeterRegisters {
  const meters = new Map<Slot, SlotMeter>()
  fleet.meter.set(evse, meters)
  return {
    imported: emptyLedger('importedWh', ratedWatts),
    exported: emptyLedger('exportedWh', ratedWatts),
    book: { meters, closedUntil: 0 as Slot, before: new Map() },
    forgottenUntil: null,
    ratedWatts,
    heardAt: 0,
    session: null,
    startedAt: 0,
    importedAtStartWh: 0,
    exportedAtStartWh: 0,
    isStartFixed: false,
    lagMs: null,
    soc: null,
  }
}

function isStale({ imported, exported }: MeterRegisters): boolean {
  return imported.isStale || exported.isStale
}

/** Energy since plug-in from the ledger: what belongs before the start never counts, what comes late for the running session does. */
function countSession(fleet: LiveFleet, live: LiveEvse, registers: MeterRegisters): void {
  const session = openSession(fleet, live)
  if (registers.session !== (session?.id ?? null)) registers.isStartFixed = false
  registers.session = session?.id ?? null
  if (session === null) return
  registers.startedAt = session.startedAt
  if (!registers.isStartFixed) {
    registers.importedAtStartWh = countedUntil(registers.imported, session.startedAt)
    registers.exportedAtStartWh = countedUntil(registers.exported, session.startedAt)
  }
  countFromStart(live, registers)
  countAtSoc(live, registers)
}

function countFromStart(live: LiveEvse, registers: MeterRegisters): void {
  if (live.session === null) return
  live.chargedWh = (registers.imported.top?.last.countedWh ?? 0) - registers.importedAtStartWh
  live.dischargedWh = (registers.exported.top?.last.countedWh ?? 0) - registers.exportedAtStartWh
}

/** The same sums at the state of charge told last. */
function countAtSoc(live: LiveEvse, registers: MeterRegisters): void {
  const mark = socMark(registers)
  if (mark === null || live.session === null || live.session !== registers.session) return
  live.chargedAtSocWh = Math.max(0, countedUntil(registers.imported, mark) - registers.importedAtStartWh)
  live.dischargedAtSocWh = Math.max(0, countedUntil(registers.exported, mark) - registers.exportedAtStartWh)
}

/** When the car told its state of charge, by the clock that stamps the registers. */
function socMark({ session, soc, lagMs }: MeterRegisters): number | null {
  if (soc === null || soc.session !== session) return null
  return soc.isStamp ? soc.at : soc.at - (lagMs ?? 0)
}

/**
 * Whether what is known last bears a time that has not come yet, by a reading that is of now: station and we went by a clock that was set back since
 * (F36). Then counting goes on from the last sight of the car; waiting until that time has come would leave what flows meanwhile uncounted.
 */
function followClock(
  live: LiveEvse,
  registers: MeterRegisters,
  sampledAt: number,
  arrivedAt: number,
  lastSeen: number | null,
): void {
  const ledgers = [registers.imported, registers.exported]
  const limit = Math.max(sampledAt, arrivedAt + AHEAD_MAX_MS)
  if (!ledgers.some(({ top }) => top !== null && top.last.at > limit)) return
  for (const ledger of ledgers) {
    if (ledger.isStale) settle(ledger, registers.book, registers.heardAt)
    goOnFrom(ledger, registers.book, Math.min(lastSeen ?? sampledAt, sampledAt))
  }
  // Sums at the start and at the state of charge are what they were; their instants are by the other clock.
  Object.assign(registers, { isStartFixed: live.session === registers.session, startedAt: 0, lagMs: null, soc: null })
}

/** Drops the slots before one. */
function forget(registers: MeterRegisters, before: Slot): void {
  const { meters, before: changed } = registers.book
  for (let slot = registers.forgottenUntil ?? before; slot < before; slot = later(slot, 1)) {
    meters.delete(slot)
    changed.delete(slot)
  }
  registers.forgottenUntil = Math.max(registers.forgottenUntil ?? before, before) as Slot
}
