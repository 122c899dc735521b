// What a datagram of the other end does: reads are replied to, writes and calls judged, what it tells of itself is taken note of.
import { isObject, isSame, items, type PlainObject } from '../eebus-json.ts'
import type { FeatureAddress } from './address.ts'
import { readCommand, type Command } from './command.ts'
import { ERROR_NUMBER, isVersionRead, type Datagram, type ErrorNumber, type Header } from './datagram.ts'
import { LISTS } from './list-shapes.ts'
import type { FeatureSpec, LocalDevice, Write, WriteOutcome } from './local-device.ts'
import { isAtNodeManagement } from './node-management.ts'
import { readDuration } from './duration.ts'
import { readScaled } from './scaled-number.ts'
import { updated } from './update.ts'

/** What the other end is told in answer. */
export type Answer =
  | { readonly kind: 'none' }
  | { readonly kind: 'reply'; readonly command: PlainObject }
  | { readonly kind: 'result'; readonly errorNumber: ErrorNumber; readonly text?: string }

/** What a link knows and does for messages that concern more than data of ours. */
export interface LinkPart {
  readonly device: LocalDevice
  /** What the connection is called. */
  readonly from: string
  isBound(client: FeatureAddress, server: FeatureAddress): boolean
  /** False while too many writes are being judged. */
  mayWrite(): boolean
  /** Data of node management; null where it has none of that name. */
  ownData(name: string): PlainObject | null
  call(command: Command): Answer
  /** A reply or notify. */
  told(header: Header, command: Command): void
  /** A result or reply that answers us. */
  answered(header: Header, command: Command | null): void
}

/** Carries out a datagram and says what is to be answered, for a write as soon as it is judged. */
export function handle({ header, commands }: Datagram, link: LinkPart): Answer | Promise<Answer> {
  // Whatever a result says, it is never answered [SPINE-TS-DATA-06].
  if (header.classifier === 'result') return takeResult(header, commands, link)
  if (!isVersionRead(header.version)) return failed(ERROR_NUMBER.general, 'a version that is not read')
  if (header.destination.device !== undefined && header.destination.device !== link.device.spec.address)
    return header.classifier === 'reply' ? NONE : failed(ERROR_NUMBER.destinationUnknown, 'another device is meant')
  const feature = link.device.find(header.destination.entity, header.destination.feature)
  const command = commands.length === 1 ? readCommand(commands[0]) : null
  if (header.classifier === 'reply') return takeReply(header, command?.ok === true ? command.value : null, link)
  if (feature === null) return failed(ERROR_NUMBER.destinationUnknown, 'there is no such feature')
  if (command === null) return failed(ERROR_NUMBER.general, 'exactly one command is expected')
  if (!command.ok) return failed(ERROR_NUMBER.general, command.refusal)
  switch (header.classifier) {
    case 'read':
      return read(header, feature, command.value, link)
    case 'write':
      return write(header, feature, command.value, link)
    case 'call':
      return isAtNodeManagement(header.destination)
        ? link.call(command.value)
        : failed(ERROR_NUMBER.commandNotSupported, 'node management is called, and nothing else')
    case 'notify':
      link.told(header, command.value)
      return header.wantsResult ? DONE : NONE
  }
}

const NONE: Answer = { kind: 'none' }
const DONE: Answer = { kind: 'result', errorNumber: ERROR_NUMBER.none }

/** An answer that refuses. */
export function failed(errorNumber: ErrorNumber, text: string): Answer {
  return { kind: 'result', errorNumber, text }
}

function takeResult(header: Header, commands: Datagram['commands'], link: LinkPart): Answer {
  const command = readCommand(commands[0])
  link.answered(header, command.ok ? command.value : null)
  return NONE
}

/** What it says of itself is never complained about, only its transport confirmed [SPINE-TS-COMP-04]. */
function takeReply(header: Header, command: Command | null, link: LinkPart): Answer {
  link.answered(header, command)
  if (command !== null) link.told(header, command)
  return header.wantsResult ? DONE : NONE
}

