// What meters and cars report, taken into the live state: power and state of charge to act on, registers into the ledger of slots.
import { AVERAGE_MAX_MS, averagePower, type AverageBase } from '../telemetry/average-power.ts'
import { goOnFrom, rate, settle, take, type SlotBook } from '../telemetry/book-register.ts'
import { idleBetween, isSameUntil, type Idle } from '../telemetry/idle-times.ts'
import { noIntervals, takeInterval, type IntervalRegister } from '../telemetry/interval-register.ts'
import { AHEAD_MAX_MS, type Reading } from '../telemetry/reading.ts'
import { countedUntil, emptyLedger, type RegisterLedger } from '../telemetry/register-ledger.ts'
import { alignRegister, unknownZero, type RegisterZero } from '../telemetry/register-zero.ts'
import type { SlotMeter } from '../telemetry/slot-meter.ts'
import { hearClock } from '../telemetry/steady-clock.ts'
import type { Slot } from '../time/slot.ts'
import { inWattHours, watts } from '../units.ts'
import { countReading, isEnergyKnown, recounted } from '../telemetry/energy-flow.ts'
import type { EvseId, SessionId } from '../registry/identity.ts'
import { openSession, type LiveEvse, type LiveFleet } from './live-fleet.ts'
import { takePower } from './measured-power.ts'
import { sessionsAt } from './sessions-at.ts'
import { plausibleWatts } from '../registry/registry.ts'
import type { ChargingNeeds } from '../registry/session.ts'
import type { Battery, Mark } from '../telemetry/soc-mark.ts'
import { keepUnjudged, takeRequest, takeWord, withMarks, type Word } from '../telemetry/soc-trust.ts'
import { batteryOf, flowSince } from './stored-energy.ts'

/** The registers of one EVSE: each its own ledger, both booked into the same slots. */
export interface MeterRegisters {
  readonly imported: RegisterLedger
  readonly exported: RegisterLedger
  /** From which zero each counts, and what stands for a register where only intervals are told. */
  readonly importedZero: RegisterZero
  readonly exportedZero: RegisterZero
  readonly importedIntervals: IntervalRegister
  readonly exportedIntervals: IntervalRegister
  /** Where the next average power begins. */
  averagedFrom: AverageBase | null
  readonly book: SlotBook
  ratedWatts: number
  /** The session whose energy is counted, its start, and what the registers had counted by then. */
  session: SessionId | null
  startedAt: number
  importedAtStartWh: number
  exportedAtStartWh: number
  /** The clock was set back within it: its start bears a time that is not comparable any more, the sums at the start stay as they are. */
  isStartFixed: boolean
  /** What the station's clock is behind ours at most in this session, ms. */
  lagMs: number | null
}

/** Slots of metered energy kept in memory by EVSE: two months that hold something, more than any open settlement period. No clock says which they are. */
const SLOTS_KEPT = 62 * 96
/** The oldest go when so many more are there. */
const SLOTS_OVER_MAX = 96

/** What was told before the meter was read counts from the first reading, when that comes as soon. */
const FIRM_MS = 300_000

/** Takes one reading. What is older than what is known, late or suspect goes into the ledger at most; nobody acts on it (F5, F7). `settleMeters` has to follow. */
export function takeReading(fleet: LiveFleet, live: LiveEvse, told: Reading): void {
  fleet.readingsTaken++
  hearClock(fleet.clock, told.arrivedAt)
  const reading = atBestLocation(live, told)
  const lastSeen = live.measuredAt
  const acting = isOfNow(reading) && (live.measuredAt === null || reading.sampledAt >= live.measuredAt)
  if (acting && reading.power !== null) takePower(live, reading.power, reading, 0)
  const hasRegister = reading.quality !== 'suspect' && tellsEnergy(reading)
  if (hasRegister) bookRegisters(fleet, live, reading, lastSeen)
  if (acting && hasRegister) takeAverage(fleet, live, reading)
  // After the registers of the same instant: from here on they tell what has changed since.
  if (acting || hasRegister) hear(fleet, live, reading, { acting, hasRegister })
}

/** By the time it was taken; of an estimated one the power is, not the time. */
function isOfNow({ quality }: Reading): boolean {
  return quality === 'measured' || quality === 'estimated'
}

function tellsEnergy({ imported, exported, origin }: Reading): boolean {
  return imported !== null || exported !== null || origin?.interval !== undefined
}

/** What is measured further from the outlet than this EVSE has ever told of is another series: nothing is made of it. */
function atBestLocation(live: LiveEvse, reading: Reading): Reading {
  const { power, origin } = reading
  const location = origin?.location ?? 0
  if (location === live.meterLocation || (power === null && !tellsEnergy(reading))) return reading
  if (live.meterLocation === null || location < live.meterLocation) {
    live.meterLocation = location
    return reading
  }
  const { origin: _, ...rest } = reading
  return { ...rest, power: null, imported: null, exported: null, phases: null }
}

