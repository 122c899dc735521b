// Runs one benchmark by name: `npm run bench -- NAME [--json] [--smoke]`. Each is a file beside this one that exports `run`.
import { readdirSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { basename } from 'node:path'
import { parseArgs } from 'node:util'

/** What a benchmark returns: measured figures and the bounds they are held against. */
export interface BenchResult {
  readonly figures: Readonly<Record<string, number>>
  readonly targets: Readonly<Record<string, Target>>
}
/** A figure passes when it lies within the bounds that are given. */
export interface Target {
  readonly atMost?: number
  readonly atLeast?: number
}
export interface BenchOptions {
  /** A small, fast version that shows the benchmark works; a few seconds. */
  readonly smoke: boolean
}

const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && file !== 'run.ts')
  .map((file) => basename(file, '.ts'))
  .sort()
const { values: flags, positionals } = parseArgs({
  options: { json: { type: 'boolean', default: false }, smoke: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const name = positionals[0] ?? ''

if (names.includes(name)) {
  const benchmark = (await import(`./${name}.ts`)) as { run(options: BenchOptions): Promise<BenchResult> }
  const { figures, targets } = await benchmark.run({ smoke: flags.smoke })
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    node: process.version,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
  }
  const pass = Object.entries(targets).every(([figure, target]) => isMet(figures[figure], target))
  if (flags.json) console.log(JSON.stringify({ name, machine, figures, targets, pass }))
  else printTable(name, machine, figures, targets, pass)
} else {
  console.error(`usage: npm run bench -- NAME [--json] [--smoke]\nbenchmarks: ${names.join(', ')}`)
  process.exitCode = 2
}

function isMet(figure: number | undefined, { atMost, atLeast }: Target): boolean {
  return (
    figure !== undefined && !(atMost !== undefined && !(figure <= atMost)) && !(atLeast !== undefined && !(figure >= atLeast))
  )
}

function printTable(
  title: string,
  machine: Readonly<Record<string, string | number>>,
  figures: BenchResult['figures'],
  targets: BenchResult['targets'],
  pass: boolean,
): void {
  console.log(`${title} on ${machine['cpu']}, ${machine['cores']} cores, node ${machine['node']}, ${machine['memoryGiB']} GiB`)
  const width = Math.max(...Object.keys(figures).map((figure) => figure.length))
  for (const [figure, value] of Object.entries(figures)) {
    const target = targets[figure]
    const bound =
      target === undefined ? '' : target.atMost === undefined ? `at least ${target.atLeast}` : `at most ${target.atMost}`
    const verdict = target === undefined ? '' : isMet(value, target) ? `ok (${bound})` : `MISSED (${bound})`
    console.log(`  ${figure.padEnd(width)}  ${String(Number(value.toPrecision(4))).padStart(12)}  ${verdict}`)
  }
  console.log(pass ? 'all targets met' : 'targets missed')
}
