// A limited device that the test makes up, or that was recorded from a real one, connected to the guarding end on a manual clock.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PlainObject } from '../../../../adapters/eebus/eebus-json.ts'
import { limitationGuard } from '../../../../adapters/eebus/use-cases/limitation-guard.ts'
import { guardSettings, startGuard, type GuardEvent } from '../../../../domain/limitation/energy-guard.ts'
import { powerOf, type Direction } from '../../../../domain/limitation/limit.ts'
import { watts } from '../../../../domain/units.ts'
import { manualClock } from '../../../../src/run/clock.ts'
import { guidedPart } from '../../../../src/run/limitation/guided-part.ts'
import { overTheWire, pass, turn, type Said } from './wired.ts'

export const devices = join(process.env['GEGENSTROM_DATA'] ?? '../shared/data', 'eebus-devices')

/** The one command of a recorded message. */
export function recorded(device: string, file: 'discovery-data' | 'usecase-data'): PlainObject {
  const { data } = JSON.parse(readFileSync(join(devices, device, `${file}.json`), 'utf8')) as {
    data: { payload: { datagram: { payload: { cmd: PlainObject[] } } } }
  }
  return data.payload.datagram.payload.cmd[0]!
}

/** What a device answers to reads, by the name of the function; null leaves the question unanswered. */
export type Answers = Readonly<Record<string, PlainObject | null>>

const description = (limitId: number, limitDirection: string, more: PlainObject = {}) => ({
  limitId,
  limitType: 'signDependentAbsValueLimit',
  limitCategory: 'obligation',
  limitDirection,
  unit: 'W',
  scopeType: 'activePowerLimit',
  ...more,
})
/** Limits under ids that are not ours, beside one on the current of a car. */
export const LIMITED: Answers = {
  loadControlLimitDescriptionListData: {
    loadControlLimitDescriptionData: [
      description(3, 'consume', { scopeType: 'overloadProtection', unit: 'A' }),
      description(5, 'produce'),
      description(8, 'consume'),
    ],
  },
  loadControlLimitListData: {
    loadControlLimitData: [
      { limitId: 5, isLimitActive: false, value: { number: 0, scale: 0 } },
      { limitId: 8, isLimitActive: false, value: { number: 0, scale: 0 } },
    ],
  },
  deviceConfigurationKeyValueDescriptionListData: {
    deviceConfigurationKeyValueDescriptionData: [
      { keyId: 4, keyName: 'failsafeConsumptionActivePowerLimit' },
      { keyId: 6, keyName: 'failsafeDurationMinimum' },
    ],
  },
  electricalConnectionCharacteristicListData: {
    electricalConnectionCharacteristicData: [
      { characteristicType: 'contractualConsumptionNominalMax', value: { number: 345, scale: 2 } },
    ],
  },
}

/** A device made of an energy manager at an entity. */
export function deviceAt(entity: readonly number[], more: PlainObject = {}): PlainObject {
  const feature = (id: number, featureType: string, role: string, functions: readonly string[]) => ({
    description: {
      featureAddress: { device: 'd:_i:Device', entity, feature: id },
      featureType,
      role,
      supportedFunction: functions.map((name) => ({ function: name })),
      ...more,
    },
  })
  return {
    nodeManagementDetailedDiscoveryData: {
      deviceInformation: { description: { deviceAddress: { device: 'd:_i:Device' }, deviceType: 'EnergyManagementSystem' } },
      entityInformation: [{ description: { entityAddress: { entity }, entityType: 'CEM' } }],
      featureInformation: [
        feature(11, 'LoadControl', 'server', ['loadControlLimitDescriptionListData', 'loadControlLimitListData']),
        feature(12, 'DeviceConfiguration', 'server', ['deviceConfigurationKeyValueListData']),
        feature(13, 'DeviceDiagnosis', 'server', ['deviceDiagnosisHeartbeatData']),
        feature(14, 'ElectricalConnection', 'server', ['electricalConnectionCharacteristicListData']),
        feature(15, 'DeviceDiagnosis', 'client', []),
      ],
    },
  }
}
export function useCaseAt(entity: readonly number[] | null, more: PlainObject = {}): PlainObject {
  return {
    nodeManagementUseCaseData: {
      useCaseInformation: [
        {
          address: { device: 'd:_i:Device', entity: entity ?? undefined },
          actor: 'ControllableSystem',
          useCaseSupport: [{ useCaseName: 'limitationOfPowerConsumption', useCaseVersion: '1.0.0', ...more }],
        },
      ],
    },
  }
}

export interface Played {
  readonly discovery: PlainObject
  readonly useCases: PlainObject | null
  readonly answers: Answers
  /** Subscribes the heartbeat of the guard as soon as it has been bound. */
  readonly listens?: boolean
}

