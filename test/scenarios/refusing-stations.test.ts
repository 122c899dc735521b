// Stations that never answer, reject again and again, or do nothing: alarmed, set aside, worth nothing, and tried less and less often (F32).
import { afterEach, describe, expect, it } from 'vitest'
import { isReachable } from '../../domain/live/reachable.ts'
import { openSession } from '../../domain/live/live-fleet.ts'
import type { Fact } from '../../domain/facts/fact.ts'
import { HOUR_MS, MINUTE_MS, NOW, smallRegistry } from '../domain/live/small-fleet.ts'
import { needs, openPlayed, started, type Answering, type Played, type PlayedStation } from './played-stations.ts'
import { factsOf } from './world.ts'

let world: Played
afterEach(() => world.stop())

const CHEAP = (at: number) => (at < NOW + 8 * HOUR_MS ? 20 : 300)
/** Whoever is to be ready has to charge now. */
const SHORTLY = (at: number) => (at < NOW + 2 * HOUR_MS ? 20 : 300)
const DEAR = (at: number) => (at < NOW + 2 * HOUR_MS ? 500 : 20)
const TAKES: Answering = () => ({ status: 'Accepted' })

/** What the profile of a question is for. */
const purposeOf = (payload: object) => {
  const { chargingProfile, csChargingProfiles } = payload as {
    chargingProfile?: { chargingProfilePurpose: string; chargingProfileKind: string }
    csChargingProfiles?: { chargingProfilePurpose: string; chargingProfileKind: string }
  }
  return chargingProfile ?? csChargingProfiles ?? null
}
const orders = ({ asked }: PlayedStation) =>
  asked.filter(({ payload }) => purposeOf(payload) !== null && purposeOf(payload)!.chargingProfileKind !== 'Relative')
/** Whether a profile lies above the course: a set-point, in whatever form. */
const isSetpoint = (payload: object) =>
  ((payload as { chargingProfile?: { stackLevel: number } }).chargingProfile?.stackLevel ?? 0) >= 2
function isCounted(): boolean {
  const live = world.live('S1/1')
  const { fleet } = world.running.application
  return isReachable(fleet, live, openSession(fleet, live)!, world.now())
}
async function factsSince<Kind extends Fact['kind']>(kind: Kind) {
  return factsOf(await world.journal(), kind)
}
/** The meter shows a power once a minute. */
async function measure(station: PlayedStation, minutes: number, power: () => number): Promise<void> {
  for (let i = 0; i < minutes; i++) {
    await station.ask('MeterValues', {
      evseId: 1,
      meterValue: [
        { timestamp: new Date(world.now()).toISOString(), sampledValue: [{ value: power(), measurand: 'Power.Active.Import' }] },
      ],
    })
    await world.pass(MINUTE_MS)
  }
}