/** The power that registers tell by how far they moved since it was known last, where none is told. */
function takeAverage(fleet: LiveFleet, live: LiveEvse, reading: Reading): void {
  const registers = fleet.registers.get(live.evse.id)
  if (registers === undefined) return
  const { imported, exported, averagedFrom } = registers
  const { sampledAt, power } = reading
  const isTold = [imported, exported].some(({ top, isStale }) => !isStale && top?.last.at === sampledAt)
  if (!isTold || isStale(registers)) return
  const now = { at: sampledAt, importedWh: imported.top?.last.countedWh ?? 0, exportedWh: exported.top?.last.countedWh ?? 0 }
  const since = averagedFrom?.at ?? sampledAt
  // What flowed before the car was there says nothing about it.
  const isBegun = since < sampledAt && sampledAt - since <= AVERAGE_MAX_MS && since >= (live.pluggedAt ?? 0)
  if (power !== null || averagedFrom === null || !isBegun) {
    registers.averagedFrom = now
    return
  }
  const stepWh = Math.max(imported.top?.last.stepWh ?? 0, exported.top?.last.stepWh ?? 0)
  const mean = averagePower(averagedFrom, now, stepWh)
  if (mean === null) return
  registers.averagedFrom = now
  if (Math.abs(mean) <= registers.ratedWatts) takePower(live, watts(mean), reading, sampledAt - averagedFrom.at)
}

/** What the reading of a plugged car says about the energy in its battery. */
function hear(
  fleet: LiveFleet,
  live: LiveEvse,
  { sampledAt, power, soc }: Reading,
  { acting, hasRegister }: { readonly acting: boolean; readonly hasRegister: boolean },
): void {
  const session = openSession(fleet, live)
  if (session === null) return
  if (hasRegister && !live.flow.hasRegister) live.flow = { ...live.flow, hasRegister }
  if (!acting) return
  // A word is held against everything that had flowed by then, in whatever order it was told.
  const registers = fleet.registers.get(live.evse.id)
  if (registers !== undefined && isStale(registers)) settleOne(fleet, live, registers)
  const { dischargedWh, order } = live
  const ordered = order === null || order.state.kind === 'ended' ? null : order.content.setpoint
  const startedAt = live.pluggedAt ?? session.startedAt
  const before = live.flow
  live.flow = countReading(before, {
    at: sampledAt,
    power,
    hasRegister,
    dischargedWh,
    ordered,
    chargeMax: live.evse.chargeMax,
    startedAt,
  })
  if (before.knownAt === null)
    live.trust = withMarks(live.trust, (mark) => (sampledAt - mark.at <= FIRM_MS ? { ...mark, isLoose: false } : mark))
  if (soc !== null) hearWord(live, { soc, at: sampledAt, isOurs: false }, batteryOf(fleet, session))
}

/** The first word counts at once; later ones are held against the meter, if it says what has flowed. */
function hearWord(live: LiveEvse, told: Omit<Word, 'isLoose'>, battery: Battery): void {
  const { trust, flow } = live
  if (told.at < (trust.told?.at ?? 0)) return
  const word = { ...told, isLoose: !isEnergyKnown(flow, told.at) }
  live.trust =
    trust.told === null || !word.isLoose
      ? takeWord(trust, word, flowSince(live), battery)
      : keepUnjudged(trust, word, flowSince(live))
}

/** What a car says with its needs about its state of charge: as it is, and by the energy it asks for until its own target. `at` by our clock. */
export function takeNeeds(fleet: LiveFleet, live: LiveEvse, { soc, targetSoc, energyWanted }: ChargingNeeds, at: number): void {
  const session = openSession(fleet, live)
  if (session === null) return
  const battery = batteryOf(fleet, session)
  if (energyWanted !== null && targetSoc !== null)
    live.trust = takeRequest(
      live.trust,
      { targetSoc, wantedWh: inWattHours(energyWanted), at, isLoose: !isEnergyKnown(live.flow, at) },
      flowSince(live),
      battery,
    )
  if (soc !== null) hearWord(live, { soc, at, isOurs: true }, battery)
}

/** Books what came out of order among the readings taken since the last call, once for each EVSE. */
export function settleMeters(fleet: LiveFleet): void {
  for (const evse of fleet.staleMeters) settleOne(fleet, fleet.evses.get(evse), fleet.registers.get(evse)!)
  fleet.staleMeters.clear()
}

function settleOne(fleet: LiveFleet, live: LiveEvse | undefined, registers: MeterRegisters): void {
  for (const ledger of [registers.imported, registers.exported])
    if (ledger.isStale) settle(ledger, registers.book, fleet.clock.steadyAt)
  if (live !== undefined) countSession(fleet, live, registers)
}

