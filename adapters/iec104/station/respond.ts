// What a station answers to each ASDU of a centre, by the rules of IEC 60870-5-101 clause 7.2.3 and 60870-5-5: confirmed, done, or mirrored with the cause of its refusal.
import { BROADCAST, CAUSES, mirrored, readAsdu, readHeader, writeAsdu, type Asdu, type InformationObject } from '../codec/asdu.ts'
import { asduType, TYPES } from '../codec/asdu-types.ts'
import type { WallClock } from '../codec/wall-clock.ts'
import { COMMAND_TYPES, GROUPS, INTERROGATE_ALL, type CommandPoint, type PointList } from './points.ts'
import type { ProcessImage } from './process-image.ts'
import type { Selections } from './selections.ts'

/** A command of a centre, in the units of its point. */
export interface Command {
  readonly centre: string
  readonly station: number
  readonly point: CommandPoint
  readonly value: number
  readonly originator: number
}
export interface CommandDesk {
  /** Why a command may not be carried out now; null where it may. */
  judge(command: Command): string | null
  /** Carries it out; resolves with whether all of it was done. Never rejects. */
  execute(command: Command): Promise<boolean>
}
/** One common address: its points and what is known of them. */
export interface ServedStation {
  readonly points: PointList
  readonly image: ProcessImage
}
export interface Responding {
  readonly centre: string
  readonly stations: ReadonlyMap<number, ServedStation>
  readonly commands: CommandDesk
  readonly selections: Selections
  readonly wall: WallClock
  /** A command whose time lies further back, or ahead, is refused, ms. */
  readonly tagAgeMaxMs: number
  /** Epoch ms, whether that is trusted, and ms of a time that only passes. */
  readonly now: () => number
  readonly isClockTrusted: () => boolean
  readonly elapsed: () => number
  readonly answer: (asdu: Buffer) => void
  /** How far a centre's clock is ahead of ours, ms. */
  readonly onClock: (aheadMs: number) => void
  readonly onRefused: (reason: string, asdu: Buffer) => void
}

/** Types that may be sent to all stations at once. */
const TO_ALL: ReadonlySet<number> = new Set([TYPES.C_IC_NA_1, TYPES.C_CS_NA_1])
/** Types a centre may send. */
const SERVED: ReadonlySet<number> = new Set([
  ...Object.values(COMMAND_TYPES).flatMap(({ plain, tagged }) => [plain, tagged]),
  TYPES.C_IC_NA_1,
  TYPES.C_CS_NA_1,
  TYPES.C_TS_TA_1,
  TYPES.C_RD_NA_1,
])
const MIRRORED = {
  [CAUSES.unknownType]: 'unknown type',
  [CAUSES.unknownCause]: 'unknown cause of transmission',
  [CAUSES.unknownCommonAddress]: 'unknown common address',
  [CAUSES.unknownObjectAddress]: 'unknown information object address',
} as const

/** Answers an ASDU; false where it cannot be read, after which the connection is of no use. */
export function respond(of: Responding, bytes: Buffer): boolean {
  const header = readHeader(bytes)
  if (!SERVED.has(header.type)) return refuse(of, bytes, CAUSES.unknownType)
  const read = readAsdu(bytes)
  if (!read.ok) return false
  const asdu = read.value
  if (!isCauseKnown(asdu)) return refuse(of, bytes, CAUSES.unknownCause)
  const stations = stationsOf(of, asdu)
  if (stations.length === 0) return refuse(of, bytes, CAUSES.unknownCommonAddress)
  for (const station of stations)
    respondFor(of, station, asdu, stations.length > 1 || asdu.station === BROADCAST ? at(bytes, station) : bytes)
  return true
}

/** The same ASDU for one station. */
function at(bytes: Buffer, { points }: ServedStation): Buffer {
  const copy = Buffer.from(bytes)
  copy.writeUInt16LE(points.station, 4)
  return copy
}

function isCauseKnown({ type, cause }: Asdu): boolean {
  if (type === TYPES.C_RD_NA_1) return cause === CAUSES.request
  if (cause === CAUSES.activation) return true
  // What can be under way can be given up: an interrogation, a selected command.
  return cause === CAUSES.deactivation && (type === TYPES.C_IC_NA_1 || isCommand(type))
}

function isCommand(type: number): boolean {
  return type < TYPES.M_EI_NA_1
}

function stationsOf({ stations }: Responding, { type, station }: Asdu): readonly ServedStation[] {
  if (station === BROADCAST) return TO_ALL.has(type) ? [...stations.values()] : []
  const one = stations.get(station)
  return one === undefined ? [] : [one]
}

