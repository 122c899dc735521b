// One process that plans a seeded fleet: from scratch, again with everything warm, and after a change of the sold position. Run on its own it prints its figures as JSON.
import { createHash } from 'node:crypto'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { Coupling } from '../../../domain/planning/fleet/coupling.ts'
import type { FleetColumns } from '../../../domain/planning/fleet/fleet-columns.ts'
import { createWork, type FleetWork } from '../../../domain/planning/fleet/team.ts'
import { createFlags } from '../../../src/coordination/workers/barrier.ts'
import type { FleetPlanned } from '../../../src/coordination/workers/open-fleet-planners.ts'
import { plannersFile } from './built-planners.ts'
import { violationsOf, type Violations } from './implementability.ts'
import { instance, withSold, type InstanceOptions } from './instance.ts'

export interface RunOptions extends InstanceOptions {
  readonly threads: number
  /** Repetitions of what is measured warm; 0 for the first run only. */
  readonly repeats: number
  /** Repetitions before those, in which the compiler warms up and nothing is kept. */
  readonly warmUps: number
}

export interface RunFigures {
  readonly coldSeconds: number
  readonly warmSeconds: readonly number[]
  readonly replanSeconds: readonly number[]
  readonly bareSeconds: readonly number[]
  readonly cold: FleetPlanned
  readonly replans: readonly FleetPlanned[]
  /** Of the first plan: every byte of its schedule and its prices. */
  readonly digest: string
  readonly violations: Violations
  readonly replanViolations: readonly Violations[]
  /** Delay of the main thread's event loop while the fleet is replanned, ms; the worst of the replans. */
  readonly eventLoopP99Ms: number
  readonly peakMegabytes: number
}

/** How often the main thread looks at the clock, ms. */
const RESOLUTION_MS = 1

/** The fleet and its coupling are given data and made before the clock starts; arrays of the planner, threads, bound, polish and whole watts are inside. */
export async function planningRun(run: RunOptions): Promise<RunFigures> {
  const { seed, threads, repeats, warmUps } = run
  const { fleet, coupling } = instance(run)
  const { file } = plannersFile()
  const { openFleetPlanners } = (await import(file)) as typeof import('../../../src/coordination/workers/open-fleet-planners.ts')
  // What changes is the kinks of the rows the planners already hold.
  const again = withSold(coupling, 1)
  const changed = [0.95, 1.05].map((factor) => withSold(coupling, factor).at)
  const started = process.hrtime.bigint()
  const planners = openFleetPlanners(threads)
  let work = createWork(fleet, coupling)
  const plan = async (warm: boolean): Promise<FleetPlanned> => {
    const planned = await planners.coordinate(work, { seed, warm })
    if (!planned.ok) throw new Error(`planning failed: ${planned.refusal.kind}`)
    return planned.value
  }
  const cold = await plan(false)
  const coldSeconds = secondsSince(started)
  const [digest, violations] = [digestOf(work), violationsOf(work)]
  // The unit of work is taken before and after, so that a machine that is busy for a while does not shift the ratio alone.
  const bare = async () => (repeats > 0 ? barePasses(fleet, coupling, threads, repeats + 2) : [])
  const bareBefore = await bare()
  const delays: number[] = []
  const [warmSeconds, replanSeconds, replans, replanViolations]: [number[], number[], FleetPlanned[], Violations[]] = [
    [],
    [],
    [],
    [],
  ]
  for (let i = 0; i < (repeats > 0 ? warmUps + repeats : 0); i++) {
    if (fleet.cars >= 10_000) console.error(`warm plan and replan ${i + 1} of ${warmUps + repeats}`)
    again.at.set(coupling.at)
    const warmStarted = process.hrtime.bigint()
    work = createWork(fleet, again)
    await plan(false)
    const warmTook = secondsSince(warmStarted)
    again.at.set(changed[i % 2]!)
    const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
    loop.enable()
    const replanStarted = process.hrtime.bigint()
    const replan = await plan(true)
    const replanTook = secondsSince(replanStarted)
    loop.disable()
    if (i < warmUps) continue
    warmSeconds.push(warmTook)
    replanSeconds.push(replanTook)
    delays.push(loop.percentile(99) / 1e6 - RESOLUTION_MS)
    replans.push(replan)
    replanViolations.push(violationsOf(work))
  }
  await planners.close()
  return {
    coldSeconds,
    warmSeconds,
    replanSeconds,
    bareSeconds: [...bareBefore, ...(await bare())],
    cold,
    replans,
    digest,
    violations,
    replanViolations,
    eventLoopP99Ms: Math.max(0, ...delays),
    peakMegabytes: process.resourceUsage().maxRSS / 1024,
  }
}

/** A fingerprint of the plan: two plans share it only if every watt and every price is the same. */
export function digestOf({ schedule, prices }: FleetWork): string {
  const hash = createHash('sha256')
  for (const { buffer, byteOffset, byteLength } of [schedule, prices]) hash.update(new Uint8Array(buffer, byteOffset, byteLength))
  return hash.digest('hex')
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
