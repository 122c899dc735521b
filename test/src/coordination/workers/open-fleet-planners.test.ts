import { Worker } from 'node:worker_threads'
import { afterAll, expect, test } from 'vitest'
import * as fc from 'fast-check'
import { coordinate } from '../../../../domain/planning/fleet/coordinate.ts'
import { effortFor } from '../../../../domain/planning/fleet/effort.ts'
import { ALONE, createMember, createWork } from '../../../../domain/planning/fleet/team.ts'
import { inTurn } from '../../../../src/coordination/workers/in-turn.ts'
import { openFleetPlanners } from '../../../../src/coordination/workers/open-fleet-planners.ts'
import { cappedCoupling, randomFleet, soldCoupling } from '../../../domain/planning/fleet/random-fleet.ts'

const planners = [1, 2].map((threads) => openFleetPlanners(threads))
afterAll(async () => {
  for (const planner of planners) await planner.close()
})

/** Little work: these runs are about threads, not about good plans. */
const SHORT = { ...effortFor(3_000, true, false), sweeps: 3, polishes: 1 }

function workOf(cars: number, seed: number) {
  const fleet = randomFleet(cars, seed)
  return createWork(fleet, soldCoupling(fleet, seed))
}

test(
  'one thread, two threads and none give the same plan to the byte, from scratch and after a change',
  { timeout: 60_000 },
  async () => {
    const hashes = new Set<string>()
    for (const [cars, seed] of [
      [300, 1],
      [800, 2],
    ] as const) {
      const plain = workOf(cars, seed)
      const member = createMember(plain, 0, 1, ALONE)
      const before = coordinate(member, { seed, warm: false })
      const cold = plain.schedule.slice()
      const later = soldCoupling(plain.fleet, seed, 1.05).at
      plain.coupling.at.set(later)
      const after = coordinate(member, { seed, warm: true })
      for (const planner of planners) {
        const work = workOf(cars, seed)
        const planned = await planner.coordinate(work, { seed, warm: false })
        expect(planned).toMatchObject({ ok: true, value: before })
        if (planned.ok) hashes.add(planned.value.inputHash)
        expect(Buffer.compare(bytes(work.schedule), bytes(cold))).toBe(0)
        work.coupling.at.set(later)
        expect(await planner.coordinate(work, { seed, warm: true })).toMatchObject({ ok: true, value: after })
        expect(Buffer.compare(bytes(work.schedule), bytes(plain.schedule))).toBe(0)
      }
    }
    expect([...hashes]).toHaveLength(2)
  },
)

test('hard rows, too, give the same bytes with one thread and two', async () => {
  const schedules: Float32Array[] = []
  for (const planner of planners) {
    const fleet = randomFleet(500, 6)
    const work = createWork(fleet, cappedCoupling(fleet, 6, 4))
    expect(await planner.coordinate(work, { seed: 3, warm: false })).toMatchObject({ ok: true, value: { excess: null } })
    schedules.push(work.schedule)
  }
  expect(Buffer.compare(bytes(schedules[0]!), bytes(schedules[1]!))).toBe(0)
})

test('a thread that dies in the middle ends the run with its reason, and the next run works', async () => {
  const started: Worker[] = []
  const real = openFleetPlanners(2, () => {
    // The second thread ends itself as soon as it gets a task; the third, its replacement, is a good one.
    const worker =
      started.length === 1
        ? new Worker(`require('node:worker_threads').parentPort.on('message', () => process.exit(3))`, { eval: true })
        : goodWorker()
    started.push(worker)
    return worker
  })
  const work = workOf(200, 3)
  const lost = await real.coordinate(work, { seed: 1, warm: false })
  expect(lost).toMatchObject({ ok: false, refusal: { kind: 'thread-failed', message: 'a planning thread has ended' } })
  expect(await real.coordinate(workOf(200, 3), { seed: 1, warm: false })).toMatchObject({ ok: true })
  expect(started).toHaveLength(3)
  await real.close()
})

