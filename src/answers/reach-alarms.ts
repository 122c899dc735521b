// Why a connected EVSE is not counted on, in words.
import { disobedience, isUnseen, lastHeardOf } from '../../domain/live/reachable.ts'
import type { LiveEvse } from '../../domain/live/live-fleet.ts'
import type { Session } from '../../domain/registry/session.ts'

/** Alarms about an EVSE whose flexibility counts for nothing at an instant, epoch ms; none where it is counted on (F1, F32). */
export function reachAlarms(
  live: LiveEvse,
  session: Session | null,
  at: number,
  localTime: (at: number) => string,
): readonly string[] {
  const alarms: string[] = []
  switch (disobedience(live, at)) {
    case 'quarantined':
      alarms.push(
        {
          'no-answer': 'gave no answer to three orders: not counted on for now',
          refuses: 'refused three orders: not counted on until it takes one',
          deviates: 'did not follow three times: not counted on for now',
        }[live.quarantinedFor ?? 'deviates'],
      )
      break
    case 'does-not-follow':
      alarms.push('does not follow its order')
      break
    case 'does-not-answer':
      alarms.push('does not answer its orders: not counted on for now')
      break
    case 'refuses':
      alarms.push('refuses its orders: not counted on until it takes one')
  }
  if (session !== null && isUnseen(live, session, at))
    alarms.push(`its meter was heard of last at ${localTime(lastHeardOf(live, session))}: not counted on until it is heard again`)
  return alarms
}
