// What a guard writes over the wire to the limited end, and what becomes of it there.
import { describe, expect, it } from 'vitest'
import { ceiling } from '../../../../domain/limitation/controllable-system.ts'
import { errorIn, guardDiscovery, notified, pass, place, playedGuard, SYSTEM_FEATURE, turn } from './wired.ts'

const HOUR = 3_600_000
const active = (limitId: number, number: number, more = {}) => ({
  limitId,
  isLimitActive: true,
  value: { number, scale: 0 },
  ...more,
})
const ending = (endTime: string) => ({ timePeriod: { endTime } })

/** A guard whose heartbeat was heard just now. */
async function joined(...given: Parameters<typeof place>) {
  const guard = playedGuard(place(...given))
  await guard.join()
  await guard.heartbeat()
  return guard
}
type Guard = Awaited<ReturnType<typeof joined>>
const bound = ({ parts, clock }: Guard) =>
  [parts.consume, parts.produce].map((part) => {
    const { by, power } = ceiling(part.system(), clock.elapsed())
    return `${by} ${power}`
  })
const IN_INIT = ['failsafe 4500', 'failsafe -4500']

describe('what the limited end shows', () => {
  it('limits, failsafe values, maxima and a heartbeat, each with what it is', async () => {
    const guard = await joined()
    const descriptions = await guard.read(SYSTEM_FEATURE.limits, 'loadControlLimitDescriptionListData')
    const common = {
      limitType: 'signDependentAbsValueLimit',
      limitCategory: 'obligation',
      unit: 'W',
      scopeType: 'activePowerLimit',
    }
    expect(descriptions['loadControlLimitDescriptionData']).toEqual([
      { limitId: 0, limitDirection: 'consume', measurementId: 0, ...common },
      { limitId: 1, limitDirection: 'produce', measurementId: 1, ...common },
    ])
    expect(await guard.limits()).toMatchObject([
      { limitId: 0, isLimitChangeable: true, isLimitActive: false },
      { limitId: 1, isLimitChangeable: true, isLimitActive: false },
    ])
    const keys = await guard.read(SYSTEM_FEATURE.keys, 'deviceConfigurationKeyValueDescriptionListData')
    expect(keys['deviceConfigurationKeyValueDescriptionData']).toMatchObject([
      { keyName: 'failsafeConsumptionActivePowerLimit', valueType: 'scaledNumber' },
      { keyName: 'failsafeProductionActivePowerLimit', valueType: 'scaledNumber' },
      { keyName: 'failsafeDurationMinimum', valueType: 'duration' },
    ])
    const maxima = await guard.read(SYSTEM_FEATURE.electrical, 'electricalConnectionCharacteristicListData')
    expect(maxima['electricalConnectionCharacteristicData']).toMatchObject([
      { characteristicType: 'contractualConsumptionNominalMax', value: { number: 11_000, scale: 0 } },
      { characteristicType: 'contractualProductionNominalMax', value: { number: 11_000, scale: 0 } },
    ])
    const beat = await guard.read(SYSTEM_FEATURE.heartbeat, 'deviceDiagnosisHeartbeatData')
    expect(beat).toMatchObject({ heartbeatTimeout: 'PT1M' })
  })

  it('a heartbeat of its own every half minute, counted by one', async () => {
    const guard = await joined()
    await guard.tie('subscription', SYSTEM_FEATURE.heartbeat)
    guard.taken()
    await pass(guard.clock, 120_000)
    const beats = guard
      .taken()
      .map(({ command }) => command['deviceDiagnosisHeartbeatData'] as { heartbeatCounter: number })
      .filter((beat) => beat?.heartbeatCounter !== undefined)
    expect(beats).toHaveLength(4)
    expect(beats.map(({ heartbeatCounter }) => heartbeatCounter - beats[0]!.heartbeatCounter)).toEqual([0, 1, 2, 3])
  })

  it('what is left of a limit, whenever it is read', async () => {
    const guard = await joined()
    expect(errorIn(await guard.write(active(0, 4_200, ending('PT10M'))))).toBe(0)
    await pass(guard.clock, 30_500)
    await guard.heartbeat()
    expect((await guard.limits())[0]).toMatchObject({ isLimitActive: true, timePeriod: { endTime: 'PT9M30S' } })
  })
})

