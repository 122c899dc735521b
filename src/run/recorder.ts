// The one way anything changes: a fact is checked, applied to the live state, then appended to the journal; the start goes the same way with the entries there are.
import { apply } from '../../domain/live/apply.ts'
import { type LiveFleet } from '../../domain/live/live-fleet.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { Journal } from '../../domain/ports/journal.ts'
import type { Fact } from '../../domain/facts/fact.ts'
import { assertRecordable } from './recordable.ts'
import type { Habits } from '../../domain/forecast/habits.ts'
import type { Troubles } from './troubles.ts'

export interface RecorderOptions {
  readonly fleet: LiveFleet
  readonly journal: Journal
  readonly clock: Pick<Clock, 'now'>
  readonly habitual: Habits
  readonly troubles: Troubles
  /** Told about each fact once it is appended, and about each of the journal at the start. */
  readonly onFact?: ((fact: Fact, sequence: number, at: number) => void) | undefined
}
export interface Recorder {
  /** Records a fact. Throws, with nothing changed, when it cannot be written as it is or there is no room for it. */
  record(fact: Fact): void
  /** Rebuilds the state from the journal; answers how many entries there were and when the last one was written, epoch ms. */
  replay(): Promise<{ readonly entries: number; readonly lastAt: number }>
}

/** The recorder of one journal and one state. Whatever only listens may fail: it neither keeps a fact out nor the process from starting. */
export function recorder({ fleet, journal, clock, habitual, troubles, onFact }: RecorderOptions): Recorder {
  function take(fact: Fact, at: number): void {
    troubles.guard('forecast', () => habitual.notice(fleet, fact), undefined)
    const failedBefore = fleet.readingsFailed
    apply(fleet, fact, at)
    if (fleet.readingsFailed > failedBefore) troubles.note('readings', new Error('a reading could not be taken into the state'))
  }
  function tell(fact: Fact, sequence: number, at: number): void {
    troubles.guard('internal', () => onFact?.(fact, sequence, at), undefined)
  }
  return {
    record(fact) {
      assertRecordable(fact)
      if (!journal.hasRoom()) throw new Error(`the journal has no room for ${fact.kind}`)
      const at = clock.now()
      take(fact, at)
      tell(fact, journal.append(fact, at), at)
    },
    async replay() {
      let [entries, lastAt] = [0, -Infinity]
      for await (const { fact, sequence, at } of journal.read(0)) {
        take(fact, at)
        tell(fact, sequence, at)
        lastAt = at
        entries++
      }
      return { entries, lastAt }
    },
  }
}
