import { setTimeout } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { loopDelay } from '../../../src/run/loop-delay.ts'

const HELD_MS = 60

it('tells how long the loop was held up since it was asked last', async () => {
  const delay = loopDelay()
  await setTimeout(20)
  const until = performance.now() + HELD_MS
  while (performance.now() < until);
  await setTimeout(20)
  const held = delay.figures()
  // The watch looks every 10 ms, and one look may have been due while the loop was held.
  expect(held['gegenstrom_event_loop_delay_max_seconds']).toBeGreaterThanOrEqual((HELD_MS - 20) / 1_000)
  expect(held['gegenstrom_event_loop_delay_p999_seconds']).toBeGreaterThanOrEqual((HELD_MS - 20) / 1_000)
  expect(Object.values(delay.figures()).every((seconds) => seconds >= 0)).toBe(true)
  delay.stop()
})

it('says nothing where nothing was measured', () => {
  const delay = loopDelay()
  expect(Object.values(delay.figures())).toEqual([0, 0, 0, 0])
  delay.stop()
})
