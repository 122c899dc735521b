// What an energy manager is told of its site: the strictest limit that holds, at its beginning and its end to the millisecond, and nothing of bounds on others.
import { expect, it } from 'vitest'
import type { Fact } from '../../../../domain/facts/fact.ts'
import type { Direction } from '../../../../domain/limitation/limit.ts'
import { apply } from '../../../../domain/live/apply.ts'
import { id, type SiteId } from '../../../../domain/registry/identity.ts'
import type { Signal } from '../../../../domain/signals/signal.ts'
import { watts } from '../../../../domain/units.ts'
import { manualClock } from '../../../../src/run/clock.ts'
import { hemsGuides } from '../../../../src/run/limitation/hems-guides.ts'
import { NOW, smallFleet, smallRegistry } from '../../../domain/live/small-fleet.ts'

const SITE = id<SiteId>('home-1')
const MINUTE_MS = 60_000

function lab() {
  const fleet = smallFleet(smallRegistry({ cars: 2 }))
  const clock = manualClock(NOW)
  const gone: string[] = []
  const guides = hemsGuides({ clock, fleet, onPart() {}, onGone: (site) => void gone.push(site) })
  const run = (ms: number) => clock.runUntil(clock.now() + ms, async () => {})
  async function record(fact: Fact): Promise<void> {
    apply(fleet, fact, clock.now())
    guides.noticed(fact)
    await run(0)
  }
  const signal = (change: Partial<Signal>): Signal => ({
    id: 'one',
    version: 1,
    subjects: [`site:${SITE}`],
    from: NOW,
    until: null,
    rank: 'grid-limit',
    min: null,
    max: watts(4_200),
    provenance: { authority: 'VNB', reference: '7' },
    sender: 'vnb',
    receivedAt: clock.now(),
    issuedAt: clock.now(),
    ...change,
  })
  const parts = guides.of(SITE)!
  /** W, or null where nothing limits it. */
  const told = (direction: Direction = 'consume') => {
    const { isActive, value } = parts[direction].guard().wanted!
    return isActive ? value : null
  }
  return {
    guides,
    fleet,
    clock,
    gone,
    run,
    record,
    told,
    send: (of: Partial<Signal>) => record({ kind: 'signal-received', signal: signal(of) }),
  }
}

it('F20: the strictest of all limits on the site, and nothing once the last is withdrawn', async () => {
  const { told, send, record } = lab()
  expect([told(), told('produce')]).toEqual([null, null])
  await send({})
  await send({ id: 'two', max: watts(0) })
  expect([told(), told('produce')]).toEqual([0, null])
  await send({ id: 'give', max: null, min: watts(-2_000) })
  expect(told('produce')).toBe(-2_000)
  await record({ kind: 'signal-withdrawn', id: 'two', version: 2, sender: 'vnb' })
  expect(told()).toBe(4_200)
  await record({ kind: 'signal-withdrawn', id: 'one', version: 2, sender: 'vnb' })
  expect(told()).toBeNull()
})

it('F36: a limit to come begins and ends to the millisecond', async () => {
  const { told, send, run } = lab()
  await send({ from: NOW + MINUTE_MS, until: NOW + 3 * MINUTE_MS })
  await run(MINUTE_MS - 1)
  expect(told()).toBeNull()
  await run(1)
  expect(told()).toBe(4_200)
  await run(2 * MINUTE_MS - 1)
  expect(told()).toBe(4_200)
  await run(1)
  expect(told()).toBeNull()
})

it('a version that leaves the site out lifts it; bounds on others and of other ranks say nothing to it', async () => {
  const { told, send } = lab()
  await send({})
  expect(told()).toBe(4_200)
  await send({ version: 2, subjects: ['site:home-2'] })
  expect(told()).toBeNull()
  await send({ id: 'pool', subjects: ['pool:p'], max: watts(1) })
  await send({ id: 'own', rank: 'operator', max: watts(1) })
  expect(told()).toBeNull()
})

it('ends with a site that leaves the registry; of one that is not there nothing is known', async () => {
  const { guides, gone, record, clock } = lab()
  expect(guides.of(id<SiteId>('nowhere'))).toBeNull()
  await record({ kind: 'registry-set', registry: { ...smallRegistry({ cars: 2 }), sites: [] } })
  expect([gone, guides.of(SITE)]).toEqual([[SITE], null])
  guides.stop()
  await clock.runUntil(clock.now() + MINUTE_MS, async () => {})
})
