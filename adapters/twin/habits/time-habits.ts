// Clocks that are wrong, and clocks that are right but written wrongly.
import { zoneOffset } from '../../../domain/time/zone-offset.ts'
import { oneOf, within } from '../dice.ts'
import { withInstants } from '../own-time.ts'
import { ALL_VERSIONS, reworded, type Habit } from './habit.ts'

export const TIME_HABITS: readonly Habit[] = [
  {
    name: 'clock-skew',
    versions: ALL_VERSIONS,
    topics: ['time'],
    sentence: 'its clock is minutes wrong, in what it tells and in when it follows a schedule',
    manner: ({ chance }) => ({
      clockAheadMs: oneOf(chance, [-1, 1]) * Math.round(within(chance, [2, 20])) * 60_000,
    }),
  },
  {
    name: 'local-time-as-utc',
    versions: ALL_VERSIONS,
    topics: ['time'],
    sentence: 'writes local time with the Z of UTC, so that all it tells is whole hours off',
    manner: () => ({
      says: (message) => [reworded(message, (payload) => withInstants(payload, asLocal))],
      hears(_action, _payload, usual) {
        const answer = usual()
        return answer instanceof Promise ? answer.then((late) => withInstants(late, asLocal)) : withInstants(answer, asLocal)
      },
    }),
  },
]

/** What a German wall clock shows, taken for UTC. */
function asLocal(at: number): number {
  return at + zoneOffset(at, 'Europe/Berlin')
}
