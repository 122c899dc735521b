// What is not needed refuses nothing: messages that are not as their schema has them, over a real socket, in each version, and what is still refused.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mendPayload } from '../../../adapters/ocpp/rpc/mend-payload.ts'
import type { Dialect } from '../../../adapters/ocpp/rpc/frame.ts'
import type { StationEvent } from '../../../domain/ports/charge-points.ts'
import { openLab, rawStation, type Lab, type RawStation } from './ocpp-lab.ts'

const AT = '2026-11-02T10:00:00Z'
const V2 = ['ocpp2.0.1', 'ocpp2.1'] as const
let lab: Lab
let count = 0
beforeAll(async () => {
  lab = await openLab()
})
afterAll(() => lab.close())

interface Taken {
  readonly answer: readonly unknown[]
  readonly events: readonly StationEvent[]
  readonly oddities: readonly string[]
}

async function tell(dialect: Dialect, action: string, payload: object): Promise<Taken> {
  const name = `T${++count}`
  const station: RawStation = await rawStation(lab, name, dialect)
  const answer = await station.ask(action, payload)
  station.socket.terminate()
  return {
    answer,
    events: lab.events.filter((event) => event.station === name && event.kind !== 'connected' && event.kind !== 'disconnected'),
    oddities: lab.server.oddities(name as never).map(({ kind, count: times, where }) => `${times} ${kind}: ${where}`),
  }
}

const energy = { value: '113100', measurand: 'Energy.Active.Import.Register', unit: 'Wh' }
const power = { value: '3400', measurand: 'Power.Active.Import', unit: 'W' }
const energy2 = { value: 113_100, measurand: 'Energy.Active.Import.Register', unitOfMeasure: { unit: 'Wh' } }
const power2 = { value: 3_400, measurand: 'Power.Active.Import', unitOfMeasure: { unit: 'W' } }
const samples = (...sampledValue: object[]) => [{ timestamp: AT, sampledValue }]
const started = {
  eventType: 'Started',
  timestamp: AT,
  triggerReason: 'CablePluggedIn',
  seqNo: 0,
  transactionInfo: { transactionId: 'T' },
}

describe('sampled values of 1.6', () => {
  it.each([
    ['a misspelt unit of a temperature', [energy, power, { value: '32', measurand: 'Temperature', unit: 'Celcius' }]],
    ['a unit added later', [energy, power, { value: '50.01', measurand: 'Frequency', unit: 'Hertz' }]],
    ['a frequency without a unit', [energy, power, { value: '50.01', measurand: 'Frequency' }]],
    [
      'numbers as numbers',
      [
        { ...energy, value: 113_100 },
        { ...power, value: 3_400 },
      ],
    ],
    [
      'units in other capitals',
      [
        { ...energy, unit: 'WH' },
        { ...power, unit: 'w' },
      ],
    ],
    ['an unknown measurand', [energy, power, { value: '1', measurand: 'Energy.Blind', unit: 'Wh' }]],
    ['an unknown phase', [energy, power, { ...power, value: '1', phase: 'L4' }]],
    ['an unknown context', [{ ...energy, context: 'Sample.Periodical' }, power]],
    ['unknown fields', [{ ...energy, accuracy: 1 }, power]],
    ['null for absent', [{ ...energy, phase: null, location: null }, power]],
    ['a value without its value', [energy, power, { measurand: 'Voltage' }]],
    ['one that is null', [null as unknown as object, energy, power]],
  ])('%s costs neither energy nor power', async (_, values) => {
    const { answer, events } = await tell('ocpp1.6', 'MeterValues', {
      connectorId: 1,
      transactionId: 41,
      meterValue: samples(...values),
    })
    expect(answer[0]).toBe(3)
    expect(events).toMatchObject([{ kind: 'readings', readings: [{ imported: 113_100, power: 3_400, transaction: '41' }] }])
  })

  it('a unit nobody knows is not read as another one', async () => {
    const { events } = await tell('ocpp1.6', 'MeterValues', {
      connectorId: 1,
      meterValue: samples({ ...energy, unit: 'MWh' }, power),
    })
    expect(events).toMatchObject([{ kind: 'readings', readings: [{ imported: null, power: 3_400 }] }])
  })

  it('names of transactions and connectors as texts are numbers', async () => {
    const { events, oddities } = await tell('ocpp1.6', 'MeterValues', {
      connectorId: '1',
      transactionId: '41',
      meterValue: samples(energy, power),
    })
    expect(events).toMatchObject([{ kind: 'readings', readings: [{ transaction: '41' }] }])
    expect(oddities).toEqual(['1 number-as-text: MeterValues connectorId'])
  })
})

