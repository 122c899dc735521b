// A control relay that guides a site: less at once, more when its contacts have come to rest, the failsafe limit when nobody tells any more.
import { describe, expect, it } from 'vitest'
import type { RelayLevel } from '../../../../domain/limitation/relay.ts'
import { relayLimit } from '../../../../domain/limitation/relay.ts'
import { id, type SiteId } from '../../../../domain/registry/identity.ts'
import { watts } from '../../../../domain/units.ts'
import { consume, deskLab } from './desk-lab.ts'

const SITE = id<SiteId>('home-1')
const MINUTE_MS = 60_000

/** A dimming contact and one that switches off; the failsafe limit is 4.2 kW. */
function relay(relayLevels?: readonly RelayLevel[]) {
  const lab = deskLab({ limitation: consume({ by: 'relay', ...(relayLevels === undefined ? {} : { relayLevels }) }) })
  return {
    ...lab,
    tell: (...contacts: boolean[]) => lab.desk().relays.tell([lab.desk().limited(SITE, 'consume')!], contacts),
    state: () => lab.part().system().standing.name,
  }
}

describe('a control relay', () => {
  it('F22: leaves the failsafe limit when its contacts are told, and dims to what §14a leaves to the site or switches off', async () => {
    const of = relay()
    expect([of.state(), of.limited(1)]).toEqual(['init', 4_200])
    await of.tell(false, false)
    expect(of.limited(1)).toBe(4_200)
    await of.run(200)
    expect([of.state(), of.limited(1)]).toEqual(['unlimited/controlled', null])
    await of.tell(true, false)
    // One charge point of 11 kW that an energy manager looks after.
    expect([of.state(), of.limited(1)]).toEqual(['limited', 4_200])
    await of.tell(true, true)
    expect(of.limited(1)).toBe(0)
    await of.tell(true, false)
    expect(of.limited(1)).toBe(0)
    await of.run(200)
    expect(of.limited(1)).toBe(4_200)
  })

  it('told twice before the first word is on the disk: only the newer one counts', async () => {
    const of = relay()
    await Promise.all([of.tell(false, false), of.tell(true, true)])
    expect(of.limited(1)).toBe(0)
    await of.run(1_000)
    expect([of.state(), of.limited(1)]).toEqual(['limited', 0])
  })

  it('that bounces acts once: less with the first touch, more after 200 ms of rest', async () => {
    const of = relay([6_000 as never, 0 as never])
    await of.tell(false, false)
    await of.run(200)
    const facts = of.facts.length
    for (let i = 0; i < 1_000; i++) {
      await of.tell(i % 2 === 0, false)
      expect(of.limited(1)).toBe(6_000)
      await of.run(5)
    }
    // Written once, as fact and signal.
    expect(of.facts.length - facts).toBe(2)
    expect(of.desk().relays.state(SITE)!.changes).toHaveLength(20)
    await of.run(194)
    expect(of.limited(1)).toBe(6_000)
    await of.run(1)
    expect(of.limited(1)).toBeNull()
  })

  it('F20: holds the failsafe limit after 120 s in which nobody told of it, and what is told then ends it', async () => {
    const of = relay()
    await of.tell(false, false)
    for (let minute = 0; minute < 10; minute++) {
      await of.run(MINUTE_MS)
      await of.tell(false, false)
    }
    expect(of.limited(1)).toBeNull()
    await of.run(119_999)
    expect(of.limited(1)).toBeNull()
    await of.run(1)
    expect([of.state(), of.limited(1)]).toEqual(['failsafe', 4_200])
    await of.run(60 * MINUTE_MS)
    await of.tell(false, true)
    expect([of.state(), of.limited(1)]).toEqual(['limited', 0])
  })

  it('that is told every minute costs no fact', async () => {
    const of = relay()
    await of.tell(true, false)
    const facts = of.facts.length
    for (let minute = 0; minute < 10; minute++) {
      await of.run(MINUTE_MS)
      await of.tell(true, false)
    }
    expect(of.facts.length).toBe(facts)
  })
})

it('the strictest of the closed contacts counts, and one without a level for this direction says nothing', () => {
  const levels = ['minimum', watts(6_000), watts(0), null] as const
  const limit = (...contacts: boolean[]) => relayLimit(contacts, levels, watts(7_560))
  expect(limit()).toBeNull()
  expect(limit(true)).toBe(7_560)
  expect(limit(true, true)).toBe(6_000)
  expect(limit(true, true, true)).toBe(0)
  expect(limit(false, false, false, true)).toBeNull()
})
