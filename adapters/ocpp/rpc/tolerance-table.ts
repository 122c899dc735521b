// What is accepted beyond the standard, as a table: the first line that fits a fault says what becomes of it, and a fault without a line refuses the message.
import type { OddityKind } from '../../../domain/registry/station-oddity.ts'
import { DIALECTS, type Dialect } from './frame.ts'

/** What may be wrong with one place of a payload; `any` fits all of them. */
export type PlaceFault =
  | 'too-long'
  | 'wrong-type'
  | 'null'
  | 'unknown-value'
  | 'unknown-field'
  | 'missing'
  | 'too-few'
  | 'too-many'
  | 'out-of-bounds'
  | 'any'

/** What becomes of it. One that cannot be done leaves the fault to the lines below. */
export type Mend =
  /** Shortened to what the schema allows. */
  | { readonly do: 'cut' }
  /** Taken as it is, a text up to so many characters. */
  | { readonly do: 'keep'; readonly charactersMax?: number }
  /** Turned into the type the schema asks for, where only one value can be meant. */
  | { readonly do: 'convert'; readonly to: 'number' | 'text' | 'truth' | 'list' }
  /** A whole number instead of the fraction. */
  | { readonly do: 'round' }
  /** The value of the schema with the same letters, or the one an other word stands for. */
  | { readonly do: 'spell'; readonly words?: Readonly<Record<string, string>> }
  /** The part in brackets is left out; the whole place where none are. */
  | { readonly do: 'leave-out' }
  | { readonly do: 'put'; readonly value: unknown }

/** One line of the table. */
export interface Tolerance {
  /** As what it is counted. */
  readonly kind: OddityKind
  readonly versions: readonly Dialect[]
  /** `all`: every call of a station and every answer; `calls`: every call. */
  readonly actions: readonly string[] | 'calls' | 'all'
  /** Places in the payload, names joined by `/`: `*` is one name or index, `**` any number of them. Brackets mark what is left out. */
  readonly at: readonly string[]
  /** Places that are not meant. */
  readonly except?: readonly string[]
  /** A member of the payload that must have this value. */
  readonly only?: readonly [member: string, value: string]
  readonly fault: PlaceFault
  readonly mend: Mend
  /** What is accepted, for the page: a sentence without its full stop. */
  readonly accepts: string
}

const V16: readonly Dialect[] = ['ocpp1.6']
const V2: readonly Dialect[] = ['ocpp2.0.1', 'ocpp2.1']
/** The longest token of any version (2.1, IdTokenType). */
const IDENTIFIER_CHARACTERS_MAX = 255
/** What is acknowledged and not used. */
const UNUSED = [
  'FirmwareStatusNotification',
  'SignedFirmwareStatusNotification',
  'PublishFirmwareStatusNotification',
  'DiagnosticsStatusNotification',
  'LogStatusNotification',
  'NotifyMonitoringReport',
  'NotifyCustomerInformation',
  'NotifyDisplayMessages',
  'ReservationStatusUpdate',
]
/** Lists of samples: in calls of their own, with a transaction and at its end. */
const SAMPLED = ['MeterValues', 'TransactionEvent', 'StopTransaction']
const SAMPLE = '(*/*/sampledValue/*)'
const TOKENS = ['idTag', 'idToken/idToken', 'idToken/additionalInfo/*/additionalIdToken']
const TRANSACTION = ['transactionId', 'transactionInfo/transactionId']

const SPELLING: readonly Tolerance[] = [
  {
    kind: 'letter-case',
    versions: DIALECTS,
    actions: 'all',
    at: ['**'],
    fault: 'unknown-value',
    mend: { do: 'spell', words: { '%': 'Percent', degc: 'Celsius', '°c': 'Celsius' } },
    accepts: 'words of an enumeration in other capitals, or with spaces, hyphens or underscores in other places',
  },
]

