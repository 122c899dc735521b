// What is kept of another device's features, and whom a use case is played by; the other end is spoken for by the test.
import { describe, expect, it } from 'vitest'
import { child, type PlainObject } from '../../../../adapters/eebus/eebus-json.ts'
import { spineLink } from '../../../../adapters/eebus/spine/link.ts'
import { UNKNOWN_DEVICE, type RemoteDevice, type RemoteFeature } from '../../../../adapters/eebus/spine/remote-device.ts'
import { clientRef } from '../../../../adapters/eebus/use-cases/features.ts'
import { mirrorOf } from '../../../../adapters/eebus/use-cases/mirror.ts'
import { MGCP } from '../../../../adapters/eebus/use-cases/monitoring-of-grid-connection-point.ts'
import { MPC } from '../../../../adapters/eebus/use-cases/monitoring-of-power-consumption.ts'
import { partnersOf } from '../../../../adapters/eebus/use-cases/partner.ts'
import { manualClock } from '../../../../src/run/clock.ts'
import { START, watcherOf } from './pair.ts'

const LIST = 'measurementListData'
const feature = (entity: number[], type = 'Measurement', functions: string[] = [LIST]): RemoteFeature => ({
  address: { entity, feature: 11 },
  type,
  role: 'server',
  functions,
  responseMaxMs: null,
})

/** A mirror of a device that answers nothing by itself. */
function mirrored() {
  const clock = manualClock(START)
  const asked: { readonly name: string; readonly counter: number; readonly isCall: boolean }[] = []
  let changes = 0
  const link = spineLink({
    device: watcherOf([MGCP, MPC]),
    from: 'unit',
    clock,
    close: () => {},
    send(payload) {
      const header = child(payload['datagram'], 'header')
      const [command] = child(child(payload['datagram'], 'payload'), 'cmd') as readonly PlainObject[]
      const isCall = child(header, 'cmdClassifier') === 'call'
      asked.push({ name: Object.keys(command!)[0]!, counter: Number(child(header, 'msgCounter')), isCall })
      return true
    },
    onData: (_, from, command) => mirror.take(from, command),
  })
  const mirror = mirrorOf({ link, clock, clientFor: (type) => clientRef([1], type), onChange: () => void (changes += 1) })
  let counter = 500
  const settle = async () => {
    for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  }
  async function say(classifier: string, entity: number[], command: PlainObject, reference?: number) {
    counter += 1
    link.receive({
      datagram: {
        header: {
          addressSource: { device: 'd:_i:Unit', entity, feature: 11 },
          addressDestination: { device: 'd:_i:Watcher', entity: [1], feature: 111 },
          msgCounter: counter,
          msgCounterReference: reference,
          cmdClassifier: classifier,
        },
        payload: { cmd: [command] },
      },
    } as PlainObject)
    await settle()
  }
  return {
    mirror,
    clock,
    say,
    settle,
    changes: () => changes,
    reads: (name = LIST) => asked.filter((one) => one.name === name && !one.isCall),
    calls: () => asked.filter(({ isCall }) => isCall).length,
    pass: async (ms: number) => {
      await clock.runUntil(clock.now() + ms, settle)
      mirror.poll()
      await settle()
    },
  }
}
const value = (measurementId: number, number: number, more: PlainObject = {}) => ({
  measurementId,
  valueType: 'value',
  value: { number, scale: -1 },
  ...more,
})
const partial = (...measurementData: PlainObject[]) => ({
  function: LIST,
  filter: [{ cmdControl: { partial: {} } }],
  [LIST]: { measurementData },
})

