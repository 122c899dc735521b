// The words of the control API "Steuerungshandlungen" 1.0.0 (EDI@Energy, controlMeasuresV1): paths, header names and the shape of its values.
import type { ControlAnswer, ControlReason } from '../../domain/facts/control-command.ts'

export const PREFIX = '/[Post]/steuerbefehl'
export const COMMAND_PATHS = ['konfiguration', 'initialZustand', 'information'] as const
export type CommandPath = (typeof COMMAND_PATHS)[number]

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
/** Up to four decimals of a second, always UTC. */
const INSTANT = /^20\d{2}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.(\d{1,4}))?Z$/
const POWER = /^(?=.*\d)\d{0,6}(?:\.\d{1,3})?$/
const WATTS_PER_KW = 1_000
const TENTHS = 10

export interface AnswerCall {
  readonly path: string
  /** Name and content of the parameter that says it. */
  readonly parameter: string
  readonly content: Readonly<Record<string, string>>
}

/** How an answer is said: under which path, in which parameter. */
export function answerCall(answer: ControlAnswer, reason: ControlReason | null): AnswerCall {
  const negative = { stateNegative: 'failed', reasonNegative: reason ?? 'unable' }
  switch (answer) {
    case 'possible':
      return {
        path: 'vorlaeufigePositiveAntwort',
        parameter: 'preliminaryResultPositive',
        content: { preliminaryStatePositive: 'possible' },
      }
    case 'impossible':
      return { path: 'vorlaeufigeNegativeAntwort', parameter: 'resultNegative', content: negative }
    case 'unknown':
      return { path: 'informationAnweisung', parameter: 'stateUnknown', content: { stateUnknown: 'unknown' } }
    case 'succeeded':
      return { path: 'positiveAntwort', parameter: 'resultPositive', content: { statePositive: 'succeeded' } }
    case 'failed':
      return { path: 'negativeAntwort', parameter: 'resultNegative', content: negative }
  }
}

/** A transaction id in lower case; null when it is no UUID. */
export function readUuid(text: string): string | null {
  return UUID.test(text) ? text.toLowerCase() : null
}

/** An instant in tenths of a millisecond since 1970; null when it is none of the form `2026-01-31T12:30:00.1704Z`. */
export function readTenths(text: string): number | null {
  const match = INSTANT.exec(text)
  if (match === null) return null
  const whole = text.slice(0, 19)
  const at = Date.parse(`${whole}Z`)
  // Date.parse carries the 30th of February over into March.
  if (Number.isNaN(at) || new Date(at).toISOString().slice(0, 19) !== whole) return null
  return at * TENTHS + Number((match[1] ?? '').padEnd(4, '0'))
}

/** Epoch ms of an instant as above; null when it is none. */
export function readInstant(text: string): number | null {
  const tenths = readTenths(text)
  return tenths === null ? null : Math.floor(tenths / TENTHS)
}

/** Whole watts of a power in kW with up to three decimals; null when it is none. */
export function readPower(text: string): number | null {
  return POWER.test(text) ? Math.round(Number(text) * WATTS_PER_KW) : null
}
