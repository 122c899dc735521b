// JSON files as text: read without repeating their content in complaints, and changed in one member without touching the rest.
import { ok, refused, type Result } from '../../domain/result.ts'

/** Parses a JSON text, with or without byte order mark. The refusal says where it breaks; what stands there may be a secret and is not repeated. */
export function parseJson(text: string): Result<unknown, string> {
  try {
    return ok(JSON.parse(withoutMark(text)))
  } catch (error) {
    const position = /at position (\d+)/.exec((error as Error).message)?.[1]
    const before = position === undefined ? null : withoutMark(text).slice(0, Number(position)).split('\n')
    const place = before === null ? '' : ` (line ${before.length}, column ${before.at(-1)!.length + 1})`
    return refused(`is not valid JSON${place}`)
  }
}

/** The text of a JSON object with one member set, appended where there was none. Everything else keeps its bytes. The text has to be valid. */
export function withMember(text: string, name: string, value: unknown): string {
  const json = (margin: string) => JSON.stringify(value, null, indentOf(text)).replaceAll('\n', `\n${margin}`)
  const { members, end } = membersOf(text)
  const known = members.filter((member) => member.name === name).at(-1)
  const last = members.at(-1)
  if (known !== undefined) return text.slice(0, known.from) + json(marginOf(text, known.from)) + text.slice(known.until)
  const margin = last === undefined ? indentOf(text) : marginOf(text, last.from)
  const added = `${JSON.stringify(name)}:${margin === '' ? '' : ' '}${json(margin)}`
  if (last === undefined) return `${text.slice(0, end)}\n${margin}${added}\n${text.slice(end)}`
  const gap = text.slice(0, last.from).includes('\n') ? `\n${margin}` : ''
  return `${text.slice(0, last.until)},${gap}${added}${text.slice(last.until)}`
}

function withoutMark(text: string): string {
  return text.startsWith('\uFEFF') ? text.slice(1) : text
}

/** Indent of the first line that has one; none for a file in one line. */
function indentOf(text: string): string {
  return text.includes('\n') ? (/\n([ \t]+)\S/.exec(text)?.[1] ?? ' ') : ''
}
/** White space at the beginning of the line a position lies in. */
function marginOf(text: string, position: number): string {
  const start = text.lastIndexOf('\n', position - 1) + 1
  return start === 0 ? '' : /^[ \t]*/.exec(text.slice(start, position))![0]
}

interface Member {
  readonly name: string
  /** Where its value stands in the text. */
  readonly from: number
  readonly until: number
}
/** A string, a sign of punctuation, or anything else between them. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g

/** The members of the outermost object of a valid JSON text, and where its closing brace stands. */
function membersOf(text: string): { readonly members: readonly Member[]; readonly end: number } {
  const members: Member[] = []
  let depth = 0
  let name: string | null = null
  let from = -1
  let end = -1
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (depth === 1 && from < 0) {
      if (token === '}') end = index
      if (token === '}' || token === ':') continue
      if (token === ',') {
        name = null
        continue
      }
      if (name === null) {
        name = JSON.parse(token) as string
        continue
      }
    }
    if (depth === 1 && from < 0) from = index
    if (token === '{' || token === '[') depth++
    if (token === '}' || token === ']') depth--
    if (depth === 1 && from >= 0) {
      members.push({ name: name!, from, until: index + token.length })
      from = -1
    }
  }
  return { members, end }
}
