import { expect, test } from 'vitest'
import { evseId, id, type StationId } from '../../../domain/registry/identity.ts'
import { apply } from '../../../domain/live/apply.ts'
import { openSession } from '../../../domain/live/live-fleet.ts'
import type { StationEvent } from '../../../domain/ports/charge-points.ts'
import { habits } from '../../../domain/forecast/habits.ts'
import { decideStationEvent } from '../../../domain/live/decide-station-event.ts'
import { slotAt } from '../../../domain/time/slot.ts'
import { HOUR_MS, smallFleet } from '../live/small-fleet.ts'

const DAY_MS = 24 * HOUR_MS
const MONDAY = Date.parse('2026-01-12T00:00:00+01:00')
const station = id<StationId>('S1')

/** One EVSE at which a car nobody registered stands on so many days from 9 to `until` o'clock. */
function place(days: number, until: number, token: string | null = null) {
  const fleet = smallFleet()
  const known = habits('Europe/Berlin')
  const live = fleet.evses.get(evseId(station, 1))!
  const tell = (event: StationEvent) => {
    for (const fact of decideStationEvent(fleet, event, known.usualReadyBy).facts) {
      known.notice(fleet, fact)
      apply(fleet, fact, event.receivedAt)
    }
  }
  const plug = (day: number) => {
    const at = MONDAY + day * DAY_MS + 9 * HOUR_MS
    const [offline, importedWh] = [false, null]
    tell({ kind: 'session-started', station, evse: 1, transaction: `tx${day}`, token, at, receivedAt: at, offline, importedWh })
    return openSession(fleet, live)!
  }
  const unplug = (day: number) => {
    const at = MONDAY + day * DAY_MS + until * HOUR_MS
    const event = { station, evse: null, transaction: `tx${day}`, at, receivedAt: at, detail: 'unplugged', importedWh: null }
    tell({ kind: 'session-ended', ...event })
    // A second message about the same end is no second session.
    tell({ kind: 'session-ended', ...event })
  }
  for (let day = 0; day < days; day++) {
    plug(day)
    unplug(day)
  }
  return {
    session: plug(days),
    leave: () => unplug(days),
    expected: (at: number) => known.expectedAt(fleet, (evse) => evse === live.evse.id, slotAt(at), 96),
  }
}

test('an unknown car is expected to be wanted as early as cars at this place usually are', () => {
  const { session } = place(14, 16)
  const hour = (session.wish.readyBy - (MONDAY + 14 * DAY_MS)) / HOUR_MS
  expect(hour).toBeGreaterThan(15)
  expect(hour).toBeLessThanOrEqual(16.25)
  expect(session.wish.by).toBe('default')
})

test('a few sessions tell nothing: the default is seven in the morning', () => {
  const { session } = place(7, 16)
  expect(session.wish.readyBy).toBe(MONDAY + 8 * DAY_MS + 7 * HOUR_MS)
})

test('a known car keeps the wish its driver gave', () => {
  const { session } = place(14, 16, 'TAG-1')
  expect(session.vehicle).not.toBeNull()
  expect(session.wish.readyBy).toBe(MONDAY + 15 * DAY_MS + 7 * HOUR_MS)
  expect(session.wish.by).toBe('standing-wish')
})

test('nobody is promised a car within half an hour', () => {
  const { session } = place(14, 9.1)
  expect(session.wish.readyBy).toBeGreaterThanOrEqual(session.startedAt + 1_800_000)
  expect(session.wish.readyBy).toBeLessThan(session.startedAt + 2_400_000)
})

test('a car that is away is expected when it usually comes, for as long as it usually stays; one that is there is not', () => {
  const { leave, expected } = place(14, 16)
  const evening = MONDAY + 14 * DAY_MS + 20 * HOUR_MS
  expect(expected(evening)).toBeNull()
  leave()
  const { count, staying } = expected(evening)!
  const within = (from: number, until: number) => count.slice(from * 4, until * 4).reduce((sum, number) => sum + number, 0)
  // From 20 o'clock on the next 9 o'clock is 13 hours away.
  expect(within(10, 16)).toBeGreaterThan(0.5)
  expect(within(0, 10)).toBeLessThan(0.2)
  expect(staying[4 * 4]).toBeGreaterThan(0.6)
  expect(staying[11 * 4]).toBeLessThan(0.4)
})
