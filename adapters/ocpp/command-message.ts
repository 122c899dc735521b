// A command somebody gave by hand, as one message of a version, and what the station's answer to it means.
import type { AskedCommand, CommandAnswer } from '../../domain/ports/station-commands.ts'
import { isSecretVariable, type ConfigurationValue } from '../../domain/registry/station-command.ts'
import type { Result } from '../../domain/result.ts'
import { isPrintable } from '../wire/printable.ts'
import type { TokenFilter } from './hide-tokens.ts'
import type { Outbound } from './outbound.ts'
import type { RpcRefusal } from './rpc/outgoing-calls.ts'

/** What an answer says: its status, further words, and settings that were asked for. */
export interface CommandReading {
  readonly status: string
  readonly words?: string
  readonly values?: readonly ConfigurationValue[]
}
/** One message to the station. */
export interface CommandMessage extends Pick<Outbound, 'action' | 'payload'> {
  /** Reads an answer that fits its schema; left out: its status and status information. */
  readonly read?: (answer: object) => CommandReading
}
/** By kind: the message, or why this version has none. `requestId` is unique on the station. */
export type CommandMessages = {
  readonly [Kind in AskedCommand['kind']]: (
    command: Extract<AskedCommand, { readonly kind: Kind }>,
    requestId: number,
  ) => CommandMessage | string
}

/** The message of a command in a version, or why it has none. */
export function commandMessage(messages: CommandMessages, command: AskedCommand, requestId: number): CommandMessage | string {
  const make = messages[command.kind] as (command: AskedCommand, requestId: number) => CommandMessage | string
  return make(command, requestId)
}

const ACCEPTED = new Set(['Accepted', 'Scheduled', 'Unlocked', 'RebootRequired'])
const UNSUPPORTED = new Set([
  'NotImplemented',
  'NotSupported',
  'NotSupportedAttributeType',
  'UnknownVariable',
  'UnknownComponent',
])
/** Of the words of a station, as much as is kept. */
const DETAIL_CHARACTERS_MAX = 300
const VALUES_MAX = 1_000
const VALUE_CHARACTERS_MAX = 2_500
const HIDDEN = '***'

/** What came of a command, in words without tokens and secrets. */
export function commandAnswer(
  answer: Result<object, RpcRefusal>,
  { read = readStatus }: CommandMessage,
  tokens: TokenFilter,
): CommandAnswer {
  const said = (text: string) => oneLine(tokens.text(text)).slice(0, DETAIL_CHARACTERS_MAX)
  if (!answer.ok) return refusedAnswer(answer.refusal, said)
  const { status, words = '', values } = read(answer.value)
  return {
    outcome: ACCEPTED.has(status) ? 'accepted' : UNSUPPORTED.has(status) ? 'unsupported' : 'rejected',
    detail: said(words === '' ? status : `${status}: ${words}`),
    ...(values === undefined ? {} : { values: values.slice(0, VALUES_MAX).map((value) => shown(value, tokens)) }),
  }
}

function refusedAnswer(refusal: RpcRefusal, said: (text: string) => string): CommandAnswer {
  switch (refusal.kind) {
    case 'error':
      return {
        outcome: refusal.code === 'NotImplemented' || refusal.code === 'NotSupported' ? 'unsupported' : 'rejected',
        detail: said(`${refusal.code} ${refusal.description}`.trim()),
      }
    case 'no-answer':
      return { outcome: 'no-answer', detail: `no answer within ${Math.round(refusal.afterMs / 1_000)} s` }
    case 'closed':
      return { outcome: 'no-answer', detail: 'the connection ended before there was an answer' }
    case 'queue-full':
      return { outcome: 'no-answer', detail: 'not sent: too many calls are waiting for this station' }
    case 'invalid':
      return { outcome: 'rejected', detail: said(refusal.detail) }
  }
}

/** The status of most answers, with the reason beside it where there is one (2.x). */
export function readStatus(answer: object): CommandReading {
  const { status = 'Accepted', statusInfo } = answer as {
    readonly status?: string
    readonly statusInfo?: { readonly reasonCode?: string; readonly additionalInfo?: string }
  }
  return { status, words: [statusInfo?.reasonCode, statusInfo?.additionalInfo].filter((one) => one !== undefined).join(' ') }
}

function shown(of: ConfigurationValue, tokens: TokenFilter): ConfigurationValue {
  const text = (value: string | null) => (value === null ? null : oneLine(tokens.text(value)).slice(0, VALUE_CHARACTERS_MAX))
  return {
    ...of,
    component: text(of.component),
    componentInstance: text(of.componentInstance),
    variable: text(of.variable)!,
    instance: text(of.instance),
    status: text(of.status),
    value: of.value === null || of.value === '' || !isSecretVariable(of) ? text(of.value) : HIDDEN,
  }
}

/** Control characters have no place in a line that people read. */
function oneLine(text: string): string {
  return isPrintable(text) ? text : [...text].map((one) => (isPrintable(one) ? one : ' ')).join('')
}
