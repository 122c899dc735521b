// The core, built first: journal, live state and their record, the database's copy, snapshots, and what is wrong. It knows nobody.
import { openJournal, type FileJournal } from '../../adapters/journal-file/open-journal.ts'
import { writeBehind } from '../../adapters/postgres/write-behind.ts'
import { emptyFleet } from '../../domain/live/live-fleet.ts'
import type { Plan } from '../../domain/planning/plan.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import { copyFigures } from '../answers/copy-figures.ts'
import { pseudonyms } from '../files/pseudonyms.ts'
import { fitting } from '../run/bare-recorder.ts'
import { fleetMemory, type FleetMemory } from '../run/fleet-memory.ts'
import { fleetRecord, type FleetRecord } from '../run/fleet-record.ts'
import { hostPace, steadyPace, type Pace } from '../run/pace.ts'
import { snapshotKeeper } from '../run/snapshot-keeper.ts'
import { troubles, type Troubles } from '../run/troubles.ts'
import type { Composition } from './composition.ts'

export interface Core {
  readonly clock: Clock
  readonly now: () => number
  readonly journal: FileJournal
  readonly kept: FleetRecord
  readonly memory: FleetMemory
  readonly trouble: Troubles
  /** How long work that concerns many cars goes on at a time. */
  readonly pace: Pace
  readonly pseudonym: (token: string) => string
  readonly log: Composition['log']
  /** Keeps a manual clock from moving while work is under way. */
  readonly track: <Value>(work: Promise<Value>) => Promise<Value>
  /** Hands plans to the database. */
  readonly keepPlans: (plans: readonly Plan[]) => void
  /** Lets the copy follow up to an entry that is durable. */
  readonly follow: (sequence: number) => void
  /** How far the copy is, by name of the figure. */
  copyFigures(): Readonly<Record<string, number>>
  /** A segment of the journal has ended: a snapshot is due. */
  readonly segmentEnded: ReturnType<typeof snapshotKeeper>['segmentEnded']
  /** What is missing of the core itself. */
  degraded(): readonly string[]
  /** Waits until the database has everything. */
  close(): Promise<void>
}

/** How far the database may lag behind the journal so that many entries share one statement. */
const GATHER_MS = 200

/** Opens journal and copy; rejects where the journal cannot be gone on with. */
export async function openCore(options: Composition): Promise<Core> {
  const { clock, inFlight, log, stores, keys, schema, node, version, archive, journalFolder: folder } = options
  const snapshots = snapshotKeeper({ folder, archive, node, version, now: () => clock.now(), log })
  const journal = await openJournal({
    folder,
    node,
    clock,
    copy: stores.journal,
    ...(archive === undefined ? {} : { archive: archive.folder }),
    ...(options.epoch === undefined ? {} : { epoch: options.epoch }),
    ...(options.isThrowaway === true ? { sync: false } : {}),
    // On a manual clock nothing runs beside it; the chain is the same with snapshots and without.
    ...(inFlight === undefined
      ? { snapshots: fitting(node), onSegmentEnd: snapshots.segmentEnded }
      : { inFlight, groupCommitMs: 0 }),
  })
  tellOdds(journal, log)
  const track: Core['track'] = inFlight?.track ?? ((work) => work)
  const trouble = troubles({ clock, log })
  const fleet = emptyFleet()
  const memory = fleetMemory({ fleet, clock, node })
  const kept = fleetRecord({ fleet, memory: memory.parts, clock, journal, troubles: trouble, track, log })
  const copy = writeBehind({
    stores,
    journal,
    clock,
    node,
    gatherMs: options.copyEveryMs ?? (inFlight === undefined ? GATHER_MS : 0),
    ...(options.readingDays === undefined ? {} : { readingDays: options.readingDays }),
    ...(schema === undefined ? {} : { prepare: schema.newest }),
    onState: (degraded, detail) =>
      degraded
        ? log('warn', 'the database does not take its copy; the journal file goes on, the copy follows later', { detail })
        : log('info', 'the database has caught up', { detail }),
  })
  const isCopied = options.isCopied !== false
  if (isCopied) kept.listen({ durable: copy.follow })
  return {
    clock,
    now: () => clock.now(),
    journal,
    kept,
    memory,
    trouble,
    pace: inFlight === undefined ? hostPace() : steadyPace(),
    pseudonym: pseudonyms(options.pepper),
    log,
    track,
    keepPlans: isCopied ? copy.pushPlans : () => {},
    follow: isCopied ? copy.follow : () => {},
    copyFigures: () => copyFigures(copy.state()),
    segmentEnded: snapshots.segmentEnded,
    degraded: () => [
      ...options.notes,
      ...(copy.state().failure === null && (schema?.failure() ?? null) === null ? [] : ['database']),
      ...(keys === undefined || keys.failure() === null ? [] : ['keys']),
      ...trouble.parts(),
    ],
    async close() {
      await copy.close()
      await snapshots.stop()
      await journal.close()
    },
  }
}

/** What was odd about the journal as it was found. */
function tellOdds(journal: FileJournal, log: Composition['log']): void {
  if (journal.torn !== null) log('warn', 'the end of the journal was unfinished and was cut off', journal.torn)
  if (journal.lackedHead)
    log('warn', 'the journal has no head file: entries lost at its end would not have been noticed; it has one from here on')
  if (journal.copySilent !== null)
    log('warn', 'the journal was not held against its copy: the database did not tell where that ends', {
      detail: journal.copySilent,
    })
  for (const detail of journal.ignored) log('warn', 'a snapshot of the journal cannot be used', { detail })
}
