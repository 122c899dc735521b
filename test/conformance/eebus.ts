// The abstract test cases of EEBUS and the tests that cite them: what is covered, what is not and why, and the page that shows it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { citationsUnder, type Citation, type IdsIn } from './cited-ids.ts'

export const EEBUS_FILE = 'docs/conformance/eebus.md'
const CASES_FILE = 'test/conformance/eebus-cases.csv'
const HEAD = 'id;actor;level;summary'

/** One line of the list; the summary is in our own words. */
export interface EebusCase {
  readonly id: string
  /** EG: Energy Guard, CS: Controllable System, MU: monitored unit, MA: monitoring appliance, GCP: grid connection point. */
  readonly actor: string
  /** m: mandatory, r: recommended, o: optional, where the device has what is tried; empty where not known. */
  readonly level: string
  readonly summary: string
}

interface Family {
  readonly name: string
  readonly title: string
  readonly prefix: string
  readonly count: number
  /** Why one that no test cites is open, unless it has a reason of its own. */
  readonly open: string | null
}
const NO_WIRE = 'on the wire: no test over a connection cites it yet'
export const FAMILIES: readonly Family[] = [
  { name: 'LPC', title: 'Limitation of power consumption', prefix: 'ATC_LPC_', count: 51, open: null },
  { name: 'LPP', title: 'Limitation of power production', prefix: 'ATC_LPP_', count: 51, open: null },
  { name: 'SHIP', title: 'SHIP, the connection', prefix: 'TC_SHIP_', count: 33, open: NO_WIRE },
  { name: 'SPINE', title: 'SPINE, the data model', prefix: 'TC_SPINE_', count: 31, open: NO_WIRE },
  { name: 'MPC', title: 'Monitoring of power consumption', prefix: 'ATC_MPC_', count: 54, open: null },
  {
    name: 'MGCP',
    title: 'Monitoring of the grid connection point',
    prefix: 'ATC_MGCP_',
    count: 47,
    open: null,
  },
]
/** What no state machine can show by itself. */
const OPEN: Readonly<Record<string, string>> = {
  COM_PT_EGConnection_003: `${NO_WIRE}; that the guard builds the connection up again unaided is the part of the connection`,
  COM_PT_CSConnection_009: `${NO_WIRE}; that the device builds the connection up again unaided is the part of the connection`,
}

const USE_CASES = ['LPC', 'LPP'] as const
/** A whole id, or one of both directions at once: its use case is computed in a `describe.each` whose title says `$useCase`. */
const ID = /(?<!\w)(?:ATC_(?:[A-Z]+|…)_[A-Z]+\d?_[NP]T|TC_[A-Z]+)_[A-Za-z]\w*?_\d{3}(?!\w)/g

/** Ids in a title; one with a computed use case stands for LPC and for LPP where a title above runs both. */
export const eebusIdsIn: IdsIn = (path) =>
  [...path.at(-1)!.matchAll(ID)].flatMap(([id]) => {
    if (!id.includes('…')) return [id]
    return path.slice(0, -1).some((title) => title.includes('$useCase')) ? USE_CASES.map((name) => id.replace('…', name)) : [id]
  })

/** Every citation in the tests of a project. */
export function eebusCitations(root: string): readonly Citation[] {
  return citationsUnder(root, 'test', eebusIdsIn)
}

/** Reads the list of the project; throws with the number of a line that is not as it should be. */
export function readEebusCases(root: string): readonly EebusCase[] {
  const [head, ...lines] = readFileSync(join(root, CASES_FILE), 'utf8').trimEnd().split('\n')
  if (head !== HEAD) throw new Error(`${CASES_FILE}:1: must be ${HEAD}`)
  return lines.map((line, i) => {
    const [id = '', actor = '', level = '', summary = '', ...rest] = line.split(';')
    if (summary === '' || rest.length > 0) throw new Error(`${CASES_FILE}:${i + 2}: must have four fields`)
    return { id, actor, level, summary }
  })
}

