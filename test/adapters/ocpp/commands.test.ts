// One command of the core as the frames that 1.6, 2.0.1 and 2.1 stations receive, side by side.
import { afterEach, describe, expect, it } from 'vitest'
import type { Dialect } from '../../../adapters/ocpp/rpc/frame.ts'
import { stationOf } from '../../../domain/registry/identity.ts'
import { watts } from '../../../domain/units.ts'
import { manualClock } from '../../../src/run/clock.ts'
import { evse, openLab, orderContent, rawStation, TEN, type Lab, type RawStation } from './ocpp-lab.ts'

const DIALECTS = ['ocpp1.6', 'ocpp2.0.1', 'ocpp2.1'] as const
const ST1 = evse('ST1')

let lab: Lab
let station: RawStation
afterEach(async () => {
  station.socket.terminate()
  await lab.close()
})
async function connected(dialect: Dialect): Promise<void> {
  lab = await openLab({ clock: manualClock(TEN) })
  station = await rawStation(lab, 'ST1', dialect)
}
/** Frames the server sends until a command is done, each answered in turn; without an answer `Accepted`. */
async function framesOf<Value>(
  command: Promise<Value>,
  answers: readonly object[] = [],
): Promise<{ readonly frames: readonly (readonly unknown[])[]; readonly result: Value }> {
  const frames: (readonly unknown[])[] = []
  const answer = (data: Buffer) => {
    const frame = JSON.parse(data.toString()) as readonly unknown[]
    station.send([3, frame[1], answers[frames.length] ?? { status: 'Accepted' }])
    frames.push(frame)
  }
  station.socket.on('message', answer)
  const result = await command
  station.socket.off('message', answer)
  return { frames, result }
}

const PERIODS = '[{"startPeriod":0,"limit":11000},{"startPeriod":1800,"limit":0},{"startPeriod":2700,"limit":7400}]'
const PERIODS_21 = PERIODS.replaceAll('}', ',"operationMode":"ChargingOnly"}')
const course2 = (periods: string) =>
  `{"evseId":1,"chargingProfile":{"id":11,"stackLevel":1,"chargingProfilePurpose":"TxProfile","chargingProfileKind":"Absolute",
    "transactionId":"T1","validTo":"2026-11-02T11:00:00.000Z","chargingSchedule":[{"id":11,"startSchedule":"2026-11-02T10:00:00.000Z",
    "duration":3600,"chargingRateUnit":"W","chargingSchedulePeriod":${periods}}]}}`
const default2 = (mode: string) =>
  `{"evseId":1,"chargingProfile":{"id":10,"stackLevel":0,"chargingProfilePurpose":"TxDefaultProfile","chargingProfileKind":"Relative",
    "chargingSchedule":[{"id":10,"chargingRateUnit":"W","chargingSchedulePeriod":[{"startPeriod":0,"limit":4200${mode}}]}]}}`

/** Literal frames by command and version. */
const COURSE: Record<Dialect, string> = {
  'ocpp1.6': `[2,"g1","SetChargingProfile",{"connectorId":1,"csChargingProfiles":{"chargingProfileId":11,"transactionId":41,"stackLevel":1,
    "chargingProfilePurpose":"TxProfile","chargingProfileKind":"Absolute","chargingSchedule":{"duration":3600,
    "startSchedule":"2026-11-02T10:00:00.000Z","chargingRateUnit":"W","chargingSchedulePeriod":${PERIODS}}}}]`,
  'ocpp2.0.1': `[2,"g1","SetChargingProfile",${course2(PERIODS)}]`,
  'ocpp2.1': `[2,"g1","SetChargingProfile",${course2(PERIODS_21)}]`,
}
const SETPOINT = `[2,"g2","SetChargingProfile",{"evseId":1,"chargingProfile":{"id":12,"stackLevel":2,"chargingProfilePurpose":"TxProfile",
    "chargingProfileKind":"Dynamic","transactionId":"T1","maxOfflineDuration":210,"invalidAfterOfflineDuration":false,"dynUpdateInterval":60,
    "chargingSchedule":[{"id":12,"duration":210,"chargingRateUnit":"W",
    "chargingSchedulePeriod":[{"startPeriod":0,"operationMode":"CentralSetpoint","setpoint":-9000}]}]}}]`
