// Ends of LPC and LPP on a manual clock, with the bytes of the wire between them and whoever plays the other side.
import type { PlainObject } from '../../../../adapters/eebus/eebus-json.ts'
import { readFrame, writeDataFrame } from '../../../../adapters/eebus/ship/frame.ts'
import type { ShipUser } from '../../../../adapters/eebus/ship/node.ts'
import { writeDuration } from '../../../../adapters/eebus/spine/duration.ts'
import { limitationSystem } from '../../../../adapters/eebus/use-cases/limitation-system.ts'
import { startSystem } from '../../../../domain/limitation/controllable-system.ts'
import type { Direction } from '../../../../domain/limitation/limit.ts'
import type { LimitedDevice } from '../../../../domain/limitation/limited-device.ts'
import { manualClock, type ManualClock } from '../../../../src/run/clock.ts'
import { limitedPart, type LimitedPartOptions } from '../../../../src/run/limitation/limited-part.ts'
import { deviceOf } from '../../../domain/limitation/played.ts'

export interface Said {
  readonly header: PlainObject
  readonly command: PlainObject
}
export const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** What a payload says after it was bytes. */
export function overTheWire(payload: PlainObject): Said {
  const frame = readFrame(writeDataFrame(payload))
  if (!frame.ok || frame.value.kind === 'init') throw new Error('not read back')
  const { datagram } = (frame.value.root as { data: { payload: { datagram: never } } }).data.payload
  const { header, payload: inner } = datagram as { header: PlainObject; payload: { cmd: PlainObject[] } }
  return { header, command: inner.cmd[0]! }
}

/** A limited place in both directions on a clock that stands still. */
export function place(
  given: Partial<LimitedDevice> = {},
  keep?: NonNullable<LimitedPartOptions['keep']>,
  clock = manualClock(0),
) {
  const part = (direction: Direction) =>
    limitedPart({
      clock,
      name: direction,
      system: startSystem(deviceOf(direction, given), clock.elapsed()),
      ...(keep === undefined ? {} : { keep }),
    })
  return { clock, parts: { consume: part('consume'), produce: part('produce') } }
}
export type Place = ReturnType<typeof place>

const OURS = 'd:_n:Ours'
const THEIRS = 'd:_n:Guard'
export const SYSTEM_FEATURE = {
  limits: { device: OURS, entity: [1], feature: 1 },
  keys: { device: OURS, entity: [1], feature: 2 },
  heartbeat: { device: OURS, entity: [1], feature: 3 },
  electrical: { device: OURS, entity: [1], feature: 4 },
} as const
const MANAGEMENT = { device: OURS, entity: [0], feature: 0 }
export const GUARD_ENTITY = [1]
const client = { device: THEIRS, entity: GUARD_ENTITY, feature: 1 }

/** What a guard says it is; `entity` is where it is, and beside it a wallbox with a heartbeat of its own. */
export function guardDiscovery(entity: readonly number[] = GUARD_ENTITY, more: PlainObject = {}): PlainObject {
  const feature = (path: readonly number[], id: number, type: string, role: string, functions: string[] = []) => ({
    description: {
      featureAddress: { device: THEIRS, entity: path, feature: id },
      featureType: type,
      role,
      supportedFunction: functions.map((name) => ({ function: name, possibleOperations: { read: {} } })),
      ...more,
    },
  })
  return {
    nodeManagementDetailedDiscoveryData: {
      specificationVersionList: { specificationVersion: ['1.3.0'] },
      deviceInformation: { description: { deviceAddress: { device: THEIRS }, deviceType: 'ElectricitySupplySystem' } },
      entityInformation: [
        { description: { entityAddress: { entity: [0] }, entityType: 'DeviceInformation' } },
        { description: { entityAddress: { entity }, entityType: 'GridGuard' } },
        { description: { entityAddress: { entity: [9] }, entityType: 'EVSE' } },
      ],
      featureInformation: [
        feature([0], 0, 'NodeManagement', 'special'),
        feature(entity, 1, 'LoadControl', 'client'),
        feature(entity, 2, 'DeviceDiagnosis', 'server', ['deviceDiagnosisHeartbeatData']),
        feature([9], 1, 'LoadControl', 'client'),
        feature([9], 2, 'DeviceDiagnosis', 'server', ['deviceDiagnosisHeartbeatData']),
      ],
    },
  }
}

