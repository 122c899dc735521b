// Literal frames of stations beside the events they mean to the core and the answers they get, in all versions.
import { afterEach, describe, expect, it } from 'vitest'
import type { Dialect } from '../../../adapters/ocpp/rpc/frame.ts'
import type { StationEvent, StationReply } from '../../../domain/ports/charge-points.ts'
import { manualClock } from '../../../src/run/clock.ts'
import { openLab, rawStation, TEN, type Lab, type RawStation } from './ocpp-lab.ts'

let lab: Lab
let station: RawStation
afterEach(async () => {
  station.socket.terminate()
  await lab.close()
})

/** Sends one call and gives the events it became, without what all have, and the payload of the answer. */
async function exchange(
  dialect: Dialect,
  call: string,
  answer: (event: StationEvent) => StationReply = () => ({ accepted: true, transaction: '41', mayDischarge: true }),
): Promise<{ readonly events: readonly object[]; readonly answer: unknown }> {
  lab = await openLab({ clock: manualClock(TEN), answer })
  station = await rawStation(lab, 'ST1', dialect)
  station.send(`[2,"s1",${call}]`)
  const [type, id, payload] = await station.next()
  expect([type, id]).toEqual([3, 's1'])
  const events = lab.events.slice(1).map(({ station: name, receivedAt, ...event }) => {
    expect([name, receivedAt]).toEqual(['ST1', TEN])
    return event
  })
  return { events, answer: payload }
}

const AT = '"timestamp":"2026-11-02T09:59:58Z"'
const at = TEN - 2_000
const reading = {
  evse: 'ST1/2',
  transaction: 'T7',
  sampledAt: at,
  arrivedAt: TEN,
  power: null,
  imported: null,
  exported: null,
  soc: null,
  phases: null,
  quality: 'measured',
}

describe('boot, heartbeat and status', () => {
  it.each([
    [
      'ocpp1.6',
      '"BootNotification",{"chargePointVendor":"Acme","chargePointModel":"M","chargePointSerialNumber":"S1","firmwareVersion":"1.0"}',
    ],
    [
      'ocpp2.0.1',
      '"BootNotification",{"reason":"PowerUp","chargingStation":{"vendorName":"Acme","model":"M","serialNumber":"S1","firmwareVersion":"1.0"}}',
    ],
    [
      'ocpp2.1',
      '"BootNotification",{"reason":"PowerUp","chargingStation":{"vendorName":"Acme","model":"M","serialNumber":"S1","firmwareVersion":"1.0"}}',
    ],
  ] as const)('%s: a boot', async (dialect, call) => {
    const { events, answer } = await exchange(dialect, call)
    expect(events).toEqual([{ kind: 'booted', vendor: 'Acme', model: 'M', serial: 'S1', firmware: '1.0' }])
    expect(answer).toEqual({ status: 'Accepted', currentTime: '2026-11-02T10:00:00.000Z', interval: 300 })
  })

  it('of a station the core does not want is rejected', async () => {
    const call = '"BootNotification",{"reason":"PowerUp","chargingStation":{"vendorName":"Acme","model":"M"}}'
    const { answer } = await exchange('ocpp2.1', call, ({ kind }) => ({ accepted: kind !== 'booted' }))
    expect(answer).toMatchObject({ status: 'Rejected' })
  })

  it.each([
    [
      'ocpp1.6',
      `"StatusNotification",{"connectorId":2,"errorCode":"GroundFailure","info":"wet","status":"Faulted",${AT}}`,
      'faulted',
      'GroundFailure: wet',
    ],
    ['ocpp1.6', `"StatusNotification",{"connectorId":2,"errorCode":"NoError","status":"SuspendedEV",${AT}}`, 'occupied', null],
    ['ocpp2.0.1', `"StatusNotification",{"evseId":2,"connectorId":1,"connectorStatus":"Occupied",${AT}}`, 'occupied', null],
    ['ocpp2.1', `"StatusNotification",{"evseId":2,"connectorId":1,"connectorStatus":"Available",${AT}}`, 'available', null],
  ] as const)('%s: %s', async (dialect, call, status, detail) => {
    expect((await exchange(dialect, call)).events).toEqual([{ kind: 'status', evse: 2, status, at, detail }])
  })

  it('of connector 0 of a 1.6 station belongs to no EVSE', async () => {
    const { events } = await exchange(
      'ocpp1.6',
      `"StatusNotification",{"connectorId":0,"errorCode":"NoError","status":"Available",${AT}}`,
    )
    expect(events).toEqual([])
  })
})

