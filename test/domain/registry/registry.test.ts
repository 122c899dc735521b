import { describe, expect, it } from 'vitest'
import { hasConsent, isValid, mayFeedIn } from '../../../domain/registry/registry.ts'
import { id, type DriverId } from '../../../domain/registry/identity.ts'
import { NOW, smallRegistry } from '../live/small-fleet.ts'

const driver = id<DriverId>('driver-1')

describe('relations', () => {
  it('hold from their start up to, not including, their end', () => {
    const of = { from: NOW, until: NOW + 10 }
    expect([NOW - 1, NOW, NOW + 9, NOW + 10].map((at) => isValid(of, at))).toEqual([false, true, true, false])
    expect(isValid({ from: NOW, until: null }, NOW + 1e12)).toBe(true)
  })
})

describe('consent', () => {
  it('counts for its driver and purposes only', () => {
    const registry = smallRegistry()
    expect(hasConsent(registry, driver, 'discharge', NOW)).toBe(true)
    expect(hasConsent(registry, driver, 'reserve', NOW)).toBe(false)
    expect(hasConsent(registry, id<DriverId>('somebody'), 'discharge', NOW)).toBe(false)
  })
  it('ends at the instant it is withdrawn', () => {
    const registry = smallRegistry()
    const withdrawn = { ...registry, consents: registry.consents.map((consent) => ({ ...consent, until: NOW })) }
    expect(hasConsent(withdrawn, driver, 'discharge', NOW - 1)).toBe(true)
    expect(hasConsent(withdrawn, driver, 'discharge', NOW)).toBe(false)
  })
})

describe('feeding in', () => {
  it.each(['gridCodeCertifiedAt', 'operatorRegisteredAt', 'masterDataRegisteredAt'] as const)('needs %s in the past', (date) => {
    const [evse] = smallRegistry().evses
    expect(mayFeedIn(evse!, NOW)).toBe(true)
    expect(mayFeedIn({ ...evse!, [date]: NOW }, NOW)).toBe(true)
    expect(mayFeedIn({ ...evse!, [date]: NOW + 1 }, NOW)).toBe(false)
    expect(mayFeedIn({ ...evse!, [date]: null }, NOW)).toBe(false)
  })
})
