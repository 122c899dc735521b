// A hundred thousand damaged messages: nothing throws, and whoever must have an answer has one, or the connection ends.
import { expect, it } from 'vitest'
import type { PlainObject } from '../../../adapters/eebus/eebus-json.ts'
import { readFrame, writeDataFrame } from '../../../adapters/eebus/ship/frame.ts'
import { beginShip, stepShip } from '../../../adapters/eebus/ship/handshake.ts'
import type { ShipState } from '../../../adapters/eebus/ship/phase.ts'
import { readDatagram } from '../../../adapters/eebus/spine/datagram.ts'
import { spineLink } from '../../../adapters/eebus/spine/link.ts'
import { manualClock } from '../../../src/run/clock.ts'
import { damaged, dice } from './damaged.ts'
import { LIMIT_FEATURE, limitedDevice, MANAGEMENT, PEER, PEER_DISCOVERY, PEER_MANAGEMENT } from './spine/conversation.ts'

function frameOf(classifier: string, cmd: PlainObject, isManagement: boolean): Buffer {
  const header = {
    specificationVersion: '1.3.0',
    addressSource: isManagement ? PEER_MANAGEMENT : PEER,
    addressDestination: isManagement ? MANAGEMENT : LIMIT_FEATURE,
    msgCounter: 17,
    msgCounterReference: classifier === 'reply' || classifier === 'result' ? 1 : undefined,
    cmdClassifier: classifier,
    ackRequest: classifier === 'write' || classifier === 'call' ? true : undefined,
  }
  return Buffer.from(writeDataFrame({ datagram: { header, payload: { cmd: [cmd] } } } as PlainObject))
}
const limit = { limitId: 0, isLimitActive: true, timePeriod: { endTime: 'PT2H' }, value: { number: 4_200, scale: 0 } }
const ends = { clientAddress: PEER, serverAddress: LIMIT_FEATURE, serverFeatureType: 'LoadControl' }
const BIND = frameOf('call', { nodeManagementBindingRequestCall: { bindingRequest: ends } }, true)
const SEEDS = [
  BIND,
  frameOf('reply', PEER_DISCOVERY, true),
  frameOf('read', { nodeManagementDetailedDiscoveryData: {} }, true),
  frameOf('read', { function: 'loadControlLimitListData' }, false),
  frameOf(
    'write',
    {
      function: 'loadControlLimitListData',
      filter: [{ cmdControl: { partial: {} } }],
      loadControlLimitListData: { loadControlLimitData: [limit] },
    },
    false,
  ),
  frameOf('notify', PEER_DISCOVERY, true),
  frameOf('call', { nodeManagementSubscriptionDeleteCall: { subscriptionDelete: ends } }, true),
  frameOf('result', { resultData: { errorNumber: 0 } }, false),
]

/** A connection in the phase of data, and the device behind it. */
function connected() {
  const said: PlainObject[] = []
  const closed: string[] = []
  const link = spineLink({
    device: limitedDevice(),
    from: 'peer',
    clock: manualClock(0),
    send: (payload) => said.push(payload) > 0,
    close: (reason) => closed.push(reason),
  })
  const begun = beginShip({ role: 'server', id: 'Ours', asksAccessMethods: false, helloWaitMs: 60_000 }, 'trusted', 0)
  const state: ShipState = { ...begun.state, phase: { kind: 'data', openAt: null, peerId: null } }
  return { said, closed, link, state }
}

it('nothing throws, and each has its reply, its result, or ends the connection', () => {
  const roll = dice(20_261_130)
  const outcomes = { answered: 0, ended: 0, silent: 0 }
  const unanswered: string[] = []
  let peer = connected()
  for (let count = 0; count < 100_000; count += 1) {
    if (count % 50 === 0) {
      peer = connected()
      for (const frame of [SEEDS[1]!, BIND]) hear(frame)
    }
    const bytes = damaged(SEEDS[roll(SEEDS.length)]!, roll)
    const { isSilent, mustAnswer } = hear(bytes)
    if (isSilent && mustAnswer) unanswered.push(bytes.toString())
  }
  expect(unanswered).toEqual([])
  expect(Math.min(outcomes.answered, outcomes.ended, outcomes.silent)).toBeGreaterThan(2_000)

  function hear(bytes: Buffer) {
    const [saidBefore, closedBefore] = [peer.said.length, peer.closed.length]
    const frame = readFrame(bytes)
    const input = frame.ok ? ({ kind: 'frame', frame: frame.value } as const) : ({ kind: 'fault', fault: frame.refusal } as const)
    const step = stepShip(peer.state, input, 0)
    let mustAnswer = true
    for (const output of step.out)
      if (output.kind === 'payload') {
        const datagram = readDatagram(output.payload)
        const { classifier, wantsResult } = datagram.ok ? datagram.value.header : { classifier: null, wantsResult: true }
        // What is told needs no answer unless one is asked for, and a result never has one.
        mustAnswer = classifier !== 'result' && (wantsResult || classifier === 'read' || classifier === 'call')
        peer.link.receive(output.payload)
      }
    const hasEnded = step.state.phase.kind !== 'data' || peer.closed.length > closedBefore
    const isSilent = !hasEnded && peer.said.length === saidBefore
    outcomes[hasEnded ? 'ended' : isSilent ? 'silent' : 'answered'] += 1
    return { isSilent, mustAnswer }
  }
})