const VALUES: readonly Tolerance[] = [
  {
    kind: 'unknown-value',
    versions: DIALECTS,
    actions: SAMPLED,
    at: ['measurand', 'unit', 'phase', 'location', 'format'].map((name) => `${SAMPLE}/${name}`),
    fault: 'unknown-value',
    mend: { do: 'leave-out' },
    accepts: 'a sampled value whose measurand, unit, phase, location or format is unknown: it is left out, those beside it count',
  },
  {
    kind: 'unknown-value',
    versions: DIALECTS,
    actions: SAMPLED,
    at: ['*/*/sampledValue/*/context'],
    fault: 'unknown-value',
    mend: { do: 'put', value: 'Other' },
    accepts: 'an unknown context of a sampled value: it is `Other`',
  },
  {
    kind: 'missing-part',
    versions: DIALECTS,
    actions: SAMPLED,
    at: [`${SAMPLE}/value`, '(*/*)/sampledValue'],
    fault: 'missing',
    mend: { do: 'leave-out' },
    accepts: 'a sampled value without its value, a sample without values: left out',
  },
  {
    kind: 'missing-part',
    versions: DIALECTS,
    actions: ['TransactionEvent', 'StopTransaction'],
    at: ['(*/*)/timestamp'],
    fault: 'missing',
    mend: { do: 'leave-out' },
    accepts: 'a sample without an instant within a message of a transaction: left out',
  },
  {
    kind: 'text-too-long',
    versions: V2,
    actions: SAMPLED,
    at: ['*/*/sampledValue/*/signedMeterValue/*'],
    fault: 'too-long',
    mend: { do: 'keep' },
    accepts: 'signed meter values and keys of any length',
  },
  {
    kind: 'part-left-out',
    versions: V2,
    actions: SAMPLED,
    at: ['(*/*/sampledValue/*/signedMeterValue)/**'],
    fault: 'any',
    mend: { do: 'leave-out' },
    accepts: 'a signed meter value that is not whole: the value counts without it',
  },
  {
    kind: 'part-left-out',
    versions: V2,
    actions: SAMPLED,
    at: [`${SAMPLE}/unitOfMeasure/unit`],
    fault: 'too-long',
    mend: { do: 'leave-out' },
    accepts: 'a unit of more than 20 characters: its value is left out',
  },
]

const STATIONS: readonly Tolerance[] = [
  {
    kind: 'unknown-value',
    versions: V16,
    actions: ['StatusNotification'],
    at: ['errorCode'],
    fault: 'unknown-value',
    mend: { do: 'put', value: 'OtherError' },
    accepts: 'an unknown error code: it is `OtherError`',
  },
  {
    kind: 'missing-part',
    versions: V16,
    actions: ['StatusNotification'],
    at: ['errorCode'],
    fault: 'missing',
    mend: { do: 'put', value: 'NoError' },
    accepts: 'a status without an error code: there is none',
  },
  {
    kind: 'missing-part',
    versions: V2,
    actions: ['StatusNotification'],
    at: ['connectorId'],
    fault: 'missing',
    mend: { do: 'put', value: 1 },
    accepts: 'a status without a connector: it is the first of its EVSE',
  },
  {
    kind: 'unknown-value',
    versions: V2,
    actions: ['BootNotification'],
    at: ['reason'],
    fault: 'unknown-value',
    mend: { do: 'put', value: 'Unknown' },
    accepts: 'an unknown reason of a start: it is `Unknown`',
  },
  {
    kind: 'missing-part',
    versions: V2,
    actions: ['BootNotification'],
    at: ['reason'],
    fault: 'missing',
    mend: { do: 'put', value: 'Unknown' },
    accepts: 'a start without a reason: it is `Unknown`',
  },
  {
    kind: 'missing-part',
    versions: V2,
    actions: ['BootNotification'],
    at: ['chargingStation'],
    fault: 'missing',
    mend: { do: 'put', value: { vendorName: '', model: '' } },
    accepts: 'a start that does not say what station it is',
  },
  {
    kind: 'missing-part',
    versions: DIALECTS,
    actions: ['BootNotification'],
    at: ['chargePointVendor', 'chargePointModel', 'chargingStation/vendorName', 'chargingStation/model'],
    fault: 'missing',
    mend: { do: 'put', value: '' },
    accepts: 'a start without vendor or model',
  },
  {
    kind: 'part-left-out',
    versions: V2,
    actions: ['BootNotification'],
    at: ['(chargingStation/modem)/**'],
    fault: 'any',
    mend: { do: 'leave-out' },
    accepts: 'a modem that is not described as it should be',
  },
  {
    kind: 'missing-part',
    versions: DIALECTS,
    actions: ['StatusNotification', 'SecurityEventNotification', 'StartTransaction', 'TransactionEvent'],
    at: ['timestamp'],
    fault: 'missing',
    mend: { do: 'keep' },
    accepts: 'an event without an instant: it happens when it arrives',
  },
  {
    kind: 'other-type',
    versions: DIALECTS,
    actions: ['DataTransfer'],
    at: ['data', 'messageId'],
    fault: 'any',
    mend: { do: 'keep' },
    accepts: 'data of any kind in a data transfer',
  },
  {
    kind: 'unknown-value',
    versions: DIALECTS,
    actions: UNUSED,
    at: ['**'],
    fault: 'any',
    mend: { do: 'keep' },
    accepts: 'anything in a message that is acknowledged and not used',
  },
]

