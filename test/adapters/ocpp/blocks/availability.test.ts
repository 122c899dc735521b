// The status of an EVSE in every version.
import { afterEach, describe, expect, it } from 'vitest'
import { AT, at, exchange, hangUp } from './exchange.ts'

afterEach(hangUp)

describe('a status', () => {
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
