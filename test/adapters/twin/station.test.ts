import { afterEach, describe, expect, it } from 'vitest'
import { startTwin, type Twin } from '../../../adapters/twin/fleet.ts'
import type { CarTruth } from '../../../adapters/twin/car-truth.ts'
import type { LieKind } from '../../../adapters/twin/lies.ts'
import { twinFleet, type StationConfig } from '../../../adapters/twin/twin-fleet.ts'
import { inFlight } from '../../../adapters/wire/in-flight.ts'
import { manualClock } from '../../../src/run/clock.ts'
import { miniCsms, type MiniCsms } from './mini-csms.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
/** Tuesday midnight, local: cars at home are plugged in. */
const from = Date.parse('2026-05-04T22:00:00Z')

let cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup()
  cleanups = []
})

interface Scene {
  readonly config: StationConfig
  readonly csms: MiniCsms
  readonly twin: Twin
  /** Lets time pass. */
  pass(ms: number): Promise<void>
  /** Says something to the station and waits until everything has arrived. */
  call(action: string, payload: object): Promise<Record<string, unknown>>
  car(): CarTruth
  now(): number
}
/** One station at home of the wanted kind, with its car plugged in, ten seconds after it started. */
async function scene(
  holds: (config: StationConfig) => boolean,
  answers: MiniCsms['answers'] = {},
  change: (config: StationConfig) => StationConfig = (config) => config,
): Promise<Scene> {
  const clock = manualClock(from)
  const flight = inFlight()
  const csms = await miniCsms(clock, flight)
  csms.answers = answers
  const whole = twinFleet({ seed: 3, stations: 100, from })
  const config = change(
    whole.stations.find((station) => station.commuter.place === 'home' && !station.commuter.goesOut && holds(station))!,
  )
  const twin = startTwin({ url: csms.url, fleet: { ...whole, stations: [config] }, clock, inFlight: flight, connectSpreadMs: 0 })
  cleanups.push(
    () => csms.stop(),
    () => twin.stop(),
  )
  const pass = (ms: number) => clock.runUntil(clock.now() + ms, () => flight.idle())
  await pass(10 * SECOND)
  return {
    config,
    csms,
    twin,
    pass,
    async call(action, payload) {
      const answer = csms.call(config.id, action, payload)
      await pass(0)
      return answer
    },
    car: () => twin.cars()[0]!,
    now: () => clock.now(),
  }
}
const isBpt = (config: StationConfig) => config.speech === 'bpt' && config.current === 'DC'
const is201 = (config: StationConfig) => config.dialect === 'ocpp2.0.1' && config.speech === 'dc'
const is16 = (config: StationConfig) => config.dialect === 'ocpp1.6'

function dynamic(transactionId: string, setpoint: number, more: object = {}) {
  return {
    evseId: 1,
    chargingProfile: {
      id: 12,
      stackLevel: 2,
      chargingProfilePurpose: 'TxProfile',
      chargingProfileKind: 'Dynamic',
      transactionId,
      maxOfflineDuration: 300,
      dynUpdateInterval: 60,
      ...more,
      chargingSchedule: [
        {
          id: 12,
          duration: 300,
          chargingRateUnit: 'W',
          chargingSchedulePeriod: [{ startPeriod: 0, operationMode: 'CentralSetpoint', setpoint }],
        },
      ],
    },
  }
}
function course(transactionId: string, now: number, limit: number) {
  return {
    evseId: 1,
    chargingProfile: {
      id: 11,
      stackLevel: 1,
      chargingProfilePurpose: 'TxProfile',
      chargingProfileKind: 'Absolute',
      transactionId,
      chargingSchedule: [
        {
          id: 11,
          startSchedule: new Date(now).toISOString(),
          duration: 86_400,
          chargingRateUnit: 'W',
          chargingSchedulePeriod: [{ startPeriod: 0, limit }],
        },
      ],
    },
  }
}
const isConnectedEvent = (payload: Record<string, unknown>) => payload.eventType

