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
  ] as const)('%s: %s', async (dialect, call, status, detail) => {
    expect((await exchange(dialect, call)).events).toEqual([{ kind: 'status', evse: 2, status, at, detail }])
  })

  it.each([
    ['ocpp2.0.1', 'Occupied', 1],
    ['ocpp2.1', 'Available', 2],
  ] as const)('in %s is that of a connector: %s', async (dialect, told, connector) => {
    const call = `"StatusNotification",{"evseId":2,"connectorId":${connector},"connectorStatus":"${told}",${AT}}`
    const status = told.toLowerCase()
    expect((await exchange(dialect, call)).events).toEqual([{ kind: 'status', evse: 2, connector, status, at, detail: null }])
  })

  it.each(['ocpp2.0.1', 'ocpp2.1'] as const)('of EVSE 0 in %s is that of the station', async (dialect) => {
    const call = `"StatusNotification",{"evseId":0,"connectorId":0,"connectorStatus":"Faulted",${AT}}`
    expect((await exchange(dialect, call)).events).toEqual([{ kind: 'status', evse: 0, status: 'faulted', at, detail: null }])
  })

  it('of connector 0 of a 1.6 station is that of the station', async () => {
    const { events } = await exchange(
      'ocpp1.6',
      `"StatusNotification",{"connectorId":0,"errorCode":"NoError","status":"Available",${AT}}`,
    )
    expect(events).toEqual([{ kind: 'status', evse: 0, status: 'available', at, detail: null }])
  })
})

describe.each(['ocpp2.0.1', 'ocpp2.1'] as const)('what a station watches of itself, in %s', (dialect) => {
  const event = (trigger: string, component: object, variable: string, actualValue: string) =>
    `{"eventId":1,${AT},"trigger":"${trigger}","actualValue":"${actualValue}","eventNotificationType":"HardWiredNotification","component":${JSON.stringify(component)},"variable":{"name":"${variable}"}}`
  const told = async (...events: readonly string[]) => {
    const { events: found, answer } = await exchange(
      dialect,
      `"NotifyEvent",{"generatedAt":"2026-11-02T10:00:00Z","seqNo":0,"eventData":[${events}]}`,
    )
    expect(answer).toEqual({})
    return found
  }

  it('tells how connectors, EVSEs and the station stand, whatever made it tell', async () => {
    expect(
      await told(
        event('Delta', { name: 'Connector', evse: { id: 2, connectorId: 1 } }, 'AvailabilityState', 'Occupied'),
        event('Periodic', { name: 'EVSE', evse: { id: 1 } }, 'AvailabilityState', 'Available'),
        event('Alerting', { name: 'ChargingStation' }, 'AvailabilityState', 'Unavailable'),
      ),
    ).toEqual([
      { kind: 'status', evse: 2, connector: 1, status: 'occupied', at, detail: null },
      { kind: 'status', evse: 1, status: 'available', at, detail: null },
      { kind: 'status', evse: 0, status: 'unavailable', at, detail: null },
    ])
  })
  it.each([
    event('Delta', { name: 'Connector', evse: { id: 2, connectorId: 1 } }, 'Problem', 'true'),
    event('Delta', { name: 'Connector', evse: { id: 2, connectorId: 1 } }, 'AvailabilityState', 'Broken'),
    event('Delta', { name: 'Connector', evse: { id: 2 } }, 'AvailabilityState', 'Available'),
    event('Delta', { name: 'CableBreakawaySensor' }, 'AvailabilityState', 'Available'),
  ])('tells nothing about availability with %s', async (one) => {
    expect(await told(one)).toEqual([])
  })
})