describe('a limit that is written', () => {
  it('holds, is told to subscribers once and confirmed after that', async () => {
    const guard = await joined()
    const answers = await guard.write(active(0, 42, { value: { number: 42, scale: 2 } }))
    expect(answers.map(({ header }) => header['cmdClassifier'])).toEqual(['notify', 'result'])
    expect(errorIn(answers)).toBe(0)
    expect(bound(guard)).toEqual(['limit 4200', 'failsafe -4500'])
    expect(notified(await guard.write(active(0, 4_200)))).toEqual([])
  })

  it('of production has the sign of the wire', async () => {
    const guard = await joined()
    expect(errorIn(await guard.write(active(1, -3_000)))).toBe(0)
    expect(bound(guard)).toEqual(['failsafe 4500', 'limit -3000'])
  })

  it('of both directions holds as a whole or not at all', async () => {
    const guard = await joined()
    await guard.write({ limitId: 0, isLimitActive: false }, { limitId: 1, isLimitActive: false })
    expect(errorIn(await guard.write(active(0, 4_200), active(1, 3_000)))).toBe(7)
    expect((await guard.limits()).map(({ isLimitActive }) => isLimitActive)).toEqual([false, false])
    expect(errorIn(await guard.write(active(0, 4_200), active(1, -3_000)))).toBe(0)
    expect(bound(guard)).toEqual(['limit 4200', 'limit -3000'])
  })

  it('in part leaves what it does not say', async () => {
    const guard = await joined()
    await guard.write(active(0, 4_200, ending('PT1H')))
    expect(errorIn(await guard.write({ limitId: 0, value: { number: 2_000, scale: 0 } }))).toBe(0)
    expect((await guard.limits())[0]).toMatchObject({
      isLimitActive: true,
      timePeriod: { endTime: 'PT1H' },
      value: { number: 2_000 },
    })
    expect(errorIn(await guard.write({ limitId: 0, isLimitActive: false }))).toBe(0)
    expect(errorIn(await guard.write({ limitId: 0, isLimitActive: true }))).toBe(0)
    expect(bound(guard)[0]).toBe('limit 2000')
  })

  it('loses its end where that is deleted', async () => {
    const guard = await joined()
    await guard.write(active(0, 4_200, ending('PT1H')))
    const withoutEnd = {
      cmdControl: { delete: {} },
      loadControlLimitListDataSelectors: { limitId: 0 },
      loadControlLimitDataElements: { timePeriod: {} },
    }
    expect(errorIn(await guard.writeWith([withoutEnd, { cmdControl: { partial: {} } }], { limitId: 0 }))).toBe(0)
    expect((await guard.limits())[0]).not.toHaveProperty('timePeriod')
    expect(bound(guard)[0]).toBe('limit 4200')
  })

  it.each(['2026-12-01T00:00:00Z', 'PT-1H', 'P1M', ''])('has no end of another kind than from now on: %s', async (endTime) => {
    const guard = await joined()
    expect(errorIn(await guard.write(active(0, 4_200, ending(endTime))))).toBe(7)
    expect(bound(guard)).toEqual(IN_INIT)
  })
})

describe('failsafe values', () => {
  const keys = (limit: number, duration: string) => [
    { keyId: 0, value: { scaledNumber: { number: limit, scale: 0 } } },
    { keyId: 2, value: { duration } },
  ]
  it('are written once a limit has come, the duration for both directions', async () => {
    const guard = await joined()
    expect(errorIn(await guard.writeKeys(...keys(2_000, 'PT3H')))).toBe(7)
    await guard.write(active(0, 4_200))
    expect(errorIn(await guard.writeKeys(...keys(2_000, 'PT3H')))).toBe(0)
    const written = [guard.parts.consume, guard.parts.produce].map((part) => part.system().written)
    expect(written).toEqual([
      { limit: 2_000, durationMs: 3 * HOUR },
      { limit: null, durationMs: 3 * HOUR },
    ])
  })

  it('too long: refused, and the longest there is holds and is told, in both directions', async () => {
    const guard = await joined()
    await guard.tie('subscription', SYSTEM_FEATURE.keys)
    await guard.write(active(1, -1_000))
    const answers = await guard.writeKeys({ keyId: 2, value: { duration: 'PT20H' } })
    expect(errorIn(answers)).toBe(7)
    expect(notified(answers)).toEqual(['deviceConfigurationKeyValueListData'])
    expect([guard.parts.consume, guard.parts.produce].map((part) => part.system().written.durationMs)).toEqual([
      12 * HOUR,
      12 * HOUR,
    ])
  })

  it.each([
    { keyId: 0, value: { scaledNumber: { number: -1, scale: 0 } } },
    { keyId: 0, value: { duration: 'PT3H' } },
    { keyId: 2, value: { duration: 'PT1H59M' } },
    { keyId: 2, value: { scaledNumber: { number: 3, scale: 0 } } },
    { keyId: 7, value: { duration: 'PT3H' } },
    { value: { duration: 'PT3H' } },
  ])('that make no sense are refused, and nothing is stored: %j', async (item) => {
    const guard = await joined()
    await guard.write(active(0, 4_200))
    expect(errorIn(await guard.writeKeys(item))).toBe(7)
    expect(guard.parts.consume.system().written).toEqual({ limit: null, durationMs: null })
  })
})