const update = (number: number, setpoint: number) =>
  `[2,"g${number}","UpdateDynamicSchedule",{"chargingProfileId":12,"scheduleUpdate":{"setpoint":${setpoint}}}]`
const DEFAULT: Record<Dialect, string> = {
  'ocpp1.6': `[2,"g1","SetChargingProfile",{"connectorId":1,"csChargingProfiles":{"chargingProfileId":10,"stackLevel":0,
    "chargingProfilePurpose":"TxDefaultProfile","chargingProfileKind":"Relative",
    "chargingSchedule":{"chargingRateUnit":"W","chargingSchedulePeriod":[{"startPeriod":0,"limit":4200}]}}}]`,
  'ocpp2.0.1': `[2,"g1","SetChargingProfile",${default2('')}]`,
  'ocpp2.1': `[2,"g1","SetChargingProfile",${default2(',"operationMode":"ChargingOnly"')}]`,
}
const START: Record<Dialect, string> = {
  'ocpp1.6': '[2,"g1","RemoteStartTransaction",{"connectorId":1,"idTag":"CAFE01"}]',
  'ocpp2.0.1':
    '[2,"g1","RequestStartTransaction",{"remoteStartId":1,"evseId":1,"idToken":{"idToken":"CAFE01","type":"ISO14443"}}]',
  'ocpp2.1': '[2,"g1","RequestStartTransaction",{"remoteStartId":1,"evseId":1,"idToken":{"idToken":"CAFE01","type":"ISO14443"}}]',
}
const STOP: Record<Dialect, string> = {
  'ocpp1.6': '[2,"g1","RemoteStopTransaction",{"transactionId":41}]',
  'ocpp2.0.1': '[2,"g1","RequestStopTransaction",{"transactionId":"T1"}]',
  'ocpp2.1': '[2,"g1","RequestStopTransaction",{"transactionId":"T1"}]',
}
const parsed = (...texts: readonly string[]) => texts.map((text) => JSON.parse(text) as unknown)

