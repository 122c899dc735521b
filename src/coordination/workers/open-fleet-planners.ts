// Plans fleets in threads of their own, so that the main thread goes on serving stations. Any number of threads gives the same plan to the byte.
import type { Worker } from 'node:worker_threads'
import type { Certificate, CoordinationRequest } from '../../../domain/planning/fleet/coordinate.ts'
import type { FleetWork } from '../../../domain/planning/fleet/team.ts'
import { ok, refused, type Result } from '../../../domain/result.ts'
import { startThread } from '../../run/start-thread.ts'
import { createFlags, setPaused, stop } from './barrier.ts'
import type { Reply, Task } from './fleet-worker.ts'
import { planKeeper } from './keep-plan.ts'

/** Why there is no new plan. After a warm request the work holds its earlier plan, after a cold one its schedule must not be used. */
export type PlanningFailure =
  | { readonly kind: 'busy' }
  | { readonly kind: 'closed' }
  | { readonly kind: 'thread-failed'; readonly message: string }
  | { readonly kind: 'too-slow'; readonly afterMs: number }

/** The certificate of a plan with the fingerprint of what it was made from. */
export type FleetPlanned = Certificate & { readonly inputHash: string }

export interface FleetPlanners {
  readonly threads: number
  /** Coordinates one fleet; one at a time. The plan is in the work's schedule when it resolves; a warm request that is refused leaves the earlier one. Never rejects. */
  coordinate(work: FleetWork, request: CoordinationRequest): Promise<Result<FleetPlanned, PlanningFailure>>
  /** Lets the threads sleep while something more urgent needs the processor, at most 2 s; they stop within about 2 ms. */
  pause(paused: boolean): void
  close(): Promise<void>
}

/** Longest run before it is given up, ms: a million cars take well under a minute. */
const RUN_MAX_MS = 300_000

export function openFleetPlanners(
  threads: number,
  startWorker: () => Worker = () => startThread(new URL('./fleet-worker.ts', import.meta.url)),
): FleetPlanners {
  const keeper = planKeeper()
  let workers: Worker[] = []
  let flags: Int32Array | null = null
  let closed = false

  /** A thread that was lost is replaced by a new one before the next run. */
  function ready(): readonly Worker[] {
    while (workers.length < threads) {
      const worker = startWorker()
      worker.unref()
      worker.once('exit', () => (workers = workers.filter((other) => other !== worker)))
      // Failures are told by the run that meets them; without a listener an error would end the process.
      worker.on('error', () => {})
      workers.push(worker)
    }
    return workers
  }

  async function coordinate(work: FleetWork, request: CoordinationRequest): Promise<Result<FleetPlanned, PlanningFailure>> {
    if (closed) return refused({ kind: 'closed' })
    if (flags !== null) return refused({ kind: 'busy' })
    const shared = createFlags()
    flags = shared
    // Threads write the new plan over the old one as they go.
    const restore = request.warm ? keeper.keep(work) : null
    try {
      const planned = await run(work, request, shared)
      if (!planned.ok) restore?.()
      return planned
    } catch (error) {
      restore?.()
      return refused({ kind: 'thread-failed', message: (error as Error).message })
    } finally {
      flags = null
    }
  }

  async function run(
    work: FleetWork,
    request: CoordinationRequest,
    shared: Int32Array,
  ): Promise<Result<FleetPlanned, PlanningFailure>> {
    let late = false
    const team = [...ready()]
    const limit = setTimeout(() => {
      late = true
      stop(shared)
      for (const worker of team) void worker.terminate()
    }, RUN_MAX_MS)
    const replies = await Promise.all(
      team.map((worker, number) => ask(worker, { work, number, members: threads, flags: shared, request })),
    )
    clearTimeout(limit)
    if (late) return refused({ kind: 'too-slow', afterMs: RUN_MAX_MS })
    const failure = replies.find((reply) => reply.kind === 'failed')
    if (failure !== undefined) return refused({ kind: 'thread-failed', message: failure.message })
    const [first] = replies
    return first?.kind === 'planned'
      ? ok({ ...first.certificate, inputHash: first.inputHash ?? '' })
      : refused({ kind: 'thread-failed', message: 'stopped' })
  }

  return {
    threads,
    coordinate,
    pause: (paused) => {
      if (flags !== null) setPaused(flags, paused)
    },
    async close() {
      closed = true
      if (flags !== null) stop(flags)
      await Promise.all(workers.map((worker) => worker.terminate()))
    },
  }
}

/** A thread's reply to a task; one that dies stops the others too. */
async function ask(worker: Worker, task: Task): Promise<Reply> {
  return new Promise((resolve) => {
    const end = (reply: Reply) => {
      worker.off('message', end)
      worker.off('error', died)
      worker.off('exit', exited)
      worker.unref()
      if (reply.kind === 'failed') stop(task.flags)
      resolve(reply)
    }
    const died = (error: Error) => end({ kind: 'failed', message: error.message })
    const exited = () => end({ kind: 'failed', message: 'a planning thread has ended' })
    worker.on('message', end)
    worker.on('error', died)
    worker.on('exit', exited)
    worker.ref()
    worker.postMessage(task, [])
  })
}
