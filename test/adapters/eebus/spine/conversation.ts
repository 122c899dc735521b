// A device of ours in conversation with one that the test speaks for, over the bytes of the wire and on a clock that stands still.
import { readFrame, writeDataFrame } from '../../../../adapters/eebus/ship/frame.ts'
import type { PlainObject } from '../../../../adapters/eebus/eebus-json.ts'
import { spineLink, type LinkOptions, type SpineLink } from '../../../../adapters/eebus/spine/link.ts'
import { localDevice, type LocalDevice, type Write, type WriteOutcome } from '../../../../adapters/eebus/spine/local-device.ts'
import { manualClock } from '../../../../src/run/clock.ts'

export const LIMITS = { entity: [1], id: 1 } as const
const readable = (name: string) => ({ name, isReadable: true, isWritable: false })
const writable = (name: string) => ({ name, isReadable: true, isWritable: true })

/** A device with a limit on what it takes (0) and one on what it gives (1). */
export function limitedDevice(judge: (write: Write) => WriteOutcome = () => ({ isAccepted: true })): LocalDevice {
  const device = localDevice({
    address: 'd:_i:Ours',
    type: 'EnergyManagementSystem',
    entities: [
      {
        path: [1],
        type: 'CEM',
        features: [
          {
            id: 1,
            type: 'LoadControl',
            role: 'server',
            functions: [readable('loadControlLimitDescriptionListData'), writable('loadControlLimitListData')],
          },
          { id: 2, type: 'DeviceDiagnosis', role: 'client', functions: [] },
        ],
      },
    ],
    useCases: [
      {
        entity: [1],
        actor: 'ControllableSystem',
        name: 'limitationOfPowerConsumption',
        version: '1.0.0',
        scenarios: [1, 2, 3, 4],
      },
      {
        entity: [1],
        actor: 'ControllableSystem',
        name: 'limitationOfPowerProduction',
        version: '1.0.0',
        scenarios: [1, 2, 3, 4],
      },
    ],
  })
  const limit = (limitId: number) => ({
    limitId,
    isLimitChangeable: true,
    isLimitActive: false,
    value: { number: 42, scale: 2 },
  })
  device.set(LIMITS, 'loadControlLimitListData', { loadControlLimitData: [limit(0), limit(1)] })
  device.onWrite(LIMITS, 'loadControlLimitListData', judge)
  return device
}

export const PEER = { device: 'd:_i:Peer', entity: [1], feature: 1 }
export const PEER_MANAGEMENT = { device: 'd:_i:Peer', entity: [0], feature: 0 }
export const MANAGEMENT = { device: 'd:_i:Ours', entity: [0], feature: 0 }
export const LIMIT_FEATURE = { device: 'd:_i:Ours', entity: [1], feature: 1 }

/** What the peer says it is: node management and one client. */
export const PEER_DISCOVERY = {
  nodeManagementDetailedDiscoveryData: {
    specificationVersionList: { specificationVersion: ['1.3.0'] },
    deviceInformation: { description: { deviceAddress: { device: 'd:_i:Peer' }, deviceType: 'ElectricitySupplySystem' } },
    entityInformation: [
      { description: { entityAddress: { entity: [0] }, entityType: 'DeviceInformation' } },
      { description: { entityAddress: { entity: [1] }, entityType: 'GridGuard' } },
    ],
    featureInformation: [
      { description: { featureAddress: { entity: [0], feature: 0 }, featureType: 'NodeManagement', role: 'special' } },
      { description: { featureAddress: { entity: [1], feature: 1 }, featureType: 'LoadControl', role: 'client' } },
    ],
  },
} satisfies PlainObject

interface Heard {
  readonly header: PlainObject
  readonly command: PlainObject
}
type Extra = { readonly source?: PlainObject; readonly destination?: PlainObject; readonly header?: PlainObject }

