// Limits that somebody else has set on a station bound its cars at once, are explained, and survive a restart (K11 to K14).
import { afterEach, describe, expect, it } from 'vitest'
import { evseId, id, type StationId } from '../../domain/registry/identity.ts'
import { HOUR_MS, MINUTE_MS, NOW, smallRegistry } from '../domain/live/small-fleet.ts'
import { iso, openPlayed, started, type Played, type PlayedStation } from './played-stations.ts'

let world: Played
afterEach(() => world.stop())

/** Charging is cheap for six hours. */
const price = (at: number) => (at < NOW + 6 * HOUR_MS ? 20 : 300)

/** A plan made anew may miss the rating by a watt. */
const FULL = 10_900

/** What the car at an EVSE was told to take at most from now on, W. */
function told({ asked }: PlayedStation, evse = 1): number | null {
  const course = asked.findLast(
    ({ action, payload }) =>
      action === 'SetChargingProfile' &&
      (payload as { evseId?: number }).evseId === evse &&
      (payload as { chargingProfile?: { chargingProfilePurpose: string } }).chargingProfile?.chargingProfilePurpose ===
        'TxProfile',
  )
  const profile = (course?.payload as { chargingProfile?: Profile } | undefined)?.chargingProfile
  if (profile === undefined) return null
  const [schedule] = profile.chargingSchedule
  const start = Date.parse(schedule!.startSchedule)
  return schedule!.chargingSchedulePeriod.findLast(({ startPeriod }) => start + startPeriod * 1_000 <= world.now())!.limit
}
interface Profile {
  readonly chargingSchedule: readonly {
    readonly startSchedule: string
    readonly chargingSchedulePeriod: readonly { readonly startPeriod: number; readonly limit: number }[]
  }[]
}
const schedule = (unit: 'W' | 'A', limit: number, more: object = {}, period: object = {}) => [
  { id: 1, chargingRateUnit: unit, chargingSchedulePeriod: [{ startPeriod: 0, limit, ...period }], ...more },
]
const limit = (
  chargingSchedule: object | undefined,
  chargingLimit: object = { chargingLimitSource: 'EMS' },
  evseId?: number,
) => ({
  ...(evseId === undefined ? {} : { evseId }),
  chargingLimit,
  ...(chargingSchedule === undefined ? {} : { chargingSchedule }),
})

