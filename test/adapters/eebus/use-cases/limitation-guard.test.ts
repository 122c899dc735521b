// The guarding end with devices of all kinds: what it finds there, what it writes and when.
import { existsSync, readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { PlainObject } from '../../../../adapters/eebus/eebus-json.ts'
import { discovered, UNKNOWN_DEVICE, withUseCases } from '../../../../adapters/eebus/spine/remote-device.ts'
import { limitCandidates } from '../../../../adapters/eebus/use-cases/find-limits.ts'
import { deviceAt, devices, guardOf, LIMITED, recorded, useCaseAt, type Played } from './played-device.ts'

const usual: Played = { discovery: deviceAt([1]), useCases: useCaseAt([1]), answers: LIMITED }
const OPENING = { limitId: 8, isLimitActive: true, value: { number: 4_200, scale: 0 } }

describe('commissioning', () => {
  it('finds limit, failsafe values and maximum by what they are, binds, subscribes, and opens with the limit', async () => {
    const guard = guardOf({ consume: 4_200 }, usual)
    await guard.wait(0)
    expect(guard.found).toEqual([['consume', true]])
    expect(guard.written()).toEqual([OPENING])
    expect(guard.parts.consume!.guard().nominalMax).toBe(34_500)
    const tied = guard.said('call').flatMap(({ command }) => {
      const [name, call] = Object.entries(command)[0]!
      const { serverAddress } = Object.values(call as PlainObject)[0] as { serverAddress: { feature: number } }
      return serverAddress.feature === 0 ? [] : [`${name.includes('Binding') ? 'bind' : 'subscribe'} ${serverAddress.feature}`]
    })
    expect(tied.sort()).toEqual(['bind 11', 'bind 12', 'subscribe 11', 'subscribe 12', 'subscribe 13', 'subscribe 14'])
  })

  it('writes the heartbeat before the limit, in the same breath', async () => {
    const guard = guardOf({ consume: 4_200 }, usual)
    await guard.wait(0)
    const order = [...guard.said('notify'), ...guard.said('write')].sort(
      (a, b) => Number(a.header['msgCounter']) - Number(b.header['msgCounter']),
    )
    expect(order.map(({ command }) => Object.keys(command).at(-1))).toEqual([
      'deviceDiagnosisHeartbeatData',
      'loadControlLimitListData',
    ])
  })

  it('limits both directions, each under its own id and with the sign of the wire', async () => {
    const guard = guardOf({ consume: 4_200, produce: 3_000 }, usual)
    await guard.wait(0)
    expect(guard.written()).toEqual([OPENING, { limitId: 5, isLimitActive: true, value: { number: -3_000, scale: 0 } }])
  })

  it.each([
    ['whose use case names no entity', { useCases: useCaseAt(null) }],
    ['whose use case names an entity without the feature', { useCases: useCaseAt([7]) }],
    ['that tells of no use cases', { useCases: { nodeManagementUseCaseData: {} } }],
    ['that never answers the question for use cases', { useCases: null }],
    [
      'that has no failsafe values',
      { answers: { ...LIMITED, deviceConfigurationKeyValueDescriptionListData: undefined as never } },
    ],
    ['that never subscribes our heartbeat', { listens: false }],
  ] as const)('takes a device %s, within 10 s', async (_, given) => {
    const guard = guardOf({ consume: 4_200 }, { ...usual, ...given })
    await guard.wait(9_000)
    expect(guard.written()).toEqual([OPENING])
  })

  it('TC_SPINE_RTC_001: takes limits whose descriptions say more than is needed', async () => {
    const [first] = (LIMITED['loadControlLimitDescriptionListData'] as never)['loadControlLimitDescriptionData'] as PlainObject[]
    expect(first).toBeDefined()
    const described = withDescriptions({ measurementId: 4, label: 'Grid limit', description: 'more than is needed' })
    const guard = guardOf({ consume: 4_200 }, { ...usual, answers: { ...LIMITED, ...described } })
    await guard.wait(9_000)
    expect(guard.written()).toEqual([OPENING])
  })
  it('TC_SPINE_RTC_002: takes limits with elements nobody knows, of a newer version', async () => {
    const discovery = structuredClone(deviceAt([1], { colour: { red: 1 } })) as {
      nodeManagementDetailedDiscoveryData: PlainObject
    }
    const data: PlainObject = {
      ...discovery.nodeManagementDetailedDiscoveryData,
      specificationVersionList: { specificationVersion: ['1.9.7'] },
    }
    const guard = guardOf(
      { consume: 4_200 },
      {
        discovery: { nodeManagementDetailedDiscoveryData: data },
        useCases: useCaseAt([1], { useCaseVersion: '1.7.0' }),
        answers: { ...LIMITED, ...withDescriptions({ teleporter: { range: 7 } }) },
      },
    )
    await guard.wait(9_000)
    expect(guard.written()).toEqual([OPENING])
  })
  it('TC_SPINE_RTC_003: takes a device that flags its use case as unavailable', async () => {
    const guard = guardOf({ consume: 4_200 }, { ...usual, useCases: useCaseAt([1], { useCaseAvailable: false }) })
    await guard.wait(9_000)
    expect(guard.written()).toEqual([OPENING])
  })

  it('TC_SPINE_ENTITY_001: a device that returns with other addresses and ids is found again and limited', async () => {
    const guard = guardOf({ consume: 4_200 }, usual)
    await guard.wait(0)
    const moved: Played = {
      discovery: deviceAt([4, 2]),
      useCases: useCaseAt([4, 2]),
      answers: { ...LIMITED, ...withIds({ 8: 21 }) },
    }
    guard.reconnect(moved)
    guard.forget()
    await guard.wait(9_000)
    expect(guard.written()).toEqual([{ ...OPENING, limitId: 21 }])
  })
  it('a device that moves while the connection stands is found again and limited', async () => {
    const guard = guardOf({ consume: 4_200 }, usual)
    await guard.wait(0)
    const moved: Played = { ...usual, discovery: deviceAt([4]), useCases: useCaseAt([4]) }
    guard.become(moved)
    guard.forget()
    guard.tell('notify', moved.discovery, {
      addressSource: { entity: [0], feature: 0 },
      addressDestination: { entity: [0], feature: 0 },
    })
    await guard.wait(9_000)
    expect(guard.written()).toEqual([OPENING])
    expect(guard.said('write')[0]!.header['addressDestination']).toMatchObject({ entity: [4] })
  })

  it('a device without such a limit is asked again, and nothing is written there', async () => {
    const guard = guardOf({ produce: 3_000 }, { ...usual, answers: { ...LIMITED, ...withIds({ 5: 'none' }) } })
    await guard.wait(60_000)
    expect(guard.written()).toEqual([])
    expect(guard.found.length).toBeGreaterThan(1)
    expect(guard.found.every(([, isFound]) => !isFound)).toBe(true)
  })
})

describe('writing', () => {
  it('evcc-io/evcc#32491: the first write of every connection is sent at once, and after an outage it is never a deactivation', async () => {
    const guard = guardOf({ consume: 4_200 }, usual)
    await guard.wait(0)
    guard.parts.consume!.take({ kind: 'want-limit', limit: { isActive: false, value: 4_200 as never, durationMs: null } })
    await guard.wait(600_000)
    expect(guard.written().at(-1)).toMatchObject({ isLimitActive: false })
    for (let count = 0; count < 5; count += 1) {
      guard.lose()
      await guard.wait(300_000)
      guard.forget()
      guard.reconnect()
      await guard.wait(0)
      // At the maximum that the device publishes, which binds nothing.
      expect(guard.written()[0]).toMatchObject({ isLimitActive: true, value: { number: 34_500, scale: 0 } })
      await guard.wait(600_000)
      expect(guard.written().at(-1)).toMatchObject({ isLimitActive: false })
    }
  })

  it('a refused limit is told again after a minute', async () => {
    const guard = guardOf({ consume: 4_200 }, usual)
    guard.refuse(7)
    await guard.wait(0)
    expect(guard.events).toMatchObject([{ kind: 'limit-refused', reason: 'error 7: ' }])
    guard.refuse(0)
    await guard.wait(60_000)
    expect(guard.written()).toEqual([OPENING, OPENING])
    expect(guard.events.map(({ kind }) => kind)).toEqual(['limit-refused', 'limit-accepted'])
  })

  it('a device that has forgotten the binding is bound anew, and told again after a minute', async () => {
    const guard = guardOf({ consume: 4_200 }, usual)
    guard.refuse(9)
    await guard.wait(0)
    guard.refuse(0)
    await guard.wait(60_000)
    const binds = guard.said('call').filter(({ command }) => command['nodeManagementBindingRequestCall'] !== undefined)
    // Of limits and failsafe values, twice each.
    expect(binds).toHaveLength(4)
    expect(guard.events.map(({ kind }) => kind)).toEqual(['limit-refused', 'limit-accepted'])
  })

  it('an end that stands at the device is deleted where the new limit has none', async () => {
    const standing = {
      loadControlLimitData: [{ limitId: 8, isLimitActive: true, timePeriod: { endTime: 'PT2H' }, value: { number: 1 } }],
    }
    const guard = guardOf({ consume: 4_200 }, { ...usual, answers: { ...LIMITED, loadControlLimitListData: standing } })
    await guard.wait(0)
    expect(guard.said('write')[0]!.command['filter']).toEqual([
      {
        cmdControl: { delete: {} },
        loadControlLimitListDataSelectors: { limitId: 8 },
        loadControlLimitDataElements: { timePeriod: {} },
      },
      { cmdControl: { partial: {} } },
    ])
  })

  it('failsafe values follow the limit, under the keys of the device; one it does not have is given up', async () => {
    const guard = guardOf({ consume: 4_200, produce: 1_000 }, usual)
    for (const part of [guard.parts.consume!, guard.parts.produce!])
      part.take({ kind: 'want-failsafe', limit: 2_500 as never, durationMs: null })
    await guard.wait(0)
    const keys = guard.said('write').flatMap(({ command }) => {
      const data = command['deviceConfigurationKeyValueListData'] as
        { deviceConfigurationKeyValueData: PlainObject[] } | undefined
      return data?.deviceConfigurationKeyValueData ?? []
    })
    expect(keys).toEqual([{ keyId: 4, value: { scaledNumber: { number: 2_500, scale: 0 } } }])
    expect(guard.events.find(({ kind }) => kind === 'failsafe-refused')).toMatchObject({ direction: 'produce' })
    await guard.wait(3_600_000)
    expect(guard.parts.produce!.guard().failsafe).toEqual([])
  })

  it('beats every half minute, counted by one, also for a device that only reads', async () => {
    const guard = guardOf({ consume: 4_200, produce: 3_000 }, usual)
    await guard.wait(0)
    guard.forget()
    await guard.wait(120_000)
    const counters = guard
      .said('notify')
      .map(({ command }) => (command['deviceDiagnosisHeartbeatData'] as { heartbeatCounter: number }).heartbeatCounter)
    expect(counters).toHaveLength(4)
    expect(counters.map((counter) => counter - counters[0]!)).toEqual([0, 1, 2, 3])
  })

  it('evcc-io/evcc#32132: heartbeats of another entity of the device are none of the limited one', async () => {
    const guard = guardOf({ consume: 4_200 }, usual)
    await guard.wait(0)
    const beat = (feature: number) =>
      guard.tell(
        'notify',
        { deviceDiagnosisHeartbeatData: { heartbeatCounter: 1, heartbeatTimeout: 'PT1M' } },
        { addressSource: { entity: [1], feature }, addressDestination: { entity: [1], feature: 3 } },
      )
    for (let count = 0; count < 13; count += 1) {
      beat(99)
      await guard.wait(10_000)
    }
    expect(guard.events.at(-1)).toMatchObject({ kind: 'system-silent' })
    beat(13)
    expect(guard.events.at(-1)).toMatchObject({ kind: 'system-heard' })
  })
})

describe.skipIf(!existsSync(devices))('recorded devices', () => {
  const names = existsSync(devices) ? readdirSync(devices).filter((name) => name !== 'LICENSE') : []
  const remote = (name: string) =>
    withUseCases(
      discovered(UNKNOWN_DEVICE, recorded(name, 'discovery-data')['nodeManagementDetailedDiscoveryData'] as PlainObject, false),
      recorded(name, 'usecase-data')['nodeManagementUseCaseData'] as PlainObject,
    )

  it.each([
    ['kostal_kostal-smart-energy-meter', 'consume', [5]],
    ['sma_home-manager-2', 'consume', [8]],
    ['sma_home-manager-2', 'produce', [8]],
  ] as const)('%s: %s is looked for where its use case says', (name, direction, entity) => {
    expect(names).toContain(name)
    expect(limitCandidates(remote(name), direction).map(({ address }) => address.entity)).toEqual([entity])
  })

  it.each([
    ['kostal_kostal-smart-energy-meter', { consume: true }],
    ['sma_home-manager-2', { consume: true, produce: true }],
  ] as const)('%s is bound and limited, in each direction it has', async (name, has) => {
    const played = { discovery: recorded(name, 'discovery-data'), useCases: recorded(name, 'usecase-data'), answers: LIMITED }
    const guard = guardOf({ consume: 4_200, ...('produce' in has ? { produce: 3_000 } : {}) }, played)
    await guard.wait(9_000)
    expect(Object.fromEntries(guard.found)).toEqual(has)
    expect(guard.written()).toHaveLength(Object.keys(has).length)
  })

  it('elli_charger-connect-pro: limits of currents of a car are not taken for one of power', async () => {
    const name = 'elli_charger-connect-pro'
    const currents = {
      loadControlLimitDescriptionListData: {
        loadControlLimitDescriptionData: [
          { limitId: 0, limitCategory: 'obligation', limitDirection: 'consume', unit: 'A', scopeType: 'overloadProtection' },
        ],
      },
    }
    const played = { discovery: recorded(name, 'discovery-data'), useCases: recorded(name, 'usecase-data'), answers: currents }
    const guard = guardOf({ consume: 4_200 }, played)
    await guard.wait(9_000)
    expect(guard.found).toEqual([['consume', false]])
    expect(guard.said('write')).toEqual([])
  })
})

function withDescriptions(more: PlainObject): { readonly loadControlLimitDescriptionListData: PlainObject } {
  const { loadControlLimitDescriptionData: list } = LIMITED['loadControlLimitDescriptionListData'] as {
    loadControlLimitDescriptionData: PlainObject[]
  }
  return { loadControlLimitDescriptionListData: { loadControlLimitDescriptionData: list.map((one) => ({ ...one, ...more })) } }
}
/** Descriptions with other ids, as a map of old ones to new ones. */
function withIds(ids: Readonly<Record<number, number | string>>): { readonly loadControlLimitDescriptionListData: PlainObject } {
  const { loadControlLimitDescriptionData: list } = LIMITED['loadControlLimitDescriptionListData'] as {
    loadControlLimitDescriptionData: PlainObject[]
  }
  const changed = list.map((one) => ({ ...one, limitId: ids[one['limitId'] as number] ?? one['limitId'] }))
  return { loadControlLimitDescriptionListData: { loadControlLimitDescriptionData: changed as PlainObject[] } }
}
