// Text that no column of PostgreSQL can hold: NUL, and half of a surrogate pair. It becomes U+FFFD where it comes in, so that memory, journal and database say the same.

// oxlint-disable-next-line no-control-regex -- NUL is what it looks for
const UNSTORABLE = /\0|\p{Surrogate}/gu
/** How such text arrives in JSON: raw it is no JSON, or no UTF-8. */
const ESCAPED = /\\u(?:0000|[dD][89a-fA-F])/

/** The text as it can be stored. */
export function storable(text: string): string {
  return text.replace(UNSTORABLE, '\ufffd')
}

/** A value as it was parsed from a JSON text, with all text in it storable; the same value where nothing has to change. */
export function storableJson(value: unknown, json: string): unknown {
  return ESCAPED.test(json) ? cleaned(value) : value
}

function cleaned(value: unknown): unknown {
  if (typeof value === 'string') return storable(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(cleaned)
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [storable(key), cleaned(part)]))
}
