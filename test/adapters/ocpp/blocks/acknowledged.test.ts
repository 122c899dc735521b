// What has no consequence here is acknowledged.
import { afterEach, describe, expect, it } from 'vitest'
import { exchange, hangUp } from './exchange.ts'

afterEach(hangUp)

describe('a message without consequence', () => {
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
})
