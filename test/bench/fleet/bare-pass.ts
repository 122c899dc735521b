// A thread that answers once for every car at no price: the least any planning of the fleet has to do, and the unit in which the coordination is measured.
import { parentPort, workerData } from 'node:worker_threads'
import { respond } from '../../../domain/planning/fleet/best-response.ts'
import { createMember, sumOverCars, type FleetWork } from '../../../domain/planning/fleet/team.ts'
import { meetingOver } from '../../../src/coordination/workers/barrier.ts'

interface Passes {
  readonly work: FleetWork
  readonly number: number
  readonly members: number
  readonly flags: Int32Array
  readonly passes: number
}

const { work, number, members, flags, passes } = workerData as Passes
const member = createMember(work, number, members, meetingOver(flags, members))
const times: number[] = []
for (let pass = 0; pass < passes; pass++) {
  member.arrive()
  const started = process.hrtime.bigint()
  sumOverCars(member, (car) => respond(member.response, work.fleet, car, false))
  times.push(Number(process.hrtime.bigint() - started) / 1e9)
}
parentPort!.postMessage(times, [])
