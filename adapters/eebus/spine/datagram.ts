// A datagram of SPINE: who says what to whom, as which kind of message, and in answer to which one.
import { refused, ok, type Result } from '../../../domain/result.ts'
import { child, items, type Plain, type PlainObject } from '../eebus-json.ts'
import { readAddress, writeAddress, type FeatureAddress } from './address.ts'

const CLASSIFIERS = ['read', 'reply', 'notify', 'write', 'call', 'result'] as const
export type Classifier = (typeof CLASSIFIERS)[number]

export interface Header {
  /** As the other wrote it; null where it left it out. */
  readonly version: string | null
  readonly source: FeatureAddress
  readonly destination: FeatureAddress
  readonly counter: number
  readonly reference: number | null
  readonly classifier: Classifier
  readonly wantsResult: boolean
}

export interface Datagram {
  readonly header: Header
  readonly commands: readonly Plain[]
}

/** Ours, of every message, of discovery and of use cases. */
export const SPINE_VERSION = '1.3.0'

/** What went wrong, as SPINE numbers it. */
export const ERROR_NUMBER = {
  none: 0,
  general: 1,
  overload: 3,
  destinationUnknown: 4,
  commandNotSupported: 6,
  commandRejected: 7,
  restrictedExchangeNotSupported: 8,
  bindingNecessary: 9,
} as const
export type ErrorNumber = (typeof ERROR_NUMBER)[keyof typeof ERROR_NUMBER]

/** A datagram out of a payload of SHIP; the reason where not even its sender can be told. */
export function readDatagram(payload: PlainObject): Result<Datagram, string> {
  const datagram = payload['datagram']
  const header = child(datagram, 'header')
  const source = readAddress(child(header, 'addressSource'))
  const destination = readAddress(child(header, 'addressDestination'))
  const counter = child(header, 'msgCounter')
  const reference = child(header, 'msgCounterReference')
  const classifier = CLASSIFIERS.find((name) => name === child(header, 'cmdClassifier'))
  if (source === null || destination === null) return refused('a datagram without its addresses')
  if (!isCounter(counter)) return refused('a datagram without its counter')
  if (classifier === undefined) return refused('a datagram of no known kind')
  const version = child(header, 'specificationVersion')
  return ok({
    header: {
      version: version === undefined ? null : String(version),
      source,
      destination,
      counter,
      reference: isCounter(reference) ? reference : null,
      classifier,
      wantsResult: child(header, 'ackRequest') === true,
    },
    commands: items(child(child(datagram, 'payload'), 'cmd')),
  })
}

/** Three numbers with dots, of the first main version; newer ones of it are read as well [SPINE-TS-COMP-02, SPINE-TS-COMP-06]. */
export function isVersionRead(version: string | null): boolean {
  return version === null || /^v?1\.\d{1,4}\.\d{1,4}$/.test(version)
}

export interface OutgoingHeader {
  readonly source: FeatureAddress
  readonly destination: FeatureAddress
  readonly counter: number
  readonly reference?: number
  readonly classifier: Classifier
  readonly wantsResult?: boolean
}

/** A payload with one command. */
export function writeDatagram(header: OutgoingHeader, command: PlainObject): PlainObject {
  return {
    datagram: {
      header: {
        specificationVersion: SPINE_VERSION,
        addressSource: writeAddress(header.source),
        addressDestination: writeAddress(header.destination),
        msgCounter: header.counter,
        msgCounterReference: header.reference,
        cmdClassifier: header.classifier,
        ackRequest: header.wantsResult === true ? true : undefined,
      },
      payload: { cmd: [command] },
    },
  }
}

/** The command of a result. */
export function resultCommand(errorNumber: ErrorNumber, description?: string): PlainObject {
  return { resultData: { errorNumber, description } }
}

/** Larger numbers would come back as another one. */
function isCounter(value: Plain | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
