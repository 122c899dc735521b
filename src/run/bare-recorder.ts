// The memory of a running process without anything that acts: it takes facts, and can be laid down and taken up.
import type { Fitting } from '../../adapters/journal-file/newest-base.ts'
import type { Remains } from '../../adapters/journal-file/snapshots.ts'
import { habits } from '../../domain/forecast/habits.ts'
import { emptyFleet } from '../../domain/live/live-fleet.ts'
import { MARKET_ZONE } from '../../domain/time/zone-offset.ts'
import { fleetMemory } from './fleet-memory.ts'
import { recorder, type Recorder, type RecorderOptions } from './recorder.ts'
import { stateFormat, thawAll } from './remembered.ts'
import { troubles } from './troubles.ts'

/** A recorder over an empty memory that remembers the same as that of a running process of a node. `now` in epoch ms. */
export function bareRecorder(node: string, journal: RecorderOptions['journal'], now: () => number): Recorder {
  const fleet = emptyFleet()
  const clock = { now, elapsed: () => 0 }
  return recorder({
    fleet,
    clock,
    journal,
    habitual: habits(MARKET_ZONE),
    troubles: troubles({ clock, log: () => {} }),
    memory: fleetMemory({ fleet, clock, node }).parts,
  })
}

/** Which snapshots a process of a node can take up: of its format, with everything it remembers. Tried on a memory beside that of the process. */
export function fitting(node: string): Fitting {
  return { format: stateFormat(), faultOf: (remains) => remainsFault(node, remains) }
}

function remainsFault(node: string, remains: Remains): string | null {
  const journal = { append: () => 0, hasRoom: () => false, async *read() {} }
  try {
    thawAll(bareRecorder(node, journal, () => 0).remembered, remains)
    return null
  } catch (error) {
    return (error as Error).message
  }
}
