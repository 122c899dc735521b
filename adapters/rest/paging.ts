// Pages of long lists: a cursor is an opaque text that says where the next page starts; the Link header carries its whole address (RFC 8288).
import { z } from 'zod'
import { problem } from '../wire/problem.ts'

/** A cursor parameter whose content has to fit `schema`. */
export function cursorParameter() {
  return z
    .string()
    .max(256)
    .optional()
    .meta({ description: 'Where the page starts; take it from the Link header of the page before' })
}

/** A cursor as text; opaque to clients. */
export function writeCursor(content: unknown): string {
  return Buffer.from(JSON.stringify(content)).toString('base64url')
}

/** The content of a cursor; null when there is none. Throws the problem `invalid-request` on a cursor that is not ours. */
export function readCursor<Schema extends z.ZodType>(cursor: string | undefined, schema: Schema): z.output<Schema> | null {
  if (cursor === undefined) return null
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')))
  } catch {
    throw problem('invalid-request', 'the cursor is not one of ours', {
      errors: [{ parameter: 'cursor', detail: 'take it from the Link header of the page before' }],
    })
  }
}

/** The Link header of the next page; none when this is the last one. */
export function nextLink(address: string | null): Readonly<Record<string, string>> {
  return address === null ? {} : { Link: `<${address}>; rel="next"` }
}
