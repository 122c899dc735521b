// A house with all use cases and an energy manager over real TLS: everything is found and read, a limit is written, and silence is noticed.
import { afterEach, expect, it } from 'vitest'
import { createIdentity, type NodeIdentity } from '../../../../adapters/eebus/ship/certificate.ts'
import { shipNode } from '../../../../adapters/eebus/ship/node.ts'
import { trustStore } from '../../../../adapters/eebus/ship/trust-store.ts'
import { spineLink, type SpineLink } from '../../../../adapters/eebus/spine/link.ts'
import type { LocalDevice } from '../../../../adapters/eebus/spine/local-device.ts'
import { boundWriter } from '../../../../adapters/eebus/use-cases/bound-writer.ts'
import { CEVC, pricesWrites } from '../../../../adapters/eebus/use-cases/coordinated-charging.ts'
import { curtailmentWrite, OPEV, OVERLOAD_PROTECTION } from '../../../../adapters/eebus/use-cases/current-curtailment.ts'
import { clientRef } from '../../../../adapters/eebus/use-cases/features.ts'
import { houseReading } from '../../../../adapters/eebus/use-cases/house.ts'
import { MONITOR_ENTITY, monitoredUseCases, monitorDevice } from '../../../../adapters/eebus/use-cases/monitor.ts'
import { MGCP } from '../../../../adapters/eebus/use-cases/monitoring-of-grid-connection-point.ts'
import { playedHouse } from '../../../../adapters/eebus/use-cases/played-house.ts'
import { beating } from '../../../../adapters/eebus/use-cases/pulse.ts'
import { watch, type Watch } from '../../../../adapters/eebus/use-cases/watch.ts'
import type { Command } from '../../../../adapters/eebus/spine/command.ts'
import type { FeatureAddress } from '../../../../adapters/eebus/spine/address.ts'
import { hostClock } from '../../../../src/run/clock.ts'
import { pseudonym } from './house-pair.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()))
})

interface User {
  discovered(): void
  take(from: FeatureAddress, command: Command): void
  stop(): void
}
function nodeOf(identity: NodeIdentity, trusted: NodeIdentity, device: LocalDevice, userOf: (link: SpineLink) => User) {
  const clock = hostClock()
  const node = shipNode({
    identity,
    id: device.spec.address,
    clock,
    trust: trustStore([trusted.ski]),
    random: () => 0,
    onOpen({ peer, send, close }) {
      const link = spineLink({
        device,
        clock,
        from: peer,
        send,
        close: () => close(),
        onDiscovered: () => user.discovered(),
        onData: (_, from, command) => user.take(from, command),
      })
      const user = userOf(link)
      return {
        receive: link.receive,
        ended() {
          user.stop()
          link.ended()
        },
      }
    },
  })
  closers.push(async () => {
    const closing = node.close()
    for (const connection of node.connections()) connection.terminate('the test is over')
    await closing
    clock.stop()
  })
  return { node, clock }
}

/** Resolves when something holds; looked at whenever anything is told. */
function waiting() {
  const open = new Set<() => void>()
  return {
    tell: () => open.forEach((look) => look()),
    until: (holds: () => boolean) =>
      new Promise<void>((resolve) => {
        const look = () => {
          if (!holds()) return
          open.delete(look)
          resolve()
        }
        open.add(look)
        look()
      }),
  }
}

it('a house is found, read, limited and priced over TLS, and is forgotten with its connection', async () => {
  const [houseKey, managerKey] = [createIdentity('house', Date.now()), createIdentity('manager', Date.now())]
  const houseClock = hostClock()
  closers.push(() => Promise.resolve(houseClock.stop()))
  const house = playedHouse({ address: 'd:_i:House', clock: houseClock, fuse: 13 })
  house.need(20_000, 8 * 3_600_000)
  house.tell({ load: 500, sun: 2_000, car: { a: 6, b: 6, c: 6 }, soc: 0.3 })
  const useCases = monitoredUseCases(pseudonym)
  const manager = monitorDevice('d:_i:Manager', useCases)
  const seen = waiting()
  let known: { readonly ours: Watch; readonly link: SpineLink } | null = null
  const { node: serving } = nodeOf(houseKey, managerKey, house.device, (link) => {
    const user = house.on(link)
    const stop = () => {
      user.stop()
      seen.tell()
    }
    return { ...user, stop }
  })
  const { node: calling, clock } = nodeOf(managerKey, houseKey, manager, (link) => {
    const clientFor = (type: string) => clientRef(MONITOR_ENTITY, type)
    const ours = watch({ link, clock, useCases, clientFor, onTold: seen.tell })
    known = { ours, link }
    return ours
  })
  const stopBeating = beating(manager, MONITOR_ENTITY, clock)
  closers.push(() => Promise.resolve(stopBeating()))
  const port = await serving.listen(0, '127.0.0.1')
  calling.call(`wss://127.0.0.1:${port}/ship/`, houseKey.ski)
  const all = () => known?.ours.all() ?? []
  await seen.until(() => known?.ours.valuesOf(CEVC)?.tariff?.slotsMax === 96 && houseReading(all()).cars[0]?.demand !== null)
  const { ours, link } = known!
  expect(all().map(({ useCase, partner }) => `${useCase} ${partner.entity.join('.')}`)).toEqual(
    ['MGCP 2', 'MPC 3', 'EVSECC 4'].concat(['EVCC', 'EVCEM', 'EVSOC', 'OPEV', 'OSCEV', 'CEVC'].map((name) => `${name} 4.1`)),
  )
  await seen.until(() => houseReading(all()).cars[0]?.soc === 0.3)
  expect(houseReading(all())).toMatchObject({ connection: 2_640, besideCars: -1_500, cars: [{ power: 4_140 }] })
  expect(ours.valuesOf(MGCP)).toMatchObject({ curtailmentPercent: 60, faults: {} })

  const writer = boundWriter(link, (type) => clientRef(MONITOR_ENTITY, type))
  const featureOf = (type: string) => link.remote().features.find((one) => one.type === type && one.role === 'server')!
  const limit = curtailmentWrite(ours.valuesOf(OPEV)!, OVERLOAD_PROTECTION, { a: 32, b: 10, c: 8 }, 16)
  expect(limit.ok && (await writer.write(featureOf('LoadControl'), limit.value))).toEqual({ ok: true, value: {} })
  // The house holds to its own fuse, and to what it was told once it has heard the heartbeat.
  await seen.until(() => ours.valuesOf(OPEV)?.limits.a?.current === 13)
  expect(house.curtailed.allowed()).toEqual({ a: 13, b: 10, c: 8 })
  const prices = pricesWrites(
    ours.valuesOf(CEVC)!,
    Array.from({ length: 96 }, (_, slot) => ({ ms: 900_000, value: 0.1 + slot / 1_000 })),
  )
  for (const command of prices.ok ? prices.value : []) await writer.write(featureOf('IncentiveTable'), command)
  await seen.until(() => (ours.valuesOf(CEVC)?.plan?.length ?? 0) === 96)
  const plan = ours.valuesOf(CEVC)!.plan!
  const planned = plan.reduce((sum, { from, until, power }) => sum + (power * (until - from)) / 3_600_000, 0)
  expect(planned).toBeCloseTo(20_000, 3)

  for (const connection of calling.connections()) connection.terminate('cut')
  await seen.until(() => all().length === 0)
  // The other end of the cut is noticed by itself.
  await seen.until(() => house.curtailed.allowed().a === 6)
  expect(house.curtailed.allowed()).toEqual({ a: 6, b: 6, c: 6 })
})
