// A manager that brings cars to what is wished, over a link with a played house.
import { expect, it } from 'vitest'
import { carManager, type CarWish } from '../../../../adapters/eebus/use-cases/car-manager.ts'
import { CEVC } from '../../../../adapters/eebus/use-cases/coordinated-charging.ts'
import { clientRef } from '../../../../adapters/eebus/use-cases/features.ts'
import { HOUSE, type PlayedHouse } from '../../../../adapters/eebus/use-cases/played-house.ts'
import { series } from '../../../../domain/time/series.ts'
import { slotAt } from '../../../../domain/time/slot.ts'
import { eurPerMWh } from '../../../../domain/units.ts'
import { housePair, MANAGER } from './house-pair.ts'
import { START } from './pair.ts'

const all = (current: number) => ({ a: current, b: current, c: current })

/** A house and a manager that is told what the watch tells. */
async function managed(wish: CarWish, prepare: (house: PlayedHouse) => void = () => {}) {
  const peer = await housePair()
  prepare(peer.house)
  peer.stopBeating()
  const written: string[] = []
  const manager = carManager({
    link: peer.link,
    clock: peer.clock,
    device: peer.manager,
    entity: MANAGER,
    clientFor: (type) => clientRef(MANAGER, type),
    wish,
    onWritten: (what, _, outcome) => written.push(`${what} ${outcome}`),
  })
  let seen = 0
  const settle = async () => {
    for (let turn = 0; turn < 6; turn += 1) {
      for (const one of peer.told.slice(seen)) manager.told(one)
      seen = peer.told.length
      await peer.pass(0)
    }
  }
  await settle()
  return { ...peer, manager, written, settle }
}

it('a car is held, recommended to, limited and told our prices, each once', async () => {
  const prices = series(
    slotAt(START),
    Array.from({ length: 96 }, (_, slot) => eurPerMWh(50 + slot)),
  )
  const peer = await managed({ fuse: 16, current: 10, recommended: 8, power: 5_000, prices })
  expect(peer.house.curtailed.allowed()).toEqual(all(10))
  expect(peer.house.curtailed.recommended()).toEqual(all(8))
  peer.house.need(20_000, 10 * 3_600_000)
  await peer.settle()
  expect(peer.house.prices()).toHaveLength(96)
  const plan = peer.watch.valuesOf(CEVC)!.plan!
  expect(Math.max(...plan.map(({ power }) => power))).toBe(5_000)
  const times = (text: string) => peer.written.filter((one) => one === text).length
  // One for OPEV and one for OSCEV; limits and prices again for the new demand.
  expect(times('loadControlLimitListData taken')).toBe(2)
  expect(times('timeSeriesListData taken')).toBe(2)
  expect(times('incentiveTableData taken')).toBe(2)
  expect(peer.written.every((one) => one.endsWith('taken'))).toBe(true)
  await peer.pass(30_000)
  expect(peer.house.curtailed.allowed()).toEqual(all(10))
})

it('another car at the same place is held as well, and none after the manager has stopped', async () => {
  const peer = await managed({ fuse: 16, current: 9 })
  peer.house.setPlugged(false)
  await peer.settle()
  peer.house.setPlugged(true)
  await peer.settle()
  await peer.settle()
  expect(peer.house.curtailed.allowed()).toEqual(all(9))
  peer.manager.stop()
  await peer.pass(10_000)
  expect(peer.house.curtailed.allowed()).toEqual(all(6))
})

it('a refusal is tried again after a minute', async () => {
  const peer = await managed({ fuse: 16, current: 7 }, ({ device }) =>
    device.onWrite({ entity: HOUSE.car, id: 10 }, 'loadControlLimitListData', () => ({
      isAccepted: false,
      errorNumber: 7,
      text: 'not now',
    })),
  )
  expect(peer.written).toEqual(['loadControlLimitListData refused'])
  await peer.pass(59_000)
  expect(peer.written).toHaveLength(1)
  await peer.pass(2_000)
  expect(peer.written).toHaveLength(2)
})
