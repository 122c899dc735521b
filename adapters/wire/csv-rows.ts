// Splits a text into rows of cells, each with the number of its line, so that complaints can name it.

export interface CsvRow {
  /** Counted from 1. */
  readonly line: number
  readonly cells: readonly string[]
}

/** Rows of a text; empty lines and rows of empty cells are left out, blanks around cells too. A cell in double quotes may hold the separator, but no line break. */
export function* csvRows(text: string, separator = ','): Generator<CsvRow> {
  // Old spreadsheets end their lines with a carriage return alone.
  if (!text.includes('\n')) text = text.replaceAll('\r', '\n')
  let line = 0
  for (let start = 0; start <= text.length;) {
    let end = text.indexOf('\n', start)
    if (end < 0) end = text.length
    line++
    const content = text.slice(start, end).replace(/\r$/, '')
    const cells = content.trim() === '' ? [] : cellsOf(content, separator)
    if (cells.some((cell) => cell !== '')) yield { line, cells }
    start = end + 1
  }
}

function cellsOf(content: string, separator: string): readonly string[] {
  if (!content.includes('"')) return content.split(separator).map((cell) => cell.trim())
  const cells: string[] = []
  let cell = ''
  let quoted = false
  for (let i = 0; i < content.length; i++) {
    const letter = content[i]!
    if (letter === '"' && quoted && content[i + 1] === '"') {
      cell += letter
      i++
    } else if (letter === '"') quoted = !quoted
    else if (letter === separator && !quoted) {
      cells.push(cell.trim())
      cell = ''
    } else cell += letter
  }
  cells.push(cell.trim())
  return cells
}

/** A cell as it must be written, in quotes where it needs them. */
export function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""').replaceAll(/[\r\n]+/g, ' ')}"` : text
}

/** Decodes UTF-8, with or without byte order mark; null when it is none. */
export function decodeText(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}
