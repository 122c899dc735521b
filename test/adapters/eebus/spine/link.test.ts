// SPINE between a device of ours and one that says what the test wants.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { PlainObject } from '../../../../adapters/eebus/eebus-json.ts'
import { featuresOf } from '../../../../adapters/eebus/spine/remote-device.ts'
import {
  conversation,
  errorOf,
  limitedDevice,
  LIMITS,
  MANAGEMENT,
  PEER,
  PEER_DISCOVERY,
  PEER_MANAGEMENT,
} from './conversation.ts'

const DISCOVERY = 'nodeManagementDetailedDiscoveryData'
const management = { source: PEER_MANAGEMENT, destination: MANAGEMENT }

describe('discovery', () => {
  it('TC_SPINE_DDISC_001: asks a device it has never seen what it is, then for its use cases, and subscribes', async () => {
    const peer = conversation()
    const [question] = peer.taken()
    expect(question).toMatchObject({
      header: { addressDestination: { entity: [0], feature: 0 }, cmdClassifier: 'read' },
      command: { [DISCOVERY]: {} },
    })
    expect(question!.header['addressDestination']).not.toHaveProperty('device')
    peer.say('reply', PEER_DISCOVERY, { ...management, header: { msgCounterReference: question!.header['msgCounter'] } })
    expect(peer.link.remote()).toMatchObject({ address: 'd:_i:Peer', type: 'ElectricitySupplySystem' })
    expect(featuresOf(peer.link.remote(), { type: 'LoadControl', role: 'client' })).toHaveLength(1)
    const next = await peer.pass(0)
    expect(next.map(({ command }) => Object.keys(command)[0])).toEqual([
      'nodeManagementSubscriptionRequestCall',
      'nodeManagementUseCaseData',
    ])
  })

  it('TC_SPINE_DDISC_002: asks a silent device again after 30 s, 5 min and 15 min', async () => {
    const peer = conversation()
    peer.taken()
    expect(await peer.pass(29_999)).toEqual([])
    expect(await peer.pass(1)).toHaveLength(1)
    expect(await peer.pass(300_000)).toHaveLength(1)
    expect(await peer.pass(899_999)).toEqual([])
    expect(await peer.pass(1)).toHaveLength(1)
    expect(await peer.pass(900_000)).toHaveLength(1)
  })

  it('TC_SPINE_COMP_003: parts of a device that it does not know trouble nobody', () => {
    const peer = conversation()
    const strange = structuredClone(PEER_DISCOVERY) as { [DISCOVERY]: { featureInformation: PlainObject[] } & PlainObject }
    strange[DISCOVERY].featureInformation.push({
      description: { featureAddress: { entity: [1], feature: 9 }, featureType: 'Teleporter', role: 'client', colour: { red: 1 } },
    })
    expect(peer.discover(strange)).toEqual([])
    expect(peer.link.remote().features).toHaveLength(3)
  })
  it.each([{ [DISCOVERY]: { featureInformation: 'none' } }, { [DISCOVERY]: 7 }, {}, { other: {} }] as PlainObject[])(
    'TC_SPINE_COMP_004: a reply of discovery that makes no sense is at most confirmed: %j',
    (reply) => {
      expect(errorOf(conversation().discover(reply, { ackRequest: true }))).toBe(0)
      expect(conversation().discover(reply)).toEqual([])
    },
  )
  it('TC_SPINE_DATA_008: a result in place of the reply is not answered, and it asks again later', async () => {
    const peer = conversation()
    const [question] = peer.taken()
    const header = { msgCounterReference: question!.header['msgCounter'], ackRequest: true }
    expect(peer.say('result', { resultData: { errorNumber: 1 } }, { ...management, header })).toEqual([])
    expect(await peer.pass(30_000)).toHaveLength(1)
  })

  it('TC_SPINE_COMP_005: every version it writes has three numbers, and use cases their sub-revision', () => {
    const peer = conversation()
    const [discovery] = peer.read(DISCOVERY, management).slice(-1)
    const [useCases] = peer.read('nodeManagementUseCaseData', management)
    const text = JSON.stringify([discovery, useCases])
    const versions = [...text.matchAll(/"(?:specificationVersion|useCaseVersion)":\[?"([^"]*)"/g)].map(([, version]) => version)
    expect(versions.length).toBeGreaterThanOrEqual(5)
    expect(versions.filter((version) => !/^[1-9]\d*\.\d+\.\d+$/.test(version!))).toEqual([])
    expect(text.match(/"useCaseDocumentSubRevision":"release"/g)).toHaveLength(2)
    expect(text).not.toContain('[]')
  })
  it('says where one gets to through it, and each entity and feature with what can be done', () => {
    const peer = conversation()
    peer.taken()
    expect(peer.read('nodeManagementDestinationListData', management)[0]!.command).toMatchObject({
      nodeManagementDestinationListData: {
        nodeManagementDestinationData: [{ deviceDescription: { deviceAddress: { device: 'd:_i:Ours' } } }],
      },
    })
    expect(JSON.stringify(peer.read(DISCOVERY, management)[0]!.command)).toContain(
      '{"function":"loadControlLimitListData","possibleOperations":{"read":{},"write":{"partial":{}}}}',
    )
  })
  it('follows entities that come and go', () => {
    const peer = conversation()
    peer.discover()
    peer.bind()
    const change = (state: string, entity: number[]) => ({
      function: DISCOVERY,
      filter: [{ cmdControl: { partial: {} } }],
      [DISCOVERY]: {
        entityInformation: [{ description: { entityAddress: { entity }, entityType: 'EV', lastStateChange: state } }],
      },
    })
    peer.say('notify', change('added', [2]) as PlainObject, management)
    expect(peer.link.remote().entities.map(({ path }) => path.join('.'))).toEqual(['0', '1', '2'])
    expect(peer.link.bindings()).toHaveLength(1)
    peer.say('notify', change('removed', [1]) as PlainObject, management)
    expect(peer.link.remote().entities.map(({ path }) => path.join('.'))).toEqual(['0', '2'])
    // Whoever is gone writes no more.
    expect(peer.link.bindings()).toEqual([])
  })
})

describe('reads', () => {
  it.each([
    ['the empty data element', { loadControlLimitListData: {} }],
    ['the function', { function: 'loadControlLimitListData' }],
    ['both', { function: 'loadControlLimitListData', loadControlLimitListData: {} }],
  ])('are answered in both spellings: %s', (_, cmd) => {
    const peer = conversation()
    peer.taken()
    const [reply] = peer.say('read', cmd)
    expect(reply).toMatchObject({
      header: { cmdClassifier: 'reply', msgCounterReference: peer.counter(), addressDestination: PEER },
      command: { loadControlLimitListData: { loadControlLimitData: [{ limitId: 0 }, { limitId: 1 }] } },
    })
  })
  it('TC_SPINE_COMP_001: of a function nobody knows: error 6', () => {
    const peer = conversation()
    peer.taken()
    expect(errorOf(peer.read('perpetualMotionData'))).toBe(6)
    expect(errorOf(peer.read('perpetualMotionData', management))).toBe(6)
  })
  it('of a feature or device that is not ours: error 4; of a part: error 8', () => {
    const peer = conversation()
    peer.taken()
    expect(
      errorOf(peer.read('loadControlLimitListData', { destination: { device: 'd:_i:Ours', entity: [7], feature: 1 } })),
    ).toBe(4)
    expect(errorOf(peer.read('loadControlLimitListData', { destination: { ...PEER, device: 'd:_i:Else' } }))).toBe(4)
    const filter = [{ cmdControl: { partial: {} }, loadControlLimitListDataSelectors: { limitId: 0 } }]
    expect(errorOf(peer.say('read', { function: 'loadControlLimitListData', filter }))).toBe(8)
  })
  it.each(['1.4.0', '1.99.7', 'v1.3.0'])('TC_SPINE_COMP_002: in version %s are answered', (specificationVersion) => {
    const peer = conversation()
    peer.taken()
    expect(peer.read(DISCOVERY, { ...management, header: { specificationVersion } })[0]!.header['cmdClassifier']).toBe('reply')
  })
  it.each(['1', '1.3', 'three', '2.0.0', '1.3.0.0', '', '..'])(
    'TC_SPINE_COMP_006: in version %j are refused',
    (specificationVersion) => {
      const peer = conversation()
      peer.taken()
      expect(errorOf(peer.read(DISCOVERY, { ...management, header: { specificationVersion } }))).toBe(1)
    },
  )
  it('TC_SPINE_DATA_001, TC_SPINE_DATA_004: twenty replies count up and each names its read', () => {
    const peer = conversation()
    peer.taken()
    const replies = Array.from(
      { length: 20 },
      (_, index) => peer.read(DISCOVERY, { ...management, header: { msgCounter: 1_000 + 7 * index } })[0]!,
    )
    expect(replies.map(({ header }) => header['msgCounterReference'])).toEqual(replies.map((_, index) => 1_000 + 7 * index))
    const counters = replies.map(({ header }) => header['msgCounter'] as number)
    expect(counters).toEqual(counters.toSorted((a, b) => a - b))
    expect(new Set(counters).size).toBe(20)
  })
  function areAnswered(counters: readonly number[]): void {
    const peer = conversation()
    peer.taken()
    for (const msgCounter of counters)
      expect(peer.read(DISCOVERY, { ...management, header: { msgCounter } })[0]!.header['msgCounterReference']).toBe(msgCounter)
  }
  it('TC_SPINE_DATA_002: gaps in the counters of the other end trouble nobody', () => {
    areAnswered([5, 900, 100_000])
  })
  it('TC_SPINE_DATA_003: counters that begin again after a restart trouble nobody', () => {
    areAnswered([900, 1, 2])
  })
  it.each([true, false])('TC_SPINE_DATA_007: with ackRequest %s have one reply and no result', (ackRequest) => {
    const peer = conversation()
    peer.taken()
    expect(peer.read(DISCOVERY, { ...management, header: { ackRequest } }).map(({ header }) => header['cmdClassifier'])).toEqual([
      'reply',
    ])
  })
})

describe('notify and result', () => {
  it('TC_SPINE_DATA_005: a notify of discovery that wants it is confirmed', () => {
    const peer = conversation()
    peer.taken()
    expect(errorOf(peer.say('notify', PEER_DISCOVERY, { ...management, header: { ackRequest: true } }))).toBe(0)
    expect(peer.say('notify', PEER_DISCOVERY, management)).toEqual([])
  })
  it.each([{ resultData: { errorNumber: 0 } }, { resultData: 'no' }, {}, { other: {} }] as PlainObject[])(
    'TC_SPINE_DATA_006: a result is never answered, whatever it says: %j',
    (result) => {
      const peer = conversation()
      peer.taken()
      expect(peer.say('result', result, { header: { ackRequest: true, msgCounterReference: 3 } })).toEqual([])
    },
  )
})

describe('subscriptions and bindings', () => {
  const entries = (peer: ReturnType<typeof conversation>, kind: 'Subscription' | 'Binding') => {
    const name = `nodeManagement${kind}Data`
    return ((peer.read(name, management)[0]!.command[name] as PlainObject)[`${kind.toLowerCase()}Entry`] ??
      []) as readonly PlainObject[]
  }
  it('TC_SPINE_SUBS_001: node management can be subscribed, and the table shows it', () => {
    const peer = conversation()
    peer.taken()
    const ends = { clientAddress: PEER_MANAGEMENT, serverAddress: MANAGEMENT, serverFeatureType: 'NodeManagement' }
    expect(errorOf(peer.subscribe(ends))).toBe(0)
    expect(entries(peer, 'Subscription')).toMatchObject([{ clientAddress: PEER_MANAGEMENT, serverAddress: MANAGEMENT }])
  })
  it('TC_SPINE_SUBS_002: a subscription is deleted once, twice does no harm', () => {
    const peer = conversation()
    peer.taken()
    peer.subscribe()
    expect(errorOf(peer.unsubscribe())).toBe(0)
    expect(errorOf(peer.unsubscribe())).toBe(0)
    expect(entries(peer, 'Subscription')).toEqual([])
  })
  it('TC_SPINE_BIND_001: node management is bound by nobody', () => {
    const peer = conversation()
    peer.taken()
    expect(errorOf(peer.bind({ clientAddress: PEER_MANAGEMENT, serverAddress: MANAGEMENT }))).toBe(7)
    expect(entries(peer, 'Binding')).toEqual([])
  })
  it('TC_SPINE_FC_001: a call at another feature than node management is refused', () => {
    const peer = conversation()
    peer.taken()
    const call = {
      nodeManagementSubscriptionRequestCall: { subscriptionRequest: { clientAddress: PEER, serverAddress: MANAGEMENT } },
    }
    expect(errorOf(peer.say('call', call, { header: { ackRequest: true } }))).toBe(6)
  })
  it.each(['toString', 'constructor', 'nodeManagementUseCaseData'])('a call of %s is none that can be made', (name) => {
    const peer = conversation()
    peer.taken()
    expect(errorOf(peer.say('call', { [name]: {} }, management))).toBe(6)
    expect(errorOf(peer.read(name === 'nodeManagementUseCaseData' ? 'valueOf' : name, management))).toBe(6)
  })
  it('eebus-go example: a binding of a client feature that does not exist is refused, and the process goes on', () => {
    const peer = conversation()
    peer.discover()
    expect(errorOf(peer.bind({ clientAddress: { ...PEER, feature: 99 } }))).toBe(7)
    expect(errorOf(peer.subscribe({ clientAddress: { ...PEER, entity: [9, 9] } }))).toBe(7)
    expect(errorOf(peer.bind())).toBe(0)
  })
  it.each([
    { serverAddress: { device: 'd:_i:Ours', entity: [1], feature: 99 } },
    { serverAddress: { device: 'd:_i:Ours', entity: [1], feature: 2 } },
    { serverAddress: { device: 'd:_i:Else', entity: [1], feature: 1 } },
    { clientAddress: { device: 'd:_i:Else', entity: [1], feature: 1 } },
    { serverFeatureType: 'Measurement' },
    { clientAddress: {} },
    { clientAddress: 7 },
    { serverAddress: { entity: ['1'], feature: 1 } },
    { serverAddress: { entity: [-1], feature: 1 } },
  ] as PlainObject[])('a binding is refused with %j', (body) => {
    const peer = conversation()
    peer.discover()
    expect(errorOf(peer.bind(body))).toBe(7)
  })
  it('tells subscribers of what has changed, and of nothing else', () => {
    const peer = conversation()
    peer.discover()
    peer.subscribe()
    peer.bind()
    const [notify, result] = peer.write({ limitId: 0, isLimitActive: true })
    expect(notify).toMatchObject({ header: { cmdClassifier: 'notify', addressDestination: PEER } })
    expect(result).toMatchObject({ command: { resultData: { errorNumber: 0 } } })
    expect(errorOf(peer.write({ limitId: 0, isLimitActive: true }))).toBe(0)
    peer.unsubscribe()
    expect(errorOf(peer.write({ limitId: 0, isLimitActive: false }))).toBe(0)
  })
})

describe('writes', () => {
  function bound(judge?: Parameters<typeof limitedDevice>[0]) {
    const peer = conversation(limitedDevice(judge))
    peer.discover()
    peer.bind()
    peer.taken()
    return peer
  }
  it('eebus-go example: without a binding are refused', () => {
    const peer = conversation()
    peer.discover()
    expect(errorOf(peer.write({ limitId: 0, isLimitActive: true }))).toBe(9)
    expect(peer.limit(0)).toMatchObject({ isLimitActive: false })
  })
  it('TC_SPINE_BIND_002: are refused again after the binding is gone, and the table shows none', () => {
    const peer = bound()
    expect(errorOf(peer.write({ limitId: 0, isLimitActive: true }))).toBe(0)
    expect(errorOf(peer.unbind())).toBe(0)
    expect(errorOf(peer.write({ limitId: 0, isLimitActive: false }))).toBe(9)
    expect(peer.limit(0)).toMatchObject({ isLimitActive: true })
  })
  it('change what they name and nothing else', () => {
    const peer = bound()
    expect(errorOf(peer.write({ limitId: 1, isLimitActive: true, value: { number: -3, scale: 3 } }))).toBe(0)
    expect(peer.limit(0)).toEqual({ limitId: 0, isLimitChangeable: true, isLimitActive: false, value: { number: 42, scale: 2 } })
    expect(peer.limit(1)).toEqual({ limitId: 1, isLimitChangeable: true, isLimitActive: true, value: { number: -3, scale: 3 } })
  })
  it('TC_SPINE_RTS_005: a number without its scale keeps the one that was there', () => {
    const peer = bound()
    expect(errorOf(peer.write({ limitId: 0, value: { number: 50 } }))).toBe(0)
    expect(peer.limit(0)).toMatchObject({ value: { number: 50, scale: 2 } })
  })
  it('TC_SPINE_RTS_004: with an element nobody knows and in a newer version are taken', () => {
    const peer = bound()
    const header = { specificationVersion: '1.9.0', ackRequest: true }
    expect(errorOf(peer.write({ limitId: 0, isLimitActive: true, mood: { level: 3 } }, { header }))).toBe(0)
  })
  it('eebus-go example: without a limitId no limit is changed, let alone both', () => {
    const peer = bound()
    expect(errorOf(peer.write({ isLimitActive: true, value: { number: 1, scale: 3 } }))).toBe(7)
    expect([peer.limit(0), peer.limit(1)]).toMatchObject([{ isLimitActive: false }, { isLimitActive: false }])
  })
  it.each([
    ['eebus-go example: a scale of 300', { limitId: 0, value: { number: 1, scale: 300 } }],
    ['a scale of 300 for a number that is there', { limitId: 0, value: { scale: 300 } }],
    ['a number that is none', { limitId: 0, value: { number: '4200', scale: 0 } }],
    ['a number with decimals', { limitId: 0, value: { number: 0.5, scale: 0 } }],
    ['more than anything can be', { limitId: 0, value: { number: 9_007_199_254_740_991, scale: 1 } }],
    ['months', { limitId: 0, timePeriod: { endTime: 'P1M' } }],
    ['an item nobody knows', { limitId: 7, isLimitActive: true }],
    ['what only the owner says', { limitId: 0, isLimitChangeable: false }],
  ] as [string, PlainObject][])('%s is answered with a refusal and changes nothing', (_, limit) => {
    const peer = bound()
    const before = structuredClone(peer.limit(0))
    expect(errorOf(peer.write(limit))).toBe(7)
    expect(peer.limit(0)).toEqual(before)
  })
  it('carry exactly one command', () => {
    const peer = bound()
    const command = { loadControlLimitListData: { loadControlLimitData: [{ limitId: 0, isLimitActive: true }] } }
    expect(errorOf(peer.say('write', [command, command]))).toBe(1)
    expect(errorOf(peer.say('write', [] as PlainObject[]))).toBe(1)
    expect(errorOf(peer.say('write', { ...command, loadControlLimitDescriptionListData: {} }))).toBe(1)
    expect(errorOf(peer.say('write', { ...command, function: 'measurementListData' }))).toBe(1)
  })
  it('of what is only read: error 6', () => {
    expect(errorOf(bound().say('write', { loadControlLimitDescriptionListData: {} }))).toBe(6)
  })
  it('are told to be refused also where no result was asked for', () => {
    expect(errorOf(bound().write({ limitId: 7 }, { header: {} }))).toBe(7)
    expect(bound().write({ limitId: 0 }, { header: {} })).toEqual([])
  })
  it('delete members by a filter, as a limit without an end has to', () => {
    const peer = bound()
    peer.write({ limitId: 0, timePeriod: { endTime: 'PT2H' } })
    const filter = [
      { filterId: 1, cmdControl: { partial: {} } },
      {
        filterId: 2,
        cmdControl: { delete: {} },
        loadControlLimitListDataSelectors: { limitId: 0 },
        loadControlLimitDataElements: { timePeriod: {} },
      },
    ]
    const data = { loadControlLimitData: [{ limitId: 0, isLimitActive: true }] }
    expect(
      errorOf(
        peer.say(
          'write',
          { function: 'loadControlLimitListData', filter, loadControlLimitListData: data },
          { header: { ackRequest: true } },
        ),
      ),
    ).toBe(0)
    expect(peer.limit(0)).toEqual({ limitId: 0, isLimitChangeable: true, isLimitActive: true, value: { number: 42, scale: 2 } })
  })
  it('without a filter replace the item, but for what its owner says, and leave the others', () => {
    const peer = bound()
    const data = { loadControlLimitData: [{ limitId: 0, isLimitActive: true }] }
    expect(errorOf(peer.say('write', { loadControlLimitListData: data }, { header: { ackRequest: true } }))).toBe(0)
    expect(peer.limit(0)).toEqual({ limitId: 0, isLimitChangeable: true, isLimitActive: true })
    expect(peer.limit(1)).toBeDefined()
  })
  it('have the last word of whoever judges them', () => {
    const peer = bound(({ from, written }) => {
      expect([from, written]).toMatchObject(['peer-ski', { loadControlLimitData: [{ limitId: 0 }] }])
      return { isAccepted: false, errorNumber: 1, text: 'not now' }
    })
    expect(errorOf(peer.write({ limitId: 0, isLimitActive: true }))).toBe(1)
    expect(peer.limit(0)).toMatchObject({ isLimitActive: false })
  })
})

describe('requests of ours', () => {
  it('wait 10 s, or as long as the other end says it may take', async () => {
    const peer = conversation()
    const slow = structuredClone(PEER_DISCOVERY) as { [DISCOVERY]: { featureInformation: PlainObject[] } & PlainObject }
    slow[DISCOVERY].featureInformation.push({
      description: {
        featureAddress: { entity: [1], feature: 5 },
        featureType: 'LoadControl',
        role: 'server',
        maxResponseDelay: 'PT1M',
      },
    })
    peer.discover(slow)
    await peer.pass(0)
    const answers: string[] = []
    const ask = (feature: number) =>
      peer.link
        .read(LIMITS, { entity: [1], feature }, 'loadControlLimitListData')
        .then((answer) => answers.push(`${feature} ${JSON.stringify(answer)}`))
    void ask(1)
    void ask(5)
    await peer.pass(10_000)
    expect(answers).toEqual(['1 {"ok":false,"refusal":{"kind":"silence"}}'])
    await peer.pass(50_000)
    expect(answers).toHaveLength(2)
  })
  it('end with the link', async () => {
    const peer = conversation()
    const answer = peer.link.read(LIMITS, PEER, 'loadControlLimitListData')
    peer.link.ended()
    expect(await answer).toEqual({ ok: false, refusal: { kind: 'link-ended' } })
  })
  it('have the refusal of the other end as it is', async () => {
    const peer = conversation()
    peer.taken()
    const answer = peer.link.bind(LIMITS, PEER, 'LoadControl')
    const [asked] = peer.taken()
    peer.say(
      'result',
      { resultData: { errorNumber: 7, description: 'no' } },
      { header: { msgCounterReference: asked!.header['msgCounter'] } },
    )
    expect(await answer).toEqual({ ok: false, refusal: { kind: 'refused', errorNumber: 7, text: 'no' } })
  })
  it('more than 64 at a time are not sent', async () => {
    const peer = conversation()
    const answers = Array.from({ length: 70 }, () => peer.link.read(LIMITS, PEER, 'loadControlLimitListData'))
    expect(await answers.at(-1)).toEqual({ ok: false, refusal: { kind: 'not-sent' } })
  })
})

describe('a datagram whose sender cannot be told', () => {
  it.each([{}, { datagram: {} }, { datagram: { header: { msgCounter: 2 ** 60 } } }] as PlainObject[])(
    'ends the connection: %j',
    (payload) => {
      const peer = conversation()
      peer.link.receive(payload)
      expect(peer.closed).toHaveLength(1)
    },
  )
})

const devices = join(process.env['GEGENSTROM_DATA'] ?? '../shared/data', 'eebus-devices')
describe.skipIf(!existsSync(devices))('real devices (set GEGENSTROM_DATA when skipped)', () => {
  it.each([
    ['elli_charger-connect-pro', 3, 'EVSE'],
    ['kostal_kostal-smart-energy-meter', 1, 'CEM'],
    ['sma_home-manager-2', 1, 'CEM'],
  ])('%s is understood', (name, atLeast, entity) => {
    const load = (file: string) =>
      (
        JSON.parse(readFileSync(join(devices, name, `${file}-data.json`), 'utf8')) as {
          data: { payload: { datagram: { payload: { cmd: PlainObject[] } } } }
        }
      ).data.payload.datagram.payload.cmd[0]!
    const peer = conversation()
    expect(peer.discover(load('discovery'))).toEqual([])
    peer.say('notify', load('usecase'), management)
    const { entities, features, useCases } = peer.link.remote()
    expect(entities.length).toBeGreaterThanOrEqual(atLeast)
    expect(entities.map(({ type }) => type)).toContain(entity)
    expect(features.length).toBeGreaterThan(10)
    expect(useCases.length).toBeGreaterThan(1)
  })
})
