// The schedule of a site: one document for all its orders, a revision that rises, one answer for each order, and an end.
import { describe, expect, it } from 'vitest'
import { scheduleDesk, type Delivery } from '../../../adapters/mqtt-hems/schedule-desk.ts'
import type { OrderContent } from '../../../domain/orders/order.ts'
import { id, type EvseId, type OrderId, type SessionId, type SiteId } from '../../../domain/registry/identity.ts'
import { series } from '../../../domain/time/series.ts'
import { SLOT_MS, slotAt } from '../../../domain/time/slot.ts'
import { watts } from '../../../domain/units.ts'
import { manualClock } from '../../../src/run/clock.ts'

const NOON = Date.parse('2026-01-15T12:05:00Z')
const SITE = id<SiteId>('site')
interface Told {
  readonly revision: number
  readonly validUntil: string
  readonly assets: readonly { readonly asset: string; readonly slots: readonly object[] }[]
}

function desk() {
  const clock = manualClock(NOON)
  const told: (Told | null)[] = []
  let isOpen = true
  const schedules = scheduleDesk({
    clock,
    publish: (_, content) => isOpen && told.push(content === '' ? null : (JSON.parse(content) as Told)) > 0,
  })
  const order = (name: string, slots = 4): OrderContent => ({
    id: id<OrderId>(name),
    evse: id<EvseId>('box/1'),
    session: id<SessionId>('session'),
    transaction: 't',
    setpoint: watts(1_000),
    course: series(
      slotAt(NOON),
      Array.from({ length: slots }, () => watts(0)),
    ),
    reason: 'plan',
    issuedAt: NOON,
    leaseMs: 300_000,
  })
  const run = (ms: number) => clock.runUntil(clock.now() + ms, () => Promise.resolve())
  return { clock, schedules, told, order, run, shut: () => void (isOpen = false) }
}
const kindOf = async (of: Promise<Delivery>) => {
  const delivery = await of
  return delivery.ok ? 'confirmed' : delivery.refusal.kind
}

describe('the schedule of a site', () => {
  it('holds the orders of all its assets; an answer to a later revision confirms those before', async () => {
    const { schedules, told, order } = desk()
    const [one, two] = [schedules.deliver(SITE, 'a', order('1')), schedules.deliver(SITE, 'b', order('2'))]
    expect(told[1]!.revision).toBeGreaterThan(told[0]!.revision)
    expect(told[1]!.assets.map(({ asset }) => asset)).toEqual(['a', 'b'])
    schedules.answered(SITE, told[1]!.revision, true, null)
    expect([await kindOf(one), await kindOf(two)]).toEqual(['confirmed', 'confirmed'])
  })

  it('a refusal means its revision alone, an old answer none that came later, and a newer order overtakes', async () => {
    const { schedules, told, order } = desk()
    const [one, two] = [schedules.deliver(SITE, 'a', order('1')), schedules.deliver(SITE, 'a', order('2'))]
    expect(await kindOf(one)).toBe('overtaken')
    schedules.answered(SITE, told[0]!.revision, true, null)
    schedules.answered(SITE, told[0]!.revision, false, 'late')
    schedules.answered(SITE, told[1]!.revision, false, 'no')
    expect(await two).toEqual({ ok: false, refusal: { kind: 'rejected', detail: 'no' } })
  })

  it('F13: without an answer in 30 s the order is lost, and with nobody to publish it is not connected', async () => {
    const { schedules, order, run, shut } = desk()
    const one = schedules.deliver(SITE, 'a', order('1'))
    await run(30_000)
    expect(await kindOf(one)).toBe('no-answer')
    const two = schedules.deliver(SITE, 'a', order('2'))
    schedules.gone(SITE)
    expect(await kindOf(two)).toBe('not-connected')
    shut()
    expect(await kindOf(schedules.deliver(SITE, 'a', order('3')))).toBe('not-connected')
  })

  it('is cleared when its last slot is over, and begins with the slot that runs when it is told again', async () => {
    const { clock, schedules, told, order, run } = desk()
    void schedules.deliver(SITE, 'a', order('1'))
    expect(Date.parse(told[0]!.validUntil)).toBe(NOON - 5 * 60_000 + 4 * SLOT_MS)
    await run(SLOT_MS)
    schedules.again()
    expect(told.at(-1)!.assets[0]!.slots).toHaveLength(3)
    await clock.runUntil(Date.parse(told[0]!.validUntil) - 1, () => Promise.resolve())
    expect(told.at(-1)).not.toBeNull()
    await run(1)
    expect(told.at(-1)).toBeNull()
  })
})