describe('a mirror', () => {
  it('subscribes and reads once, however often it is asked to follow', async () => {
    const peer = mirrored()
    const one = feature([2])
    for (let time = 0; time < 3; time += 1) peer.mirror.follow([{ feature: one, functions: [LIST, 'measurementSeriesListData'] }])
    await peer.settle()
    expect(peer.reads()).toHaveLength(1)
    // It does not say that it has this one.
    expect(peer.reads('measurementSeriesListData')).toEqual([])
    expect(peer.calls()).toBe(1)
    expect(peer.mirror.heard(one, LIST)).toBeNull()
  })
  it('changes what is told in part and keeps the rest, scales too; no least and greatest values', async () => {
    const peer = mirrored()
    const one = feature([2])
    peer.mirror.follow([{ feature: one, functions: [LIST] }])
    await peer.say('reply', [2], { [LIST]: { measurementData: [value(1, 10), value(2, 20)] } }, peer.reads()[0]!.counter)
    await peer.say('notify', [2], partial({ measurementId: 1, value: { number: 15 } }))
    await peer.say('notify', [2], partial(value(2, 999, { valueType: 'maxValue' }), value(3, 30)))
    expect(peer.mirror.heard(one, LIST)!.data).toEqual({
      measurementData: [{ measurementId: 1, valueType: 'value', value: { number: 15, scale: -1 } }, value(2, 20), value(3, 30)],
    })
    expect(peer.changes()).toBe(3)
  })
  it('takes nothing of features that nobody follows, and forgets those that are followed no more', async () => {
    const peer = mirrored()
    const [one, other] = [feature([2]), feature([3])]
    peer.mirror.follow([{ feature: one, functions: [LIST] }])
    await peer.say('notify', [3], partial(value(1, 10)))
    expect([peer.changes(), peer.mirror.heard(other, LIST)]).toEqual([0, null])
    await peer.say('notify', [2], partial(value(1, 10)))
    peer.mirror.follow([{ feature: other, functions: [LIST] }])
    expect(peer.mirror.heard(one, LIST)).toBeNull()
    peer.mirror.follow([{ feature: one, functions: [LIST] }])
    await peer.settle()
    // Known anew: subscribed and read again.
    expect(peer.mirror.heard(one, LIST)).toBeNull()
    expect(peer.calls()).toBe(3)
  })
  it('asks again a minute after it heard last, drops what is silent for two, and never asks what was refused', async () => {
    const peer = mirrored()
    const one = feature([2], 'Measurement', [LIST, 'measurementDescriptionListData', 'measurementConstraintsListData'])
    peer.mirror.follow([{ feature: one, functions: one.functions }])
    await peer.settle()
    const describing = 'measurementDescriptionListData'
    await peer.say(
      'reply',
      [2],
      { [describing]: { measurementDescriptionData: [{ measurementId: 1 }] } },
      peer.reads(describing)[0]!.counter,
    )
    const refused = { resultData: { errorNumber: 6 } }
    await peer.say('result', [2], refused, peer.reads('measurementConstraintsListData')[0]!.counter)
    await peer.say('reply', [2], { [LIST]: { measurementData: [value(1, 10)] } }, peer.reads()[0]!.counter)
    await peer.pass(59_000)
    expect(peer.reads()).toHaveLength(1)
    await peer.pass(1_000)
    expect(peer.reads()).toHaveLength(2)
    await peer.pass(60_000)
    expect(peer.mirror.heard(one, LIST)).not.toBeNull()
    await peer.pass(1_000)
    expect(peer.mirror.heard(one, LIST)).toBeNull()
    // A description holds until it changes.
    expect(peer.mirror.heard(one, describing)).not.toBeNull()
    await peer.pass(600_000)
    expect(peer.reads(describing)).toHaveLength(1)
    expect(peer.reads('measurementConstraintsListData')).toHaveLength(1)
  })
  it('has at most eight questions open, and goes on when one is answered or not', async () => {
    const peer = mirrored()
    const all = Array.from({ length: 30 }, (_, index) => ({ feature: feature([2, index]), functions: [LIST] }))
    peer.mirror.follow(all)
    await peer.settle()
    expect(peer.reads()).toHaveLength(8)
    await peer.say('reply', [2, 0], { [LIST]: {} }, peer.reads()[0]!.counter)
    expect(peer.reads()).toHaveLength(9)
    await peer.clock.runUntil(START + 60_000, peer.settle)
    expect(peer.reads()).toHaveLength(30)
  })
})

describe('partners', () => {
  const device = (more: Partial<RemoteDevice>): RemoteDevice => ({
    ...UNKNOWN_DEVICE,
    entities: [
      { path: [1], type: 'CEM' },
      { path: [2], type: 'SubMeterElectricity' },
      { path: [3], type: 'HeatPumpAppliance' },
      { path: [3, 1], type: 'Compressor' },
    ],
    features: [feature([2]), feature([3, 1]), { ...feature([1]), role: 'client' }],
    ...more,
  })
  const announced = (entity: number[] | null, actor = 'MonitoredUnit', isAvailable = true) => ({
    entity,
    actor,
    name: 'monitoringOfPowerConsumption',
    isAvailable,
    scenarios: [1, 2],
  })
  const found = (remote: RemoteDevice) => partnersOf(remote, MPC).map(({ entity, scenarios }) => [entity.join('.'), scenarios])

  it('are who is announced, once, with the features of their parts, whether available or not', () => {
    const useCases = [announced([3], undefined, false), announced([3]), announced([1], 'MonitoringAppliance')]
    expect(found(device({ useCases }))).toEqual([['3', [1, 2]]])
  })
  it('are all of a fitting type where no place is named, or the device as a whole', () => {
    for (const place of [null, [0]])
      expect(found(device({ useCases: [announced(place)] }))).toEqual([
        ['2', [1, 2]],
        ['3', [1, 2]],
        ['3.1', [1, 2]],
      ])
  })
  it('are those with the features where nothing is announced', () => {
    expect(found(device({}))).toEqual([
      ['2', []],
      ['3.1', []],
    ])
    expect(partnersOf(device({}), MGCP)).toEqual([])
  })
  it('are none at places that are not there or have nothing to read', () => {
    expect(found(device({ useCases: [announced([9]), announced([1])], features: [] }))).toEqual([])
  })
  it('are at most 32, whatever a device describes', () => {
    const entities = Array.from({ length: 512 }, (_, index) => ({ path: [index + 1], type: 'Inverter' }))
    const features = entities.map(({ path }) => feature([...path]))
    expect(partnersOf({ ...UNKNOWN_DEVICE, entities, features }, MPC)).toHaveLength(32)
  })
})
