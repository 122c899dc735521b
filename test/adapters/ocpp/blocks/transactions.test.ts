// Sessions that begin, go on and end, in every version.
import { afterEach, describe, expect, it } from 'vitest'
import { TEN } from '../ocpp-lab.ts'
import { AT, at, exchange, hangUp, reading } from './exchange.ts'

afterEach(hangUp)

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
      { kind: 'session-started', evse: 2, transaction: 'T7', sequence: 3, token: 'CAFE01', at, offline: true, importedWh: null },
    ])
    expect(answer).toEqual({ idTokenInfo: { status: 'Accepted' } })
  })
  it('goes on', async () => {
    const values = `,"meterValue":[{${AT},"sampledValue":[
      {"value":3.7,"measurand":"Power.Active.Export","unitOfMeasure":{"unit":"kW"}},
      {"value":12.5,"unitOfMeasure":{"unit":"Wh","multiplier":3}},
      {"value":61,"measurand":"SoC","location":"EV"}]}]`
    const { events, answer } = await exchange(dialect, event('Updated', 'MeterValuePeriodic', values))
    expect(events).toEqual([
      { kind: 'session-updated', evse: 2, transaction: 'T7', sequence: 3, token: null, at },
      { kind: 'readings', readings: [{ ...reading, power: -3_700, imported: 12_500, soc: 0.61 }] },
    ])
    expect(answer).toEqual({})
  })
  it('goes on with a card that was shown after the cable was plugged in, and says what it is worth (E02)', async () => {
    const token = ',"idToken":{"idToken":"CAFE01","type":"ISO14443"}'
    const { events, answer } = await exchange(dialect, event('Updated', 'Authorized', token, ',"remoteStartId":5'))
    expect(events).toEqual([
      { kind: 'session-updated', evse: 2, remoteStartId: 5, transaction: 'T7', sequence: 3, token: 'CAFE01', at },
    ])
    expect(answer).toEqual({ idTokenInfo: { status: 'Accepted' } })
  })
  it('is not the session of the card that ends it', async () => {
    const token = ',"idToken":{"idToken":"CAFE01","type":"ISO14443"}'
    const { events } = await exchange(dialect, event('Updated', 'StopAuthorized', token))
    expect(events).toEqual([{ kind: 'authorize', token: 'CAFE01' }])
  })
  it('names its connector and the remote start it answers', async () => {
    const call = event('Started', 'RemoteStart', '', ',"remoteStartId":5').replace(
      '"evse":{"id":2}',
      '"evse":{"id":2,"connectorId":3}',
    )
    expect((await exchange(dialect, call)).events).toMatchObject([{ evse: 2, connector: 3, remoteStartId: 5, token: null }])
  })
  it('has no EVSE where nobody says which: what it measured is kept until somebody does', async () => {
    const values = `,"meterValue":[{${AT},"sampledValue":[{"value":15000}]}]`
    const nowhere = event('Started', 'Authorized', values).replace(',"evse":{"id":2}', '')
    const { events } = await exchange(dialect, nowhere)
    expect(events).toEqual([
      { kind: 'session-started', evse: null, transaction: 'T7', sequence: 3, token: null, at, offline: false, importedWh: null },
    ])
  })
  it('ends after its last readings', async () => {
    const values = `,"meterValue":[{${AT},"sampledValue":[{"value":15000,"context":"Transaction.End"}]}]`
    const { events } = await exchange(dialect, event('Ended', 'EVDeparted', values, ',"stoppedReason":"EVDisconnected"'))
    expect(events).toEqual([
      { kind: 'readings', readings: [{ ...reading, imported: 15_000, origin: { edge: 'end' } }], isLast: true },
      { kind: 'session-ended', evse: 2, transaction: 'T7', at, detail: 'EVDisconnected', importedWh: null },
    ])
  })
})
