// A table as spreadsheets save it: the separator told by the first line, the columns by their names, emptied rows and cells passed over.
import { csvRows, type CsvRow } from './csv-rows.ts'

export interface Table {
  /** Comma, semicolon or tab. */
  readonly separator: string
  readonly line: number
  /** In small letters, without the empty ones at the end. */
  readonly columns: readonly string[]
  /** The rows below the header, from the first one with every call; without empty cells beyond the last column. */
  rows(): Generator<CsvRow>
}

/** What `sep=;` in a first line is for: it tells spreadsheets the separator. */
const SEPARATOR_LINE = /^\s*"?sep=([,;\t])"?\s*$/i

/** The table of a text; null when nothing is in it. */
export function readTable(text: string): Table | null {
  const [firstLine = ''] = text.trimStart().split(/[\r\n]/, 1)
  const told = SEPARATOR_LINE.exec(firstLine)?.[1] ?? null
  const separator = told ?? separatorOf(firstLine)
  const skipped = told === null ? 0 : 1
  const all = csvRows(text, separator)
  for (let i = 0; i < skipped; i++) all.next()
  const head = all.next()
  if (head.done === true) return null
  const columns = withoutEmptyEnd(head.value.cells, 0).map((name) => name.toLowerCase())
  return {
    separator,
    line: head.value.line,
    columns,
    *rows() {
      let i = 0
      for (const row of csvRows(text, separator))
        if (i++ > skipped) yield { line: row.line, cells: withoutEmptyEnd(row.cells, columns.length) }
    },
  }
}

function separatorOf(header: string): string {
  const bare = header.replaceAll(/"[^"]*"/g, '')
  return bare.includes('\t') ? '\t' : bare.includes(';') ? ';' : ','
}

function withoutEmptyEnd(cells: readonly string[], least: number): readonly string[] {
  let length = cells.length
  while (length > least && cells[length - 1] === '') length--
  return length === cells.length ? cells : cells.slice(0, length)
}