/** The guarding end with a device behind it; it wants the limits from the beginning. */
export function guardOf(magnitudes: Partial<Record<Direction, number>>, first: Played) {
  const clock = manualClock(0)
  const events: (GuardEvent & { readonly direction: Direction })[] = []
  const found: [Direction, boolean][] = []
  const part = (direction: Direction) => {
    const magnitude = magnitudes[direction]
    if (magnitude === undefined) return null
    const running = guidedPart({ clock, name: direction, guard: startGuard(guardSettings(direction, watts(3_000)), 0) })
    running.take({ kind: 'want-limit', limit: { isActive: true, value: powerOf(direction, magnitude), durationMs: null } })
    running.listen({ send() {}, happened: (event) => void events.push({ ...event, direction }) })
    return running
  }
  const parts = { consume: part('consume'), produce: part('produce') }
  let played = first
  let connections = 0
  let said: Said[] = []
  let errorNumber = 0
  let end = connect()

  function connect() {
    connections += 1
    const own = connections
    return limitationGuard({
      address: 'd:_n:Guard',
      parts,
      clock,
      connectionId: `device ${own}`,
      connection: {
        peer: 'device',
        close() {},
        send(payload) {
          const one = overTheWire(payload)
          said.push(one)
          // Answered in a turn of its own, as over a socket.
          if (own === connections) setImmediate(() => answer(one))
          return true
        },
      },
      onCommissioned: (direction, isFound) => void found.push([direction, isFound]),
    })
  }
  function answer({ header, command }: Said): void {
    const [name] = Object.keys(command).filter((key) => key !== 'function' && key !== 'filter')
    const to = { addressSource: header['addressDestination'], addressDestination: header['addressSource'] }
    if (header['cmdClassifier'] === 'read') {
      const data =
        name === 'nodeManagementDetailedDiscoveryData'
          ? played.discovery[name]
          : name === 'nodeManagementUseCaseData'
            ? (played.useCases?.[name] ?? null)
            : played.answers[name!]
      if (data === null) return
      tell(data === undefined ? 'result' : 'reply', data === undefined ? { resultData: { errorNumber: 6 } } : { [name!]: data }, {
        ...to,
        msgCounterReference: header['msgCounter'],
      })
    } else if (header['cmdClassifier'] === 'call' || header['cmdClassifier'] === 'write') {
      const number = header['cmdClassifier'] === 'write' ? errorNumber : 0
      tell('result', { resultData: { errorNumber: number } }, { ...to, msgCounterReference: header['msgCounter'] })
      if (name === 'nodeManagementBindingRequestCall' && played.listens !== false) listen()
    }
  }
  let counter = 0
  function tell(classifier: string, command: PlainObject, header: PlainObject): void {
    counter += 1
    const payload = {
      datagram: { header: { ...header, msgCounter: counter, cmdClassifier: classifier }, payload: { cmd: [command] } },
    }
    const { header: heard, command: said } = overTheWire(payload as PlainObject)
    end.receive({ datagram: { header: heard, payload: { cmd: [said] } } })
  }
  function listen(): void {
    const features = (played.discovery['nodeManagementDetailedDiscoveryData'] as { featureInformation: PlainObject[] })
      .featureInformation
    const clients = features
      .map((one) => one['description'] as { featureAddress: PlainObject; role: string })
      .filter(({ role }) => role === 'client')
    tell(
      'call',
      {
        nodeManagementSubscriptionRequestCall: {
          subscriptionRequest: {
            clientAddress: clients.at(-1)!.featureAddress,
            serverAddress: { device: 'd:_n:Guard', entity: [1], feature: 4 },
            serverFeatureType: 'DeviceDiagnosis',
          },
        },
      },
      { addressSource: { entity: [0], feature: 0 }, addressDestination: { entity: [0], feature: 0 } },
    )
  }
  return {
    clock,
    parts,
    events,
    found,
    tell,
    /** The device answers writes with this error from now on. */
    refuse: (number: number) => void (errorNumber = number),
    /** What was sent so far, by kind. */
    said: (classifier: string) => said.filter(({ header }) => header['cmdClassifier'] === classifier),
    /** The limits that were written. */
    written: () =>
      said.flatMap(({ command }) =>
        command['loadControlLimitListData'] === undefined
          ? []
          : ((command['loadControlLimitListData'] as { loadControlLimitData?: PlainObject[] }).loadControlLimitData ?? []),
      ),
    forget: () => void (said = []),
    /** The connection is lost, and there is another one, with a device that may be another one by now. */
    reconnect(now: Played = played) {
      end.ended('lost')
      played = now
      end = connect()
    },
    become: (now: Played) => void (played = now),
    lose: () => end.ended('lost'),
    async wait(ms: number) {
      await settle()
      await pass(clock, ms)
      await settle()
    },
  }
}

/** Until nobody has anything more to say. */
async function settle(): Promise<void> {
  for (let turns = 0; turns < 40; turns += 1) await turn()
}
