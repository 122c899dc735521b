// Stations that end the transaction when they are asked to wait: the plugged car is not forgotten, begins again when its plan goes on, and the next time the least power is asked for instead.
import { afterEach, describe, expect, it } from 'vitest'
import { HOUR_MS, MINUTE_MS, NOW, smallRegistry } from '../domain/live/small-fleet.ts'
import { iso, openPlayed, started, type Played, type PlayedStation } from './played-stations.ts'
import { factsOf } from './world.ts'

let world: Played
afterEach(() => world.stop())

const TOKEN = 'DEADBEEF01'
const registry = () => {
  const known = smallRegistry({ cars: 1 })
  return { ...known, vehicles: known.vehicles.map((car) => ({ ...car, token: TOKEN, socKnown: true })) }
}
/** Cheap half an hour from now, for two hours; the car's minimum of 0 leaves it time. */
const price = (at: number) => (at >= NOW + HOUR_MS / 2 && at < NOW + 3 * HOUR_MS ? 20 : 300)

type Version = 'ocpp1.6' | 'ocpp2.0.1' | 'ocpp2.1'
interface Pausing {
  readonly station: PlayedStation
  /** Transactions it has ended, and what it begins a new one with. */
  readonly ended: string[]
  readonly tokens: { token: string; type?: string }[]
}
interface Limits {
  readonly transactionId?: number | string
  readonly chargingSchedule:
    | { chargingSchedulePeriod: { startPeriod: number; limit: number }[] }
    | { chargingSchedulePeriod: { startPeriod: number; limit: number }[] }[]
}

/** What it is told for the running transaction: its periods, and whether the first leaves nothing. */
function periodsOf(payload: object): readonly { startPeriod: number; limit: number }[] | null {
  const { csChargingProfiles, chargingProfile } = payload as {
    csChargingProfiles?: Limits & { chargingProfilePurpose: string }
    chargingProfile?: Limits & { chargingProfilePurpose: string }
  }
  const profile = csChargingProfiles ?? chargingProfile
  if (profile?.chargingProfilePurpose !== 'TxProfile') return null
  const schedule = Array.isArray(profile.chargingSchedule) ? profile.chargingSchedule[0]! : profile.chargingSchedule
  return schedule.chargingSchedulePeriod
}

function transactionOf(payload: object): string | number | undefined {
  const { csChargingProfiles, chargingProfile } = payload as { csChargingProfiles?: Limits; chargingProfile?: Limits }
  return (csChargingProfiles ?? chargingProfile)?.transactionId
}

/** A station that ends what it is told to pause, for a reason, and takes a remote start. */
async function pausing(version: Version, reason: string, left = false): Promise<Pausing> {
  const ended: string[] = []
  const tokens: { token: string; type?: string }[] = []
  let current: string | number | null = null
  const station = await world.station('S1', version)
  const begin = async (token: string, type?: string) => {
    if (version === 'ocpp1.6') {
      const start = { connectorId: 1, idTag: token, meterStart: 0, timestamp: iso(world.now()) }
      const { transactionId } = await station.ask('StartTransaction', start)
      if (!ended.includes(String(transactionId))) current = transactionId
    } else {
      current = `T${tokens.length}`
      const event = started(world.now(), current, 1, token)
      await station.ask('TransactionEvent', { ...event, idToken: { idToken: token, type: type ?? 'ISO14443' } })
    }
  }
  const end = async (told: string | number | undefined) => {
    const transaction = told ?? current
    if (transaction === null || ended.includes(String(transaction))) return
    current = null
    ended.push(String(transaction))
    if (version === 'ocpp1.6') {
      await station.ask('StopTransaction', { transactionId: transaction, meterStop: 0, timestamp: iso(world.now()), reason })
      await station.ask('StatusNotification', {
        connectorId: 1,
        errorCode: 'NoError',
        status: left ? 'Available' : 'Finishing',
        timestamp: iso(world.now()),
      })
      return
    }
    await station.ask('TransactionEvent', {
      eventType: 'Ended',
      timestamp: iso(world.now()),
      triggerReason: 'ChargingStateChanged',
      seqNo: 1,
      transactionInfo: { transactionId: transaction, stoppedReason: reason },
      evse: { id: 1 },
    })
    if (left)
      await station.ask('StatusNotification', {
        evseId: 1,
        connectorId: 1,
        connectorStatus: 'Available',
        timestamp: iso(world.now()),
      })
  }
  const act = (run: () => Promise<void>) => void Promise.resolve().then(run)
  station.answer = (action, payload) => {
    const [first] = periodsOf(payload) ?? []
    if (first?.limit === 0 && world.view('S1/1').why?.rule !== undefined) act(() => end(transactionOf(payload)))
    if (action === 'RemoteStartTransaction' || action === 'RequestStartTransaction') {
      const { idTag, idToken } = payload as { idTag?: string; idToken?: { idToken: string; type: string } }
      tokens.push({ token: idTag ?? idToken!.idToken, ...(idToken === undefined ? {} : { type: idToken.type }) })
      act(() => begin(idTag ?? idToken!.idToken, idToken?.type))
    }
    return { status: 'Accepted' }
  }
  await begin(TOKEN)
  await world.pass(5_000)
  return { station, ended, tokens }
}

