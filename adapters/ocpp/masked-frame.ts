// What people may see of a frame: tokens as pseudonyms, passwords, keys, certificates and signed meter values (they name the card) not at all.
import type { Pseudonym } from './hide-tokens.ts'

const HIDDEN = '***'
/** Fields that hold a token, in small letters; as text in 1.6, inside an object of the same name in 2.x. */
const TOKEN_FIELDS = new Set(['idtag', 'parentidtag', 'idtoken', 'additionalidtoken', 'customeridentifier'])
/** Fields that hold a secret, and variables whose value is one (`AuthorizationKey` of 1.6, `BasicAuthPassword` of 2.x). */
const SECRET =
  /password|passwd|authorizationkey|secret|privatekey|simpin|certificate$|certificatechain$|certificates$|^csr$|^exi(?:request|response)$|^signedmeterdata$/i
/** Where one of them may stand. A frame without is shown as it came; letters that are written as `\u` could spell anything. */
const SUSPECT =
  /id_?tag|id_?token|customer|passw|authorizationkey|secret|privatekey|simpin|certificate|csr|exirequest|exiresponse|signed|ocmf|\\u/i
/** One of them inside of another text, such as the JSON that some stations put into `data`. */
const ASSIGNED = /(?:id_?tag|id_?token|password|authorizationkey|secret)\\*["']?\s*[:=]|OCMF\|/i

/** A frame without tokens and secrets. One that holds something of the kind but is no JSON is shown up to there. */
export function maskedFrame(text: string, pseudonym: Pseudonym): string {
  const at = text.search(SUSPECT)
  if (at < 0) return text
  try {
    const frame: unknown = JSON.parse(text)
    const isAboutCustomer = Array.isArray(frame) && frame[2] === 'NotifyCustomerInformation'
    return JSON.stringify(masked(isAboutCustomer ? [...frame.slice(0, 3), HIDDEN] : frame, '', pseudonym))
  } catch {
    // Neither JSON nor shallow enough to be walked through.
    return `${text.slice(0, at)}… ${text.length - at} characters that may hold a token or a secret are not shown`
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
