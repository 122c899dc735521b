// Faults that other projects had in the field with LPC and LPP, each over the wire and by the name of its report.
import { describe, expect, it } from 'vitest'
import { ceiling } from '../../../../domain/limitation/controllable-system.ts'
import { errorIn, GUARD_ENTITY, guardDiscovery, notified, pass, place, playedGuard, SYSTEM_FEATURE } from './wired.ts'

const HOUR = 3_600_000
/** The limit of each direction, with a sign that is right in it. */
const DIRECTIONS = [
  { useCase: 'LPC', direction: 'consume', limitId: 0, sign: 1 },
  { useCase: 'LPP', direction: 'produce', limitId: 1, sign: -1 },
] as const

async function joined() {
  const guard = playedGuard(place())
  await guard.join()
  await guard.heartbeat()
  return guard
}
type Guard = Awaited<ReturnType<typeof joined>>

/** Beats every 50 s for as long. */
async function guarded(guard: Guard, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 50_000) {
    await guard.heartbeat()
    await pass(guard.clock, Math.min(left, 50_000))
  }
}

describe.each(DIRECTIONS)('$useCase', ({ direction, limitId, sign }) => {
  const limit = (isLimitActive: boolean, magnitude: number, endTime?: string) => ({
    limitId,
    isLimitActive,
    value: { number: sign * magnitude + 0, scale: 0 },
    ...(endTime === undefined ? {} : { timePeriod: { endTime } }),
  })
  const nameIn = ({ parts }: Guard) => parts[direction].system().standing.name
  const boundIn = ({ parts, clock }: Guard) => {
    const { by, power } = ceiling(parts[direction].system(), clock.elapsed())
    return [by, power === null ? null : sign * power + 0]
  }
  const shown = async (guard: Guard) => (await guard.limits()).find((one) => one['limitId'] === limitId)!

  it.each([true, false])(
    'evcc-io/evcc#25545: a limit of the wrong sign (active: %s) is refused and shown to nobody (F21)',
    async (isActive) => {
      const guard = await joined()
      await guard.write(limit(false, 4_200))
      const before = await shown(guard)
      const answers = await guard.write(limit(isActive, -5))
      expect(errorIn(answers)).toBe(7)
      expect(notified(answers)).toEqual([])
      expect(await shown(guard)).toEqual(before)
      expect(nameIn(guard)).toBe('unlimited/controlled')
    },
  )

  it('evcc-io/evcc#25545: failsafe is left as soon as heartbeat and limit are there (F22)', async () => {
    const guard = await joined()
    await guard.write(limit(true, 4_200))
    await pass(guard.clock, 120_000)
    expect(nameIn(guard)).toBe('failsafe')
    await guard.heartbeat()
    expect(errorIn(await guard.write(limit(true, 3_000)))).toBe(0)
    expect(boundIn(guard)).toEqual(['limit', 3_000])
  })

  it('evcc-io/evcc#29705: after a day without a guard the failsafe limit still holds, and no limit is shown as active (F20)', async () => {
    const guard = await joined()
    await guard.write(limit(true, 9_000))
    guard.end.ended('lost')
    await pass(guard.clock, 24 * HOUR)
    expect(boundIn(guard)).toEqual(['failsafe', 4_500])
    const again = playedGuard(guard, { connectionId: '2' })
    await again.join()
    expect(await shown(again)).toMatchObject({ isLimitActive: false })
  })

  it('evcc-io/evcc#32492: a limit without duration has none, also after one with an end (F21)', async () => {
    const guard = await joined()
    await guard.write(limit(true, 4_200, 'PT1M'))
    expect(errorIn(await guard.write(limit(true, 4_200)))).toBe(0)
    await guarded(guard, 2 * HOUR)
    expect(boundIn(guard)).toEqual(['limit', 4_200])
    expect(await shown(guard)).not.toHaveProperty('timePeriod')
  })

  it('evcc-io/evcc#32492: neither init nor failsafe is left by heartbeats alone (F22)', async () => {
    const guard = await joined()
    await guarded(guard, HOUR)
    expect(nameIn(guard)).toBe('init')
    await guard.write(limit(true, 4_200))
    await pass(guard.clock, 120_000)
    await guarded(guard, 3 * HOUR)
    expect(nameIn(guard)).toBe('failsafe')
  })

  it('evcc-io/evcc#31561: of two connections of one guard one goes, and heartbeats and limits over the other count', async () => {
    const guard = await joined()
    await guard.write(limit(true, 4_200))
    const second = playedGuard(guard, { connectionId: '2' })
    await second.join()
    guard.end.ended('lost')
    await guarded(second, HOUR)
    expect(boundIn(second)).toEqual(['limit', 4_200])
    expect(errorIn(await second.write(limit(true, 1_000)))).toBe(0)
    expect(boundIn(second)).toEqual(['limit', 1_000])
  })

  it('evcc-io/evcc#31561: a lost connection is told of the guard whose it was, and of no other', async () => {
    const guard = await joined()
    const other = playedGuard(guard, { ski: 'other' })
    await other.join()
    other.end.ended('lost')
    await guarded(guard, HOUR)
    expect(errorIn(await guard.write(limit(true, 4_200)))).toBe(0)
  })

  it('evcc-io/evcc#32132: heartbeats of another entity of the device do not stand for those of the guard (F20)', async () => {
    const guard = await joined()
    await guard.write(limit(true, 9_000))
    for (let count = 0; count < 15; count += 1) {
      await guard.heartbeat([9], 4_000)
      await pass(guard.clock, 10_000)
    }
    expect(boundIn(guard)).toEqual(['failsafe', 4_500])
    expect(errorIn(await guard.write(limit(true, 9_000)))).toBe(7)
  })

  it('evcc-io/evcc#32132: heartbeats of another device do not stand for those of the guard (F20)', async () => {
    const guard = await joined()
    await guard.write(limit(true, 9_000))
    const other = playedGuard(guard, { ski: 'wallbox' })
    await other.join()
    for (let count = 0; count < 15; count += 1) {
      await other.heartbeat(GUARD_ENTITY, 4_000)
      await pass(guard.clock, 10_000)
    }
    expect(boundIn(guard)).toEqual(['failsafe', 4_500])
  })

  it('evcc-io/evcc#21642: whatever interval a heartbeat announces, 120 s of silence lead to failsafe (F20)', async () => {
    const guard = await joined()
    await guard.write(limit(true, 9_000))
    await guard.heartbeat(GUARD_ENTITY, 4_000)
    await pass(guard.clock, 119_999)
    expect(nameIn(guard)).toBe('limited')
    await pass(guard.clock, 1)
    expect(nameIn(guard)).toBe('failsafe')
  })

  it('enbility/eebus-go example: without a binding nothing is written', async () => {
    const guard = playedGuard(place())
    await guard.describe()
    expect(errorIn(await guard.write(limit(true, 4_200)))).toBe(9)
    expect(await shown(guard)).toMatchObject({ isLimitActive: false })
    expect(nameIn(guard)).toBe('init')
  })

  it('enbility/eebus-go example: without any heartbeat no limit is accepted', async () => {
    const guard = playedGuard(place())
    await guard.join()
    expect(errorIn(await guard.write(limit(true, 4_200)))).toBe(7)
    expect(boundIn(guard)).toEqual(['failsafe', 4_500])
  })

  it.each([undefined, 7, '0', null])(
    'enbility/eebus-go example: a limit with the limitId %j activates none, of neither direction',
    async (id) => {
      const guard = await joined()
      const before = await guard.limits()
      const answers = await guard.write({ ...limit(true, 4_200), limitId: id as never })
      expect(errorIn(answers)).toBe(7)
      expect(notified(answers)).toEqual([])
      expect(await guard.limits()).toEqual(before)
      expect([guard.parts.consume, guard.parts.produce].map((part) => part.system().standing.name)).toEqual(['init', 'init'])
    },
  )

  it.each([
    { number: 1, scale: 300 },
    { number: 9_007_199_254_740_991, scale: 18 },
    { number: 1.5, scale: 0 },
    { scale: 2 },
    { number: '5', scale: 0 },
  ])('enbility/eebus-go example: a value that is none (%j) is answered, with a refusal', async (value) => {
    const guard = playedGuard(place())
    await guard.join()
    await guard.heartbeat()
    expect(errorIn(await guard.write({ limitId, isLimitActive: true, value: value as never }))).toBe(7)
    expect(boundIn(guard)).toEqual(['failsafe', 4_500])
  })

  it('enbility/eebus-go example: an active limit with a duration of PT0S is refused, and never shown', async () => {
    const guard = await joined()
    await guard.write(limit(false, 4_200))
    expect(errorIn(await guard.write(limit(true, 4_200, 'PT0S')))).toBe(7)
    expect(await shown(guard)).toMatchObject({ isLimitActive: false })
    expect(await shown(guard)).not.toHaveProperty('timePeriod')
  })
})