describe.each([
  ['ocpp1.6', 'Other'],
  ['ocpp1.6', 'EVDisconnected'],
  ['ocpp2.0.1', 'Timeout'],
  ['ocpp2.1', 'Other'],
] as const)('%s, a pause that ends the transaction (%s)', (version, reason) => {
  it('is told of, and begins again when the plan goes on, with the token that was presented', async () => {
    world = await openPlayed({ from: NOW, registry: registry(), price })
    const { ended, tokens } = await pausing(version, reason)
    expect(ended).toHaveLength(1)
    expect(world.view('S1/1')).toMatchObject({ session: null })
    expect(world.view('S1/1').alarms.join()).toMatch(/ended the transaction when it was asked to wait.*begin again at/)
    await world.pass(20 * MINUTE_MS)
    expect(tokens).toEqual([])
    await world.pass(16 * MINUTE_MS)
    expect(tokens).toEqual([version === 'ocpp1.6' ? { token: TOKEN } : { token: TOKEN, type: 'ISO14443' }])
    expect(world.view('S1/1')).toMatchObject({ vehicle: 'car-1' })
    expect(world.view('S1/1').alarms.join()).not.toMatch(/ended the transaction/)
    expect(world.view('S1/1').session).not.toBeNull()
    expect(JSON.stringify(await world.journal())).not.toContain(TOKEN)
  })

  it('begins again after a restart as well, with a token made for it, known as the same car', async () => {
    world = await openPlayed({ from: NOW, registry: registry(), price })
    await pausing(version, reason)
    await world.pass(1_000)
    await world.restart()
    const back = await world.station('S1', version)
    const asked: { token: string; type?: string }[] = []
    back.answer = (_, payload) => {
      const { idTag, idToken } = payload as { idTag?: string; idToken?: { idToken: string; type: string } }
      const token = idTag ?? idToken?.idToken
      if (token !== undefined) asked.push({ token, ...(idToken === undefined ? {} : { type: idToken.type }) })
      return { status: 'Accepted' }
    }
    await world.pass(36 * MINUTE_MS)
    expect(asked.length).toBeGreaterThanOrEqual(1)
    const { token, type } = asked.at(-1)!
    expect(token).toMatch(/^R[0-9a-f]{19}$/)
    if (version !== 'ocpp1.6') expect(type).toBe('Central')
    const start = { connectorId: 1, idTag: token, meterStart: 0, timestamp: iso(world.now()) }
    const again =
      version === 'ocpp1.6'
        ? await back.ask('StartTransaction', start)
        : await back.ask('TransactionEvent', {
            ...started(world.now(), 'T9', 1, token),
            idToken: { idToken: token, type: 'Central' },
          })
    expect(JSON.stringify(again)).toContain('Accepted')
    expect(world.view('S1/1')).toMatchObject({ vehicle: 'car-1' })
    expect(JSON.stringify(await world.journal())).not.toContain(token)
  })
})

describe('a station that has done so twice', () => {
  const twice = async (pauseEnds: boolean) => {
    world = await openPlayed({ from: NOW, registry: registry(), price })
    const { station, ended } = await pausing('ocpp2.0.1', 'Other')
    if (!pauseEnds) return station
    // Somebody begins again at the station; it ends again.
    await station.ask('TransactionEvent', started(world.now(), 'T-second', 1, TOKEN))
    await world.pass(1_000)
    await station.ask('TransactionEvent', {
      eventType: 'Ended',
      timestamp: iso(world.now()),
      triggerReason: 'ChargingStateChanged',
      seqNo: 1,
      transactionInfo: { transactionId: 'T-second', stoppedReason: 'Other' },
      evse: { id: 1 },
    })
    expect(ended.length).toBeGreaterThanOrEqual(1)
    return station
  }
  const lastPeriods = ({ asked }: PlayedStation) =>
    asked.map(({ payload }) => periodsOf(payload)).findLast((one) => one !== null)!

  it('is asked for the least power instead of a pause, as the fact survives a restart; a hard limit of 0 stays 0', async () => {
    await twice(true)
    expect(factsOf(await world.journal(), 'pause-ended-session')).toHaveLength(2)
    await world.pass(1_000)
    await world.restart()
    const station = await world.station('S1', 'ocpp2.0.1')
    await station.ask('TransactionEvent', started(world.now(), 'T3', 1, TOKEN))
    await world.pass(1_000)
    expect(lastPeriods(station)[0]).toEqual({ startPeriod: 0, limit: 1_000 })
    // Behind the last thing that is planned nothing is asked for.
    expect(lastPeriods(station).at(-1)!.limit).toBe(0)
    await station.ask('NotifyChargingLimit', {
      chargingLimit: { chargingLimitSource: 'SO', isGridCritical: true },
      chargingSchedule: [{ id: 1, chargingRateUnit: 'W', chargingSchedulePeriod: [{ startPeriod: 0, limit: 0 }] }],
    })
    await world.pass(1_000)
    expect(lastPeriods(station)).toEqual([{ startPeriod: 0, limit: 0 }])
  })
})

describe('a car that leaves', () => {
  it.each(['ocpp1.6', 'ocpp2.0.1'] as const)('is not asked to begin again, %s', async (version) => {
    world = await openPlayed({ from: NOW, registry: registry(), price })
    const { tokens } = await pausing(version, 'EVDisconnected', true)
    expect(world.view('S1/1').alarms).toEqual([])
    await world.pass(40 * MINUTE_MS)
    expect(tokens).toEqual([])
  })

  it('for a reason of its driver is no fault of the station', async () => {
    world = await openPlayed({ from: NOW, registry: registry(), price })
    await pausing('ocpp1.6', 'Local')
    expect(factsOf(await world.journal(), 'pause-ended-session')).toEqual([])
    expect(world.view('S1/1').alarms).toEqual([])
  })
})