const TRANSACTIONS: readonly Tolerance[] = [
  {
    kind: 'missing-part',
    versions: V16,
    actions: ['StartTransaction'],
    at: ['meterStart'],
    fault: 'missing',
    mend: { do: 'keep' },
    accepts: 'a start of a transaction without its register',
  },
  {
    kind: 'other-type',
    versions: V16,
    actions: ['StartTransaction', 'StopTransaction'],
    at: ['meterStart', 'meterStop'],
    fault: 'wrong-type',
    mend: { do: 'round' },
    accepts: 'a register with fractions of a Wh: rounded',
  },
  {
    kind: 'unknown-value',
    versions: V16,
    actions: ['StopTransaction'],
    at: ['reason'],
    fault: 'unknown-value',
    mend: { do: 'put', value: 'Other' },
    accepts: 'an unknown reason of an end: it is `Other`',
  },
  {
    kind: 'unknown-value',
    versions: V2,
    actions: ['TransactionEvent'],
    at: ['transactionInfo/stoppedReason'],
    fault: 'unknown-value',
    mend: { do: 'put', value: 'Other' },
    accepts: 'an unknown reason of an end: it is `Other`',
  },
  {
    kind: 'unknown-value',
    versions: V2,
    actions: ['TransactionEvent'],
    at: ['triggerReason'],
    fault: 'unknown-value',
    mend: { do: 'keep' },
    accepts: 'an unknown trigger of an event',
  },
  {
    kind: 'missing-part',
    versions: V2,
    actions: ['TransactionEvent'],
    at: ['triggerReason'],
    fault: 'missing',
    mend: { do: 'put', value: 'Unknown' },
    accepts: 'an event without its trigger',
  },
  {
    kind: 'missing-part',
    versions: V2,
    actions: ['TransactionEvent'],
    at: ['seqNo'],
    fault: 'missing',
    mend: { do: 'keep' },
    accepts: 'an event without its sequence number',
  },
  {
    kind: 'unknown-value',
    versions: V2,
    actions: ['TransactionEvent', 'Authorize'],
    at: ['idToken/type'],
    fault: 'unknown-value',
    mend: { do: 'keep' },
    accepts: 'an unknown type of token',
  },
  {
    kind: 'missing-part',
    versions: V2,
    actions: ['TransactionEvent', 'Authorize'],
    at: ['idToken/type'],
    fault: 'missing',
    mend: { do: 'keep' },
    accepts: 'a token without a type',
  },
  {
    kind: 'part-left-out',
    versions: V2,
    actions: ['TransactionEvent', 'Authorize'],
    at: ['(idToken/additionalInfo)/**'],
    fault: 'any',
    mend: { do: 'leave-out' },
    accepts: 'additional information about a token that is not as it should be',
  },
  {
    kind: 'part-left-out',
    versions: V2,
    actions: ['Authorize'],
    at: ['(certificate)', '(iso15118CertificateHashData)/**'],
    fault: 'any',
    mend: { do: 'leave-out' },
    accepts: 'a certificate that is not told as it should be: the token decides',
  },
  {
    kind: 'part-left-out',
    versions: V2,
    actions: ['TransactionEvent'],
    at: [
      'numberOfPhasesUsed',
      'cableMaxCurrent',
      'reservationId',
      'preconditioningStatus',
      'evseSleep',
      '(costDetails)/**',
      ...['chargingState', 'timeSpentCharging', 'remoteStartId', 'operationMode', 'tariffId'].map((n) => `transactionInfo/${n}`),
      '(transactionInfo/transactionLimit)/**',
    ],
    fault: 'any',
    mend: { do: 'leave-out' },
    accepts:
      'parts of a transaction that say nothing about who charges, where, when and how much: left out where nobody can read them',
  },
]