describe.each(V2)('sampled values of %s', (dialect) => {
  it.each([
    [
      'numbers as texts',
      [
        { ...energy2, value: '113100' },
        { ...power2, value: '3400' },
      ],
    ],
    ['an unknown measurand', [energy2, power2, { value: 1, measurand: 'Vendor.Special' }]],
    ['a signed value that is not whole', [{ ...energy2, signedMeterValue: { signedMeterData: 'x' } }, power2]],
    [
      'a signed value that is long',
      [{ ...energy2, signedMeterValue: { ...signature(), signedMeterData: 'x'.repeat(40_000) } }, power2],
    ],
    ['custom data without a vendor', [{ ...energy2, customData: { a: 1 } }, power2]],
    ['an unknown context', [{ ...energy2, context: 'Sample.Now' }, power2]],
  ])('%s', async (_, values) => {
    const { answer, events } = await tell(dialect, 'TransactionEvent', {
      ...started,
      evse: { id: 1 },
      meterValue: samples(...values),
    })
    expect(answer[0]).toBe(3)
    expect(events).toMatchObject([
      { kind: 'session-started' },
      { kind: 'readings', readings: [{ imported: 113_100, power: 3_400 }] },
    ])
  })
})

function signature() {
  return { signedMeterData: '', signingMethod: '', encodingMethod: 'OCMF', publicKey: '' }
}

describe('an end is always taken and confirmed', () => {
  it.each([
    ['a register that is no number', { meterStop: 'much' }],
    ['no register', { meterStop: undefined }],
    ['no instant', { timestamp: undefined }],
    ['an unknown reason', { reason: 'DriverWasBored' }],
    ['a token that is no text', { idTag: { id: 'A' } }],
    ['samples that are none', { transactionData: 'none' }],
    ['a sample that is none', { transactionData: [{ timestamp: AT, sampledValue: [{ value: {} }] }] }],
    ['nulls', { reason: null, idTag: null, transactionData: null }],
  ])('1.6 with %s', async (_, more) => {
    const { answer, events, oddities } = await tell('ocpp1.6', 'StopTransaction', {
      transactionId: 41,
      meterStop: 113_200,
      timestamp: AT,
      ...more,
    })
    expect(answer[0]).toBe(3)
    expect(events).toMatchObject([{ kind: 'session-ended', transaction: '41' }])
    expect(oddities).toHaveLength(1)
  })

  describe.each(V2)('%s', (dialect) => {
    it.each([
      ['an unknown reason', { transactionInfo: { transactionId: 'T', stoppedReason: 'DriverWasBored' } }],
      ['an unknown trigger', { triggerReason: 'SomethingElse' }],
      ['no trigger, no number, no instant', { triggerReason: undefined, seqNo: undefined, timestamp: undefined }],
      ['a reading that is no number', { meterValue: samples({ ...energy2, value: 'much' }) }],
      ['a transaction described otherwise', { transactionInfo: { transactionId: 'T', timeSpentCharging: 'long' } }],
      ['an EVSE that is none', { evse: 'one' }],
      ['other capitals and a reading that is no number', { eventType: 'ended', meterValue: [5] }],
    ])('with %s', async (_, more) => {
      const { answer, events, oddities } = await tell(dialect, 'TransactionEvent', { ...started, eventType: 'Ended', ...more })
      expect(answer[0]).toBe(3)
      expect(events).toMatchObject([{ kind: 'session-ended', transaction: 'T' }])
      expect(oddities).not.toEqual([])
    })
  })
})

describe('stations are what they are', () => {
  it.each([
    ['ocpp1.6', { chargePointVendor: 'V'.repeat(30), chargePointModel: 'M', chargePointSerialNumber: null, extra: true }],
    ['ocpp2.0.1', { reason: 'Sunrise', chargingStation: { vendorName: 'V'.repeat(60), model: 'M', modem: { iccid: 5 } } }],
    ['ocpp2.1', { reason: 'powerup', chargingStation: { vendorName: 'V', model: 'M', place: 'garage' } }],
  ] as const)('a start of %s', async (dialect, payload) => {
    const { answer, events } = await tell(dialect, 'BootNotification', payload)
    expect(answer[0]).toBe(3)
    expect(events).toMatchObject([{ kind: 'booted', model: 'M' }])
  })

  it('texts are cut to what the schema has', async () => {
    const { events, oddities } = await tell('ocpp1.6', 'BootNotification', {
      chargePointVendor: 'V'.repeat(30),
      chargePointModel: 'M',
    })
    expect(events).toMatchObject([{ vendor: 'V'.repeat(20) }])
    expect(oddities).toEqual(['1 text-too-long: BootNotification chargePointVendor'])
  })

  it('an unknown error is another error, a status with other capitals is that status', async () => {
    const { events } = await tell('ocpp1.6', 'StatusNotification', { connectorId: 1, errorCode: 'Hot', status: 'faulted' })
    expect(events).toMatchObject([{ kind: 'status', status: 'faulted', detail: 'OtherError' }])
  })

  it('a token that is too long is never cut', async () => {
    const token = 'DE*ABC*0123456789*0123456789'
    const { events } = await tell('ocpp1.6', 'Authorize', { idTag: token })
    expect(events).toMatchObject([{ kind: 'authorize', token }])
  })

  it('oddities are counted by kind', async () => {
    const station = await rawStation(lab, 'COUNTED', 'ocpp1.6')
    for (let i = 0; i < 3; i++) await station.ask('Heartbeat', { alive: true })
    await station.ask('StatusNotification', {
      connectorId: 1,
      errorCode: 'Odd',
      status: 'Available',
      vendorErrorCode: 'i'.repeat(60),
    })
    station.socket.terminate()
    expect(lab.server.oddities('COUNTED' as never).map(({ kind, count: times }) => [kind, times])).toEqual([
      ['unknown-field', 3],
      ['text-too-long', 1],
      ['unknown-value', 1],
    ])
  })
})