describe('a 2.1 station with a bidirectional car', () => {
  it('connects with its name and password, boots, and starts the session of the car that stands there', async () => {
    const { config, csms, car, twin } = await scene(isBpt)
    const basic = Buffer.from(`${config.id}:${config.secret}`).toString('base64')
    expect(csms.authorizations.get(config.id)).toBe(`Basic ${basic}`)
    expect(csms.received.map((one) => one.action)).toEqual([
      'BootNotification',
      'StatusNotification',
      'Authorize',
      'TransactionEvent',
      'NotifyEVChargingNeeds',
    ])
    expect(csms.received[1]!.payload).toMatchObject({ connectorStatus: 'Occupied', evseId: 1, connectorId: 1 })
    expect(csms.received[3]!.payload).toMatchObject({
      eventType: 'Started',
      triggerReason: 'Authorized',
      seqNo: 0,
      idToken: { idToken: config.token, type: 'eMAID' },
      evse: { id: 1, connectorId: 1 },
      transactionInfo: { transactionId: car().transaction },
    })
    const needs = csms.received[4]!.payload.chargingNeeds as Record<string, unknown>
    expect(needs).toMatchObject({
      requestedEnergyTransfer: 'DC_BPT',
      controlMode: 'DynamicControl',
      departureTime: new Date(car().readyBy).toISOString(),
      v2xChargingParameters: { maxChargePower: 11_000, maxDischargePower: 11_000, targetSoC: 100 * car().targetSoc },
    })
    expect('dcChargingParameters' in needs).toBe(false)
    expect(twin.connected()).toBe(1)
  })

  it('follows a set-point in both directions and counts what it gives', async () => {
    const { call, pass, car } = await scene(isBpt)
    const before = car()
    expect(await call('SetChargingProfile', dynamic(before.transaction!, -8_000))).toEqual({ status: 'Accepted' })
    await pass(3 * MINUTE)
    expect(car().power).toBe(-8_000)
    expect(car().exportedWh).toBeGreaterThan(200)
    expect(car().storedWh).toBeLessThan(before.storedWh)
    await call('UpdateDynamicSchedule', { chargingProfileId: 12, scheduleUpdate: { setpoint: 5_000 } })
    await pass(MINUTE)
    expect(car().power).toBe(5_000)
  })

  it('reports power, registers and state of charge every minute, at whole minutes and by the clock at quarter-hours', async () => {
    const { csms, config, pass, call, car } = await scene(isBpt)
    await call('SetChargingProfile', dynamic(car().transaction!, -8_000))
    await pass(16 * MINUTE)
    const updates = csms.of(config.id, 'TransactionEvent').filter((one) => isConnectedEvent(one.payload) === 'Updated')
    expect(updates).toHaveLength(16)
    expect(updates.every((one) => one.at % MINUTE === 0)).toBe(true)
    expect(updates.map((one) => one.payload.seqNo)).toEqual(Array.from({ length: 16 }, (_, i) => i + 1))
    const values = (i: number) =>
      (updates[i]!.payload.meterValue as { sampledValue: { measurand: string; value: number; context: string }[] }[])[0]!
        .sampledValue
    const read = (i: number, measurand: string) => values(i).find((value) => value.measurand === measurand)!.value
    expect(Math.abs(read(3, 'Power.Active.Export') - 8_000)).toBeLessThan(150)
    expect(read(3, 'Power.Active.Import')).toBe(0)
    expect(read(3, 'Energy.Active.Export.Register')).toBeGreaterThan(read(2, 'Energy.Active.Export.Register'))
    expect(read(3, 'SoC')).toBeCloseTo(car().soc * 100, -1)
    expect(values(3)[0]!.context).toBe('Sample.Periodic')
    expect(values(14)[0]!.context).toBe('Sample.Clock')
  })

  it('K28.FR.10: asks for its set-point when nobody has renewed it, and keeps to the answer', async () => {
    const { csms, config, pass, call, car } = await scene(isBpt, {
      PullDynamicScheduleUpdate: () => ({ status: 'Accepted', scheduleUpdate: { setpoint: -6_000 } }),
    })
    await call('SetChargingProfile', dynamic(car().transaction!, -8_000))
    await pass(20 * MINUTE)
    const pulls = csms.of(config.id, 'PullDynamicScheduleUpdate')
    expect(pulls.length).toBeGreaterThanOrEqual(17)
    expect(pulls[0]!.at - from - 10 * SECOND).toBeGreaterThan(60 * SECOND)
    expect(car().power).toBe(-6_000)
  })

  it('K28.FR.13: a lease that nobody renews ends after 300 s and the schedule below takes over', async () => {
    const { pass, call, car, now } = await scene(isBpt, { PullDynamicScheduleUpdate: () => ({ status: 'Rejected' }) })
    await call('SetChargingProfile', course(car().transaction!, now(), 4_500))
    await call('SetChargingProfile', dynamic(car().transaction!, -8_000))
    await pass(299 * SECOND)
    expect(car().power).toBe(-8_000)
    await pass(60 * SECOND)
    expect(car().power).toBe(4_500)
  })

  it('Q11, K01.FR.101: with a cut link discharging ends, and what happened meanwhile is told afterwards', async () => {
    const { csms, config, pass, call, car, twin, now } = await scene(isBpt)
    await call('SetChargingProfile', course(car().transaction!, now(), 4_500))
    await call('SetChargingProfile', dynamic(car().transaction!, -8_000))
    await pass(2 * MINUTE)
    expect(car().power).toBe(-8_000)
    const told = csms.of(config.id, 'TransactionEvent').length
    twin.cut(config.id)
    await pass(6 * MINUTE)
    expect(twin.connected()).toBe(0)
    expect(car().power).toBe(4_500)
    expect(csms.of(config.id, 'TransactionEvent')).toHaveLength(told)
    twin.restore(config.id)
    await pass(MINUTE)
    expect(twin.connected()).toBe(1)
    const late = csms.of(config.id, 'TransactionEvent').slice(told)
    expect(late.length).toBe(7)
    expect(late.filter((one) => one.payload.offline === true)).toHaveLength(6)
    expect(late.map((one) => one.payload.seqNo)).toEqual(late.map((_, i) => told + i))
    // It has not restarted, so it does not boot again.
    expect(csms.of(config.id, 'BootNotification')).toHaveLength(1)
  })

  it('leaves when its time has come: last event, free again, and the truth about the departure', async () => {
    const { csms, config, pass, car, twin } = await scene(isBpt)
    const { readyBy, transaction } = car()
    await pass(readyBy - from + 25 * MINUTE)
    const [departure] = twin.departures().list
    expect(departure).toMatchObject({ station: config.id, transaction, isMet: true })
    expect(departure!.leftAt).toBeGreaterThanOrEqual(readyBy)
    const last = csms.of(config.id, 'TransactionEvent').at(-1)!
    expect(last.at).toBe(departure!.leftAt)
    expect(last.payload).toMatchObject({
      eventType: 'Ended',
      triggerReason: 'EVDeparted',
      transactionInfo: { stoppedReason: 'EVDisconnected' },
    })
    expect(csms.of(config.id, 'StatusNotification').at(-1)!.payload.connectorStatus).toBe('Available')
    expect(car().plugged).toBe(false)
    expect(car().power).toBe(0)
    await pass(20 * HOUR)
    expect(csms.of(config.id, 'TransactionEvent').filter((one) => one.payload.eventType === 'Started')).toHaveLength(2)
  })

  it('Q02.FR.04: asks for charging only when discharging is not allowed, and refuses negative set-points', async () => {
    const { csms, config, call, car } = await scene(isBpt, {
      Authorize: () => ({ idTokenInfo: { status: 'Accepted' }, allowedEnergyTransfer: ['DC'] }),
    })
    const needs = () => csms.of(config.id, 'NotifyEVChargingNeeds').at(-1)!.payload.chargingNeeds as Record<string, object>
    expect(needs().requestedEnergyTransfer).toBe('DC')
    expect('maxDischargePower' in needs().v2xChargingParameters!).toBe(false)
    expect(await call('SetChargingProfile', dynamic(car().transaction!, -8_000))).toMatchObject({
      status: 'Rejected',
      statusInfo: { reasonCode: 'InvalidSchedule' },
    })
    // Q02.FR.06, Q02.FR.07: when it becomes allowed the car negotiates anew.
    const allowed = { transactionId: car().transaction, allowedEnergyTransfer: ['DC', 'DC_BPT'] }
    expect(await call('NotifyAllowedEnergyTransfer', allowed)).toEqual({ status: 'Accepted' })
    expect(needs().requestedEnergyTransfer).toBe('DC_BPT')
    expect(await call('SetChargingProfile', dynamic(car().transaction!, -8_000))).toEqual({ status: 'Accepted' })
  })

  it('answers for its schedule, its settings and its state', async () => {
    const { csms, config, call, car, now, pass } = await scene(isBpt)
    await call('SetChargingProfile', course(car().transaction!, now(), 4_500))
    await call('SetChargingProfile', dynamic(car().transaction!, -8_000))
    expect(await call('GetCompositeSchedule', { evseId: 1, duration: 900 })).toMatchObject({
      status: 'Accepted',
      schedule: {
        chargingSchedulePeriod: [
          { startPeriod: 0, setpoint: -8_000, operationMode: 'CentralSetpoint' },
          { startPeriod: 300, limit: 4_500, operationMode: 'ChargingOnly' },
        ],
      },
    })
    const name = (component: string, variable: string) => ({ component: { name: component }, variable: { name: variable } })
    const variables = await call('GetVariables', {
      getVariableData: [name('V2XChargingCtrlr', 'Enabled'), name('V2XChargingCtrlr', 'Nothing'), name('Nobody', 'X')],
    })
    expect((variables.getVariableResult as { attributeStatus: string }[]).map((one) => one.attributeStatus)).toEqual([
      'Accepted',
      'UnknownVariable',
      'UnknownComponent',
    ])
    expect(await call('ClearChargingProfile', { chargingProfileId: 12 })).toEqual({ status: 'Accepted' })
    expect(await call('ClearChargingProfile', { chargingProfileId: 12 })).toEqual({ status: 'Unknown' })
    await pass(MINUTE)
    expect(car().power).toBe(4_500)
    await call('TriggerMessage', { requestedMessage: 'StatusNotification' })
    expect(csms.of(config.id, 'StatusNotification')).toHaveLength(2)
    const message = { id: 1, priority: 'NormalCycle', message: { format: 'ASCII', content: 'x' } }
    expect(await call('SetDisplayMessage', { message })).toMatchObject({ kind: 'error', code: 'NotSupported' })
  })

  it('stops and starts by remote control, and reboots when it is reset', async () => {
    const { csms, config, call, car, pass, twin } = await scene(isBpt)
    const { transaction } = car()
    expect(await call('RequestStopTransaction', { transactionId: 'other' })).toMatchObject({ status: 'Rejected' })
    expect(await call('RequestStopTransaction', { transactionId: transaction })).toMatchObject({ status: 'Accepted' })
    await pass(2 * SECOND)
    expect(car()).toMatchObject({ transaction: null, plugged: true, power: 0 })
    const idToken = { idToken: config.token, type: 'eMAID' }
    expect(await call('RequestStartTransaction', { remoteStartId: 9, evseId: 1, idToken })).toEqual({ status: 'Accepted' })
    await pass(2 * SECOND)
    expect(csms.of(config.id, 'TransactionEvent').at(-1)!.payload).toMatchObject({
      eventType: 'Started',
      triggerReason: 'RemoteStart',
      transactionInfo: { remoteStartId: 9 },
    })
    expect(await call('Reset', { type: 'OnIdle' })).toEqual({ status: 'Scheduled' })
    expect(await call('Reset', { type: 'Immediate' })).toEqual({ status: 'Accepted' })
    await pass(2 * MINUTE)
    expect(csms.of(config.id, 'BootNotification').at(-1)!.payload.reason).toBe('RemoteReset')
    expect(csms.of(config.id, 'BootNotification')).toHaveLength(2)
    expect(twin.connected()).toBe(1)
    expect(car().transaction).not.toBeNull()
  })
})