describe('authorisation', () => {
  const V2 = '"Authorize",{"idToken":{"idToken":"CAFE01","type":"ISO14443"}}'
  const charging = ['AC_single_phase', 'AC_three_phase', 'DC']
  it.each([
    ['ocpp1.6', '"Authorize",{"idTag":"CAFE01"}', { idTagInfo: { status: 'Accepted' } }, { idTagInfo: { status: 'Invalid' } }],
    ['ocpp2.0.1', V2, { idTokenInfo: { status: 'Accepted' } }, { idTokenInfo: { status: 'Unknown' } }],
    [
      'ocpp2.1',
      V2,
      { idTokenInfo: { status: 'Accepted' }, allowedEnergyTransfer: [...charging, 'AC_BPT', 'DC_BPT'] },
      { idTokenInfo: { status: 'Unknown' } },
    ],
  ] as const)('%s (Q01.FR.01)', async (dialect, call, yes, no) => {
    const taken = await exchange(dialect, call)
    expect(taken.events).toEqual([{ kind: 'authorize', token: 'CAFE01' }])
    expect(taken.answer).toEqual(yes)
    station.socket.terminate()
    await lab.close()
    expect((await exchange(dialect, call, ({ kind }) => ({ accepted: kind === 'connected' }))).answer).toEqual(no)
  })
  it('of a driver who must not discharge lists charging alone', async () => {
    const { answer } = await exchange('ocpp2.1', V2, () => ({ accepted: true, mayDischarge: false }))
    expect(answer).toMatchObject({ allowedEnergyTransfer: charging })
  })
})

describe('a transaction in 1.6', () => {
  it('starts under the number the core gives', async () => {
    const { events, answer } = await exchange(
      'ocpp1.6',
      `"StartTransaction",{"connectorId":2,"idTag":"CAFE01","meterStart":1000,${AT}}`,
    )
    expect(events).toEqual([
      { kind: 'session-started', evse: 2, transaction: null, token: 'CAFE01', at, offline: false, importedWh: 1_000 },
    ])
    expect(answer).toEqual({ idTagInfo: { status: 'Accepted' }, transactionId: 41 })
  })
  it('that began while the station was offline says so', async () => {
    const call = '"StartTransaction",{"connectorId":2,"idTag":"CAFE01","meterStart":0,"timestamp":"2026-11-02T08:00:00Z"}'
    expect((await exchange('ocpp1.6', call)).events).toMatchObject([{ offline: true, at: TEN - 7_200_000 }])
  })
  it.each([[-1], [0]])('number %d that was never given does no harm when it ends (F6)', async (number) => {
    const { events, answer } = await exchange(
      'ocpp1.6',
      `"StopTransaction",{"transactionId":${number},"meterStop":9000,${AT},"reason":"EVDisconnected"}`,
    )
    expect(events).toEqual([
      { kind: 'session-ended', evse: null, transaction: String(number), at, detail: 'EVDisconnected', importedWh: 9_000 },
    ])
    expect(answer).toEqual({})
  })
})

