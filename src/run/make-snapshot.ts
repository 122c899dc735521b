// Makes the next snapshot from the newest good one and the segments closed since: by the same way as a start, so that both give the same state.
import { newestBase } from '../../adapters/journal-file/newest-base.ts'
import { readEntries } from '../../adapters/journal-file/read-entries.ts'
import { listSegments } from '../../adapters/journal-file/segments.ts'
import { writeSnapshot } from '../../adapters/journal-file/snapshots.ts'
import { webhookDesk } from '../../adapters/webhooks/webhook-desk.ts'
import { habits } from '../../domain/forecast/habits.ts'
import { emptyFleet } from '../../domain/live/live-fleet.ts'
import type { JournalEntry } from '../../domain/ports/journal.ts'
import { MARKET_ZONE } from '../../domain/time/zone-offset.ts'
import { recorder } from './recorder.ts'
import { signalEffects } from './signal-effects.ts'
import { freezeAll, stateFormat } from './remembered.ts'
import { troubles } from './troubles.ts'

export interface SnapshotTask {
  readonly folder: string
  readonly node: string
  readonly version: string
  /** Last entry of a segment that is closed. */
  readonly end: { readonly sequence: number; readonly hash: string }
}
export interface SnapshotMade {
  readonly sequence: number
  /** Entries read for it. */
  readonly entries: number
  /** Of its file; 0 where there was one already. */
  readonly bytes: number
  /** Older snapshots that could not be used, and why. */
  readonly ignored: readonly string[]
}

/** Reads up to the end of a closed segment and writes what is remembered then. Blocks for long: it belongs into a thread of its own. Rejects where the chain is broken or the disk refuses. */
export async function makeSnapshot({ folder, node, version, end }: SnapshotTask): Promise<SnapshotMade> {
  const format = stateFormat()
  const segments = listSegments(folder).filter(({ first }) => first <= end.sequence)
  const { base, ignored } = await newestBase(folder, segments, node, format)
  if (base !== null && base.sequence >= end.sequence) return { sequence: base.sequence, entries: 0, bytes: 0, ignored }
  let last: JournalEntry | null = null
  async function* read(after: number): AsyncGenerator<JournalEntry> {
    for await (const entry of readEntries(segments, after, end.sequence)) yield (last = entry)
  }
  const { replay, remembered } = rebuilder(node, read, () => last?.at ?? 0)
  const { entries } = await replay(base)
  const reached = last as JournalEntry | null
  if (reached?.sequence !== end.sequence || reached.hash !== end.hash)
    throw new Error(`the segments do not end with entry ${end.sequence} as it was written`)
  const { epoch, sequence, hash, at } = reached
  const bytes = writeSnapshot(folder, { format, version, node, epoch, sequence, hash, at }, freezeAll(remembered))
  return { sequence, entries, bytes, ignored }
}

/** The same memory as that of a running process, without anything that acts. */
function rebuilder(node: string, read: (after: number) => AsyncGenerator<JournalEntry>, now: () => number) {
  const fleet = emptyFleet()
  const nothing = () => {}
  const clock = { now, elapsed: () => 0, after: () => nothing, at: () => nothing, onStep: () => nothing }
  const webhooks = webhookDesk({
    clock,
    webhooks: fleet.webhooks,
    keep: () => Promise.reject(new Error('nothing is recorded here')),
    secret: null,
    allowPrivate: false,
    node,
    random: () => 0,
    track: (work) => work,
    log: nothing,
  })
  const signals = signalEffects(fleet)
  return recorder({
    fleet,
    clock,
    journal: { append: () => 0, hasRoom: () => false, read },
    habitual: habits(MARKET_ZONE),
    troubles: troubles({ clock, log: nothing }),
    onFact(fact, sequence, at) {
      webhooks.noticed(fact, sequence, at)
      signals.notice(fact, at)
    },
    remembered: [
      { name: 'webhooks', freeze: webhooks.freeze, thaw: webhooks.thaw },
      { name: 'signals', freeze: signals.freeze, thaw: signals.thaw },
    ],
  })
}
