// How fast and how close to the optimum a whole fleet is planned: `npm run bench -- fleet [--json] -- [--vehicles N] [--threads N] [--seed N] [--against highs]`.
import { execFileSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { createMember, ALONE, createWork } from '../../domain/planning/fleet/team.ts'
import { coordinate } from '../../domain/planning/fleet/coordinate.ts'
import { fleetOracle } from '../domain/planning/fleet/fleet-oracle.ts'
import { randomFleet, soldCoupling } from '../domain/planning/fleet/random-fleet.ts'
import { planningRun, type RunFigures, type RunOptions } from './fleet/planning-run.ts'
import type { BenchOptions, BenchResult, Target } from './run.ts'

const EURO = 1e8

export async function run({ smoke }: BenchOptions): Promise<BenchResult> {
  const { vehicles, threads, seed, against } = options(smoke)
  const repeats = vehicles > 200_000 ? 1 : vehicles > 20_000 ? 3 : 5
  const cold = inFreshProcess({ vehicles, threads, seed, repeats: 0 })
  const warm = await planningRun({ vehicles, threads, seed, repeats })
  const { certificate, identical } = oneThread(vehicles, seed, warm)
  const bare = median(warm.bareSeconds)
  const [coldSeconds, warmSeconds, replanSeconds] = [cold.coldSeconds, median(warm.warmSeconds), median(warm.replanSeconds)]
  const replanGap = Math.max(...warm.replans.map(({ gap }) => gap))
  const figures: Record<string, number> = {
    vehicles,
    threads,
    coldSeconds,
    warmSeconds,
    replanSeconds,
    barePassSeconds: bare,
    coldRatio: coldSeconds / bare,
    warmRatio: warmSeconds / bare,
    replanRatio: replanSeconds / bare,
    gapBeforePolish: certificate.gapBeforePolish,
    gap: certificate.gap,
    replanGap,
    gapEurPerCarDay: (certificate.value - certificate.bound) / EURO / vehicles,
    valueEurPerCarDay: certificate.value / EURO / vehicles,
    boundEurPerCarDay: certificate.bound / EURO / vehicles,
    missedTargets: certificate.missed.cars,
    sweeps: certificate.sweeps,
    polishes: certificate.polishes,
    identicalToOneThread: identical ? 1 : 0,
    coldPeakMegabytes: cold.peakMegabytes,
    eventLoopP99Ms: warm.eventLoopP99Ms,
  }
  const targets: Record<string, Target> = { ...targetsFor(vehicles), identicalToOneThread: { atLeast: 1 } }
  if (against === 'highs') {
    Object.assign(figures, await againstHighs(vehicles, seed, warmSeconds))
    targets['boundBelowOptimum'] = { atLeast: 1 }
    if (vehicles >= 1_000) {
      targets['trueGapBeforePolish'] = { atMost: 0.001 }
      targets['trueGap'] = { atMost: 0.0025 }
      targets['ratioToHighs'] = { atLeast: 100 }
    }
  }
  return { figures, targets }
}

function options(smoke: boolean) {
  // The runner knows only its own options; what stands after a second `--` is passed on as it is.
  const { values } = parseArgs({
    args: process.argv.slice(3),
    options: {
      vehicles: { type: 'string', default: smoke ? '200' : '1000' },
      threads: { type: 'string', default: '2' },
      seed: { type: 'string', default: '1' },
      against: { type: 'string', default: '' },
    },
    strict: false,
    allowPositionals: true,
  })
  const rest = process.argv.indexOf('--')
  const after = rest < 0 ? {} : Object.fromEntries(pairs(process.argv.slice(rest + 1)))
  const given = { ...values, ...after } as Record<string, string>
  return {
    vehicles: Number(given['vehicles']),
    threads: Number(given['threads']),
    seed: Number(given['seed']),
    against: given['against'],
  }
}

function pairs(words: readonly string[]): [string, string][] {
  return words.flatMap((word, i) => (word.startsWith('--') ? [[word.slice(2), words[i + 1] ?? ''] as [string, string]] : []))
}

function targetsFor(vehicles: number): Record<string, Target> {
  if (vehicles >= 1_000_000) return { coldSeconds: { atMost: 45 }, gap: { atMost: 0.001 }, coldPeakMegabytes: { atMost: 1_500 } }
  if (vehicles >= 100_000)
    return {
      gap: { atMost: 0.001 },
      replanGap: { atMost: 0.0012 },
      coldRatio: { atMost: 17 },
      warmRatio: { atMost: 13 },
      replanRatio: { atMost: 8 },
      eventLoopP99Ms: { atMost: 20 },
    }
  if (vehicles >= 10_000)
    return {
      gap: { atMost: 0.0012 },
      replanGap: { atMost: 0.0015 },
      coldSeconds: { atMost: 1.2 },
      warmSeconds: { atMost: 0.6 },
      replanSeconds: { atMost: 0.4 },
    }
  if (vehicles >= 1_000)
    return {
      gapBeforePolish: { atMost: 0.0012 },
      gap: { atMost: 0.0025 },
      replanGap: { atMost: 0.005 },
      coldSeconds: { atMost: 0.6 },
      warmSeconds: { atMost: 0.25 },
      replanSeconds: { atMost: 0.1 },
    }
  return { gap: { atMost: 0.015 } }
}

/** The same fleet planned without threads: what the certificate must be, to the last digit. */
function oneThread(vehicles: number, seed: number, threaded: RunFigures) {
  if (vehicles > 200_000) return { certificate: threaded.cold, identical: true }
  const fleet = randomFleet(vehicles, seed)
  const certificate = coordinate(createMember(createWork(fleet, soldCoupling(fleet, seed)), 0, 1, ALONE), { seed, warm: false })
  return { certificate, identical: certificate.value === threaded.cold.value && certificate.bound === threaded.cold.bound }
}

async function againstHighs(vehicles: number, seed: number, ourSeconds: number): Promise<Record<string, number>> {
  const solve = await fleetOracle()
  const fleet = randomFleet(vehicles, seed)
  const work = createWork(fleet, soldCoupling(fleet, seed))
  const optimum = solve(fleet, work.coupling)
  const certificate = coordinate(createMember(work, 0, 1, ALONE), { seed, warm: false })
  const before = certificate.bound + certificate.gapBeforePolish * Math.abs(certificate.bound)
  const scale = Math.abs(optimum.cost)
  return {
    highsSeconds: optimum.elapsedMs / 1e3,
    ratioToHighs: optimum.elapsedMs / 1e3 / ourSeconds,
    trueGapBeforePolish: (before - optimum.cost) / scale,
    trueGap: (certificate.value - optimum.cost) / scale,
    boundBelowOptimum: certificate.bound <= optimum.cost + 1e-7 * scale ? 1 : 0,
  }
}

function inFreshProcess(run: RunOptions): RunFigures {
  const file = new URL('./fleet/planning-run.ts', import.meta.url)
  const output = execFileSync(process.execPath, [...process.execArgv, file.pathname, JSON.stringify(run)], {
    encoding: 'utf8',
    timeout: 600_000,
  })
  return JSON.parse(output) as RunFigures
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
}
