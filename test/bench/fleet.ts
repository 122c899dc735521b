// How fast and how close to the optimum a whole fleet is planned: `npm run bench -- fleet --vehicles 10000 --json`; fleets that are meant to be hard with `--set adversarial`.
import { execFileSync } from 'node:child_process'
import { coordinate } from '../../domain/planning/fleet/coordinate.ts'
import { ALONE, createMember, createWork } from '../../domain/planning/fleet/team.ts'
import { adversarialRun } from './fleet/adversarial.ts'
import { againstHighs } from './fleet/against-highs.ts'
import { plannersFile } from './fleet/built-planners.ts'
import { instance, MODELS, type InstanceOptions } from './fleet/instance.ts'
import { digestOf, planningRun, type RunFigures, type RunOptions } from './fleet/planning-run.ts'
import { referencesFor, targetsFor } from './fleet/targets.ts'
import { timeByForm } from './fleet/time-by-form.ts'
import type { BenchOptions, BenchResult, OptionKind, Target } from './run.ts'

const EURO = 1e8

export const options = {
  vehicles: 'count',
  threads: 'count',
  seed: 'count',
  caps: 'flag',
  model: MODELS,
  against: ['highs'],
  set: ['adversarial'],
} as const satisfies Record<string, OptionKind>

export async function run({ smoke, given }: BenchOptions): Promise<BenchResult> {
  const vehicles = Number(given['vehicles'] ?? (smoke ? 200 : 1_000))
  const seed = Number(given['seed'] ?? 1)
  if (given['set'] === 'adversarial') return adversarialRun(vehicles, seed)
  const caps = given['caps'] === true
  const model = given['model'] === 'rich' ? 'rich' : 'simple'
  const threads = Number(given['threads'] ?? 2)
  const isRich = model === 'rich'
  const huge = vehicles > 200_000
  const [repeats, warmUps] = huge
    ? [0, 0]
    : vehicles > 20_000
      ? [3, 0]
      : isRich || smoke
        ? [2, 1]
        : vehicles > 2_000
          ? [9, 1]
          : [25, 5]
  const all = { model, vehicles, seed, caps, threads } as const
  const { isBuilt } = plannersFile()
  if (!isBuilt) console.error('threads start from TypeScript, which takes longer: `npm run build` is missing or old')
  const colds = Array.from({ length: vehicles > 20_000 || isRich || smoke ? 1 : 5 }, () => coldRun(all))
  const first = colds[0]!
  const warm = huge ? null : await planningRun({ ...all, repeats, warmUps })
  const { cold: certificate, violations } = first
  const figures: Record<string, number> = {
    vehicles,
    threads,
    ...spread(
      'cold',
      colds.map(({ coldSeconds }) => coldSeconds),
    ),
    gapBeforePolish: certificate.gapBeforePolish,
    gap: certificate.gap,
    gapEurPerCarDay: (certificate.value - certificate.bound) / EURO / vehicles,
    valueEurPerCarDay: certificate.value / EURO / vehicles,
    boundEurPerCarDay: certificate.bound / EURO / vehicles,
    missedTargets: violations.missedTargets,
    violations: violations.count + Math.abs(violations.missedTargets - certificate.missed.cars),
    excessWatts: violations.excessWatts,
    sweeps: certificate.sweeps,
    polishes: certificate.polishes,
    coldPeakMegabytes: first.peakMegabytes,
    isBuilt: isBuilt ? 1 : 0,
  }
  const targets: Record<string, Target> = { ...targetsFor(all) }
  if (warm !== null) {
    Object.assign(figures, warmFigures(warm, figures))
    const alone = oneThreadDigest(all)
    figures['identicalToOneThread'] = [...colds, warm].every(({ digest }) => digest === alone) ? 1 : 0
    targets['replanViolations'] = { atMost: 0 }
    targets['identicalToOneThread'] = { atLeast: 1 }
    if (isRich) Object.assign(figures, timeByForm(instance(all).fleet))
    if (caps) figures['poolSlotsBinding'] = poolSlotsBinding(all)
  }
  if (given['against'] === 'highs' && isRich) console.error('no comparison: the programme for HiGHS holds simple cars only')
  else if (given['against'] === 'highs') {
    Object.assign(figures, await againstHighs(all, figures['warmSeconds'] ?? figures['coldSeconds']!))
    targets['boundBelowOptimum'] = { atLeast: 1 }
    if (vehicles >= 1_000 && !caps) {
      targets['trueGapBeforePolish'] = { atMost: 0.001 }
      targets['trueGap'] = { atMost: 0.0025 }
      targets['ratioToHighs'] = { atLeast: 100 }
    }
  }
  return { figures, targets, references: referencesFor(all) }
}

function warmFigures(warm: RunFigures, { coldSeconds }: Record<string, number>): Record<string, number> {
  const bare = quantile(warm.bareSeconds, 0.5)
  const replanned = warm.replanViolations
  return {
    ...spread('warm', warm.warmSeconds),
    ...spread('replan', warm.replanSeconds),
    replanGap: Math.max(...warm.replans.map(({ gap }) => gap)),
    replanViolations: replanned.reduce((sum, { count, excessWatts }) => sum + count + (excessWatts > 0 ? 1 : 0), 0),
    barePassSeconds: bare,
    coldRatio: coldSeconds! / bare,
    warmRatio: quantile(warm.warmSeconds, 0.5) / bare,
    replanRatio: quantile(warm.replanSeconds, 0.5) / bare,
    eventLoopP99Ms: warm.eventLoopP99Ms,
  }
}

/** The same fleet planned without threads: what the plan must be, to the last bit. */
function oneThreadDigest(all: InstanceOptions): string {
  const { fleet, coupling } = instance(all)
  const work = createWork(fleet, coupling)
  coordinate(createMember(work, 0, 1, ALONE), { seed: all.seed, warm: false })
  return digestOf(work)
}

/** In how many slots the pool would take more than its cap if there were none. */
function poolSlotsBinding(all: InstanceOptions): number {
  const { coupling: capped } = instance({ ...all, caps: true })
  const { fleet, coupling } = instance({ ...all, caps: false })
  const member = createMember(createWork(fleet, coupling), 0, 1, ALONE)
  coordinate(member, { seed: all.seed, warm: false })
  const pool = capped.names.indexOf('pool') * capped.steps
  return member.sums.filter((sum, t) => sum > capped.at[pool + t]!).length
}

function coldRun(all: InstanceOptions & { readonly threads: number }): RunFigures {
  console.error(`a fresh process plans ${all.vehicles} cars`)
  const run: RunOptions = { ...all, repeats: 0, warmUps: 0 }
  const file = new URL('./fleet/planning-run.ts', import.meta.url)
  const output = execFileSync(process.execPath, [...process.execArgv, file.pathname, JSON.stringify(run)], {
    encoding: 'utf8',
    timeout: 600_000,
  })
  return JSON.parse(output) as RunFigures
}

/** Median under the plain name; the tail beside it where there are several. */
function spread(name: string, seconds: readonly number[]): Record<string, number> {
  const median = { [`${name}Seconds`]: quantile(seconds, 0.5) }
  return seconds.length > 1 ? { ...median, [`${name}P99Seconds`]: quantile(seconds, 0.99) } : median
}

function quantile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))]!
}
