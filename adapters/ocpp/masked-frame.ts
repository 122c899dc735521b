// What people may see of a frame: tokens as pseudonyms, passwords, keys, certificates and signed meter values (they name the card) not at all.
import type { Pseudonym } from './hide-tokens.ts'

/** Stands for what is not shown at all. */
export const HIDDEN = '***'
/** Fields that hold a token, in small letters; as text in 1.6, inside an object of the same name in 2.x. */
const TOKEN_FIELDS = new Set(['idtag', 'parentidtag', 'idtoken', 'additionalidtoken', 'customeridentifier'])
/** Fields that hold a secret, and variables whose value is one (`AuthorizationKey` of 1.6, `BasicAuthPassword` of 2.x). */
const SECRET =
  /password|passwd|authorizationkey|secret|privatekey|simpin|certificate$|certificatechain$|certificates$|^csr$|^exi(?:request|response)$|^signedmeterdata$/i
/** Where one of them may stand, in small letters. A frame without is shown as it came; letters that are written as `\u` could spell anything. */
const SUSPECT =
  /id_?tag|id_?token|customer|passw|authorizationkey|secret|privatekey|simpin|certificate|csr|exirequest|exiresponse|signed|ocmf|\\u/
/** One of them inside of another text, such as the JSON that some stations put into `data`. */
const ASSIGNED = /(?:id_?tag|id_?token|password|authorizationkey|secret)\\*["']?\s*[:=]|OCMF\|/i

/**
 * The first characters of a frame without tokens and secrets. One that holds something of the kind but is too long to be walked through, or no JSON, is shown
 * up to there. `small` is the same text in small letters, of the same length. Throws what `pseudonym` throws.
 */
export function maskedFrame(text: string, small: string, charactersMax: number, pseudonym: Pseudonym): string {
  const at = small.search(SUSPECT)
  if (at < 0) return text.slice(0, charactersMax)
  const frame = text.length <= charactersMax ? parsed(text) : undefined
  if (frame !== undefined) {
    const isAboutCustomer = Array.isArray(frame) && frame[2] === 'NotifyCustomerInformation'
    return JSON.stringify(masked(isAboutCustomer ? [...(frame as unknown[]).slice(0, 3), HIDDEN] : frame, '', pseudonym))
  }
  // The value may stand before its name.
  const value = text.search(/"(?:attribute)?value"/i)
  const end = Math.min(charactersMax, value < 0 ? at : Math.min(at, value))
  return `${text.slice(0, end)}… ${text.length - end} characters that may hold a token or a secret are not shown`
}

/** Undefined for what is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function masked(value: unknown, field: string, pseudonym: Pseudonym): unknown {
  if (typeof value === 'string') return maskedText(value, field, pseudonym)
  if (Array.isArray(value)) return value.map((part) => masked(part, field, pseudonym))
  if (typeof value !== 'object' || value === null) return isToken(field) ? HIDDEN : value
  const of = value as Readonly<Record<string, unknown>>
  const isSecret = SECRET.test(nameIn(of)) || of['format'] === 'SignedData'
  return Object.fromEntries(
    Object.entries(of).map(([name, part]) => [
      name,
      isSecret && /^(?:attributeValue|value|variableAttribute)$/i.test(name) ? HIDDEN : masked(part, name, pseudonym),
    ]),
  )
}

function maskedText(text: string, field: string, pseudonym: Pseudonym): string {
  if (isToken(field)) return text === '' ? '' : pseudonym(text)
  return SECRET.test(field) || ASSIGNED.test(text) ? HIDDEN : text
}

function isToken(field: string): boolean {
  return TOKEN_FIELDS.has(field.toLowerCase().replaceAll('_', ''))
}

/** Name of the variable whose value stands beside it. */
function nameIn({ key, variable }: Readonly<Record<string, unknown>>): string {
  if (typeof key === 'string') return key
  const name = (variable as { name?: unknown } | null | undefined)?.name
  return typeof name === 'string' ? name : ''
}
