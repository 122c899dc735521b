// The record of a fleet: journal and live state in one. It is built first and knows nobody; everything else depends on it and hears from it.
import { setImmediate } from 'node:timers/promises'
import type { Fact } from '../../domain/facts/fact.ts'
import { habits, type Habits } from '../../domain/forecast/habits.ts'
import { emptyFleet, type LiveFleet } from '../../domain/live/live-fleet.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { Journal } from '../../domain/ports/journal.ts'
import { MARKET_ZONE } from '../../domain/time/zone-offset.ts'
import { journalWatch, type JournalWatch } from './journal-watch.ts'
import { recorder, type Recorder } from './recorder.ts'
import type { MemoryPart } from './remembered.ts'
import type { Troubles } from './troubles.ts'

export interface FleetRecordOptions {
  /** Left out: an empty one. */
  readonly fleet?: LiveFleet
  /** What is rebuilt from facts beside it; left out: nothing. */
  readonly memory?: readonly MemoryPart[]
  readonly clock: Clock
  readonly journal: Journal
  readonly troubles: Troubles
  /** Keeps a manual clock from moving while work is under way. */
  readonly track: <Value>(work: Promise<Value>) => Promise<Value>
  readonly log: (level: 'info' | 'warn' | 'error', text: string, facts?: object) => void
}
/** Whoever hears of what is recorded. */
export interface RecordListener {
  /** A fact is appended, or is read back at the start; durable only when `durable` says so. */
  readonly noticed?: (fact: Fact, sequence: number, at: number) => void
  /** Entries up to a sequence number are durable. */
  readonly durable?: (sequence: number) => void
  /** The journal can be written again after a time in which it could not. */
  readonly healed?: () => void
}
export interface FleetRecord extends Pick<Recorder, 'record' | 'replay'>, Pick<JournalWatch, 'failure' | 'mayRecord'> {
  readonly fleet: LiveFleet
  readonly journal: Journal
  readonly habitual: Habits
  /** Names a listener; before `replay`, so that it hears everything. */
  listen(listener: RecordListener): void
  /** Lets answers leave when everything recorded so far is durable, or refusals when that fails; what comes afterwards leaves behind them. */
  acknowledge(answers: readonly (() => void)[], refusals: readonly ((error: Error) => void)[], afterwards?: () => void): void
  /** Records a fact that leads to no orders; resolves when it is durable, rejects while nothing can be recorded. */
  keep(fact: Fact): Promise<void>
  /** From here on nothing is kept, and the journal is not looked at any more. */
  stop(): void
}

/** An empty record over a journal; `replay` fills it. */
export function fleetRecord({
  fleet = emptyFleet(),
  memory = [],
  clock,
  journal,
  troubles,
  track,
  log,
}: FleetRecordOptions): FleetRecord {
  const habitual = habits(MARKET_ZONE)
  const listeners: RecordListener[] = []
  let isStopped = false
  const tellAll = (tell: (listener: RecordListener) => void) => {
    for (const listener of listeners) troubles.guard('internal', () => tell(listener), undefined)
  }
  const { record, replay } = recorder({
    fleet,
    journal,
    clock,
    habitual,
    troubles,
    memory,
    onFact: (...recorded) => tellAll(({ noticed }) => noticed?.(...recorded)),
  })
  const watch = journalWatch({ journal, clock, track, log, onHealed: () => tellAll(({ healed }) => healed?.()) })

  function acknowledge(
    answers: readonly (() => void)[],
    refusals: readonly ((error: Error) => void)[],
    afterwards: () => void = () => {},
  ): void {
    const { sequence } = journal.head()
    journal.flush()
    track(journal.durable(sequence)).then(
      () => {
        watch.committed()
        tellAll(({ durable }) => durable?.(sequence))
        for (const answer of answers) answer()
        // Promises first: the answers are on their sockets before anything else is.
        void track(setImmediate()).then(afterwards)
      },
      (error: Error) => {
        watch.missed(error)
        for (const refuse of refusals) refuse(error)
        afterwards()
      },
    )
  }

  return {
    fleet,
    journal,
    habitual,
    record,
    replay,
    failure: watch.failure,
    mayRecord: watch.mayRecord,
    listen: (listener) => void listeners.push(listener),
    acknowledge,
    keep(fact) {
      const reason = watch.failure()
      if (isStopped || reason !== null) return Promise.reject(new Error(reason ?? 'stopped'))
      record(fact)
      return new Promise((resolve, reject) => acknowledge([resolve], [reject]))
    },
    stop() {
      isStopped = true
      watch.stop()
    },
  }
}