describe('boot and admission', () => {
  it('B02: waits for the interval while pending, and says nothing else', async () => {
    let boots = 0
    const { csms, pass } = await scene(isBpt, {
      BootNotification: () => ({
        status: ++boots < 3 ? 'Pending' : 'Accepted',
        currentTime: new Date(from).toISOString(),
        interval: 120,
      }),
    })
    await pass(100 * SECOND)
    expect(csms.received.map((one) => one.action)).toEqual(['BootNotification'])
    await pass(150 * SECOND)
    const boot = csms.received.filter((one) => one.action === 'BootNotification').map((one) => one.at - from)
    expect(boot).toEqual([0, 120 * SECOND, 240 * SECOND])
    expect(csms.received.length).toBeGreaterThan(3)
  })

  it('heartbeats after the interval of silence only', async () => {
    const { csms, config, pass } = await scene(isBpt, { Authorize: () => ({ idTokenInfo: { status: 'Unknown' } }) })
    await pass(20 * MINUTE)
    const beats = csms.of(config.id, 'Heartbeat').map((one) => one.at)
    expect(beats).toHaveLength(4)
    expect(beats[1]! - beats[0]!).toBe(300 * SECOND)
  })

  it('gives no power to a car that is not admitted', async () => {
    const refused = await scene(isBpt, { Authorize: () => ({ idTokenInfo: { status: 'Unknown' } }) })
    await refused.pass(5 * MINUTE)
    expect(refused.csms.of(refused.config.id, 'TransactionEvent')).toEqual([])
    expect(refused.car()).toMatchObject({ plugged: true, transaction: null, power: 0 })
    const late = await scene(isBpt, { TransactionEvent: () => ({ idTokenInfo: { status: 'Blocked' } }) })
    await late.pass(5 * MINUTE)
    expect(late.csms.of(late.config.id, 'TransactionEvent').map((one) => one.payload.triggerReason)).toEqual([
      'Authorized',
      'Deauthorized',
    ])
  })

  it('tries again with growing pauses while the backend turns it away, and returns', async () => {
    const { csms, config, pass, twin } = await scene(isBpt)
    csms.isDown = true
    twin.cut(config.id)
    await pass(SECOND)
    twin.restore(config.id)
    await pass(HOUR)
    expect(twin.connected()).toBe(0)
    const pauses = csms.attempts.slice(2).map((at, i) => at - csms.attempts[i + 1]!)
    expect(pauses[0]).toBeLessThanOrEqual(16 * SECOND)
    expect(pauses[3]).toBeGreaterThan(2 * pauses[0]!)
    expect(Math.max(...pauses)).toBeLessThan(9 * MINUTE)
    csms.isDown = false
    await pass(9 * MINUTE)
    expect(twin.connected()).toBe(1)
  })
})