describe('a station', () => {
  it('that rejects every profile is alarmed, set aside and tried less and less often; a limit is told it at once', async () => {
    world = await openPlayed({ from: NOW, registry: smallRegistry({ cars: 1 }), price: SHORTLY })
    const station = await world.station('S1', 'ocpp2.0.1', () => ({ status: 'Rejected' }))
    await station.ask('TransactionEvent', started(NOW, 'T1'))
    await measure(station, 60, () => 4_200)
    // Each try is the course and its other form.
    const times = [...new Set(orders(station).map(({ at }) => Math.round((at - NOW) / MINUTE_MS)))]
    expect(times.length).toBeLessThanOrEqual(8)
    expect(times.length).toBeGreaterThanOrEqual(5)
    for (const { reason } of await factsSince('station-quarantined')) expect(reason).toBe('refuses')
    expect((await factsSince('station-quarantined')).length).toBeGreaterThanOrEqual(1)
    expect(world.view('S1/1').alarms.join()).toMatch(/refuse/)
    expect(isCounted()).toBe(false)
    const before = orders(station).length
    await station.ask('NotifyChargingLimit', {
      chargingLimit: { chargingLimitSource: 'SO' },
      chargingSchedule: [{ id: 1, chargingRateUnit: 'W', chargingSchedulePeriod: [{ startPeriod: 0, limit: 4_200 }] }],
    })
    await world.pass(1_000)
    expect(orders(station).length).toBeGreaterThan(before)
    // It takes one: everything is as before.
    station.answer = TAKES
    await measure(station, 17, () => 4_200)
    expect(isCounted()).toBe(true)
  })

  it('that refuses what was meant for a car that has left needs nobody', async () => {
    world = await openPlayed({ from: NOW, registry: smallRegistry({ cars: 1 }), price: SHORTLY })
    const refuses: Answering = () => ({ status: 'Rejected', statusInfo: { reasonCode: 'TxNotFound' } })
    const station = await world.station('S1', 'ocpp2.0.1', refuses)
    await station.ask('TransactionEvent', started(NOW, 'T1'))
    await measure(station, 1, () => 4_200)
    expect(world.view('S1/1').alarms.join()).toContain('refused the last order')
    const event = { eventType: 'Ended', triggerReason: 'EVDeparted', seqNo: 2, transactionInfo: { transactionId: 'T1' } }
    await station.ask('TransactionEvent', { ...event, timestamp: new Date(world.now()).toISOString(), evse: { id: 1 } })
    await world.pass(1_000)
    expect(world.view('S1/1')).toMatchObject({ order: { state: { outcome: 'refused' } } })
    expect(world.view('S1/1').alarms.join()).not.toContain('refused the last order')
  })

  it('that never answers is set aside and left alone between its turns', async () => {
    world = await openPlayed({ from: NOW, registry: smallRegistry({ cars: 1 }), price: CHEAP, callTimeoutMs: 30_000 })
    const station = await world.station('S1', 'ocpp2.0.1', () => null)
    await station.ask('TransactionEvent', started(NOW, 'T1'))
    await measure(station, 60, () => 4_200)
    expect(orders(station).length).toBeLessThanOrEqual(10)
    expect(isCounted()).toBe(false)
    expect(world.view('S1/1').alarms.join()).toMatch(/answer/)
    expect(await factsSince('station-quarantined')).toContainEqual(expect.objectContaining({ reason: 'no-answer' }))
  })

  it('that refuses a set-point keeps none: the one in place is taken back, nothing is shown as ordered, nothing is counted', async () => {
    world = await openPlayed({ from: NOW, registry: smallRegistry({ cars: 1 }), price: DEAR })
    const station = await world.station('S1', 'ocpp2.1')
    await station.ask('TransactionEvent', started(NOW, 'T1'))
    await station.ask('NotifyEVChargingNeeds', needs())
    await measure(station, 3, () => 0)
    expect(world.live('S1/1').order!.content.setpoint).not.toBeNull()
    expect(isCounted()).toBe(true)
    // In whatever form: as a dynamic profile, as an update of one, as a short absolute schedule.
    station.answer = (action, payload) => ({
      status: action === 'UpdateDynamicSchedule' || isSetpoint(payload) ? 'Rejected' : 'Accepted',
    })
    const before = station.asked.length
    await measure(station, 1, () => 0)
    await world.pass(5_000)
    const since = station.asked.slice(before)
    expect(since.map(({ action }) => action)).toContain('ClearChargingProfile')
    expect(await station.ask('PullDynamicScheduleUpdate', { chargingProfileId: 12 })).toEqual({ status: 'Rejected' })
    expect(world.view('S1/1')).toMatchObject({ ordered: null, order: { state: { kind: 'ended', outcome: 'refused' } } })
    expect(world.view('S1/1').why!.sentence).toBe('its station has refused the last order: nothing is asked of it')
    expect(isCounted()).toBe(false)
  })

  it('that refuses a second set-point as well is led by courses alone', async () => {
    world = await openPlayed({ from: NOW, registry: smallRegistry({ cars: 1 }), price: DEAR })
    const station = await world.station('S1', 'ocpp2.1', (_, payload) => ({
      status: isSetpoint(payload) ? 'Rejected' : 'Accepted',
    }))
    await station.ask('TransactionEvent', started(NOW, 'T1'))
    await station.ask('NotifyEVChargingNeeds', needs())
    await measure(station, 10, () => 0)
    expect(world.live('S1/1').order).toMatchObject({ content: { setpoint: null }, state: { kind: 'followed' } })
    // Nothing was ever in place: nothing is taken back.
    expect(station.asked.map(({ action }) => action)).not.toContain('ClearChargingProfile')
    expect(await factsSince('profile-form-learnt')).toMatchObject([{ form: { setpoint: 'none' } }])
  })

  it('that refuses one set-point, however often it is told, is offered the next; led by courses, it is offered one again after a while', async () => {
    world = await openPlayed({ from: NOW, registry: smallRegistry({ cars: 1 }), price: DEAR })
    const station = await world.station('S1', 'ocpp2.1', (_, payload) => ({
      status: isSetpoint(payload) ? 'Rejected' : 'Accepted',
    }))
    const offered = () => station.asked.filter(({ payload }) => isSetpoint(payload)).map(({ payload }) => purposeOf(payload)!)
    await station.ask('TransactionEvent', started(NOW, 'T1'))
    await station.ask('NotifyEVChargingNeeds', needs())
    await world.pass(5_000)
    expect(new Set(offered().map(({ chargingProfileKind }) => chargingProfileKind))).toEqual(new Set(['Dynamic', 'Absolute']))
    expect(await factsSince('profile-form-learnt')).toEqual([])
    await measure(station, 4, () => 0)
    expect(await factsSince('profile-form-learnt')).toMatchObject([{ form: { setpoint: 'none' } }])
    const before = offered().length
    await measure(station, 8, () => 0)
    expect(offered().length).toBe(before)
    expect(isCounted()).toBe(true)
    station.answer = TAKES
    await measure(station, 22, () => 0)
    expect(offered().length).toBeGreaterThan(before)
    expect(await factsSince('profile-form-learnt')).toMatchObject([
      { form: { setpoint: 'none' } },
      { form: { setpoint: 'dynamic' } },
    ])
    expect(world.live('S1/1').order!.content.setpoint).not.toBeNull()
  })

  it('that gives no answer when its set-point is taken back is told so again', async () => {
    world = await openPlayed({ from: NOW, registry: smallRegistry({ cars: 1 }), price: DEAR, callTimeoutMs: 5_000 })
    const station = await world.station('S1', 'ocpp2.1')
    await station.ask('TransactionEvent', started(NOW, 'T1'))
    await station.ask('NotifyEVChargingNeeds', needs())
    await measure(station, 3, () => 0)
    let isSilent = true
    station.answer = (action, payload) => {
      if (action === 'ClearChargingProfile' && isSilent) return null
      return { status: action === 'UpdateDynamicSchedule' || isSetpoint(payload) ? 'Rejected' : 'Accepted' }
    }
    const clears = () => station.asked.filter(({ action }) => action === 'ClearChargingProfile').length
    await measure(station, 1, () => 0)
    await world.pass(10_000)
    expect(clears()).toBe(1)
    isSilent = false
    await measure(station, 5, () => 0)
    expect(clears()).toBe(2)
  })

  it('that says Accepted and does nothing is found out, also while its orders change all the time', async () => {
    world = await openPlayed({ from: NOW, registry: smallRegistry({ cars: 1 }), price: CHEAP })
    const station = await world.station('S1', 'ocpp2.0.1')
    await station.ask('TransactionEvent', started(NOW, 'T1'))
    // It goes on with 11 kW although it is told, every minute, to do less.
    for (let i = 0; i < 12; i++) {
      await station.ask('NotifyChargingLimit', {
        chargingLimit: { chargingLimitSource: 'EMS' },
        chargingSchedule: [
          { id: 1, chargingRateUnit: 'W', chargingSchedulePeriod: [{ startPeriod: 0, limit: 4_200 + (i % 2) * 600 }] },
        ],
      })
      await measure(station, 1, () => 11_000)
    }
    expect(isCounted()).toBe(false)
    expect(await factsSince('station-quarantined')).toMatchObject([{ reason: 'deviates' }])
  })

  it('that measures nothing is alarmed and worth nothing', async () => {
    world = await openPlayed({ from: NOW, registry: smallRegistry({ cars: 1 }), price: CHEAP })
    const station = await world.station('S1', 'ocpp1.6')
    await station.ask('StartTransaction', {
      connectorId: 1,
      idTag: 'TAG-1',
      meterStart: 0,
      timestamp: new Date(NOW).toISOString(),
    })
    await world.pass(8 * MINUTE_MS)
    expect(isCounted()).toBe(false)
    expect(world.view('S1/1').alarms.join()).toMatch(/meter was heard of last/)
  })
})
