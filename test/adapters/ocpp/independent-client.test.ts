// A client that is not ours speaks to our server over a real socket, in all three versions.
import { RPCClient } from 'ocpp-rpc'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Dialect } from '../../../adapters/ocpp/rpc/frame.ts'
import { watts } from '../../../domain/units.ts'
import { evse, openLab, orderContent, type Lab } from './ocpp-lab.ts'

interface Course {
  /** Calls in order: action, payload, and the part of the answer that must be there. */
  readonly calls: readonly (readonly [action: string, payload: object, answer: object])[]
  readonly transaction: string
  readonly setpoint: number | null
  /** Profiles as the client receives them. */
  readonly received: readonly object[]
}
const AT = '2026-11-02T10:00:00Z'
const idToken = { idToken: 'CAFE01', type: 'ISO14443' }
const V2_BOOT = { reason: 'PowerUp', chargingStation: { vendorName: 'Acme', model: 'Two' } }
const V2_VALUES = [
  { timestamp: AT, sampledValue: [{ value: 7.4, measurand: 'Power.Active.Import', unitOfMeasure: { unit: 'kW' } }] },
]
const transactionEvent = (eventType: string, seqNo: number, triggerReason: string, more: object) => ({
  eventType,
  timestamp: AT,
  triggerReason,
  seqNo,
  transactionInfo: { transactionId: 'T1' },
  ...more,
})
const v2Calls = (authorized: object): Course['calls'] => [
  ['BootNotification', V2_BOOT, { status: 'Accepted', interval: 300 }],
  ['Authorize', { idToken }, { idTokenInfo: { status: 'Accepted' }, ...authorized }],
  [
    'TransactionEvent',
    transactionEvent('Started', 0, 'Authorized', { evse: { id: 1 }, idToken }),
    { idTokenInfo: { status: 'Accepted' } },
  ],
  ['TransactionEvent', transactionEvent('Updated', 1, 'MeterValuePeriodic', { meterValue: V2_VALUES }), {}],
]
const COURSES: Record<Dialect, Course> = {
  'ocpp1.6': {
    calls: [
      ['BootNotification', { chargePointVendor: 'Acme', chargePointModel: 'One' }, { status: 'Accepted', interval: 300 }],
      ['Authorize', { idTag: 'CAFE01' }, { idTagInfo: { status: 'Accepted' } }],
      [
        'StartTransaction',
        { connectorId: 1, idTag: 'CAFE01', meterStart: 1_000, timestamp: AT },
        { transactionId: 41, idTagInfo: { status: 'Accepted' } },
      ],
      [
        'MeterValues',
        {
          connectorId: 1,
          transactionId: 41,
          meterValue: [{ timestamp: AT, sampledValue: [{ value: '7.4', measurand: 'Power.Active.Import', unit: 'kW' }] }],
        },
        {},
      ],
    ],
    transaction: '41',
    setpoint: null,
    received: [{ connectorId: 1, csChargingProfiles: { chargingProfilePurpose: 'TxProfile', transactionId: 41 } }],
  },
  'ocpp2.0.1': {
    calls: v2Calls({}),
    transaction: 'T1',
    setpoint: null,
    received: [{ evseId: 1, chargingProfile: { chargingProfilePurpose: 'TxProfile', transactionId: 'T1' } }],
  },
  'ocpp2.1': {
    calls: v2Calls({ allowedEnergyTransfer: ['AC_single_phase', 'AC_three_phase', 'DC', 'AC_BPT', 'DC_BPT'] }),
    transaction: 'T1',
    setpoint: -9_000,
    received: [
      { evseId: 1, chargingProfile: { stackLevel: 1, chargingProfileKind: 'Absolute' } },
      { evseId: 1, chargingProfile: { stackLevel: 2, chargingProfileKind: 'Dynamic' } },
    ],
  },
}

describe.each(Object.entries(COURSES))('an independent client in %s', (dialect, course) => {
  let lab: Lab
  let client: RPCClient
  beforeEach(async () => {
    lab = await openLab()
    const endpoint = `ws://127.0.0.1:${lab.port}/ocpp`
    client = new RPCClient({ endpoint, identity: 'ST1', protocols: [dialect], strictMode: false, reconnect: false } as never)
  })
  afterEach(async () => {
    await client.close({ force: true })
    await lab.close()
  })

  it('boots, authorises, charges, meters and receives its profiles', async () => {
    const profiles: object[] = []
    client.handle('SetChargingProfile', async ({ params }) => {
      profiles.push(params!)
      return { status: 'Accepted' }
    })
    await client.connect()
    expect(client.protocol).toBe(dialect)
    for (const [action, payload, answer] of course.calls) expect(await client.call(action, payload), action).toMatchObject(answer)

    expect(lab.events.map(({ kind }) => kind)).toEqual(['connected', 'booted', 'authorize', 'session-started', 'readings'])
    expect(lab.events[4]).toMatchObject({ readings: [{ evse: 'ST1/1', transaction: course.transaction, power: 7_400 }] })

    const setpoint = course.setpoint === null ? null : watts(course.setpoint)
    const order = orderContent(evse('ST1'), { transaction: course.transaction, setpoint })
    expect(await lab.server.order(order)).toMatchObject({ ok: true })
    expect(profiles).toMatchObject(course.received)
    await client.close()
    await lab.event('disconnected', 'ST1')
    expect(lab.server.connected()).toEqual([])
    expect(await lab.server.order(order)).toEqual({ ok: false, refusal: { kind: 'not-connected' } })
  })
})