/** Everything that is wrong, a sentence each. */
export function eebusContradictions(cases: readonly EebusCase[], citations: readonly Citation[]): readonly string[] {
  const listed = cases.map(({ id }) => id)
  const cited = new Set(citations.map(({ id }) => id))
  return [
    ...listed.filter((id, i) => listed.indexOf(id) !== i).map((id) => `${id} is listed twice`),
    ...citations.filter(({ id }) => !listed.includes(id)).map(({ id, file }) => `${file} cites ${id}, but there is no such case`),
    ...FAMILIES.map(({ name, prefix, count }) => ({ name, count, is: listed.filter((id) => id.startsWith(prefix)).length }))
      .filter(({ count, is }) => count !== is)
      .map(({ name, count, is }) => `${name} has ${count} cases, and ${is} are listed`),
    ...listed
      .filter((id) => !cited.has(id) && reasonOf(id) === null)
      .map((id) => `${id} is cited by no test, and no reason is given`),
  ]
}

function reasonOf(id: string): string | null {
  const own = Object.entries(OPEN).find(([end]) => id.endsWith(end))?.[1]
  return own ?? FAMILIES.find(({ prefix }) => id.startsWith(prefix))?.open ?? null
}

/** The page in Markdown. */
export function eebusPage(cases: readonly EebusCase[], citations: readonly Citation[]): string {
  const cited = new Set(citations.map(({ id }) => id))
  const of = ({ prefix }: Family) => cases.filter(({ id }) => id.startsWith(prefix))
  const covered = (list: readonly EebusCase[]) => list.filter(({ id }) => cited.has(id)).length
  return [
    '# EEBUS: the abstract test cases',
    '',
    `Generated by \`npm run conformance\` from [the list of cases](../../${CASES_FILE}) and the titles of all tests; do not edit. Covered means: a test with this id in its title does what the summary says, on a manual clock or over a real connection. It is our own word, not that of a test house.`,
    '',
    'The ids come from public transcriptions, the summaries are ours. Cases that exclude each other (an energy manager or a plain device) are run with two configurations. Level: m mandatory, r recommended, o optional, for a device that has what is tried.',
    '',
    '| | cases | covered | not covered |',
    '|--|--|--|--|',
    ...FAMILIES.map((family) => {
      const list = of(family)
      return `| ${family.name} | ${list.length} | ${covered(list)} | ${list.length - covered(list)} |`
    }),
    ...FAMILIES.flatMap((family) => [
      '',
      `## ${family.name}: ${family.title}`,
      '',
      '| id | actor | level | what is tried | state | tests, or why not |',
      '|--|--|--|--|--|--|',
      ...of(family).map(row),
    ]),
    '',
  ].join('\n')

  function row({ id, actor, level, summary }: EebusCase): string {
    const isCovered = cited.has(id)
    const last = isCovered ? testsOf(id) : (reasonOf(id) ?? '')
    return `| ${[id, actor, level, cell(summary), isCovered ? 'covered' : 'not covered', last].join(' | ')} |`
  }
  function testsOf(id: string): string {
    const titles = new Map<string, Set<string>>()
    for (const one of citations) if (one.id === id) titles.set(one.file, (titles.get(one.file) ?? new Set()).add(shortTitle(one)))
    return [...titles].map(([file, list]) => `[${file.split('/').at(-1)!}](../../${file}): ${[...list].join('; ')}`).join('<br>')
  }
}

/** The innermost title without the ids, which stand in the first column. */
function shortTitle({ title }: Citation): string {
  return cell(
    title
      .split(' › ')
      .at(-1)!
      .replaceAll(ID, '')
      .replace(/^[\s:,]+/, ''),
  )
}

/** Text that is nothing but text in a cell of a table. */
function cell(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/[\\|<>*_`[\]]/g, (sign) => `\\${sign}`)
}
