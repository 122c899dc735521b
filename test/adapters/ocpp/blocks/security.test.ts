// What a station noticed, in every version.
import { afterEach, describe, expect, it } from 'vitest'
import { AT, at, exchange, hangUp } from './exchange.ts'

afterEach(hangUp)

describe('security', () => {
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