describe('what would change the meaning is refused', () => {
  it.each([
    ['ocpp1.6', 'StartTransaction', { connectorId: 1, idTag: 'C', meterStart: 'much', timestamp: AT }],
    ['ocpp1.6', 'StartTransaction', { connectorId: 1.5, idTag: 'C', meterStart: 1, timestamp: AT }],
    ['ocpp1.6', 'StartTransaction', { connectorId: 1, meterStart: 1, timestamp: AT }],
    ['ocpp1.6', 'StopTransaction', { meterStop: 1, timestamp: AT }],
    ['ocpp1.6', 'StopTransaction', { transactionId: null, meterStop: 1, timestamp: AT }],
    ['ocpp1.6', 'StopTransaction', { transactionId: 'forty', meterStop: 1, timestamp: AT }],
    ['ocpp1.6', 'MeterValues', { meterValue: samples(energy) }],
    ['ocpp1.6', 'StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Asleep' }],
    ['ocpp2.0.1', 'TransactionEvent', { ...started, eventType: 'Paused' }],
    ['ocpp2.0.1', 'TransactionEvent', { ...started, eventType: 'Ended', transactionInfo: {} }],
    ['ocpp2.1', 'TransactionEvent', { ...started, transactionInfo: {} }],
    ['ocpp2.1', 'TransactionEvent', { ...started, meterValue: samples({ value: 'much' }) }],
    ['ocpp2.1', 'MeterValues', { evseId: 1, meterValue: [{ sampledValue: [energy2] }] }],
    ['ocpp2.1', 'Authorize', { idToken: { type: 'ISO14443' } }],
  ] as const)('%s %s %j', async (dialect, action, payload) => {
    const { answer, events, oddities } = await tell(dialect, action, payload)
    expect(answer[0]).toBe(4)
    expect([events, oddities]).toEqual([[], []])
  })
})

describe('answers of stations', () => {
  const shorten = (text: string, charactersMax: number) => text.slice(0, charactersMax)

  it('with what they have to say count as well', () => {
    const answer = { status: 'accepted', statusInfo: { reasonCode: 'r'.repeat(30), more: 1 } }
    const mended = mendPayload(answer, { dialect: 'ocpp2.1', action: 'SetChargingProfile', direction: 'response', shorten })
    expect(mended).toMatchObject({
      ok: true,
      value: { payload: { status: 'Accepted', statusInfo: { reasonCode: 'r'.repeat(20) } } },
    })
    expect(answer.status).toBe('accepted')
  })

  it('with an unknown status are refused', () => {
    const mended = mendPayload(
      { status: 'Maybe' },
      {
        dialect: 'ocpp1.6',
        action: 'SetChargingProfile',
        direction: 'response',
        shorten,
      },
    )
    expect(mended).toMatchObject({ ok: false, refusal: { fault: 'property' } })
  })

  it('with thousands of faults are not mended', () => {
    const meterValue = samples(...Array.from({ length: 2_000 }, () => ({ ...energy, unit: 'Odd' })))
    const mended = mendPayload(
      { connectorId: 1, meterValue },
      {
        dialect: 'ocpp1.6',
        action: 'MeterValues',
        direction: 'request',
        shorten,
      },
    )
    expect(mended).toMatchObject({ ok: false, refusal: { fault: 'format' } })
  })
})

describe('ids of our messages', () => {
  it('begin with what is another one after a restart, and have 36 characters at most', async () => {
    const own = await openLab({ idPrefix: 'gmvz38740-' })
    const station = await rawStation(own, 'ST', 'ocpp1.6')
    void own.server.stopSession('ST/1' as never, '41')
    const [, messageId] = await station.next()
    expect(messageId).toBe('gmvz38740-1')
    station.socket.terminate()
    await own.close()
  })
})