const EVERYWHERE: readonly Tolerance[] = [
  {
    kind: 'null-for-absent',
    versions: DIALECTS,
    actions: 'all',
    at: ['**'],
    fault: 'null',
    mend: { do: 'leave-out' },
    accepts: '`null` for what is absent',
  },
  {
    kind: 'part-left-out',
    versions: V2,
    actions: 'all',
    at: ['(**/customData)/**'],
    fault: 'any',
    mend: { do: 'leave-out' },
    accepts: 'custom data that are not as they should be: left out',
  },
  {
    kind: 'unknown-field',
    versions: DIALECTS,
    actions: 'all',
    at: ['**'],
    except: ['**/__proto__'],
    fault: 'unknown-field',
    mend: { do: 'leave-out' },
    accepts: 'fields the schema does not know: left out',
  },
  {
    kind: 'text-too-long',
    versions: DIALECTS,
    actions: 'calls',
    at: [...TOKENS, ...TRANSACTION],
    fault: 'too-long',
    mend: { do: 'keep', charactersMax: IDENTIFIER_CHARACTERS_MAX },
    accepts: `tokens and names of transactions of up to ${IDENTIFIER_CHARACTERS_MAX} characters: never cut, as a part of a name is another name`,
  },
  {
    kind: 'text-too-long',
    versions: DIALECTS,
    actions: 'all',
    at: ['**'],
    except: [...TOKENS, ...TRANSACTION],
    fault: 'too-long',
    mend: { do: 'cut' },
    accepts: 'texts that are too long: cut',
  },
  {
    kind: 'number-as-text',
    versions: DIALECTS,
    actions: 'all',
    at: ['**'],
    fault: 'wrong-type',
    mend: { do: 'convert', to: 'number' },
    accepts: 'decimal numbers written as texts',
  },
  {
    kind: 'text-as-number',
    versions: DIALECTS,
    actions: 'all',
    at: ['**'],
    fault: 'wrong-type',
    mend: { do: 'convert', to: 'text' },
    accepts: 'texts written as numbers, whole ones up to 2^53 where it is a name',
  },
  {
    kind: 'other-type',
    versions: DIALECTS,
    actions: 'all',
    at: ['**'],
    fault: 'wrong-type',
    mend: { do: 'convert', to: 'truth' },
    accepts: '`"true"`, `"false"`, 1 and 0 for true and false',
  },
  {
    kind: 'other-type',
    versions: DIALECTS,
    actions: 'all',
    at: ['**'],
    fault: 'wrong-type',
    mend: { do: 'convert', to: 'list' },
    accepts: 'one object where a list of them is asked',
  },
  {
    kind: 'list-length',
    versions: DIALECTS,
    actions: 'all',
    at: ['**'],
    fault: 'too-few',
    mend: { do: 'keep' },
    accepts: 'empty lists: they say nothing',
  },
  {
    kind: 'list-length',
    versions: DIALECTS,
    actions: 'all',
    at: ['**'],
    fault: 'too-many',
    mend: { do: 'keep' },
    accepts: 'lists of more elements',
  },
]

/** Whatever is wrong with an end, it ends: only the transaction must be named. */
const ENDS: readonly Tolerance[] = [
  ...ended(V16, 'StopTransaction', 'transactionData', ['transactionId']),
  ...ended(V2, 'TransactionEvent', 'meterValue', ['eventType', 'transactionInfo/transactionId'], ['eventType', 'Ended']),
]

/** Every line, in the order in which they are tried. */
export const TOLERANCES: readonly Tolerance[] = [...SPELLING, ...VALUES, ...STATIONS, ...TRANSACTIONS, ...EVERYWHERE, ...ENDS]

/** What is refused in spite of all this, for the page. @internal */
export const STILL_REFUSED: readonly string[] = [
  'a register, power or state of charge that is no number',
  'a message that does not name its transaction, its EVSE or its token where it is about one',
  'an unknown kind of event of a transaction, an unknown status of a connector',
  'a sample outside of a transaction without an instant',
  'numbers out of the bounds of their schema, fractions where only whole numbers make sense',
  'frames that are no message: no JSON, no list, no message id of at most 36 characters',
]

function ended(
  versions: readonly Dialect[],
  action: string,
  samples: string,
  needed: readonly string[],
  only?: readonly [string, string],
): readonly Tolerance[] {
  const every = { versions, actions: [action], ...(only === undefined ? {} : { only }) }
  const end = only === undefined ? 'an end' : 'an `Ended`'
  return [
    {
      ...every,
      kind: 'missing-part',
      at: ['**'],
      except: [...needed, 'transactionInfo'],
      fault: 'missing',
      mend: { do: 'keep' },
      accepts: `${end} without anything but what names its transaction: it is always taken and confirmed`,
    },
    {
      ...every,
      kind: 'part-left-out',
      at: [`(${samples}/*/sampledValue/*)/**`, `(${samples}/*)/**`, '(transactionInfo/*)/**', '(*)/**'],
      except: [...needed, 'transactionInfo'],
      fault: 'any',
      mend: { do: 'leave-out' },
      accepts: `${end} of which something cannot be read: that part is left out, the rest counts`,
    },
  ]
}
