// Refused writes are recorded, but not without end: of the same refusal of one machine one a minute.
import type { LimitationFact } from '../../../domain/facts/limitation.ts'
import type { SystemInput } from '../../../domain/limitation/controllable-system.ts'
import type { Direction } from '../../../domain/limitation/limit.ts'
import type { WriteRefusal } from '../../../domain/limitation/refusal.ts'
import type { Clock } from '../../../domain/ports/clock.ts'
import type { SiteId } from '../../../domain/registry/identity.ts'

const EVERY_MS = 60_000

interface Limited {
  readonly name: string
  readonly site: SiteId
  readonly direction: Direction
}

/** The fact for a refusal; null where the same was recorded less than a minute ago. */
export function refusalNotes(clock: Clock): (of: Limited, input: SystemInput, refusal: WriteRefusal) => LimitationFact | null {
  /** Elapsed ms, by machine, kind of write and refusal; as many as there are machines and kinds of no. */
  const notedAt = new Map<string, number>()
  return ({ name, site, direction }, input, refusal) => {
    const written = writtenBy(input)
    if (written === null) return null
    const key = `${name} ${written.write} ${refusal}`
    if (clock.elapsed() - (notedAt.get(key) ?? -Infinity) < EVERY_MS) return null
    notedAt.set(key, clock.elapsed())
    return { kind: 'limitation-refused', site, direction, ...written, refusal }
  }
}

function writtenBy(
  input: SystemInput,
): Pick<Extract<LimitationFact, { kind: 'limitation-refused' }>, 'guard' | 'write' | 'value'> | null {
  switch (input.kind) {
    case 'limit-write':
      return { guard: input.guard, write: 'limit', value: input.write.value }
    case 'failsafe-limit-write':
      return { guard: input.guard, write: 'failsafe-limit', value: input.limit }
    case 'failsafe-duration-write':
      return { guard: input.guard, write: 'failsafe-duration', value: input.durationMs }
    default:
      return null
  }
}