it('enbility/eebus-go example: a binding for a client there is not is refused, and the node goes on', async () => {
  const guard = playedGuard(place())
  await guard.describe()
  const nobody = { device: 'd:_n:Guard', entity: [42], feature: 42 }
  expect(errorIn(await guard.tie('binding', SYSTEM_FEATURE.limits, nobody))).toBe(7)
  expect(errorIn(await guard.tie('binding', SYSTEM_FEATURE.limits))).toBe(0)
})

describe('clients that are described oddly', () => {
  it('TC_SPINE_RTS_001: a guard whose client is of another type is bound and heard', async () => {
    const odd = structuredClone(guardDiscovery()) as never as {
      nodeManagementDetailedDiscoveryData: { featureInformation: { description: { featureType: string } }[] }
    }
    odd.nodeManagementDetailedDiscoveryData.featureInformation[1]!.description.featureType = 'Generic'
    const guard = playedGuard(place())
    await guard.describe(odd as never)
    expect(errorIn(await guard.tie('binding', SYSTEM_FEATURE.limits))).toBe(0)
    await guard.heartbeat()
    expect(errorIn(await guard.write({ limitId: 0, isLimitActive: true, value: { number: 4_200, scale: 0 } }))).toBe(0)
  })

  it('TC_SPINE_RTS_002: a guard of a fictitious client type and a newer version is bound and heard', async () => {
    const odd = structuredClone(guardDiscovery()) as never as {
      nodeManagementDetailedDiscoveryData: {
        specificationVersionList: { specificationVersion: string[] }
        featureInformation: { description: { featureType: string } }[]
      }
    }
    const data = odd.nodeManagementDetailedDiscoveryData
    data.specificationVersionList.specificationVersion = ['1.9.0']
    data.featureInformation[1]!.description.featureType = 'Teleporter'
    const guard = playedGuard(place())
    await guard.describe(odd as never)
    expect(errorIn(await guard.tie('binding', SYSTEM_FEATURE.limits))).toBe(0)
    await guard.heartbeat()
    expect(errorIn(await guard.write({ limitId: 0, isLimitActive: true, value: { number: 4_200, scale: 0 } }))).toBe(0)
  })
})
