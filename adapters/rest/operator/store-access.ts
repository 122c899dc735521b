// Stores may be away for a while (F11): what cannot be read or written now is answered with 503 and a time to try again, never with a guess.
import { problem, ProblemError } from '../../wire/problem.ts'
import type { RestPorts } from '../ports.ts'

const RETRY_AFTER_SECONDS = 5

/** Waits for a store; its failure becomes 503. */
export async function fromStore<Value>(reading: Promise<Value>): Promise<Value> {
  try {
    return await reading
  } catch (error) {
    if (error instanceof ProblemError) throw error
    const { kind, detail, ...more } = unavailable('the store does not answer').problem
    throw new ProblemError({ kind, detail, ...more }, error)
  }
}

/** Waits until a change is durable. Where nobody can tell in time, the answer says what that means. */
export async function fromJournal<Value>(change: Promise<Value>): Promise<Value> {
  try {
    return await change
  } catch (error) {
    if (error instanceof ProblemError) throw error
    const told = unavailable(
      'the change could not be made durable in time; it may take effect later, so read it before you send it again',
    )
    throw new ProblemError(told.problem, error)
  }
}

/** Refuses changes while they could not be kept. */
export function assertWritable(ports: Pick<RestPorts, 'health'>): void {
  const { apiWritable, degraded } = ports.health.health()
  if (!apiWritable) throw unavailable(`changes are refused while ${degraded.join(', ') || 'the store'} is away`)
}

function unavailable(detail: string): ProblemError {
  return problem('unavailable', detail, { retryAfter: RETRY_AFTER_SECONDS })
}