describe.each(['ocpp2.0.1', 'ocpp2.1'] as const)('a transaction in %s', (dialect) => {
  const event = (type: string, trigger: string, more: string, info = '') =>
    `"TransactionEvent",{"eventType":"${type}",${AT},"triggerReason":"${trigger}","seqNo":3,"transactionInfo":{"transactionId":"T7"${info}},"evse":{"id":2}${more}}`

  it('starts', async () => {
    const token = ',"idToken":{"idToken":"CAFE01","type":"ISO14443"},"offline":true'
    const { events, answer } = await exchange(dialect, event('Started', 'Authorized', token))
    expect(events).toEqual([
      { kind: 'session-started', evse: 2, transaction: 'T7', token: 'CAFE01', at, offline: true, importedWh: null },
    ])
    expect(answer).toEqual({ idTokenInfo: { status: 'Accepted' } })
  })
  it('goes on', async () => {
    const values = `,"meterValue":[{${AT},"sampledValue":[
      {"value":3.7,"measurand":"Power.Active.Export","unitOfMeasure":{"unit":"kW"}},
      {"value":12.5,"unitOfMeasure":{"unit":"Wh","multiplier":3}},
      {"value":61,"measurand":"SoC","location":"EV"}]}]`
    const { events, answer } = await exchange(dialect, event('Updated', 'MeterValuePeriodic', values))
    expect(events).toEqual([{ kind: 'readings', readings: [{ ...reading, power: -3_700, imported: 12_500, soc: 0.61 }] }])
    expect(answer).toEqual({})
  })
  it('ends after its last readings', async () => {
    const values = `,"meterValue":[{${AT},"sampledValue":[{"value":15000,"context":"Transaction.End"}]}]`
    const { events } = await exchange(dialect, event('Ended', 'EVDeparted', values, ',"stoppedReason":"EVDisconnected"'))
    expect(events).toEqual([
      { kind: 'readings', readings: [{ ...reading, imported: 15_000 }] },
      { kind: 'session-ended', evse: 2, transaction: 'T7', at, detail: 'EVDisconnected', importedWh: null },
    ])
  })
})

describe('metered values', () => {
  const v16 = (...values: readonly string[]) =>
    `"MeterValues",{"connectorId":2,"transactionId":7,"meterValue":[{${AT},"sampledValue":[${values.join(',')}]}]}`
  const v2 = (...values: readonly string[]) =>
    `"MeterValues",{"evseId":2,"meterValue":[{${AT},"sampledValue":[${values.join(',')}]}]}`
  it.each([
    [
      'ocpp1.6',
      v16('{"value":"11000"}', '{"value":"-0.0","measurand":"Power.Active.Import","unit":"kW"}'),
      { imported: 11_000, power: 0 },
    ],
    ['ocpp1.6', v16('{"value":"11.25","unit":"kWh"}'), { imported: 11_250 }],
    ['ocpp1.6', v16('{"value":"7.4","measurand":"Power.Active.Import","unit":"kW"}'), { power: 7_400 }],
    ['ocpp1.6', v16('{"value":"3700","measurand":"Power.Active.Export","unit":"W"}'), { power: -3_700 }],
    ['ocpp1.6', v16('{"value":"55","measurand":"SoC","unit":"Percent"}'), { soc: 0.55 }],
    ['ocpp2.0.1', v2('{"value":7.4,"measurand":"Power.Active.Import","unitOfMeasure":{"unit":"kW"}}'), { power: 7_400 }],
    [
      'ocpp2.0.1',
      v2('{"value":74,"measurand":"Power.Active.Import","unitOfMeasure":{"unit":"W","multiplier":2}}'),
      { power: 7_400 },
    ],
    ['ocpp2.1', v2('{"value":-9000,"measurand":"Power.Active.Import"}'), { power: -9_000 }],
    ['ocpp2.1', v2('{"value":9,"measurand":"Power.Active.Export","unitOfMeasure":{"unit":"kW"}}'), { power: -9_000 }],
    [
      'ocpp2.1',
      v2('{"value":1.5,"measurand":"Energy.Active.Export.Register","unitOfMeasure":{"unit":"kWh"}}'),
      { exported: 1_500 },
    ],
  ] as const)('%s: %s', async (dialect, call, expected) => {
    const { events, answer } = await exchange(dialect, call)
    const transaction = dialect === 'ocpp1.6' ? '7' : null
    expect(events).toEqual([{ kind: 'readings', readings: [{ ...reading, transaction, ...expected }] }])
    expect(answer).toEqual({})
  })
})

