import { expect, it } from 'vitest'
import { dispatch } from '../../../domain/dispatch/dispatcher.ts'
import { apply } from '../../../domain/live/apply.ts'
import { share, watts } from '../../../domain/units.ts'
import { MINUTE_MS, needsOf, NOW, planned, plugIn, priced, read, smallFleet, smallRegistry } from '../live/small-fleet.ts'

it('F1, F32: what a lost station does not take is made up for by those that are heard, not by a silent one', () => {
  const fleet = smallFleet(smallRegistry({ cars: 3 }))
  priced(fleet)
  const [lost, silent, heard] = [1, 2, 3].map((n) => plugIn(fleet, n, { needs: needsOf({ soc: share(0.5) }) }))
  planned(fleet, lost!, 5_000)
  planned(fleet, silent!, 2_000)
  planned(fleet, heard!, 2_000)
  const at = NOW + 7 * MINUTE_MS
  read(fleet, heard!, at, { power: watts(0) })
  apply(fleet, { kind: 'station-disconnected', station: lost!.evse.station, detail: 'cut' }, at)
  const { orders } = dispatch(fleet, at, {
    controllability: () => 'setpoint',
    safeDefault: watts(4_200),
    onFailure: (_, error) => expect.unreachable(error.message),
  })
  const setpoints = orders.map(({ live, setpoint }) => [live.evse.station, setpoint])
  expect(setpoints).toEqual([
    ['S2', 2_000],
    ['S3', 7_000],
  ])
})
