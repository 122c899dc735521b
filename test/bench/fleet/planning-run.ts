// One process that plans a seeded fleet: from scratch, again with everything warm, and after a change of the sold position. Run on its own it prints its figures as JSON.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { Coupling } from '../../../domain/planning/fleet/coupling.ts'
import type { FleetColumns } from '../../../domain/planning/fleet/fleet-columns.ts'
import { createWork } from '../../../domain/planning/fleet/team.ts'
import { openFleetPlanners, type FleetPlanned } from '../../../src/planning-workers/open-fleet-planners.ts'
import { createFlags } from '../../../src/planning-workers/barrier.ts'
import { randomFleet, soldCoupling } from '../../domain/planning/fleet/random-fleet.ts'

export interface RunOptions {
  readonly vehicles: number
  readonly threads: number
  readonly seed: number
  /** Repetitions of what is measured warm; 0 for the first run only. */
  readonly repeats: number
}

export interface RunFigures {
  readonly coldSeconds: number
  readonly warmSeconds: readonly number[]
  readonly replanSeconds: readonly number[]
  readonly bareSeconds: readonly number[]
  readonly cold: FleetPlanned
  readonly replans: readonly FleetPlanned[]
  readonly eventLoopP99Ms: number
  readonly peakMegabytes: number
}

/** The fleet and its coupling are given data and made before the clock starts; arrays of the planner, threads, bound, polish and whole watts are inside. */
export async function planningRun({ vehicles, threads, seed, repeats }: RunOptions): Promise<RunFigures> {
  const fleet = randomFleet(vehicles, seed)
  const coupling = () => soldCoupling(fleet, seed)
  const changed = [0.95, 1.05].map((factor) => soldCoupling(fleet, seed, factor).at)
  const [first, again] = [coupling(), coupling()]
  const loop = monitorEventLoopDelay({ resolution: 1 })
  loop.enable()
  const started = process.hrtime.bigint()
  const planners = openFleetPlanners(threads)
  let work = createWork(fleet, first)
  const plan = async (warm: boolean): Promise<FleetPlanned> => {
    const planned = await planners.coordinate(work, { seed, warm })
    if (!planned.ok) throw new Error(`planning failed: ${planned.refusal.kind}`)
    return planned.value
  }
  const cold = await plan(false)
  const coldSeconds = secondsSince(started)
  const [warmSeconds, replanSeconds, replans]: [number[], number[], FleetPlanned[]] = [[], [], []]
  for (let i = 0; i < repeats; i++) {
    again.at.set(first.at)
    const warmStarted = process.hrtime.bigint()
    work = createWork(fleet, again)
    await plan(false)
    warmSeconds.push(secondsSince(warmStarted))
    again.at.set(changed[i % 2]!)
    const replanStarted = process.hrtime.bigint()
    replans.push(await plan(true))
    replanSeconds.push(secondsSince(replanStarted))
  }
  loop.disable()
  await planners.close()
  return {
    coldSeconds,
    warmSeconds,
    replanSeconds,
    bareSeconds: repeats > 0 ? await barePasses(fleet, first, threads, repeats + 2) : [],
    cold,
    replans,
    eventLoopP99Ms: Math.max(0, loop.percentile(99) / 1e6 - 1),
    peakMegabytes: process.resourceUsage().maxRSS / 1024,
  }
}

/** Seconds of one best response of every car at no price, shared among threads; the first two passes only warm up. */
async function barePasses(fleet: FleetColumns, coupling: Coupling, threads: number, passes: number): Promise<number[]> {
  const loader = import.meta.resolve('tsx/esm/api')
  const start = `import { register } from '${loader}'; register(); await import('${new URL('./bare-pass.ts', import.meta.url).href}')`
  const flags = createFlags()
  const work = createWork(fleet, coupling)
  const times = await Promise.all(
    Array.from({ length: threads }, async (_, number) => {
      const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(start)}`), {
        workerData: { work, number, members: threads, flags, passes },
      })
      return new Promise<number[]>((resolve, reject) => worker.once('message', resolve).once('error', reject))
    }),
  )
  return times[0]!.slice(2)
}

function secondsSince(started: bigint): number {
  return Number(process.hrtime.bigint() - started) / 1e9
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(JSON.stringify(await planningRun(JSON.parse(process.argv[2]!) as RunOptions)))
}
