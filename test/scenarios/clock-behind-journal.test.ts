// A backend is restored, or its machine starts with an empty battery: the clock stands before the end of the journal (F36).
import { afterEach, beforeEach, expect, it } from 'vitest'
import { verifyJournal } from '../../adapters/journal-file/verify-journal.ts'
import { id, type OrderId, type SessionId } from '../../domain/registry/identity.ts'
import { liveOrder } from '../../domain/live/live-fleet.ts'
import type { JournalEntry } from '../../domain/ports/journal.ts'
import type { Fact } from '../../domain/facts/fact.ts'
import { slotAt } from '../../domain/time/slot.ts'
import { share, watts } from '../../domain/units.ts'
import { forget, openLab, START, type PushLab } from '../adapters/webhooks/push-lab.ts'
import { brokenOrders, factsOf, HOUR_MS, MINUTE_MS } from './world.ts'

const LEASE_MS = 300_000
let lab: PushLab
beforeEach(async () => {
  lab = await openLab()
})
afterEach(async () => {
  await lab.stop()
  forget(lab)
})

async function entries(): Promise<readonly JournalEntry[]> {
  const list: JournalEntry[] = []
  for await (const entry of lab.running.journal.read(0)) list.push(entry)
  return list
}
const alive = () => {
  const [live] = lab.running.application.fleet.evses.values()
  return liveOrder(live!, lab.now())
}
const degraded = () => lab.running.answers.health.health().degraded

/** A car that is discharged for a minute, then the end of this life, and the next one at an instant. */
async function restartAt(at: number): Promise<void> {
  const [evse] = [...lab.running.application.fleet.evses.keys()]
  const [session, transaction] = [id<SessionId>('session-1'), 'T1']
  const course = { first: slotAt(START), values: [watts(0)] }
  const order = { id: id<OrderId>('first-life-1'), evse: evse!, session, transaction, setpoint: watts(-5_000), course }
  const wish = { readyBy: START + 10 * HOUR_MS, targetSoc: share(0.8), minimumSoc: share(0.3), by: 'default' as const }
  const facts: readonly Fact[] = [
    {
      kind: 'session-started',
      session: { id: session, evse: evse!, vehicle: null, transaction, startedAt: START, endedAt: null, needs: null, wish },
    },
    {
      kind: 'order-issued',
      order: { ...order, reason: 'plan', issuedAt: START, leaseMs: LEASE_MS },
      leaseUntil: START + LEASE_MS,
    },
  ]
  for (const fact of facts) await lab.running.application.keep(fact)
  await lab.run(MINUTE_MS)
  await lab.running.application.keep({ kind: 'prices-quarantined', source: 'none', detail: 'the last entry' })
  await lab.stop()
  lab = await openLab({ folder: lab.folder, at })
}

it('F36: an hour behind, no lease lives for more than its length, and it is recorded, told and alarmed', async () => {
  await restartAt(START - HOUR_MS)
  const [step] = factsOf(await entries(), 'clock-stepped')
  expect(step).toEqual({
    kind: 'clock-stepped',
    from: START + MINUTE_MS,
    to: START - HOUR_MS,
    at: START - HOUR_MS,
  })
  expect(alive()!.leaseUntil - lab.now()).toBe(LEASE_MS - MINUTE_MS)
  expect(lab.complaints.filter((text) => text.includes('clock of this machine'))).toHaveLength(1)
  expect(degraded()).toContain('clock')
  await lab.run(LEASE_MS)
  expect(alive()).toBeNull()
  const ends = factsOf(await entries(), 'order-moved').filter(({ state }) => state.kind === 'ended')
  expect(ends).toMatchObject([{ order: 'first-life-1', state: { outcome: 'expired' } }])
  expect(brokenOrders(await entries())).toEqual([])
  await lab.run(6 * MINUTE_MS)
  expect(degraded()).not.toContain('clock')
  expect((await verifyJournal(lab.folder)).ok).toBe(true)
})

it('F36: a clock that is right again after the restart is no step, and a lease that ran out meanwhile is over', async () => {
  await restartAt(START + HOUR_MS)
  expect(factsOf(await entries(), 'clock-stepped')).toEqual([])
  expect(alive()).toBeNull()
  expect(degraded()).not.toContain('clock')
})
