import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { coordinate } from '../../../domain/planning/fleet/coordinate.ts'
import { ALONE, createMember, createWork, type FleetWork } from '../../../domain/planning/fleet/team.ts'
import { adversarialRun } from './adversarial.ts'
import { violationsOf } from './implementability.ts'
import { instance, MODELS, withSold } from './instance.ts'

function planned(model: (typeof MODELS)[number], caps: boolean): FleetWork {
  const { fleet, coupling } = instance({ model, vehicles: 60, seed: 3, caps })
  const work = createWork(fleet, coupling)
  coordinate(createMember(work, 0, 1, ALONE), { seed: 3, warm: false })
  return work
}

test('a published plan breaks nothing, and each kind of damage to it is counted', () => {
  for (const model of MODELS) {
    const work = planned(model, model === 'simple')
    expect(violationsOf(work)).toEqual({ count: 0, excessWatts: 0, missedTargets: 0 })
    const { fleet, schedule, own } = work
    const car = fleet.from.findIndex((from) => from > 0)
    const first = car * fleet.steps + fleet.from[car]!
    const damages: (() => void)[] = [
      () => (schedule[first]! += 0.5),
      () => (schedule[first - 1] = 1_000),
      () => (schedule[first] = 50_000),
      () => schedule.fill(-fleet.powerMax[fleet.bounds[car]! * fleet.steps + fleet.from[car]!]!, first, first + 40),
      () => (own[car]! += 1e5),
    ]
    const [sound, cost] = [schedule.slice(), own[car]!]
    for (const [i, damage] of damages.entries()) {
      damage()
      expect(violationsOf(work).count, `${model}, damage ${i}`).toBeGreaterThan(0)
      schedule.set(sound)
      own[car] = cost
    }
  }
})

test('a cap lowered below the plan shows as watts in excess', () => {
  const work = planned('simple', true)
  const lowered = { ...work.coupling, at: withSold(work.coupling, 1).at }
  const pool = lowered.names.indexOf('pool') * lowered.steps
  const bound = lowered.at.subarray(pool, pool + lowered.steps)
  const step = bound.findIndex((most) => most < 1e12)
  let sum = 0
  for (let car = 0; car < work.fleet.cars; car++) sum += work.schedule[car * lowered.steps + step]!
  bound[step] = sum - 7
  expect(violationsOf({ ...work, coupling: lowered }).excessWatts).toBe(7)
})

test('fleets that are meant to be hard get plans that can be carried out', async () => {
  const { figures } = await adversarialRun(60, 2)
  expect(figures['violations']).toBe(0)
  expect(figures['excessWatts']).toBe(0)
  expect(figures['infeasibleTargetsMissed']).toBeGreaterThan(0)
})

test('an option that a benchmark does not have ends with its usage and 2', () => {
  const { status, stderr } = spawnSync('npx', ['tsx', 'test/bench/run.ts', 'fleet', '--cars', '5'], { encoding: 'utf8' })
  expect([status, stderr]).toEqual([2, expect.stringContaining('usage: npm run bench -- fleet [--json]')])
})
