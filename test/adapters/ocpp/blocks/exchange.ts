// One literal frame of a station, the events it becomes and the answer it gets.
import { expect } from 'vitest'
import type { Dialect } from '../../../../adapters/ocpp/rpc/frame.ts'
import type { StationEvent, StationReply } from '../../../../domain/ports/charge-points.ts'
import { manualClock } from '../../../../src/run/clock.ts'
import { openLab, rawStation, TEN, type Lab, type RawStation } from '../ocpp-lab.ts'

/** Instant of the frames below: two seconds before they are sent, epoch ms, and as a field of a payload. */
export const at = TEN - 2_000
export const AT = '"timestamp":"2026-11-02T09:59:58Z"'
/** A reading of that instant that tells nothing yet. */
export const reading = {
  evse: 'ST1/2',
  transaction: 'T7',
  sampledAt: at,
  arrivedAt: TEN,
  power: null,
  imported: null,
  exported: null,
  soc: null,
  phases: null,
  quality: 'measured',
}

const open: { readonly lab: Lab; readonly station: RawStation }[] = []

/** Sends one call and gives the events it became, without what all have, and the payload of the answer. */
export async function exchange(
  dialect: Dialect,
  call: string,
  answer: (event: StationEvent) => StationReply = () => ({ accepted: true, transaction: '41', mayDischarge: true }),
): Promise<{ readonly events: readonly object[]; readonly answer: unknown }> {
  const lab = await openLab({ clock: manualClock(TEN), answer })
  const station = await rawStation(lab, 'ST1', dialect)
  open.push({ lab, station })
  station.send(`[2,"s1",${call}]`)
  const [type, id, payload] = await station.next()
  expect([type, id]).toEqual([3, 's1'])
  const events = lab.events.slice(1).map(({ station: name, receivedAt, ...event }) => {
    expect([name, receivedAt]).toEqual(['ST1', TEN])
    return event
  })
  return { events, answer: payload }
}

/** Ends all that `exchange` opened; for `afterEach`. */
export async function hangUp(): Promise<void> {
  for (const { lab, station } of open.splice(0)) {
    station.socket.terminate()
    await lab.close()
  }
}