test(
  'one thread and two give the same bytes of schedule, own costs and prices over random fleets',
  { timeout: 60_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(100_000),
        fc.integer({ min: 1, max: 60 }),
        fc.boolean(),
        fc.constantFrom('cold', 'warm', 'changed'),
        async (seed, cars, capped, start) => {
          const found: Buffer[][] = []
          const certificates: unknown[] = []
          for (const planner of planners) {
            const fleet = randomFleet(cars, seed, 32)
            const work = createWork(fleet, capped ? cappedCoupling(fleet, seed, 3) : soldCoupling(fleet, seed))
            const planned = [await planner.coordinate(work, { seed, warm: false })]
            if (start !== 'cold') {
              work.coupling.at.set(work.coupling.at.map((power) => power * 1.1))
              if (start === 'changed') work.schedule.forEach((power, i) => (work.schedule[i] = i % 5 === 0 ? -power : power))
              planned.push(await planner.coordinate(work, { seed: seed + 1, warm: true }))
            }
            for (const result of planned) expect(result.ok).toBe(true)
            certificates.push(planned)
            found.push([bytes(work.schedule), bytes(work.own), bytes(work.prices)])
          }
          expect(certificates[0]).toEqual(certificates[1])
          for (const [i, first] of found[0]!.entries()) expect(Buffer.compare(first, found[1]![i]!)).toBe(0)
        },
      ),
      { numRuns: 8 },
    )
  },
)

test(
  'a thread that is killed in the middle of a run leaves the earlier plan to the byte, and the next run works',
  { timeout: 60_000 },
  async () => {
    const started: Worker[] = []
    const planner = openFleetPlanners(2, () => {
      const worker = goodWorker()
      started.push(worker)
      return worker
    })
    const work = workOf(3_000, 7)
    const cold = { seed: 1, warm: false, effort: SHORT }
    expect(await planner.coordinate(work, cold)).toMatchObject({ ok: true })
    const earlier = [bytes(work.schedule), bytes(work.own), bytes(work.prices)].map((part) => Buffer.from(part))
    work.coupling.at.set(work.coupling.at.map((power) => power * 1.2))
    for (const victim of [0, 1]) {
      // So many sweeps that the run would go on for hours, did the other thread not notice at its next barrier.
      const lost = planner.coordinate(work, { seed: 9, warm: true, effort: { ...SHORT, sweeps: 1_000_000 } })
      await changed(work.schedule, earlier[0]!)
      await started.at(-2 + victim)!.terminate()
      expect(await lost).toEqual({ ok: false, refusal: { kind: 'thread-failed', message: 'a planning thread has ended' } })
      for (const [i, part] of [work.schedule, work.own, work.prices].entries())
        expect(Buffer.compare(bytes(part), earlier[i]!)).toBe(0)
    }
    expect(started.length).toBe(3)
    const next = await planner.coordinate(work, { seed: 2, warm: true, effort: SHORT })
    expect(next).toMatchObject({ ok: true })
    expect(started.length).toBe(4)
    // The run that failed has left no trace: somebody who never had it gets the same plan.
    const untouched = workOf(3_000, 7)
    const [, two] = planners
    await two!.coordinate(untouched, cold)
    untouched.coupling.at.set(work.coupling.at)
    expect(await two!.coordinate(untouched, { seed: 2, warm: true, effort: SHORT })).toEqual(next)
    expect(Buffer.compare(bytes(work.schedule), bytes(untouched.schedule))).toBe(0)
    await planner.close()
  },
)

test('one fleet at a time, none after closing; a pause ends by itself or by a word', async () => {
  const planner = openFleetPlanners(1)
  const first = planner.coordinate(workOf(1_000, 4), { seed: 1, warm: false })
  expect(await planner.coordinate(workOf(50, 4), { seed: 1, warm: false })).toEqual({ ok: false, refusal: { kind: 'busy' } })
  planner.pause(true)
  planner.pause(false)
  expect(await first).toMatchObject({ ok: true })
  await planner.close()
  expect(await planner.coordinate(workOf(50, 4), { seed: 1, warm: false })).toEqual({ ok: false, refusal: { kind: 'closed' } })
})

function goodWorker(): Worker {
  const file = new URL('../../../../src/coordination/workers/fleet-worker.ts', import.meta.url).href
  const start = `import { register } from '${import.meta.resolve('tsx/esm/api')}'; register(); await import('${file}')`
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(start)}`))
}

function bytes(column: Float32Array | Float64Array): Buffer {
  return Buffer.from(column.buffer, column.byteOffset, column.byteLength)
}

/** Resolves once the threads have begun to write another plan. */
async function changed(schedule: Float32Array, earlier: Buffer): Promise<void> {
  while (Buffer.compare(bytes(schedule), earlier) === 0) await new Promise((resolve) => setTimeout(resolve, 5))
}

test('a thread that cannot be started is a refusal, and the next request is tried anew (F35)', async () => {
  let tries = 0
  const broken = inTurn(
    openFleetPlanners(1, () => {
      tries++
      throw new Error('no more threads')
    }),
  )
  for (let i = 0; i < 3; i++)
    expect(await broken.coordinate(workOf(5, 1), { seed: 1, warm: false })).toMatchObject({
      ok: false,
      refusal: { kind: 'thread-failed', message: 'no more threads' },
    })
  expect(tries).toBe(3)
  await broken.close()
})
