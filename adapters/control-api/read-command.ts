// Reads a request of the control API into a command, or says what is wrong with it; whatever comes in, it never throws.
import type { IncomingHttpHeaders } from 'node:http'
import { z } from 'zod'
import type { ControlCommand } from '../../domain/facts/control-command.ts'
import { locationFault } from '../../domain/registry/location-id.ts'
import { ok, refused, type Result } from '../../domain/result.ts'
import { watts } from '../../domain/units.ts'
import type { Problem, ProblemPart } from '../wire/problem.ts'
import { COMMAND_PATHS, PREFIX, readInstant, readPower, readTenths, readUuid, type CommandPath } from './words.ts'

export interface Request {
  readonly method: string
  /** Path and query as they came. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
  /** Market partner id of whoever sends it. */
  readonly partner: string
}

/** A creation further from now than this is refused: a clock that is wrong, or a request sent again by somebody who has listened. */
const AHEAD_MS = 5 * 60_000
const OLD_MS = 15 * 60_000
const PARTNER = /^\d{13}$/

const instant = z
  .string()
  .transform((text, context) => readInstant(text) ?? wrong(context, 'is an instant such as 2026-01-31T12:30:00Z'))
const power = z
  .union([z.string(), z.number()])
  .transform((told, context) => readPower(String(told)) ?? wrong(context, 'is a power in kW with at most three decimals'))
const control = z.strictObject({
  maximumPowerValue: power,
  executionTimeFrom: instant,
  executionTimeUntil: instant.optional(),
})
const regular = z.strictObject({ executionTimeFrom: instant })

/** The command of a request that came in at an instant, epoch ms. */
export function readCommand(request: Request, now: number): Result<ControlCommand, Problem> {
  const [path, query] = splitOnce(request.url, '?')
  const kind = kindOf(path)
  if (kind === null) return refused({ kind: 'not-found', detail: `commands go to ${PREFIX}/{${COMMAND_PATHS.join('|')}}/` })
  if (request.method !== 'POST')
    return refused({ kind: 'method-not-allowed', detail: 'commands are posted', headers: { Allow: 'POST' } })
  const errors: ProblemPart[] = []
  const complain = (parameter: string, detail: string) => void errors.push({ parameter, detail })
  const header = (name: string) => {
    const value = request.headers[name.toLowerCase()]
    return typeof value === 'string' ? value : ''
  }
  const own = readUuid(header('transactionId'))
  if (own === null) complain('transactionId', 'is a header with a UUID')
  const initial = header('initialTransactionId') === '' ? own : readUuid(header('initialTransactionId'))
  if (initial === null && own !== null) complain('initialTransactionId', 'is a header with the UUID of the first try')
  const version = readTenths(header('creationDateTime'))
  const age = version === null ? 0 : now - version / 10
  if (version === null) complain('creationDateTime', 'is a header such as 2026-01-31T12:30:00.1704Z')
  else if (age < -AHEAD_MS) complain('creationDateTime', 'lies more than 5 min ahead of this server’s clock')
  else if (age > OLD_MS) complain('creationDateTime', 'lies more than 15 min back: send it anew, with initialTransactionId')
  const said = readQuery(kind, new URLSearchParams(query), complain)
  if (errors.length > 0 || own === null || initial === null || version === null || said === null)
    return refused({ kind: 'invalid-request', detail: 'the request is not what the control API asks for', errors })
  return ok({ ...said, transaction: initial, partner: request.partner, version })
}

type Said = Omit<ControlCommand, 'transaction' | 'partner' | 'version'>

function readQuery(
  kind: CommandPath,
  query: URLSearchParams,
  complain: (parameter: string, detail: string) => void,
): Said | null {
  const single = (name: string): string | null => {
    const all = query.getAll(name)
    if (all.length > 1) complain(name, 'stands there more than once')
    return all.length === 1 ? all[0]! : null
  }
  const location = single('locationId')
  const fault = location === null ? 'is missing: a NeLo-ID (E…) or SR-ID (C…)' : locationFault(location)
  if (fault !== null) complain('locationId', fault)
  const isNotice = kind === 'information'
  const orderedBy = isNotice ? single('partnerId') : null
  if (isNotice && (orderedBy === null || !PARTNER.test(orderedBy))) complain('partnerId', 'is a market partner id of 13 digits')
  const wantsControl = kind === 'konfiguration' || (isNotice && query.has('commandControl'))
  if (isNotice && query.has('commandControl') && query.has('commandRegular'))
    complain('commandRegular', 'does not stand beside commandControl')
  const read = <Schema extends z.ZodType>(schema: Schema, name: string) =>
    parse(schema, single(name), (detail) => complain(name, detail))
  if (wantsControl) {
    const said = read(control, 'commandControl')
    if (said === null || location === null) return null
    const { maximumPowerValue, executionTimeFrom: from, executionTimeUntil: until } = said
    return { location, isNotice, orderedBy, kind: 'limit', power: watts(maximumPowerValue), from, until: until ?? null }
  }
  const said = read(regular, 'commandRegular')
  if (said === null || location === null) return null
  return { location, isNotice, orderedBy, kind: 'release', power: null, from: said.executionTimeFrom, until: null }
}

function parse<Schema extends z.ZodType>(
  schema: Schema,
  text: string | null,
  complain: (detail: string) => void,
): z.output<Schema> | null {
  const json = text === null ? undefined : jsonOf(text)
  if (json === undefined) {
    complain('is one JSON object in the query')
    return null
  }
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  for (const { path, message } of parsed.error.issues.slice(0, 10)) complain([...path, message].join(': '))
  return null
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** Whether the brackets of the path are escaped does not matter, nor whether it ends with a slash. */
function kindOf(path: string): CommandPath | null {
  const plain = path.replaceAll(/%5b/gi, '[').replaceAll(/%5d/gi, ']').replace(/\/$/, '')
  return COMMAND_PATHS.find((one) => plain === `${PREFIX}/${one}`) ?? null
}

function splitOnce(text: string, at: string): readonly [string, string] {
  const place = text.indexOf(at)
  return place < 0 ? [text, ''] : [text.slice(0, place), text.slice(place + 1)]
}

function wrong(context: z.RefinementCtx, message: string): never {
  context.addIssue({ code: 'custom', message })
  return z.NEVER
}