/** Whether a register began anew or jumped within the last hour it told of, or goes on to count more than the rating allows. */
export function isMeterOff(fleet: LiveFleet, evse: EvseId): boolean {
  const registers = fleet.registers.get(evse)
  return registers !== undefined && [registers.imported, registers.exported].some(({ top }) => (top?.below ?? null) !== null)
}

function bookRegisters(fleet: LiveFleet, live: LiveEvse, reading: Reading, lastSeen: number | null): void {
  const { sampledAt, arrivedAt } = reading
  const registers = registersOf(fleet, live)
  if (isOfNow(reading)) followClock(fleet, live, registers, reading, lastSeen)
  const isOther = live.session !== registers.session
  const lag = isOther ? null : registers.lagMs
  registers.lagMs = Math.max(0, Math.min(lag ?? Infinity, arrivedAt - sampledAt))
  const intake = { fleet, live, registers, reading, isClosed: false, isEarlier: false }
  takeRegister(intake, 'imported')
  takeRegister(intake, 'exported')
  if (intake.isClosed) fleet.readingsClosed++
  const { book } = registers
  if (book.meters.size > SLOTS_KEPT + SLOTS_OVER_MAX) forgetOldest(book)
  if (isStale(registers)) return void fleet.staleMeters.add(live.evse.id)
  const isAfterMarks = sampledAt > registers.startedAt && sampledAt > newestStamp(live, registers)
  if (!isOther && lag === registers.lagMs && isAfterMarks && !intake.isEarlier) countFromStart(live, registers)
  else countSession(fleet, live, registers)
}

/** One reading on its way into the ledgers. */
interface Intake {
  readonly fleet: LiveFleet
  readonly live: LiveEvse
  readonly registers: MeterRegisters
  readonly reading: Reading
  /** Something came too late. */
  isClosed: boolean
  /** Something of before this reading was booked with it. */
  isEarlier: boolean
}

/** Takes one register of a reading: as told, on the zero of the samples, or as the sum of intervals. */
function takeRegister(intake: Intake, side: 'imported' | 'exported'): void {
  const { live, registers, reading } = intake
  const { origin } = reading
  const told = reading[side]
  if (told === null) return takeIntervalOf(intake, side)
  const ledger = registers[side]
  const zero = registers[side === 'imported' ? 'importedZero' : 'exportedZero']
  const edge = origin?.edge ?? null
  // Nearly all: a sample whose zero is known.
  if (edge === null && zero.kind !== 'open') return bookSample(intake, ledger, reading.sampledAt, inWattHours(told))
  if (edge === 'end' && ledger.isStale) settle(ledger, registers.book, intake.fleet.clock.steadyAt)
  const transaction = reading.transaction ?? (live.session === null ? null : zero.transaction)
  const sample = { at: reading.sampledAt, wh: inWattHours(told), transaction, edge }
  alignRegister(zero, ledger, sample, (at, wh) => bookSample(intake, ledger, at, wh))
}

function takeIntervalOf(intake: Intake, side: 'imported' | 'exported'): void {
  const { live, registers, reading } = intake
  const { origin, sampledAt } = reading
  const interval = origin?.interval
  const wh = side === 'imported' ? interval?.importedWh : interval?.exportedWh
  if (interval === undefined || wh === undefined || wh === null) return
  const intervals = registers[side === 'imported' ? 'importedIntervals' : 'exportedIntervals']
  const step = takeInterval(intervals, interval.series, sampledAt, wh, live.pluggedAt ?? sampledAt - 1)
  if (step === null) return
  const ledger = registers[side]
  if (ledger.top === null || ledger.top.last.at < step.from) bookSample(intake, ledger, step.from, step.fromWh)
  bookSample(intake, ledger, step.at, step.wh)
}

function bookSample(intake: Intake, ledger: RegisterLedger, at: number, wh: number): void {
  const { fleet, registers, reading } = intake
  intake.isEarlier ||= at < reading.sampledAt
  if (take(ledger, registers.book, at, wh, reading.arrivedAt, fleet.clock.steadyAt) === 'closed') intake.isClosed = true
}

/** What is known of the stays at an EVSE has changed: what its registers rose by between them is judged anew. */
export function judgeIdleTimes(fleet: LiveFleet, live: LiveEvse): void {
  const registers = fleet.registers.get(live.evse.id)
  if (registers === undefined) return
  const idle = idleOf(fleet, live, registers.imported.idle)
  let isChanged = false
  for (const ledger of [registers.imported, registers.exported]) {
    const { top } = ledger
    const isSame = top === null || isSameUntil(ledger.idle, idle, top.last.at)
    ledger.idle = idle
    if (isSame) continue
    Object.assign(ledger, { isStale: true, anchor: null })
    isChanged = true
  }
  if (isChanged) settleOne(fleet, live, registers)
}

