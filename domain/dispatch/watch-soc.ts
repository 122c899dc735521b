// What the journal is told when a car's word about its state of charge stops counting or counts again, and who is planned anew because of it.
import type { LiveEvse } from '../live/live-fleet.ts'
import type { Fact } from '../facts/fact.ts'

/** A plan made before is looked at for so long after a car's word began to count; clocks of stations may be a little off. */
const FRESH_MS = 120_000

/** The fact that is due for a plugged car; null most of the time. A car that goes on lying gives no further one (F34). */
export function socFact({ evse, session, trust }: LiveEvse): Fact | null {
  if (session === null || trust.isReported) return null
  if (trust.standing !== 'distrusted' || trust.lie === null) return { kind: 'soc-believed', session, evse: evse.id }
  const { told, expected, at } = trust.lie
  return { kind: 'soc-distrusted', session, evse: evse.id, told, expected, toldAt: at }
}

/** Whether a car was planned as one that tells nothing, and has shown since that its word counts. */
export function isPlannedTooCautiously({ plan, trust }: LiveEvse, now: number): boolean {
  return plan?.degraded === true && trust.standing === 'believed' && Math.abs(now - trust.changedAt) <= FRESH_MS
}