function respondFor(of: Responding, station: ServedStation, asdu: Asdu, bytes: Buffer): void {
  const object = asdu.objects[0]!
  if (isCommand(asdu.type)) return command(of, station, asdu, bytes)
  if (asdu.type === TYPES.C_RD_NA_1) return read(of, station, asdu, bytes)
  if (object.address !== 0) return void refuse(of, bytes, CAUSES.unknownObjectAddress)
  if (asdu.type === TYPES.C_IC_NA_1) return interrogate(of, station, asdu, bytes)
  if (asdu.type === TYPES.C_CS_NA_1) return tellTime(of, asdu, station.points.station)
  return of.answer(mirrored(bytes, CAUSES.activationConfirmation, false))
}

function interrogate(of: Responding, { image }: ServedStation, asdu: Asdu, bytes: Buffer): void {
  // It has been answered as a whole by the time somebody can give it up.
  if (asdu.cause === CAUSES.deactivation) return of.answer(mirrored(bytes, CAUSES.deactivationConfirmation, true))
  const qualifier = asdu.objects[0]!.value
  if (qualifier < INTERROGATE_ALL || qualifier > INTERROGATE_ALL + GROUPS)
    return confirm(of, bytes, 'unknown interrogation qualifier')
  confirm(of, bytes, null)
  for (const answer of image.interrogated(qualifier, asdu.originator)) of.answer(answer)
  of.answer(mirrored(bytes, CAUSES.activationTermination, false))
}

/** Our clock is not set by a centre: it goes by its own source, and the confirmation shows what it says. */
function tellTime(of: Responding, asdu: Asdu, station: number): void {
  const now = of.now()
  const ahead = of.wall.instantOf(asdu.objects[0]!.time!) - now
  if (!Number.isNaN(ahead)) of.onClock(ahead)
  const time = of.wall.tagOf(now, !of.isClockTrusted())
  const object = { ...asdu.objects[0]!, time }
  of.answer(writeAsdu({ ...asdu, station, cause: CAUSES.activationConfirmation, isNegative: false, objects: [object] }))
}

function read(of: Responding, { image }: ServedStation, asdu: Asdu, bytes: Buffer): void {
  const answer = image.requested(asdu.objects[0]!.address, asdu.originator)
  if (answer === null) refuse(of, bytes, CAUSES.unknownObjectAddress)
  else of.answer(answer)
}

function command(of: Responding, { points }: ServedStation, asdu: Asdu, bytes: Buffer): void {
  const object = asdu.objects[0]!
  const point = points.commands.find(({ address }) => address === object.address)
  const types = point === undefined ? null : COMMAND_TYPES[point.kind]
  if (point === undefined || (types!.plain !== asdu.type && types!.tagged !== asdu.type))
    return void refuse(of, bytes, CAUSES.unknownObjectAddress)
  const selection = {
    station: asdu.station,
    address: point.address,
    type: asdu.type,
    value: object.value,
    qualifier: object.qualifier,
  }
  if (asdu.cause === CAUSES.deactivation) {
    const isGivenUp = of.selections.giveUp(asdu.station, point.address, of.elapsed())
    return of.answer(mirrored(bytes, CAUSES.deactivationConfirmation, !isGivenUp))
  }
  const wanted: Command = {
    centre: of.centre,
    station: asdu.station,
    point,
    value: object.value,
    originator: asdu.originator,
  }
  const isExecuted = !object.isSelect
  // A selection is used up by whatever is executed there, also by what is refused.
  const wasSelected = isExecuted && point.isSelected ? of.selections.take(selection, of.elapsed()) : true
  const reason =
    timeFault(of, object) ??
    (object.isSelect && !point.isSelected ? 'it is executed without being selected' : null) ??
    (wasSelected ? null : 'it was not selected so before') ??
    of.commands.judge(wanted)
  confirm(of, bytes, reason)
  if (reason !== null || asdu.isTest) return
  if (object.isSelect) return of.selections.select(selection, of.elapsed())
  void of.commands.execute(wanted).then((isDone) => of.answer(mirrored(bytes, CAUSES.activationTermination, !isDone)))
}

function confirm(of: Responding, bytes: Buffer, reason: string | null): void {
  of.answer(mirrored(bytes, CAUSES.activationConfirmation, reason !== null))
  if (reason !== null) of.onRefused(reason, bytes)
}

/** An old command is refused: what it was meant for is over. */
function timeFault(of: Responding, { time }: InformationObject): string | null {
  if (time === null) return null
  const age = of.now() - of.wall.instantOf(time)
  if (time.isInvalid || Number.isNaN(age)) return 'its time is invalid'
  return Math.abs(age) > of.tagAgeMaxMs ? `its time is ${Math.round(age)} ms old` : null
}

/** Sends it back as it came, with the cause of the refusal and P/N set. */
function refuse(of: Responding, bytes: Buffer, cause: keyof typeof MIRRORED): true {
  of.answer(mirrored(bytes, cause, true))
  of.onRefused(`${MIRRORED[cause]} (${asduType(bytes[0]!)?.name ?? `type ${bytes[0]}`})`, bytes)
  return true
}
