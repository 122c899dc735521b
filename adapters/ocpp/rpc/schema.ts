// Validation of every payload against the official schemas, compiled when an action is first used.
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import * as v16 from 'typed-ocpp/dist/ocpp16/schemas.js'
import * as v201 from 'typed-ocpp/dist/ocpp20/schemas.js'
import * as v21 from 'typed-ocpp/dist/ocpp21/schemas.js'
import type { RpcFault } from './error-code.ts'
import type { Dialect } from './frame.ts'

export type Direction = 'request' | 'response'
export interface SchemaFault {
  readonly fault: RpcFault
  readonly detail: string
}

const SCHEMAS: Record<Dialect, Record<string, object>> = {
  'ocpp1.6': v16 as unknown as Record<string, object>,
  'ocpp2.0.1': v201 as unknown as Record<string, object>,
  'ocpp2.1': v21 as unknown as Record<string, object>,
}
// Formats are annotations here: instants are read, and refused, where they are used.
// JSON can write numbers that are not finite here (1e999); no field may hold one.
// The schemas are official: to check them, and to tidy what is made of them, doubles the time to compile and changes nothing.
const OPTIONS = {
  strict: false,
  strictNumbers: true,
  validateFormats: false,
  validateSchema: false,
  meta: false,
  code: { optimize: false },
  logger: false,
} as const
const ajv = new Ajv({ ...OPTIONS, allErrors: false })
/** For payloads that are not as they should be: names everything that is wrong, with the part of the schema that says so. */
const thoroughAjv = new Ajv({ ...OPTIONS, allErrors: true, verbose: true })
const thorough = new Map<string, ValidateFunction>()
/** By action, so that a frame costs one look-up and no new text. */
const compiled: Record<Dialect, Map<string, Partial<Record<Direction, ValidateFunction | null>>>> = {
  'ocpp1.6': actionsOf('ocpp1.6'),
  'ocpp2.0.1': actionsOf('ocpp2.0.1'),
  'ocpp2.1': actionsOf('ocpp2.1'),
}

/** Whether a dialect knows an action. */
export function knowsAction(dialect: Dialect, action: string): boolean {
  return compiled[dialect].has(action)
}

/** Checks a payload; null when it is valid. The action must be known. */
export function schemaFault(dialect: Dialect, action: string, direction: Direction, payload: object): SchemaFault | null {
  const validate = validator(dialect, action, direction)
  if (validate === null || validate(payload)) return null
  const [error] = validate.errors ?? []
  return error === undefined ? { fault: 'format', detail: 'invalid payload' } : faultFrom(error)
}

/** Everything that is wrong with a payload; far slower than `schemaFault`, so only where that found something. The action must be known. */
export function allErrors(dialect: Dialect, action: string, direction: Direction, payload: object): readonly ErrorObject[] {
  const name = nameOf(action, direction)
  const key = `${dialect} ${name}`
  let validate = thorough.get(key)
  if (validate === undefined) {
    const schema = schemaOf(dialect, name)
    if (schema === null) return []
    validate = thoroughAjv.compile(schema)
    thorough.set(key, validate)
  }
  return validate(payload) ? [] : (validate.errors ?? [])
}

/** What an error of the validation is on the wire. */
export function faultFrom(error: ErrorObject): SchemaFault {
  const detail = `${error.instancePath === '' ? '/' : error.instancePath} ${error.message ?? 'is invalid'}`
  return { fault: faultOf(error.keyword), detail }
}

/** Compiles what every station uses, so that the first one does not wait for it. */
export function warmSchemas(dialects: readonly Dialect[], actions: readonly string[]): void {
  for (const dialect of dialects)
    for (const action of actions)
      if (knowsAction(dialect, action)) {
        validator(dialect, action, 'request')
        validator(dialect, action, 'response')
      }
}

function validator(dialect: Dialect, action: string, direction: Direction): ValidateFunction | null {
  const known = compiled[dialect].get(action)
  if (known === undefined) return null
  return (known[direction] ??= compile(schemaOf(dialect, nameOf(action, direction))))
}

function nameOf(action: string, direction: Direction): string {
  return `${action}${direction === 'request' ? 'Request' : 'Response'}`
}

/** Null for the answer of a message that has none (SEND). */
function schemaOf(dialect: Dialect, name: string): object | null {
  if (!Object.hasOwn(SCHEMAS[dialect], name)) return null
  const { $schema: _, $id: __, ...schema } = SCHEMAS[dialect][name] as Record<string, unknown>
  return schema
}

function compile(schema: object | null): ValidateFunction | null {
  return schema === null ? null : ajv.compile(schema)
}

function actionsOf(dialect: Dialect): Map<string, Partial<Record<Direction, ValidateFunction | null>>> {
  const requests = Object.keys(SCHEMAS[dialect]).filter((name) => name.endsWith('Request'))
  return new Map(requests.map((name) => [name.slice(0, -'Request'.length), {}]))
}

/** Error codes by what is wrong: fields that are missing or too many, of the wrong type, out of their bounds (OCPP-J, RPC framework error codes). */
function faultOf(keyword: string): RpcFault {
  switch (keyword) {
    case 'type':
      return 'type'
    case 'required':
    case 'additionalProperties':
    case 'minItems':
    case 'maxItems':
      return 'occurrence'
    default:
      return 'property'
  }
}
