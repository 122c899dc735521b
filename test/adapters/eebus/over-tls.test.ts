// SPINE over SHIP over TLS: two devices of ours that find out what the other is, and a limit that is bound, written and told.
import { afterEach, expect, it } from 'vitest'
import { createIdentity, type NodeIdentity } from '../../../adapters/eebus/ship/certificate.ts'
import { shipNode } from '../../../adapters/eebus/ship/node.ts'
import { trustStore } from '../../../adapters/eebus/ship/trust-store.ts'
import { spineLink, type SpineLink } from '../../../adapters/eebus/spine/link.ts'
import { localDevice, type LocalDevice } from '../../../adapters/eebus/spine/local-device.ts'
import { hostClock } from '../../../src/run/clock.ts'
import { limitedDevice, LIMITS } from './spine/conversation.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()))
})

/** A device on a node of its own; `discovered` resolves when it knows the other one, `heard` is what that tells of its data. */
function deviceOn(identity: NodeIdentity, trusted: NodeIdentity, device: LocalDevice) {
  const clock = hostClock()
  const heard: string[] = []
  let known: (link: SpineLink) => void = () => {}
  const discovered = new Promise<SpineLink>((resolve) => void (known = resolve))
  const node = shipNode({
    identity,
    id: device.spec.address,
    clock,
    trust: trustStore([trusted.ski]),
    random: () => 0,
    onOpen(connection) {
      const link = spineLink({
        device,
        clock,
        from: connection.peer,
        send: connection.send,
        close: () => connection.close(),
        onDiscovered: known,
        onData: (_, __, { name, data }) => void heard.push(`${name} ${JSON.stringify(data)}`),
      })
      return link
    },
  })
  closers.push(async () => {
    const closing = node.close()
    for (const connection of node.connections()) connection.terminate('the test is over')
    await closing
    clock.stop()
  })
  return { node, discovered, heard }
}

it('TC_SPINE_DDISC_001: a guard finds the limits of a system, binds them, writes one, and hears of the change', async () => {
  const [first, second] = [createIdentity('system', Date.now()), createIdentity('guard', Date.now())]
  const system = limitedDevice()
  const guard = localDevice({
    address: 'd:_i:Guard',
    type: 'ElectricitySupplySystem',
    entities: [{ path: [1], type: 'GridGuard', features: [{ id: 1, type: 'LoadControl', role: 'client', functions: [] }] }],
    useCases: [],
  })
  const served = deviceOn(first, second, system)
  const calling = deviceOn(second, first, guard)
  const port = await served.node.listen(0, '127.0.0.1')
  calling.node.call(`wss://127.0.0.1:${port}/ship/`, first.ski)
  const link = await calling.discovered
  await served.discovered
  const [feature] = link.remote().features.filter(({ type, role }) => type === 'LoadControl' && role === 'server')
  const client = { entity: [1], id: 1 }
  const write = () =>
    link.write(client, feature!.address, {
      name: 'loadControlLimitListData',
      data: { loadControlLimitData: [{ limitId: 0, isLimitActive: true, value: { number: 4_200, scale: 0 } }] },
      filters: [{ kind: 'partial', selectors: {}, elements: {} }],
    })
  expect(await write()).toMatchObject({ ok: false, refusal: { errorNumber: 9 } })
  expect(await link.bind(client, feature!.address, feature!.type)).toEqual({ ok: true, value: {} })
  expect(await link.subscribe(client, feature!.address, feature!.type)).toEqual({ ok: true, value: {} })
  expect(await write()).toEqual({ ok: true, value: {} })
  const stored = system.data(LIMITS, 'loadControlLimitListData')
  expect(stored).toMatchObject({ loadControlLimitData: [{ limitId: 0, isLimitActive: true }, { isLimitActive: false }] })
  // The notify goes out before the result.
  expect(calling.heard.at(-1)).toBe(`loadControlLimitListData ${JSON.stringify(stored)}`)
  expect(await link.read(client, feature!.address, 'loadControlLimitListData')).toEqual({ ok: true, value: stored })
})
