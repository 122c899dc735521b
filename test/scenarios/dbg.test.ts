import { it } from 'vitest'
import { limitedSite } from './limited-site.ts'
import { liveOrder } from '../../domain/live/live-fleet.ts'
it('dbg', async () => {
  const world = await limitedSite(Date.parse('2026-01-15T02:00:00Z'))
  const rows = (t: number) => {
    const f = world.fleet()
    console.log(new Date(t).toISOString(), world.ordered(), world.takes(), world.twin.connected(), [...f.evses.values()].map((l) => { const o = l.session === null ? null : liveOrder(l, t); const truth = world.twin.cars().find(c => c.evse === l.evse.id)!; return `${f.stations.get(l.evse.station)!.connected ? '' : '!'}${o?.content.setpoint ?? 'c' + (o?.content.course?.values[0] ?? '-')}/${o?.state.kind ?? '-'}/${truth.power}` }).join(' '))
  }
  world.guard(true)
  await world.pass(1)
  await world.limit({ isActive: false, powerW: 0 })
  await world.limit({ isActive: false, powerW: 0 }, 'produce')
  await world.pass(95 * 60_000, () => {}, 60_000)
  await world.limit({ isActive: true, powerW: 12_000 })
  await world.pass(2 * 60_000, rows, 10_000)
  world.guard(false)
  console.log('guard gone')
  await world.pass(10 * 60_000, rows, 20_000)
  world.guard(true); await world.pass(1)
  await world.limit({ isActive: true, powerW: 6_000 })
  await world.pass(30_000, rows)
  world.guard(false)
  await world.kill()
  console.log('killed')
  await world.pass(60_000, rows)
  await world.start()
  console.log('started')
  await world.pass(10 * 60_000, rows, 10_000)
  await world.stop()
}, 200000)
