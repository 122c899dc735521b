// Runs one benchmark by name: `npm run bench -- NAME [--json] [--smoke] [options of its own]`. Each is a file beside this one that exports `run`, and `options` where it has any.
import { readdirSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { basename } from 'node:path'
import { parseArgs } from 'node:util'
import { ok, refused, type Result } from '../../domain/result.ts'

/** What a benchmark returns: measured figures and the bounds they are held against. */
export interface BenchResult {
  readonly figures: Readonly<Record<string, number>>
  readonly targets: Readonly<Record<string, Target>>
  /** Bounds that are shown beside a figure and do not count for `pass`: seconds, because machines differ. */
  readonly references?: Readonly<Record<string, Target>>
}
/** A figure passes when it lies within the bounds that are given. */
export interface Target {
  readonly atMost?: number
  readonly atLeast?: number
}
export interface BenchOptions {
  /** A small, fast version that shows the benchmark works; a few seconds. */
  readonly smoke: boolean
  /** The options of the benchmark's own that were given, checked against their kinds. */
  readonly given: Readonly<Record<string, string | number | boolean>>
}
/** What may follow an option: a whole number of at least 1, nothing, or one of some words. */
export type OptionKind = 'count' | 'flag' | readonly string[]

interface Benchmark {
  readonly options?: Readonly<Record<string, OptionKind>>
  run(options: BenchOptions): Promise<BenchResult>
}

const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && file !== 'run.ts')
  .map((file) => basename(file, '.ts'))
  .sort()
const words = process.argv.slice(2)
const name = words.find((word) => names.includes(word))
const benchmark = name === undefined ? undefined : ((await import(`./${name}.ts`)) as Benchmark)
const given = benchmark === undefined ? refused('which benchmark?') : readOptions(benchmark.options ?? {})

if (name !== undefined && benchmark !== undefined && given.ok) {
  const { json, smoke, ...own } = given.value
  const { figures, targets, references = {} } = await benchmark.run({ smoke: smoke === true, given: own })
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    node: process.version,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
  }
  const pass = Object.entries(targets).every(([figure, target]) => isMet(figures[figure], target))
  if (json === true) console.log(JSON.stringify({ name, machine, figures, targets, references, pass }))
  else printTable(name, machine, { figures, targets, references }, pass)
} else {
  const own = Object.entries(benchmark?.options ?? {}).map(([option, kind]) => ` [--${option}${sample(kind)}]`)
  console.error(`${given.ok ? '' : given.refusal}\nusage: npm run bench -- ${name ?? 'NAME'} [--json] [--smoke]${own.join('')}`)
  console.error(`benchmarks: ${names.join(', ')}`)
  process.exitCode = 2
}

/** The options after the name of the benchmark, or why they cannot be understood. */
function readOptions(own: Readonly<Record<string, OptionKind>>): Result<Record<string, string | number | boolean>, string> {
  const kinds: Record<string, OptionKind> = { json: 'flag', smoke: 'flag', ...own }
  const options = Object.fromEntries(
    Object.entries(kinds).map(([option, kind]) => [
      option,
      { type: kind === 'flag' ? ('boolean' as const) : ('string' as const) },
    ]),
  )
  const { values, positionals, tokens } = parseArgs({ args: words, options, strict: false, allowPositionals: true, tokens: true })
  const surplus = positionals.find((word) => word !== name)
  if (surplus !== undefined) return refused(`${surplus} is not understood`)
  const read: Record<string, string | number | boolean> = {}
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const kind = kinds[token.name]
    if (kind === undefined) return refused(`there is no option ${token.rawName}`)
    const value = kind === 'flag' && token.value !== undefined ? undefined : readValue(kind, values[token.name])
    if (value === undefined) return refused(`${token.rawName} wants${sample(kind) || ' nothing after it'}`)
    read[token.name] = value
  }
  return ok(read)
}

function readValue(kind: OptionKind, value: unknown): string | number | boolean | undefined {
  if (kind === 'flag') return true
  if (typeof value !== 'string') return undefined
  if (kind === 'count') return Number.isSafeInteger(Number(value)) && Number(value) >= 1 ? Number(value) : undefined
  return kind.includes(value) ? value : undefined
}

function sample(kind: OptionKind): string {
  return kind === 'flag' ? '' : kind === 'count' ? ' N' : ` ${kind.join('|')}`
}

function isMet(figure: number | undefined, { atMost, atLeast }: Target): boolean {
  return (
    figure !== undefined && !(atMost !== undefined && !(figure <= atMost)) && !(atLeast !== undefined && !(figure >= atLeast))
  )
}

function printTable(
  title: string,
  machine: Readonly<Record<string, string | number>>,
  { figures, targets, references }: Required<BenchResult>,
  pass: boolean,
): void {
  console.log(`${title} on ${machine['cpu']}, ${machine['cores']} cores, node ${machine['node']}, ${machine['memoryGiB']} GiB`)
  const width = Math.max(...Object.keys(figures).map((figure) => figure.length))
  for (const [figure, value] of Object.entries(figures)) {
    const [target, reference] = [targets[figure], references[figure]]
    const verdict =
      target !== undefined
        ? `${isMet(value, target) ? 'ok' : 'MISSED'} (${bound(target)})`
        : reference !== undefined
          ? `(reference: ${bound(reference)})`
          : ''
    console.log(`  ${figure.padEnd(width)}  ${String(Number(value.toPrecision(4))).padStart(12)}  ${verdict}`)
  }
  console.log(pass ? 'all targets met' : 'targets missed')
}

function bound({ atMost, atLeast }: Target): string {
  return atMost === undefined ? `at least ${atLeast}` : `at most ${atMost}`
}