/** A guard that the test speaks for, connected to a place. */
export function playedGuard(
  { clock, parts }: Place,
  { ski = 'guard-ski', connectionId = '1' }: { readonly ski?: string; readonly connectionId?: string } = {},
) {
  let heard: Said[] = []
  const closed: string[] = []
  const end: ShipUser = limitationSystem({
    face: { address: OURS, entityType: 'CEM' },
    parts,
    connection: { peer: ski, send: (payload) => heard.push(overTheWire(payload)) > 0, close: () => void closed.push('closed') },
    connectionId: `${ski} ${connectionId}`,
    clock,
  })
  let counter = 100
  let beats = 0
  const taken = (): Said[] => {
    const all = heard
    heard = []
    return all
  }
  /** Says something; gives what is heard until nothing is under way any longer. */
  async function say(classifier: string, command: PlainObject, header: PlainObject): Promise<readonly Said[]> {
    taken()
    tell(classifier, command, header)
    await turn()
    return taken()
  }
  function tell(classifier: string, command: PlainObject, header: PlainObject): number {
    counter += 1
    end.receive({
      datagram: {
        header: { specificationVersion: '1.3.0', ...header, msgCounter: counter, cmdClassifier: classifier },
        payload: { cmd: [command] },
      },
    } as PlainObject)
    return counter
  }
  const to = (destination: PlainObject, source: PlainObject = client) => ({
    addressSource: source,
    addressDestination: destination,
    ackRequest: true,
  })
  const management = to(MANAGEMENT, { device: THEIRS, entity: [0], feature: 0 })
  const guard = {
    clock,
    parts,
    closed,
    taken,
    say,
    tell,
    to,
    end,
    /** Answers the question what it is. */
    describe: (discovery: PlainObject = guardDiscovery()) =>
      say('reply', discovery, { ...management, ackRequest: undefined, msgCounterReference: 1 }),
    tie: (kind: 'binding' | 'subscription', server: PlainObject, source: PlainObject = client) =>
      say(
        'call',
        {
          [kind === 'binding' ? 'nodeManagementBindingRequestCall' : 'nodeManagementSubscriptionRequestCall']: {
            [`${kind}Request`]: { clientAddress: source, serverAddress: server },
          },
        },
        management,
      ),
    /** Described, bound to limits and failsafe values, and subscribed to the limits. */
    async join(): Promise<void> {
      await guard.describe()
      await guard.tie('binding', SYSTEM_FEATURE.limits)
      await guard.tie('binding', SYSTEM_FEATURE.keys)
      await guard.tie('subscription', SYSTEM_FEATURE.limits)
    },
    heartbeat: (entity: readonly number[] = GUARD_ENTITY, timeoutMs = 60_000) =>
      say(
        'notify',
        { deviceDiagnosisHeartbeatData: { heartbeatCounter: (beats += 1), heartbeatTimeout: writeDuration(timeoutMs) } },
        { ...to({ device: OURS, entity: [1], feature: 5 }, { device: THEIRS, entity, feature: 2 }), ackRequest: undefined },
      ),
    /** Writes limits as they are given, as a part. */
    write: (...items: readonly PlainObject[]) => guard.writeWith([{ cmdControl: { partial: {} } }], ...items),
    writeWith: (filter: readonly PlainObject[], ...items: readonly PlainObject[]) =>
      say(
        'write',
        { function: 'loadControlLimitListData', filter, loadControlLimitListData: { loadControlLimitData: items } },
        to(SYSTEM_FEATURE.limits),
      ),
    writeKeys: (...items: readonly PlainObject[]) =>
      say(
        'write',
        {
          function: 'deviceConfigurationKeyValueListData',
          filter: [{ cmdControl: { partial: {} } }],
          deviceConfigurationKeyValueListData: { deviceConfigurationKeyValueData: items },
        },
        to(SYSTEM_FEATURE.keys),
      ),
    async read(server: PlainObject, name: string): Promise<PlainObject> {
      const answers = await say('read', { [name]: {} }, { ...to(server), ackRequest: undefined })
      return answers.at(-1)!.command[name] as PlainObject
    },
    /** The limits as a guard reads them. */
    async limits(): Promise<readonly PlainObject[]> {
      const data = await guard.read(SYSTEM_FEATURE.limits, 'loadControlLimitListData')
      return data['loadControlLimitData'] as readonly PlainObject[]
    },
    wait: (ms: number) => pass(clock, ms),
  }
  return guard
}

/** Lets ms pass, and whoever waits for an answer go on. */
export function pass(clock: ManualClock, ms: number): Promise<void> {
  return clock.runUntil(clock.now() + ms, turn)
}

/** The number of the error in the only result among answers. */
export function errorIn(answers: readonly Said[]): unknown {
  const results = answers.filter(({ header }) => header['cmdClassifier'] === 'result')
  if (results.length !== 1) return answers
  return (results[0]!.command['resultData'] as PlainObject)['errorNumber']
}

/** Which functions were told of. */
export function notified(answers: readonly Said[]): readonly string[] {
  return answers.filter(({ header }) => header['cmdClassifier'] === 'notify').map(({ command }) => Object.keys(command).at(-1)!)
}
