// Payloads that fit the official schemas and mean harm: values at the edges of what a schema allows, in the fields that decide something.
import * as v16 from 'typed-ocpp/dist/ocpp16/schemas.js'
import * as v201 from 'typed-ocpp/dist/ocpp20/schemas.js'
import * as v21 from 'typed-ocpp/dist/ocpp21/schemas.js'
import type { Dialect } from '../../adapters/ocpp/rpc/frame.ts'
import { oneOf, type Roll } from '../../adapters/twin/dice.ts'

interface Schema {
  readonly $ref?: string
  readonly type?: string
  readonly format?: string
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly minItems?: number
  readonly maxItems?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly definitions?: Readonly<Record<string, Schema>>
}
/** What the attacker knows of the fleet and of its own past. */
export interface Knowledge {
  readonly now: number
  /** Transactions of its own, made up or given. */
  readonly transactions: readonly string[]
  readonly tokens: readonly string[]
}

const SCHEMAS: Record<Dialect, Readonly<Record<string, Schema>>> = {
  'ocpp1.6': v16 as unknown as Record<string, Schema>,
  'ocpp2.0.1': v201 as unknown as Record<string, Schema>,
  'ocpp2.1': v21 as unknown as Record<string, Schema>,
}
const TELLING_2 = [
  'TransactionEvent',
  'TransactionEvent',
  'NotifyEVChargingNeeds',
  'NotifyEVChargingNeeds',
  'MeterValues',
  'StatusNotification',
  'BootNotification',
  'Authorize',
  'SecurityEventNotification',
] as const
/** What stations send; all other actions come now and then. */
const TELLING: Record<Dialect, readonly [string, ...string[]]> = {
  'ocpp1.6': [
    'StartTransaction',
    'StopTransaction',
    'MeterValues',
    'StatusNotification',
    'BootNotification',
    'Authorize',
    'SecurityEventNotification',
    'Heartbeat',
  ],
  'ocpp2.0.1': [...TELLING_2, 'NotifyEVChargingSchedule', 'Heartbeat'],
  'ocpp2.1': [...TELLING_2, 'PullDynamicScheduleUpdate', 'Heartbeat'],
}
const NUMBERS = [
  0,
  1,
  2,
  -1,
  0.1,
  16,
  32,
  50,
  99.9,
  100,
  101,
  230,
  7_400,
  -7_400,
  11_000,
  60_000,
  77_000,
  1e6,
  1e7,
  1e9,
  2 ** 31,
  2 ** 53,
  1e17,
  4.6e307,
  -4.6e307,
  1e308,
  -1e308,
  1.797e308,
  5e-324,
] as const
const TEXTS = [
  '',
  'a',
  '1e308',
  '-1',
  'NaN',
  '__proto__',
  'constructor',
  "'; drop table session; --",
  '<script>alert(1)</script>',
  '../../etc/passwd',
  '\0',
  '\ud800',
  '\u{1f50c}'.repeat(4),
  '${jndi:x}',
  '%00',
  'S-1',
  'x'.repeat(255),
] as const
const STRANGE_INSTANTS = [
  '1970-01-01T00:00:00Z',
  '2106-02-07T06:28:15Z',
  '0001-01-01T00:00:00Z',
  '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:59-14:00',
  '2026-02-30T00:00:00Z',
  '2026-01-15T24:00:00Z',
  'yesterday',
  '',
] as const
/** Optional properties that are there; arrays that grow; levels of nesting. */
const PRESENT = 0.5
const ITEMS_MAX = 4
const DEPTH_MAX = 12

/** One message of a dialect: an action and a payload that its schema takes. */
export function hostileMessage(
  dialect: Dialect,
  roll: Roll,
  knows: Knowledge,
): { readonly action: string; readonly payload: object } {
  const action = roll() < 0.95 ? oneOf(roll, TELLING[dialect]) : anyAction(dialect, roll)
  const schema = SCHEMAS[dialect][`${action}Request`]!
  return { action, payload: valueOf(schema, schema.definitions ?? {}, '', roll, knows, 0) as object }
}

function anyAction(dialect: Dialect, roll: Roll): string {
  const names = Object.keys(SCHEMAS[dialect]).filter((name) => name.endsWith('Request'))
  return names[Math.floor(roll() * names.length)]!.slice(0, -'Request'.length)
}

function valueOf(
  schema: Schema,
  definitions: Readonly<Record<string, Schema>>,
  name: string,
  roll: Roll,
  knows: Knowledge,
  depth: number,
): unknown {
  if (schema.$ref !== undefined)
    return valueOf(definitions[schema.$ref.slice('#/definitions/'.length)]!, definitions, name, roll, knows, depth)
  if (schema.enum !== undefined) return schema.enum[Math.floor(roll() * schema.enum.length)]
  switch (schema.type) {
    case 'object': {
      const value: Record<string, unknown> = {}
      for (const [key, part] of Object.entries(schema.properties ?? {})) {
        const isRequired = schema.required?.includes(key) ?? false
        if (isRequired || (key !== 'customData' && depth < DEPTH_MAX && roll() < PRESENT))
          value[key] = valueOf(part, definitions, key, roll, knows, depth + 1)
      }
      return value
    }
    case 'array': {
      const least = schema.minItems ?? 0
      const most = Math.min(schema.maxItems ?? ITEMS_MAX, Math.max(least, ITEMS_MAX))
      const length = least + Math.floor(roll() * (most - least + 1))
      return Array.from({ length }, () => valueOf(schema.items ?? { type: 'string' }, definitions, name, roll, knows, depth + 1))
    }
    case 'integer':
    case 'number':
      return numberOf(schema, name, roll, knows)
    case 'boolean':
      return roll() < 0.5
    default:
      return textOf(schema, name, roll, knows)
  }
}

function numberOf(schema: Schema, name: string, roll: Roll, knows: Knowledge): number {
  if (/^(?:evseId|connectorId|id)$/.test(name) && roll() < 0.8) return 1
  if (name === 'transactionId' && roll() < 0.8 && knows.transactions.length > 0) {
    const known = Number(knows.transactions[Math.floor(roll() * knows.transactions.length)])
    if (Number.isInteger(known)) return known
  }
  const value = roll() < 0.3 ? Math.floor(roll() * 50_000) : oneOf(roll, NUMBERS)
  const whole = schema.type === 'integer' ? Math.round(value) : value
  return Math.min(schema.maximum ?? whole, Math.max(schema.minimum ?? whole, whole))
}

function textOf(schema: Schema, name: string, roll: Roll, knows: Knowledge): string {
  if (schema.format === 'date-time' || /timestamp|time$/i.test(name))
    return roll() < 0.2
      ? oneOf(roll, STRANGE_INSTANTS)
      : new Date(knows.now + Math.round((roll() - 0.9) * 7_200_000)).toISOString()
  const known = name === 'transactionId' ? knows.transactions : /^id(?:Token|Tag)$/.test(name) ? knows.tokens : []
  const text =
    known.length > 0 && roll() < 0.8
      ? known[Math.floor(roll() * known.length)]!
      : name === 'value' && roll() < 0.8
        ? String(oneOf(roll, NUMBERS))
        : oneOf(roll, TEXTS)
  return text.slice(0, schema.maxLength ?? text.length)
}
