// The one way anything changes: a fact is checked, applied to the live state, then appended to the journal; the start goes the same way with the entries there are.
import { apply } from '../../domain/live/apply.ts'
import { type LiveFleet } from '../../domain/live/live-fleet.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { Journal } from '../../domain/ports/journal.ts'
import type { Fact } from '../../domain/facts/fact.ts'
import { assertRecordable } from './recordable.ts'
import type { Habits } from '../../domain/forecast/habits.ts'
import { rememberedFleet, rememberedHabits, thawAll, type Base, type MemoryPart, type Remembered } from './remembered.ts'
import type { Troubles } from './troubles.ts'

export interface RecorderOptions {
  readonly fleet: LiveFleet
  readonly journal: Pick<Journal, 'append' | 'hasRoom' | 'read'>
  readonly clock: Pick<Clock, 'now'>
  readonly habitual: Habits
  readonly troubles: Troubles
  /** Told about each fact once it is appended, and about each of the journal at the start. */
  readonly onFact?: ((fact: Fact, sequence: number, at: number) => void) | undefined
  /** Whoever else rebuilds something from facts, and hears each before `onFact`. */
  readonly memory?: readonly MemoryPart[] | undefined
}
export interface Recorder {
  /** Records a fact. Throws, with nothing changed, when it cannot be written as it is or there is no room for it. */
  record(fact: Fact): void
  /** Rebuilds the state from what stands for the first entries, where there is such a thing, and from the journal; answers how many entries were read and when the last one was written, epoch ms. */
  replay(base?: Base | null): Promise<{ readonly entries: number; readonly lastAt: number }>
  /** Everything that `replay` rebuilds, to be laid down. */
  readonly remembered: readonly Remembered[]
}

/** The recorder of one journal and one state. Whatever only listens may fail: it neither keeps a fact out nor the process from starting. */
export function recorder(options: RecorderOptions): Recorder {
  const { fleet, journal, clock, habitual, troubles, onFact, memory = [] } = options
  const remembered = [rememberedFleet(fleet), rememberedHabits(habitual), ...memory]
  function take(fact: Fact, at: number): void {
    troubles.guard('forecast', () => habitual.notice(fleet, fact), undefined)
    const failedBefore = fleet.readingsFailed
    apply(fleet, fact, at)
    if (fleet.readingsFailed > failedBefore) troubles.note('readings', new Error('a reading could not be taken into the state'))
  }
  function tell(fact: Fact, sequence: number, at: number): void {
    for (const part of memory) troubles.guard('internal', () => part.noticed(fact, sequence, at), undefined)
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
    remembered,
    async replay(base = null) {
      let [entries, lastAt] = [0, base?.at ?? -Infinity]
      if (base !== null) thawAll(remembered, base.remains)
      for await (const { fact, sequence, at } of journal.read(base?.sequence ?? 0)) {
        take(fact, at)
        tell(fact, sequence, at)
        lastAt = at
        entries++
      }
      return { entries, lastAt }
    },
  }
}