function idleOf(fleet: LiveFleet, live: LiveEvse, known: readonly Idle[]): readonly Idle[] {
  const stays = sessionsAt(fleet, live).map(({ startedAt, endedAt, isTakenUp, isEndInferred }) => ({
    startedAt,
    endedAt,
    isBeginUnknown: isTakenUp === true,
    isEndUnknown: isEndInferred === true,
  }))
  return idleBetween(known, stays)
}

function registersOf(fleet: LiveFleet, live: LiveEvse): MeterRegisters {
  const { evse } = live
  const ratedWatts = plausibleWatts(evse)
  let registers = fleet.registers.get(evse.id)
  if (registers === undefined) {
    fleet.registers.set(evse.id, (registers = freshRegisters(fleet, evse.id, ratedWatts)))
    const idle = idleOf(fleet, live, [])
    Object.assign(registers.imported, { idle })
    Object.assign(registers.exported, { idle })
  }
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
    importedZero: unknownZero(),
    exportedZero: unknownZero(),
    importedIntervals: noIntervals(),
    exportedIntervals: noIntervals(),
    averagedFrom: null,
    book: { meters, closedUntil: 0 as Slot, before: new Map() },
    ratedWatts,
    session: null,
    startedAt: 0,
    importedAtStartWh: 0,
    exportedAtStartWh: 0,
    isStartFixed: false,
    lagMs: null,
  }
}

/** Counts the energy of the open session anew, whose start has become known or that goes on. */
export function recountSession(fleet: LiveFleet, live: LiveEvse): void {
  const registers = fleet.registers.get(live.evse.id)
  if (registers === undefined) return
  registers.isStartFixed = false
  countSession(fleet, live, registers)
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
  countAtMarks(live, registers)
}

function countFromStart(live: LiveEvse, registers: MeterRegisters): void {
  if (live.session === null) return
  live.chargedWh = (registers.imported.top?.last.countedWh ?? 0) - registers.importedAtStartWh
  live.dischargedWh = (registers.exported.top?.last.countedWh ?? 0) - registers.exportedAtStartWh
}

/** The same sums at what the car told before: what comes late for the time before it is no news since. */
function countAtMarks(live: LiveEvse, registers: MeterRegisters): void {
  if (live.session === null || live.session !== registers.session) return
  live.trust = withMarks(live.trust, (mark) => {
    const stamp = stampOf(mark, registers)
    if (stamp === null) return mark
    const chargedWh = countedUntil(registers.imported, stamp) - registers.importedAtStartWh
    return recounted(mark, chargedWh, countedUntil(registers.exported, stamp) - registers.exportedAtStartWh)
  })
}

/** When the car told something, by the clock that stamps the registers. */
function stampOf({ stamp, isOurs }: Mark, { lagMs }: MeterRegisters): number | null {
  return stamp !== null && isOurs ? stamp - (lagMs ?? 0) : stamp
}

function newestStamp({ trust: { told, requested, unjudged } }: LiveEvse, registers: MeterRegisters): number {
  return Math.max(...[told, requested, unjudged].map((mark) => (mark === null ? 0 : (stampOf(mark, registers) ?? 0))))
}

/**
 * Whether what is known last bears a time that has not come yet, by a reading that is of now: station and we went by a clock that was set back since
 * (F36). Then counting goes on from the last sight of the car; waiting until that time has come would leave what flows meanwhile uncounted.
 */
function followClock(
  fleet: LiveFleet,
  live: LiveEvse,
  registers: MeterRegisters,
  { sampledAt, arrivedAt }: Reading,
  lastSeen: number | null,
): void {
  const ledgers = [registers.imported, registers.exported]
  const limit = Math.max(sampledAt, arrivedAt + AHEAD_MAX_MS)
  if (!ledgers.some(({ top }) => top !== null && top.last.at > limit)) return
  for (const ledger of ledgers) {
    if (ledger.isStale) settle(ledger, registers.book, fleet.clock.steadyAt)
    goOnFrom(ledger, registers.book, Math.min(lastSeen ?? sampledAt, sampledAt))
  }
  // Sums at the start and at the state of charge are what they were; their instants are by the other clock.
  Object.assign(registers, { isStartFixed: live.session === registers.session, startedAt: 0, lagMs: null, averagedFrom: null })
  live.trust = withMarks(live.trust, (mark) => ({ ...mark, stamp: null }))
}

/** Keeps the newest slots that hold something. */
function forgetOldest({ meters, before: changed }: SlotBook): void {
  const slots = [...meters.keys()].sort((a, b) => a - b)
  const first = slots[slots.length - SLOTS_KEPT]!
  for (const slot of slots.slice(0, -SLOTS_KEPT)) meters.delete(slot)
  for (const slot of changed.keys()) if (slot < first) changed.delete(slot)
}