function read({ destination }: Header, feature: FeatureSpec, command: Command, link: LinkPart): Answer {
  const spec = feature.functions.find(({ name }) => name === command.name)
  if (spec === undefined || !spec.isReadable) return failed(ERROR_NUMBER.commandNotSupported, 'there is no such function to read')
  if (command.filters.length > 0) return failed(ERROR_NUMBER.restrictedExchangeNotSupported, 'data are read as a whole')
  const data = isAtNodeManagement(destination)
    ? link.ownData(command.name)
    : link.device.data({ entity: destination.entity, id: feature.id }, command.name)
  return { kind: 'reply', command: { [command.name]: data ?? {} } }
}

function write(
  { destination, source, wantsResult }: Header,
  feature: FeatureSpec,
  command: Command,
  link: LinkPart,
): Answer | Promise<Answer> {
  const spec = feature.functions.find(({ name }) => name === command.name)
  if (spec === undefined || !spec.isWritable)
    return failed(ERROR_NUMBER.commandNotSupported, 'there is no such function to write')
  if (!link.isBound(source, destination)) return failed(ERROR_NUMBER.bindingNecessary, 'a binding is necessary')
  const ref = { entity: destination.entity, id: feature.id }
  const old = link.device.data(ref, command.name)
  const result = updated(old, command, { mayAdd: false })
  if (!result.ok) return failed(ERROR_NUMBER.commandRejected, result.refusal)
  const broken = brokenQuantity(result.value)
  if (broken !== null) return failed(ERROR_NUMBER.commandRejected, broken)
  if (!keepsOwn(command, old)) return failed(ERROR_NUMBER.commandRejected, 'that is not for others to say')
  if (!link.mayWrite()) return failed(ERROR_NUMBER.overload, 'too many writes at a time')
  const asked: Write = { from: link.from, written: command.data, before: old, result: result.value }
  const storing: Storing = {
    wantsResult,
    store: (data) => link.device.set(ref, command.name, data),
    result: result.value,
  }
  const outcome = link.device.judge(ref, command.name, asked) ?? NOBODY
  return outcome instanceof Promise ? outcome.then((late) => answerOf(late, storing)) : answerOf(outcome, storing)
}
const NOBODY: WriteOutcome = { isAccepted: false, errorNumber: ERROR_NUMBER.commandRejected, text: 'nothing is written here' }

interface Storing {
  readonly wantsResult: boolean
  readonly store: (data: PlainObject) => void
  readonly result: PlainObject
}
function answerOf(outcome: WriteOutcome, { wantsResult, store, result }: Storing): Answer {
  if (outcome.stored !== undefined && outcome.stored !== null) store(outcome.stored)
  else if (outcome.isAccepted && outcome.stored === undefined) store(result)
  if (!outcome.isAccepted) return failed(outcome.errorNumber, outcome.text)
  return wantsResult ? DONE : NONE
}

/** Numbers and durations that cannot be are found wherever they stand: a sender must hear of them, never wait in vain. */
function brokenQuantity(value: unknown, name = ''): string | null {
  if (Array.isArray(value)) return first(value.map((item) => brokenQuantity(item, name)))
  if (isObject(value)) {
    const isNumber = value['number'] !== undefined || value['scale'] !== undefined
    if (isNumber && readScaled(value) === null) return `${name} is no number`
    return first(Object.entries(value).map(([inner, item]) => brokenQuantity(item, inner)))
  }
  const isDuration = name === 'duration' || (name === 'endTime' && typeof value === 'string' && value.startsWith('P'))
  return isDuration && readDuration(value as string) === null ? `${name} is no duration` : null
}
function first(reasons: readonly (string | null)[]): string | null {
  return reasons.find((reason) => reason !== null) ?? null
}

/** Whether a write leaves alone what only the owner says, such as whether a limit can be changed. */
function keepsOwn({ name, data }: Command, old: PlainObject | undefined): boolean {
  const list = LISTS[name]
  if (list === undefined) return true
  return items(data[list.item])
    .filter(isObject)
    .every((change) => {
      const before = items(old?.[list.item])
        .filter(isObject)
        .find((item) => list.key.every((key) => isSame(item[key], change[key])))
      return list.own.every((own) => change[own] === undefined || isSame(change[own], before?.[own]))
    })
}
