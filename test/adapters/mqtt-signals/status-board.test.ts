// The board of states: what is taken up after a connection is published a few in a second, and what is not taken by the way out is tried again.
import { expect, it } from 'vitest'
import { statusBoard } from '../../../adapters/mqtt-signals/status-board.ts'
import type { Fact } from '../../../domain/facts/fact.ts'
import { apply } from '../../../domain/live/apply.ts'
import type { Asker } from '../../../domain/registry/asker.ts'
import { watts } from '../../../domain/units.ts'
import { manualClock } from '../../../src/run/clock.ts'
import { signalDesk } from '../../../src/run/receive-signal.ts'
import { signalEffects } from '../../../src/run/signal-effects.ts'
import { HOUR_MS, NOW, smallFleet } from '../../domain/live/small-fleet.ts'

const idle = () => Promise.resolve()
const NORTH: Asker = { name: 'vnb-nord', role: 'grid', tenant: null, vehicles: [] }

it('takes up many signals without publishing them at once, and loses none for which there is no room', async () => {
  const clock = manualClock(NOW)
  const fleet = smallFleet()
  const application = {
    fleet,
    restrict(facts: readonly Fact[]) {
      for (const fact of facts) apply(fleet, fact, clock.now())
      return idle()
    },
    redispatch() {},
    planBeside() {},
    failure: () => null,
  }
  const effects = signalEffects(fleet)
  const signals = signalDesk({ clock, application, effects, durable: idle, mayKnow: () => true, releaseMs: 0 })
  const provenance = { authority: 'vnb-nord', reference: 'x' }
  const said = { version: 1, rank: 'grid-limit' as const, min: null, max: watts(0), provenance, issuedAt: NOW }
  for (let i = 0; i < 120; i++) {
    const limit = { ...said, id: `s-${i}`, subjects: [`site:home-${1 + (i % 2)}`], from: NOW, until: NOW + HOUR_MS }
    await signals.receive(NORTH, limit)
  }
  let isFull = false
  const published: string[] = []
  const board = statusBoard({
    clock,
    signals,
    publish(_, id, content, isOver) {
      if (!isFull) published.push(isOver ? `${id} over ${(JSON.parse(content) as { state: string }).state}` : id)
      return !isFull
    },
  })
  const run = (ms: number) => clock.runUntil(clock.now() + ms, idle)
  board.takeUp(NORTH)
  expect(published).toEqual([])
  await run(1_000)
  expect(published).toHaveLength(50)
  isFull = true
  await run(5_000)
  isFull = false
  await run(3_000)
  expect(new Set(published).size).toBe(120)
  isFull = true
  await signals.withdraw(NORTH, 's-7', 2)
  await run(5_000)
  isFull = false
  await run(3_000)
  expect(published.at(-1)).toBe('s-7 over withdrawn')
  board.stop()
})