describe('what a car needs', () => {
  const needs = (transfer: string, more: string) =>
    `"NotifyEVChargingNeeds",{"evseId":2,"chargingNeeds":{"requestedEnergyTransfer":"${transfer}","departureTime":"2026-11-03T05:30:00Z",${more}}}`
  const departure = Date.UTC(2026, 10, 3, 5, 30)
  const AC = '"acChargingParameters":{"energyAmount":20000,"evMinCurrent":6,"evMaxCurrent":16,"evMaxVoltage":400}'
  const DC = (prefix: string) =>
    `"dcChargingParameters":{"evMaxCurrent":300,"evMaxVoltage":500,"${prefix}MaxPower":50000,"stateOfCharge":40,"evEnergyCapacity":60000}`
  it.each([
    [
      'ocpp2.0.1',
      needs('AC_three_phase', AC),
      { chargeMin: 4_140, chargeMax: 11_040, phases: 3, bidirectional: false, dischargeMax: null },
    ],
    ['ocpp2.0.1', needs('AC_single_phase', AC), { chargeMin: 1_380, chargeMax: 3_680, phases: 1, bidirectional: false }],
    ['ocpp2.0.1', needs('DC', DC('ev')), { chargeMax: 50_000, soc: 0.4, capacity: 60_000, bidirectional: false }],
    [
      'ocpp2.1',
      needs(
        'AC_BPT',
        '"v2xChargingParameters":{"minChargePower":1400,"maxChargePower":11000,"minDischargePower":1400,"maxDischargePower":10000,"targetSoC":80}',
      ),
      { chargeMin: 1_400, chargeMax: 11_000, dischargeMax: -10_000, bidirectional: true, targetSoc: 0.8 },
    ],
    // Cars disagree on the sign of what they can give; it is always given.
    [
      'ocpp2.1',
      needs('DC_BPT', '"v2xChargingParameters":{"maxChargePower":11000,"maxDischargePower":-10000}'),
      { dischargeMax: -10_000, bidirectional: true },
    ],
    // A limit of nothing is no discharge, and a mode without the way back is none either.
    ['ocpp2.1', needs('DC_BPT', '"v2xChargingParameters":{"maxDischargePower":0}'), { dischargeMax: null, bidirectional: false }],
    ['ocpp2.1', needs('DC', '"v2xChargingParameters":{"maxDischargePower":10000}'), { dischargeMax: null, bidirectional: false }],
  ] as const)('%s: %s', async (dialect, call, expected) => {
    const { events, answer } = await exchange(dialect, call)
    expect(events).toMatchObject([{ kind: 'needs', evse: 2, transaction: null, needs: { departure, ...expected } }])
    expect(answer).toEqual({ status: 'Accepted' })
  })

  it.each([
    [{ accepted: true, processing: true }, 'Processing'],
    [{ accepted: true }, 'Accepted'],
    [{ accepted: false }, 'Rejected'],
  ] as const)('is answered %j with %s (Q01.FR.04, Q01.FR.07)', async (reply, status) => {
    const { answer } = await exchange('ocpp2.1', needs('AC_three_phase', AC), ({ kind }) =>
      kind === 'needs' ? reply : { accepted: true },
    )
    expect(answer).toEqual({ status })
  })
})

describe('the rest', () => {
  it.each([
    ['ocpp1.6', '"DataTransfer",{"vendorId":"Acme"}', { status: 'UnknownVendorId' }],
    ['ocpp2.1', '"DataTransfer",{"vendorId":"Acme"}', { status: 'UnknownVendorId' }],
    ['ocpp1.6', '"FirmwareStatusNotification",{"status":"Idle"}', {}],
    [
      'ocpp2.0.1',
      '"NotifyEvent",{"generatedAt":"2026-11-02T10:00:00Z","seqNo":0,"eventData":[{"eventId":1,"timestamp":"2026-11-02T10:00:00Z","trigger":"Delta","actualValue":"1","eventNotificationType":"HardWiredNotification","component":{"name":"C"},"variable":{"name":"V"}}]}',
      {},
    ],
  ] as const)('%s: %s is acknowledged without an event', async (dialect, call, expected) => {
    expect(await exchange(dialect, call)).toEqual({ events: [], answer: expected })
  })
  it.each([
    ['ocpp1.6', `"SecurityEventNotification",{"type":"TamperDetectionActivated",${AT},"techInfo":"lid"}`],
    ['ocpp2.0.1', `"SecurityEventNotification",{"type":"TamperDetectionActivated",${AT},"techInfo":"lid"}`],
    ['ocpp2.1', `"SecurityEventNotification",{"type":"TamperDetectionActivated",${AT},"techInfo":"lid"}`],
  ] as const)('%s: a security event', async (dialect, call) => {
    expect((await exchange(dialect, call)).events).toEqual([
      { kind: 'security', type: 'TamperDetectionActivated', at, detail: 'lid' },
    ])
  })
})
