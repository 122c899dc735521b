// How values of the database become values here, the same for PostgreSQL and the embedded database.
import { types } from 'pg'

type Parse = (text: string) => unknown

const instant = types.getTypeParser(types.builtins.TIMESTAMPTZ) as (text: string) => Date

/** By type OID: 64-bit integers become numbers where that is exact, instants epoch milliseconds, and a calendar date stays what it says. */
export const TYPE_PARSERS: Readonly<Record<number, Parse>> = {
  [types.builtins.INT8]: (text) => {
    const number = Number(text)
    return Number.isSafeInteger(number) ? number : BigInt(text)
  },
  [types.builtins.TIMESTAMPTZ]: (text) => instant(text).getTime(),
  [types.builtins.DATE]: (text) => text,
}
