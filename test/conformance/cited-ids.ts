// Which tests cite which promise or which case of a standard: the titles of describe, it and test in the sources of all tests, found in their syntax trees.
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { parseSync } from 'vite'

export interface Citation {
  readonly id: string
  /** Path from the root of the project. */
  readonly file: string
  /** Titles from the outermost describe down to the one that cites; what is computed in them stands as `…`. */
  readonly title: string
}

interface Node {
  readonly type: string
  readonly [key: string]: unknown
}
/** F1 or S28 as a word of its own; `S2/1` is a charge point, `K28.FR.13` and `LPC-911` belong to others. */
const ID = /(?<![\w.-])[FIS]\d{1,2}(?![\w/]|\.\d)/g
/** The ids in a title; given with the titles above it, from the outermost describe down. */
export type IdsIn = (path: readonly string[]) => readonly string[]
const promisesIn: IdsIn = (path) => [...path.at(-1)!.matchAll(ID)].map(([id]) => id)
const TEST_FUNCTIONS = ['describe', 'it', 'test']
/** Tests that never run assert nothing. `skipIf` and `runIf` do on the machines that have what is needed. */
const NEVER_RUN = ['skip', 'todo']

/** All citations under a folder of tests, sorted by file and place; of promises unless told otherwise. */
export function citationsUnder(root: string, folder: string, idsIn: IdsIn = promisesIn): readonly Citation[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort()
    .flatMap((file) => citationsIn(file, readFileSync(join(root, file), 'utf8'), idsIn))
}

/** The citations of one source. Throws when it is no TypeScript. */
export function citationsIn(file: string, source: string, idsIn: IdsIn = promisesIn): readonly Citation[] {
  const { program, errors } = parseSync(file, source, { lang: 'ts' })
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]!.message}`)
  const found: Citation[] = []
  walk(program as unknown as Node, [])
  return found

  function walk(node: Node, above: readonly string[]): void {
    const title = titleOf(node)
    if (title === null) return children(node).forEach((child) => walk(child, above))
    if (title === 'never run') return
    const path = [...above, title]
    for (const id of idsIn(path)) found.push({ id, file, title: path.join(' › ') })
    for (const child of children(node)) walk(child, path)
  }
}

/** The title of a call of describe, it or test, `never run` for one that is skipped, null for every other node. */
function titleOf(node: Node): string | null {
  if (node.type !== 'CallExpression') return null
  const names = calledNames(node['callee'] as Node)
  const [title] = node['arguments'] as readonly Node[]
  if (!TEST_FUNCTIONS.includes(names[0] ?? '') || title === undefined) return null
  if (names.some((name) => NEVER_RUN.includes(name))) return 'never run'
  if (title.type === 'Literal' && typeof title['value'] === 'string') return title['value']
  if (title.type !== 'TemplateLiteral') return null
  return (title['quasis'] as readonly { readonly value: { readonly cooked: string } }[])
    .map(({ value }) => value.cooked)
    .join('…')
}

/** `describe.skipIf(x).each(y)` as describe, skipIf, each; empty for what does not begin with a name. */
function calledNames(callee: Node): readonly string[] {
  switch (callee.type) {
    case 'Identifier':
      return [String(callee['name'])]
    case 'CallExpression':
      return calledNames(callee['callee'] as Node)
    case 'TaggedTemplateExpression':
      return calledNames(callee['tag'] as Node)
    case 'MemberExpression': {
      const before = calledNames(callee['object'] as Node)
      return before.length === 0 ? [] : [...before, String((callee['property'] as Node)['name'])]
    }
    default:
      return []
  }
}

function children(node: Node): readonly Node[] {
  return Object.values(node)
    .flat()
    .filter((value): value is Node => typeof value === 'object' && value !== null && 'type' in value)
}
