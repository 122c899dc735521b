// A hundred thousand damaged messages to the limited end with its machines behind it: nothing throws, whoever must have an answer has one, and bounds hold.
import { expect, it } from 'vitest'
import type { PlainObject } from '../../../../adapters/eebus/eebus-json.ts'
import { readFrame, writeDataFrame } from '../../../../adapters/eebus/ship/frame.ts'
import { readDatagram } from '../../../../adapters/eebus/spine/datagram.ts'
import { limitationSystem } from '../../../../adapters/eebus/use-cases/limitation-system.ts'
import { ceiling } from '../../../../domain/limitation/controllable-system.ts'
import { damaged, dice } from '../damaged.ts'
import { guardDiscovery, place, SYSTEM_FEATURE, turn } from './wired.ts'

const GUARD = { device: 'd:_n:Guard', entity: [1], feature: 1 }
const GUARD_MANAGEMENT = { device: 'd:_n:Guard', entity: [0], feature: 0 }
const MANAGEMENT = { device: 'd:_n:Ours', entity: [0], feature: 0 }

function payloadOf(classifier: string, command: PlainObject, source: PlainObject, destination: PlainObject): PlainObject {
  return {
    datagram: {
      header: {
        specificationVersion: '1.3.0',
        addressSource: source,
        addressDestination: destination,
        msgCounter: 70_000,
        msgCounterReference: classifier === 'reply' ? 1 : undefined,
        cmdClassifier: classifier,
        ackRequest: classifier === 'write' || classifier === 'call' ? true : undefined,
      },
      payload: { cmd: [command] },
    },
  } as PlainObject
}
const bind = (server: PlainObject) =>
  payloadOf(
    'call',
    { nodeManagementBindingRequestCall: { bindingRequest: { clientAddress: GUARD, serverAddress: server } } },
    GUARD_MANAGEMENT,
    MANAGEMENT,
  )
const write = (
  name: string,
  data: PlainObject,
  to: PlainObject,
  filter: readonly PlainObject[] = [{ cmdControl: { partial: {} } }],
) => payloadOf('write', { function: name, filter, [name]: data }, GUARD, to)
const limits = (...items: readonly PlainObject[]) =>
  write('loadControlLimitListData', { loadControlLimitData: items }, SYSTEM_FEATURE.limits)
const value = (number: number) => ({ value: { number, scale: 0 } })

const INTRODUCTION = [
  payloadOf('reply', guardDiscovery(), GUARD_MANAGEMENT, MANAGEMENT),
  bind(SYSTEM_FEATURE.limits),
  bind(SYSTEM_FEATURE.keys),
  payloadOf(
    'notify',
    { deviceDiagnosisHeartbeatData: { heartbeatCounter: 4, heartbeatTimeout: 'PT1M' } },
    { device: 'd:_n:Guard', entity: [1], feature: 2 },
    { device: 'd:_n:Ours', entity: [1], feature: 5 },
  ),
  limits({ limitId: 0, isLimitActive: true, ...value(4_200) }, { limitId: 1, isLimitActive: true, ...value(-3_000) }),
]
const SEEDS = [
  ...INTRODUCTION,
  limits({ limitId: 0, isLimitActive: true, timePeriod: { endTime: 'PT2H' }, ...value(4_200) }),
  limits({ limitId: 1, isLimitActive: false, ...value(-3_000) }),
  write(
    'deviceConfigurationKeyValueListData',
    {
      deviceConfigurationKeyValueData: [
        { keyId: 0, value: { scaledNumber: { number: 3_000, scale: 0 } } },
        { keyId: 2, value: { duration: 'PT3H' } },
      ],
    },
    SYSTEM_FEATURE.keys,
  ),
  payloadOf('read', { loadControlLimitListData: {} }, GUARD, SYSTEM_FEATURE.limits),
  payloadOf('read', { deviceConfigurationKeyValueListData: {} }, GUARD, SYSTEM_FEATURE.keys),
].map((payload) => Buffer.from(writeDataFrame(payload)))

/** A connection with a place of its own behind it, on which a guard is already in control. */
function connected() {
  const { clock, parts } = place()
  const answered = new Set<unknown>()
  let closed = 0
  const end = limitationSystem({
    face: { address: 'd:_n:Ours', entityType: 'CEM' },
    parts,
    clock,
    connectionId: 'one',
    connection: {
      peer: 'guard',
      send(payload) {
        answered.add((payload as { datagram: { header: PlainObject } }).datagram.header['msgCounterReference'])
        return true
      },
      close: () => void (closed += 1),
    },
  })
  for (const payload of INTRODUCTION) end.receive(payload)
  return { end, parts, clock, answered, closed: () => closed }
}

const FRAMES = 100_000
/** Fewer than may be judged at a time. */
const AT_A_TIME = 25

it('each has its reply or its result, or ends the connection, and limits stay within what is written (F21)', async () => {
  const roll = dice(20_261_130)
  const outcomes = { answered: 0, ended: 0, silent: 0 }
  const unanswered: string[] = []
  let peer = connected()
  for (let count = 0; count < FRAMES; count += AT_A_TIME) {
    if (count % 200 === 0) {
      peer.end.ended('over')
      for (const part of [peer.parts.consume, peer.parts.produce]) part.stop()
      peer = connected()
      await turn()
    }
    const waiting: { readonly counter: number; readonly text: string }[] = []
    for (let one = 0; one < AT_A_TIME; one += 1) {
      const counter = 10_000 + (count % 200) + one
      const seed = SEEDS[roll(SEEDS.length)]!.toString().replace('70000', String(counter))
      const bytes = damaged(Buffer.from(seed), roll)
      const frame = readFrame(bytes)
      const payload = frame.ok && frame.value.kind === 'data' ? payloadIn(frame.value.root) : null
      // What is no message of SPINE ends in SHIP, which has its own test.
      if (payload === null) {
        outcomes.ended += 1
        continue
      }
      const datagram = readDatagram(payload)
      const before = peer.closed()
      peer.end.receive(payload)
      if (peer.closed() > before) outcomes.ended += 1
      else if (datagram.ok && mustAnswer(datagram.value.header))
        waiting.push({ counter: datagram.value.header.counter, text: seed })
      else outcomes.silent += 1
    }
    await turn()
    for (const { counter, text } of waiting)
      if (peer.answered.has(counter)) outcomes.answered += 1
      else unanswered.push(text)
    for (const part of [peer.parts.consume, peer.parts.produce]) {
      const { power } = ceiling(part.system(), peer.clock.elapsed())
      expect(Math.abs(power!)).toBeLessThanOrEqual(11_000)
    }
  }
  expect(unanswered).toEqual([])
  expect(Math.min(outcomes.answered, outcomes.ended, outcomes.silent)).toBeGreaterThan(2_000)
})

function payloadIn(root: PlainObject): PlainObject | null {
  const { data } = root as { data?: { payload?: PlainObject } }
  const payload = data?.payload
  return typeof payload === 'object' && payload !== null && !Array.isArray(payload) ? payload : null
}

function mustAnswer({ classifier, wantsResult }: { readonly classifier: string; readonly wantsResult: boolean }): boolean {
  return classifier !== 'result' && (wantsResult || classifier === 'read' || classifier === 'call')
}