describe.each(['ocpp2.0.1', 'ocpp2.1'] as const)('a limit that is set on a station, %s', (dialect) => {
  async function charging(): Promise<PlayedStation> {
    world = await openPlayed({ from: NOW, registry: smallRegistry({ cars: 2 }), price })
    const station = await world.station('S1', dialect)
    await station.ask('TransactionEvent', started(NOW, 'T1'))
    await world.pass(1_000)
    expect(told(station)).toBeGreaterThan(FULL)
    return station
  }

  it('K11.FR.02, K13: bounds it at once, is named as the reason, and is lifted', async () => {
    const station = await charging()
    await station.ask('NotifyChargingLimit', limit(schedule('W', 5_000)))
    expect(told(station)).toBe(5_000)
    const { why } = world.view('S1/1')
    expect(why!.sentence).toBe('EMS at station S1 limits to 5.0 kW')
    expect(why!.ladder.find(({ decides }) => decides)).toMatchObject({
      rank: 'operator',
      authority: 'EMS at station S1',
      max: 5_000,
    })
    // A newer one takes its place; another source has one of its own.
    await station.ask('NotifyChargingLimit', limit(schedule('W', 6_000)))
    expect(told(station)).toBe(6_000)
    await station.ask('NotifyChargingLimit', limit(schedule('A', 10), { chargingLimitSource: 'SO' }, 1))
    await world.pass(0)
    expect(told(station)).toBe(6_000)
    expect(world.view('S1/1').why!.ladder).toContainEqual(expect.objectContaining({ rank: 'grid-limit', max: 6_900 }))
    await station.ask('ClearedChargingLimit', { chargingLimitSource: 'EMS' })
    expect(told(station)).toBe(6_900)
    await station.ask('ClearedChargingLimit', { chargingLimitSource: 'SO', evseId: 1 })
    expect(told(station)).toBeGreaterThan(FULL)
  })

  it('is of rank 2 where it is critical for the grid, counts single phases, and ends with its schedule', async () => {
    const station = await charging()
    const from = world.now()
    const critical = { chargingLimitSource: 'Other', isGridCritical: true }
    await station.ask(
      'NotifyChargingLimit',
      limit(schedule('A', 32, { startSchedule: iso(from), duration: 900 }, { numberPhases: 1 }), critical),
    )
    expect(told(station)).toBeCloseTo(7_360, -1)
    expect(world.view('S1/1').why!.ladder).toContainEqual(expect.objectContaining({ rank: 'grid-limit', max: 7_360 }))
    await world.pass(14.9 * MINUTE_MS)
    expect(told(station)).toBeCloseTo(7_360, -1)
    await world.pass(20_000)
    expect(told(station)).toBeGreaterThan(FULL)
  })

  it('begins when its schedule does, and what is told again is no news', async () => {
    const station = await charging()
    const startSchedule = iso(world.now() + 30 * MINUTE_MS)
    const coming = limit(schedule('W', 4_200, { startSchedule, duration: 3_600 }))
    await station.ask('NotifyChargingLimit', coming)
    expect(told(station)).toBeGreaterThan(FULL)
    await station.ask('NotifyChargingLimit', coming)
    await world.pass(30 * MINUTE_MS)
    expect(told(station)).toBe(4_200)
    const facts = (await world.journal()).filter(({ fact }) => fact.kind === 'external-limit-told')
    expect(facts).toHaveLength(1)
  })

  it('survives a restart, and its end as well', async () => {
    const station = await charging()
    await station.ask('NotifyChargingLimit', limit(schedule('W', 5_000, { startSchedule: iso(NOW), duration: 1_800 })))
    await world.pass(1_000)
    await world.restart()
    const back = await world.station('S1', dialect)
    await world.pass(1_000)
    expect(told(back)).toBe(5_000)
    expect(world.view('S1/1').chargeMax).toBe(5_000)
    await world.pass(30 * MINUTE_MS)
    expect(told(back)).toBeGreaterThan(FULL)
  })

  it('without a schedule bounds nothing and replaces what was known', async () => {
    const station = await charging()
    await station.ask('NotifyChargingLimit', limit(schedule('W', 5_000)))
    expect(await station.ask('NotifyChargingLimit', limit(undefined))).toEqual({})
    expect(told(station)).toBeGreaterThan(FULL)
  })

  it('K12: binds a car that comes later', async () => {
    world = await openPlayed({ from: NOW, registry: smallRegistry({ cars: 1 }), price })
    const station = await world.station('S1', dialect)
    await station.ask('NotifyChargingLimit', limit(schedule('W', 5_000)))
    await station.ask('TransactionEvent', started(NOW, 'T1'))
    await world.pass(1_000)
    expect(told(station)).toBe(5_000)
  })

  it('of a station with several EVSEs is one on their sum', async () => {
    const { evses, ...more } = smallRegistry({ cars: 2, site: () => ({ fuseAmps: 200 }) })
    const [first] = evses
    const registry = {
      ...more,
      evses: [first!, { ...first!, id: evseId(id<StationId>('S1'), 2) }],
    }
    world = await openPlayed({ from: NOW, registry, price })
    const station = await world.station('S1', dialect)
    await station.ask('TransactionEvent', started(NOW, 'T1', 1))
    await station.ask('TransactionEvent', started(NOW, 'T2', 2, 'TAG-2'))
    await world.pass(1_000)
    for (const evse of [1, 2]) expect(told(station, evse)).toBeGreaterThan(FULL)
    await station.ask('NotifyChargingLimit', limit(schedule('W', 9_000), undefined, 0))
    await world.pass(1_000)
    expect(told(station, 1)! + told(station, 2)!).toBe(9_000)
    await station.ask('ClearedChargingLimit', { chargingLimitSource: 'EMS' })
    await world.pass(1_000)
    for (const evse of [1, 2]) expect(told(station, evse)).toBeGreaterThan(FULL)
  })
})

describe('a limit of 2.1', () => {
  it('says how much may be given, sums its phases, and is none where local generation adds power', async () => {
    world = await openPlayed({ from: NOW, registry: smallRegistry({ cars: 1 }), price })
    const station = await world.station('S1', 'ocpp2.1')
    await station.ask('TransactionEvent', started(NOW, 'T1'))
    await station.ask(
      'NotifyChargingLimit',
      limit(schedule('W', 2_000, {}, { limit_L2: 2_000, limit_L3: 1_500, dischargeLimit: -3_000 }), {
        chargingLimitSource: 'a name of its own',
      }),
    )
    const { ladder } = world.view('S1/1').why!
    expect(ladder).toContainEqual(expect.objectContaining({ authority: 'Other at station S1', max: 5_500, min: -3_000 }))
    const local = { chargingLimitSource: 'EMS', isLocalGeneration: true }
    await station.ask('NotifyChargingLimit', limit(schedule('W', 1_000), local))
    expect(world.view('S1/1').chargeMax).toBe(5_500)
  })
})
