// A planning thread: takes its part in the coordination of a fleet and reports the certificate. Holds nothing between two runs.
import { parentPort } from 'node:worker_threads'
import { coordinate, type Certificate, type CoordinationRequest } from '../../../domain/planning/fleet/coordinate.ts'
import { createMember, type FleetWork } from '../../../domain/planning/fleet/team.ts'
import { inputHash } from './input-hash.ts'
import { meetingOver, PlanningStopped, stop } from './barrier.ts'

export interface Task {
  readonly work: FleetWork
  readonly number: number
  readonly members: number
  readonly flags: Int32Array
  readonly request: CoordinationRequest
}

export type Reply =
  | { readonly kind: 'planned'; readonly certificate: Certificate; readonly inputHash: string | null }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed'; readonly message: string }

parentPort!.on('message', ({ work, number, members, flags, request }: Task) => {
  parentPort!.postMessage(run(), [])
  function run(): Reply {
    try {
      // One hash is enough, and it has to be taken before the run writes its own prices: nobody passes the first barrier without this thread.
      const hash = number === 0 ? inputHash(work, request.warm) : null
      const member = createMember(work, number, members, meetingOver(flags, members))
      return { kind: 'planned', certificate: coordinate(member, request), inputHash: hash }
    } catch (error) {
      if (error instanceof PlanningStopped) return { kind: 'stopped' }
      stop(flags)
      return { kind: 'failed', message: error instanceof Error ? error.message : String(error) }
    }
  }
})
