// A boot in every version: the event it means and its answer.
import { afterEach, describe, expect, it } from 'vitest'
import { exchange, hangUp } from './exchange.ts'

afterEach(hangUp)

describe('a boot', () => {
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
  ] as const)('of a station of %s', async (dialect, call) => {
    const { events, answer } = await exchange(dialect, call)
    expect(events).toEqual([{ kind: 'booted', vendor: 'Acme', model: 'M', serial: 'S1', firmware: '1.0' }])
    expect(answer).toEqual({ status: 'Accepted', currentTime: '2026-11-02T10:00:00.000Z', interval: 300 })
  })

  it('of a station the core does not want is rejected', async () => {
    const call = '"BootNotification",{"reason":"PowerUp","chargingStation":{"vendorName":"Acme","model":"M"}}'
    const { answer } = await exchange('ocpp2.1', call, ({ kind }) => ({ accepted: kind !== 'booted' }))
    expect(answer).toMatchObject({ status: 'Rejected' })
  })
})