describe('stations of older versions', () => {
  it('2.0.1: tells what an ISO 15118-2 car says, and follows a schedule', async () => {
    const { csms, config, call, pass, car, now } = await scene(is201)
    const [needs] = csms.of(config.id, 'NotifyEVChargingNeeds')
    expect(needs!.payload).toMatchObject({
      chargingNeeds: {
        requestedEnergyTransfer: 'DC',
        dcChargingParameters: { evEnergyCapacity: car().capacityWh, evMaxPower: 11_000 },
      },
    })
    expect(await call('SetChargingProfile', course(car().transaction!, now(), 3_000))).toEqual({ status: 'Accepted' })
    await pass(MINUTE)
    expect(car().power).toBe(3_000)
    const schedule = await call('GetCompositeSchedule', { evseId: 1, duration: 900 })
    expect(schedule).toMatchObject({ schedule: { chargingSchedulePeriod: [{ startPeriod: 0, limit: 3_000 }] } })
  })

  it('1.6: gets its transaction number, follows a schedule of it, hides the state of charge', async () => {
    const { csms, config, call, pass, car, now } = await scene(is16)
    expect(csms.received.map((one) => one.action)).toEqual([
      'BootNotification',
      'StatusNotification',
      'Authorize',
      'StartTransaction',
    ])
    expect(car().transaction).toBe('1')
    const profile = (transactionId: number) => ({
      connectorId: 1,
      csChargingProfiles: {
        chargingProfileId: 11,
        transactionId,
        stackLevel: 1,
        chargingProfilePurpose: 'TxProfile',
        chargingProfileKind: 'Absolute',
        chargingSchedule: {
          duration: 3_600,
          startSchedule: new Date(now()).toISOString(),
          chargingRateUnit: 'W',
          chargingSchedulePeriod: [{ startPeriod: 0, limit: 6_000 }],
        },
      },
    })
    expect(await call('SetChargingProfile', profile(2))).toEqual({ status: 'Rejected' })
    expect(await call('SetChargingProfile', profile(1))).toEqual({ status: 'Accepted' })
    await pass(3 * MINUTE)
    expect(car().power).toBe(6_000)
    const values = csms.of(config.id, 'MeterValues').at(-1)!.payload as {
      transactionId: number
      meterValue: { sampledValue: { measurand: string; value: string }[] }[]
    }
    expect(values.transactionId).toBe(1)
    expect(values.meterValue[0]!.sampledValue.map((one) => one.measurand)).toEqual([
      'Power.Active.Import',
      'Energy.Active.Import.Register',
    ])
    expect(await call('RemoteStopTransaction', { transactionId: 1 })).toEqual({ status: 'Accepted' })
    await pass(2 * SECOND)
    expect(csms.of(config.id, 'StopTransaction')[0]!.payload).toMatchObject({ transactionId: 1, reason: 'Remote' })
    expect(await call('RemoteStartTransaction', { connectorId: 1, idTag: config.token })).toEqual({ status: 'Accepted' })
    await pass(2 * SECOND)
    expect(car().transaction).toBe('2')
  })

  it('1.6: a session that began offline gets its number before its readings are told', async () => {
    const { csms, config, pass, car, twin } = await scene(is16)
    await pass(car().readyBy - from + 25 * MINUTE)
    expect(car().plugged).toBe(false)
    twin.cut(config.id)
    const told = csms.of(config.id, 'MeterValues').length
    for (let hours = 0; !car().plugged && hours < 24; hours++) await pass(HOUR)
    expect(car()).toMatchObject({ plugged: true, transaction: null })
    twin.restore(config.id)
    await pass(MINUTE)
    expect(csms.of(config.id, 'StartTransaction')).toHaveLength(2)
    const late = csms.of(config.id, 'MeterValues').slice(told)
    expect(late.length).toBeGreaterThan(0)
    expect(new Set(late.map((one) => one.payload.transactionId))).toEqual(new Set([2]))
  })
})

