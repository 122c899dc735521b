// The desk of signals on a clock that goes on while it works.
import { expect, it } from 'vitest'
import type { Fact } from '../../../domain/facts/fact.ts'
import { apply } from '../../../domain/live/apply.ts'
import { THE_PROCESS } from '../../../domain/registry/asker.ts'
import { watts } from '../../../domain/units.ts'
import { manualClock } from '../../../src/run/clock.ts'
import { signalDesk } from '../../../src/run/receive-signal.ts'
import { signalEffects } from '../../../src/run/signal-effects.ts'
import { NOW, smallFleet } from '../../domain/live/small-fleet.ts'

const idle = () => Promise.resolve()

/** A desk whose orders take 5 ms to make, and the instants at which it had orders made for whom. */
function slowDesk() {
  const clock = manualClock(NOW)
  const fleet = smallFleet()
  const looks: [number, readonly string[]][] = []
  async function restrict(facts: readonly Fact[]): Promise<void> {
    for (const fact of facts) apply(fleet, fact, clock.now())
    clock.step(5)
  }
  const redispatch = (subjects: readonly string[]) => void looks.push([clock.now() - NOW, subjects])
  const desk = signalDesk({
    clock,
    application: { fleet, restrict, redispatch, planBeside() {}, failure: () => null },
    effects: signalEffects(fleet),
    durable: idle,
    mayKnow: () => true,
    releaseMs: 60_000,
  })
  const said = { id: 'limit', version: 1, subjects: ['site:home-1'], rank: 'grid-limit' as const, min: null, max: watts(0) }
  const provenance = { authority: 'VNB', reference: 'one' }
  const limit = (from: number, until: number | null) => ({ ...said, provenance, issuedAt: NOW, from, until })
  return { clock, fleet, desk, looks, limit }
}

it('has orders made again for a limit that begins or ends while its first ones are made (I1)', async () => {
  const { clock, desk, looks, limit } = slowDesk()
  await desk.receive(THE_PROCESS, limit(NOW + 2, NOW + 4))
  await clock.runUntil(NOW + 10, idle)
  expect(looks.map(([, subjects]) => subjects)).toContainEqual(['site:home-1'])
  expect(looks.at(-1)![0]).toBeLessThanOrEqual(5)
})

it('has orders made for what began while the journal was read (I1)', async () => {
  const { clock, fleet, desk, looks, limit } = slowDesk()
  const signal = { ...limit(NOW + 1_000, null), sender: 'VNB', receivedAt: NOW }
  apply(fleet, { kind: 'signal-received', signal }, NOW)
  await clock.runUntil(NOW + 3_000, idle)
  desk.start()
  await clock.runUntil(NOW + 3_001, idle)
  expect(looks).toEqual([[3_000, ['site:home-1']]])
})

it('has orders made once for each subject when the clock is set, however many signals there have been (F36)', async () => {
  const { clock, fleet, desk, looks, limit } = slowDesk()
  for (let i = 0; i < 100; i++) {
    const signal = { ...limit(NOW + i, NOW + i + 1), id: `short-${i}`, sender: 'VNB', receivedAt: NOW }
    apply(fleet, { kind: 'signal-received', signal }, NOW)
  }
  await clock.runUntil(NOW + 1_000, idle)
  desk.start()
  await clock.runUntil(NOW + 2_000, idle)
  looks.length = 0
  clock.step(-500)
  expect(looks).toEqual([[1_500, ['site:home-1']]])
})