describe('durable first', () => {
  it('the writer and subscribers hear of a limit once it is kept; it holds before (F21)', async () => {
    let isKept = () => {}
    const guard = await joined({}, () => new Promise<void>((resolve) => void (isKept = () => resolve())))
    expect(await guard.write(active(0, 4_200))).toEqual([])
    expect(bound(guard)[0]).toBe('limit 4200')
    isKept()
    await turn()
    const answers = guard.taken()
    expect(errorIn(answers)).toBe(0)
    expect(notified(answers)).toEqual(['loadControlLimitListData'])
  })

  it('what could not be kept is refused', async () => {
    const guard = await joined({}, () => Promise.reject(new Error('disk full')))
    expect(errorIn(await guard.write(active(0, 4_200)))).toBe(1)
  })

  it('a writer never waits in vain: too many at a time have an error 3, and what takes too long an error 1', async () => {
    const guard = await joined({}, () => new Promise(() => {}))
    for (let count = 0; count < 32; count += 1) expect(await guard.write(active(0, 1_000 + count))).toEqual([])
    expect(errorIn(await guard.write(active(0, 9_999)))).toBe(3)
    expect(bound(guard)[0]).toBe('limit 1031')
    guard.taken()
    await pass(guard.clock, 10_000)
    const results = guard.taken().filter(({ header }) => header['cmdClassifier'] === 'result')
    expect(results).toHaveLength(32)
    expect(new Set(results.map(({ header }) => header['msgCounterReference'])).size).toBe(32)
    expect(results.every(({ command }) => (command['resultData'] as { errorNumber: number }).errorNumber === 1)).toBe(true)
  })
})

describe('who guides', () => {
  it('two guards: the one that came first; the other is refused until that one is gone', async () => {
    const there = place()
    const [first, second] = [playedGuard(there, { ski: 'first' }), playedGuard(there, { ski: 'second' })]
    for (const guard of [first, second]) {
      await guard.join()
      await guard.heartbeat()
    }
    expect(errorIn(await first.write(active(0, 4_200)))).toBe(0)
    expect(errorIn(await second.write(active(0, 9_000)))).toBe(7)
    expect(bound(first)[0]).toBe('limit 4200')
    first.end.ended('lost')
    await second.heartbeat()
    expect(errorIn(await second.write(active(0, 9_000)))).toBe(0)
    expect(bound(first)[0]).toBe('limit 9000')
  })

  it('TC_SPINE_RTS_003: of two clients of a device it subscribes the heartbeat of the one that has bound, and of no other', async () => {
    const guard = playedGuard(place())
    await guard.describe()
    const said = await guard.tie('binding', SYSTEM_FEATURE.limits)
    const asked = said.flatMap(({ command }) => {
      const request = (command['nodeManagementSubscriptionRequestCall'] as never)?.['subscriptionRequest'] as never
      return request === undefined ? [] : [(request as { serverAddress: unknown }).serverAddress]
    })
    expect(asked).toEqual([{ device: 'd:_n:Guard', entity: [1], feature: 2 }])
  })

  it('TC_SPINE_ENTITY_002: a guard that returns at another entity is bound there, and its heartbeat counts from there', async () => {
    const guard = await joined()
    await guard.write(active(0, 4_200))
    const moved = [3]
    const header = guard.to({ device: 'd:_n:Ours', entity: [0], feature: 0 }, { device: 'd:_n:Guard', entity: [0], feature: 0 })
    await guard.say('notify', guardDiscovery(moved), { ...header, ackRequest: undefined })
    expect(errorIn(await guard.write(active(0, 1_000)))).toBe(9)
    const client = { device: 'd:_n:Guard', entity: moved, feature: 1 }
    await guard.tie('binding', SYSTEM_FEATURE.limits, client)
    await pass(guard.clock, 100_000)
    await guard.heartbeat([1])
    await pass(guard.clock, 20_000)
    expect(bound(guard)[0]).toBe('failsafe 4500')
    await guard.heartbeat(moved)
    const written = await guard.say(
      'write',
      {
        function: 'loadControlLimitListData',
        filter: [{ cmdControl: { partial: {} } }],
        loadControlLimitListData: { loadControlLimitData: [active(0, 2_000)] },
      },
      guard.to(SYSTEM_FEATURE.limits, client),
    )
    expect(errorIn(written)).toBe(0)
    expect(bound(guard)[0]).toBe('limit 2000')
  })
})
