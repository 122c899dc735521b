// Pages of long lists: a cursor says behind which row the next page begins, signed, so that it is only good for the list it was made for (RFC 8288 carries it).
import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { problem } from '../wire/problem.ts'

/** Long enough for the longest name a row can have; a position is read only when its seal fits. */
const CURSOR_CHARACTERS_MAX = 1_024

/** The parameter that names the page. */
export function cursorParameter() {
  return z
    .string()
    .max(CURSOR_CHARACTERS_MAX)
    .optional()
    .meta({ description: 'Where the page starts; take it from the Link header of the page before, for the same question' })
}

/** Writes and reads cursors. A list is told apart by any text; a cursor of another list is none of ours. */
export interface Cursors {
  /** The cursor that leads behind a position, which has to fit into JSON. */
  write(list: string, position: unknown): string
  /** The position of a cursor. Throws the problem `invalid-request` on one that was not made by us for this list. */
  read<Schema extends z.ZodType>(list: string, cursor: string, schema: Schema): z.output<Schema>
}

/** Cursors sealed with HMAC-SHA256; under another key they are not ours any more. */
export function sealedCursors(key: Uint8Array): Cursors {
  function seal(list: string, position: string): string {
    const mac = createHmac('sha256', key).update(`${list}\n${position}`).digest('base64url')
    return `${position}.${mac}`
  }
  return {
    write: (list, position) => seal(list, Buffer.from(JSON.stringify(position)).toString('base64url')),
    read(list, cursor, schema) {
      const [position = ''] = cursor.split('.', 1)
      const [given, ours] = [Buffer.from(cursor), Buffer.from(seal(list, position))]
      if (given.length !== ours.length || !timingSafeEqual(given, ours)) throw notOurs()
      const parsed = schema.safeParse(JSON.parse(Buffer.from(position, 'base64url').toString('utf8')))
      if (!parsed.success) throw notOurs()
      return parsed.data
    },
  }
}

function notOurs(): Error {
  return problem('invalid-request', 'the cursor is not one of ours', {
    errors: [{ parameter: 'cursor', detail: 'take it from the Link header of the page before' }],
  })
}

/** The Link header of the next page; none when this is the last one. */
export function nextLink(address: string | null): Readonly<Record<string, string>> {
  return address === null ? {} : { Link: `<${address}>; rel="next"` }
}