export function conversation(device = limitedDevice(), options: Partial<LinkOptions> = {}) {
  const clock = manualClock(0)
  let heard: Heard[] = []
  const closed: string[] = []
  const link: SpineLink = spineLink({
    device,
    from: 'peer-ski',
    clock,
    send(payload) {
      const frame = readFrame(writeDataFrame(payload))
      if (!frame.ok || frame.value.kind === 'init') throw new Error('not read back')
      const { datagram } = (frame.value.root as { data: { payload: { datagram: never } } }).data.payload
      const { header, payload: inner } = datagram as { header: PlainObject; payload: { cmd: PlainObject[] } }
      heard.push({ header, command: inner.cmd[0]! })
      return true
    },
    close: (reason) => void closed.push(reason),
    ...options,
  })
  let counter = 100
  function taken(): Heard[] {
    const all = heard
    heard = []
    return all
  }
  /** Says something and gives what was said in answer. */
  function say(classifier: string, cmd: PlainObject | readonly PlainObject[], extra: Extra = {}): Heard[] {
    counter += 1
    link.receive({
      datagram: {
        header: {
          specificationVersion: '1.3.0',
          addressSource: extra.source ?? PEER,
          addressDestination: extra.destination ?? LIMIT_FEATURE,
          msgCounter: counter,
          cmdClassifier: classifier,
          ...extra.header,
        },
        payload: { cmd: Array.isArray(cmd) ? cmd : [cmd] },
      },
    } as PlainObject)
    return taken()
  }
  const management = { source: PEER_MANAGEMENT, destination: MANAGEMENT }
  function call(name: string, kind: 'subscription' | 'binding', act: 'Request' | 'Delete', body: PlainObject = {}): Heard[] {
    const ends = { clientAddress: PEER, serverAddress: LIMIT_FEATURE }
    return say('call', { [name]: { [`${kind}${act}`]: { ...ends, ...body } } }, { ...management, header: { ackRequest: true } })
  }
  return {
    device,
    link,
    clock,
    closed,
    taken,
    say,
    management,
    counter: () => counter,
    read: (name: string, extra: Extra = {}) => say('read', { [name]: {} }, extra),
    bind: (body?: PlainObject) => call('nodeManagementBindingRequestCall', 'binding', 'Request', body),
    unbind: (body?: PlainObject) => call('nodeManagementBindingDeleteCall', 'binding', 'Delete', body),
    subscribe: (body?: PlainObject) => call('nodeManagementSubscriptionRequestCall', 'subscription', 'Request', body),
    unsubscribe: (body?: PlainObject) => call('nodeManagementSubscriptionDeleteCall', 'subscription', 'Delete', body),
    /** Writes one limit as an Energy Guard does. */
    write: (limit: PlainObject, extra: Extra = {}) =>
      say(
        'write',
        {
          function: 'loadControlLimitListData',
          filter: [{ cmdControl: { partial: {} } }],
          loadControlLimitListData: { loadControlLimitData: [limit] },
        },
        { header: { ackRequest: true }, ...extra },
      ),
    limit: (id: number) =>
      (device.data(LIMITS, 'loadControlLimitListData')!['loadControlLimitData'] as readonly PlainObject[]).find(
        ({ limitId }) => limitId === id,
      ),
    /** Lets it pass, and whoever waits for an answer go on. */
    pass: async (ms: number) => {
      await clock.runUntil(clock.now() + ms, () => new Promise((resolve) => setImmediate(resolve)))
      return taken()
    },
    discover(discovery: PlainObject = PEER_DISCOVERY, header: PlainObject = {}) {
      const [question] = taken()
      return say('reply', discovery, {
        ...management,
        header: { msgCounterReference: question!.header['msgCounter'], ...header },
      })
    },
  }
}

/** The number of an error, of a single result. */
export function errorOf(answers: readonly Heard[]): unknown {
  const [answer, ...more] = answers
  if (more.length > 0 || answer?.header['cmdClassifier'] !== 'result') return answers
  return (answer.command['resultData'] as PlainObject)['errorNumber']
}