describe.each(DIALECTS)('commands in %s', (dialect) => {
  const transaction = dialect === 'ocpp1.6' ? '41' : 'T1'
  const is21 = dialect === 'ocpp2.1'
  const order = (setpoint: number | null) =>
    orderContent(ST1, { transaction, setpoint: setpoint === null ? null : watts(setpoint) })

  it('a course', async () => {
    await connected(dialect)
    const { frames, result } = await framesOf(lab.server.order(order(null)))
    expect(frames).toEqual(parsed(COURSE[dialect]))
    expect(result).toEqual({ ok: true, value: { confirmedAt: TEN } })
  })

  it('a set-point: with a charging-only course below in 2.1 (Q03.FR.02, K28), the course alone before (F33)', async () => {
    await connected(dialect)
    const { frames } = await framesOf(lab.server.order(order(-9_000)))
    expect(frames).toEqual(parsed(COURSE[dialect], ...(is21 ? [SETPOINT] : [])))
  })

  it('another set-point over the same course', async () => {
    await connected(dialect)
    await framesOf(lab.server.order(order(-9_000)))
    const { frames, result } = await framesOf(lab.server.order(order(4_000)))
    expect(frames).toEqual(parsed(...(is21 ? [update(3, 4_000)] : [])))
    expect(result.ok).toBe(true)
  })

  it('a renewal', async () => {
    await connected(dialect)
    await framesOf(lab.server.order(order(-9_000)))
    const { frames, result } = await framesOf(lab.server.renew(order(-9_000)))
    expect(frames).toEqual(parsed(...(is21 ? [update(3, -9_000)] : [])))
    expect(result.ok).toBe(true)
  })

  it('the default limit', async () => {
    await connected(dialect)
    const { frames } = await framesOf(lab.server.setDefault(ST1, watts(4_200)))
    expect(frames).toEqual(parsed(DEFAULT[dialect]))
  })

  it('remote start and stop', async () => {
    await connected(dialect)
    expect((await framesOf(lab.server.command(stationOf(ST1), { kind: 'start', evse: 1, token: 'CAFE01' }))).frames).toEqual(
      parsed(START[dialect]),
    )
    const { frames } = await framesOf(lab.server.command(stationOf(ST1), { kind: 'stop', transaction }))
    expect(frames).toEqual(parsed(STOP[dialect].replace('g1', 'g2')))
  })

  it('everything again after a reconnect: the station may have lost it', async () => {
    await connected(dialect)
    const before = await framesOf(lab.server.order(order(-9_000)))
    station.socket.close()
    await lab.event('disconnected')
    station = await rawStation(lab, 'ST1', dialect)
    const after = await framesOf(lab.server.order(order(-9_000)))
    expect(after.frames.map((frame) => frame.slice(2))).toEqual(before.frames.map((frame) => frame.slice(2)))
  })

  it('a refusal with its reason', async () => {
    await connected(dialect)
    const reason = dialect === 'ocpp1.6' ? {} : { statusInfo: { reasonCode: 'TooManyProfiles' } }
    const { result } = await framesOf(lab.server.order(order(null)), [{ status: 'Rejected', ...reason }])
    const detail = dialect === 'ocpp1.6' ? 'SetChargingProfile Rejected' : 'SetChargingProfile Rejected (TooManyProfiles)'
    expect(result).toEqual({ ok: false, refusal: { kind: 'rejected', detail } })
  })

  it('an answer that is not valid is no confirmation', async () => {
    await connected(dialect)
    const { result } = await framesOf(lab.server.order(order(null)), [{ status: 'Perhaps' }])
    expect(result).toMatchObject({ ok: false, refusal: { kind: 'rejected' } })
  })

  it('an error says whether it is worth another try', async () => {
    await connected(dialect)
    const refusal = async (code: string) => {
      const sent = lab.server.order(order(null))
      station.send([4, (await station.next())[1], code, 'words', {}])
      const result = await sent
      return result.ok ? null : result.refusal
    }
    expect(await refusal('NotSupported')).toEqual({ kind: 'unsupported', detail: 'NotSupported' })
    expect(await refusal('InternalError')).toEqual({ kind: 'rejected', detail: 'InternalError words' })
  })
})

describe('a dynamic profile', () => {
  it('that was lost or has run out is installed again after a rejected update (K28.FR.12)', async () => {
    await connected('ocpp2.1')
    const discharge = orderContent(ST1, { setpoint: watts(-9_000) })
    await framesOf(lab.server.order(discharge))
    const { frames, result } = await framesOf(lab.server.renew(discharge), [{ status: 'Rejected' }])
    expect(frames).toEqual(parsed(update(3, -9_000), COURSE['ocpp2.1'].replace('"g1"', '"g4"'), SETPOINT.replace('"g2"', '"g5"')))
    expect(result.ok).toBe(true)
  })

  it('follows the newest order also when several come at once', async () => {
    await connected('ocpp2.1')
    const order = (setpoint: number) => lab.server.order(orderContent(ST1, { setpoint: watts(setpoint) }))
    const { frames, result } = await framesOf(Promise.all([order(-9_000), order(-5_000), order(0)]))
    expect(result.map(({ ok }) => ok)).toEqual([true, false, true])
    expect(frames).toEqual(parsed(COURSE['ocpp2.1'], SETPOINT, update(3, 0)))
  })

  it('of one EVSE does not wait for the order of another', async () => {
    await connected('ocpp2.1')
    const [first, second] = [evse('ST1', 1), evse('ST1', 2)]
    const { result } = await framesOf(
      Promise.all([
        lab.server.order(orderContent(first, { transaction: 'T1' })),
        lab.server.order(orderContent(second, { transaction: 'T2' })),
      ]),
    )
    expect(result.every(({ ok }) => ok)).toBe(true)
  })
})

describe('a CALLRESULTERROR', () => {
  it('tells a 2.1 station that its answer was not understood', async () => {
    await connected('ocpp2.1')
    const sent = lab.server.order(orderContent(ST1))
    const [, id] = await station.next()
    station.send([3, id, { status: 7 }])
    expect((await station.next()).slice(0, 3)).toEqual([5, id, 'TypeConstraintViolation'])
    expect((await sent).ok).toBe(false)
  })
})