describe('faulty stations and cars', () => {
  it('a deaf station accepts a set-point and charges on; a refusing car gives nothing', async () => {
    const deaf = await scene(isBpt, {}, (config) => ({
      ...config,
      plug: { ...config.plug, station: { ...config.plug.station, response: 'deaf' } },
    }))
    expect(await deaf.call('SetChargingProfile', dynamic(deaf.car().transaction!, -8_000))).toEqual({ status: 'Accepted' })
    await deaf.pass(4 * MINUTE)
    expect(deaf.car().power).toBeGreaterThan(2_000)
    const refusing = await scene(isBpt, {}, (config) => ({
      ...config,
      plug: { ...config.plug, car: { ...config.plug.car, dischargeMaxW: 0 } },
    }))
    expect(await refusing.call('SetChargingProfile', dynamic(refusing.car().transaction!, -8_000))).toEqual({
      status: 'Accepted',
    })
    await refusing.pass(4 * MINUTE)
    expect(refusing.car()).toMatchObject({ power: 0, exportedWh: 0 })
  })
})

describe('a car that lies about its state of charge (F34)', () => {
  const lying = (lie: LieKind) => scene(isBpt, {}, (config) => ({ ...config, lie }))
  const socs = ({ csms, config }: Scene) =>
    csms.of(config.id, 'TransactionEvent').map(({ payload }) => {
      const [{ sampledValue }] = payload['meterValue'] as [{ sampledValue: { measurand: string; value: number }[] }]
      return sampledValue.find(({ measurand }) => measurand === 'SoC')?.value ?? null
    })
  const needs = ({ csms, config }: Scene) =>
    csms.of(config.id, 'NotifyEVChargingNeeds').map(({ payload }) => payload['chargingNeeds'] as Needs)
  interface Needs {
    readonly dcChargingParameters?: { readonly stateOfCharge: number }
    readonly v2xChargingParameters: { readonly evTargetEnergyRequest: number }
  }

  it('sticks to one value while its battery and its meter go on', async () => {
    const one = await lying('stuck')
    const before = one.car()
    await one.pass(HOUR)
    expect(one.car().soc - before.soc).toBeGreaterThan(0.05)
    expect(one.car().importedWh).toBeGreaterThan(5_000)
    expect(new Set(socs(one)).size).toBe(1)
    expect(socs(one).length).toBeGreaterThan(50)
  })

  it('says full and asks for nothing, or says empty and asks for all', async () => {
    const full = await lying('full')
    expect(socs(full)[0]).toBe(100)
    expect(needs(full)[0]!.v2xChargingParameters.evTargetEnergyRequest).toBeLessThan(0)
    const zero = await lying('zero')
    expect(socs(zero)[0]).toBe(0)
    expect(needs(zero)[0]!.v2xChargingParameters.evTargetEnergyRequest).toBeGreaterThan(20_000)
  })

  it('tells it once, or with its needs only, again and again', async () => {
    const absent = await lying('absent')
    await absent.pass(10 * MINUTE)
    expect(socs(absent)[0]).not.toBeNull()
    expect(
      socs(absent)
        .slice(2)
        .every((soc) => soc === null),
    ).toBe(true)
    const needing = await lying('needs-only')
    await needing.pass(HOUR)
    expect(socs(needing).every((soc) => soc === null)).toBe(true)
    const told = needs(needing).map(({ dcChargingParameters }) => dcChargingParameters!.stateOfCharge)
    expect(told.length).toBeGreaterThan(3)
    expect(new Set(told).size).toBe(1)
  })

  it('jumps and swings around the truth, repeatably', async () => {
    const spread = (values: readonly (number | null)[]) => Math.max(...values.map(Number)) - Math.min(...values.map(Number))
    const jumping = await lying('jumping')
    await jumping.pass(30 * MINUTE)
    expect(spread(socs(jumping))).toBeGreaterThan(15)
    const swinging = await lying('oscillating')
    await swinging.pass(9 * MINUTE)
    expect(spread(socs(swinging))).toBeGreaterThan(6)
    const again = await lying('jumping')
    await again.pass(30 * MINUTE)
    expect(socs(again)).toEqual(socs(jumping))
  })
})
