// What goes wrong inside this process: a throw stays with the car or the part it belongs to, is logged, and can be seen from outside while it lasts.
import type { EvseId } from '../../domain/registry/identity.ts'
import type { Clock } from '../../domain/ports/clock.ts'

/** Parts of the process that may fail by themselves. `cars`: something about single cars. */
export type Part = 'cars' | 'dispatch' | 'control' | 'forecast' | 'readings' | 'prices' | 'views' | 'live' | 'internal'

export interface Troubles {
  /** Runs something of a part; a throw is noted and answered with the fallback. */
  guard<Value, Fallback>(part: Part, run: () => Value, fallback: Fallback): Value | Fallback
  /** The same for something about one car. */
  guardCar<Value, Fallback>(evse: EvseId, run: () => Value, fallback: Fallback): Value | Fallback
  note(part: Part, error: unknown): void
  noteCar(evse: EvseId, error: unknown): void
  /** Parts in which something failed lately, for readiness. */
  parts(): readonly Part[]
  /** Failures since the start. */
  count(): number
  /** Names who is told about each failure of a car. */
  onCar(tell: (evse: EvseId, detail: string) => void): void
}

/** A part counts as failing this long after the last failure. */
const LATELY_MS = 600_000
/** The same part or car is logged at most this often. */
const LOGGED_EVERY_MS = 60_000
/** Cars whose last log line is remembered. */
const REMEMBERED_MAX = 10_000

/** No troubles yet. */
export function troubles(options: {
  readonly clock: Pick<Clock, 'elapsed'>
  readonly log: (level: 'error', text: string, facts: object) => void
}): Troubles {
  const { clock, log } = options
  const last = new Map<Part, number>()
  const loggedAt = new Map<string, number>()
  let count = 0
  let tellCar: (evse: EvseId, detail: string) => void = () => {}

  function take(part: Part, subject: string, error: unknown, facts: object): void {
    const now = clock.elapsed()
    count++
    last.set(part, now)
    const before = loggedAt.get(subject)
    if (before !== undefined && now - before < LOGGED_EVERY_MS) return
    if (loggedAt.size >= REMEMBERED_MAX) loggedAt.clear()
    loggedAt.set(subject, now)
    const { message, stack } = error instanceof Error ? error : new Error(String(error))
    log('error', `something failed in ${part}; the rest goes on`, { ...facts, detail: message, stack })
  }
  const note = (part: Part, error: unknown) => take(part, part, error, {})
  function noteCar(evse: EvseId, error: unknown): void {
    take('cars', evse, error, { evse })
    tellCar(evse, error instanceof Error ? error.message : String(error))
  }

  return {
    guard(part, run, fallback) {
      try {
        return run()
      } catch (error) {
        note(part, error)
        return fallback
      }
    },
    guardCar(evse, run, fallback) {
      try {
        return run()
      } catch (error) {
        noteCar(evse, error)
        return fallback
      }
    },
    note,
    noteCar,
    parts() {
      const now = clock.elapsed()
      return [...last].filter(([, at]) => now - at < LATELY_MS).map(([part]) => part)
    },
    count: () => count,
    onCar: (tell) => void (tellCar = tell),
  }
}
