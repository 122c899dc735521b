// The edges of signals on a clock that passes, and on one that is set.
import { expect, it } from 'vitest'
import type { Signal } from '../../../domain/signals/signal.ts'
import { watts } from '../../../domain/units.ts'
import { manualClock } from '../../../src/run/clock.ts'
import { signalEdges } from '../../../src/run/signal-edges.ts'

const START = Date.parse('2026-01-15T16:00:00Z')
const idle = () => Promise.resolve()
function signal(id: string, from: number, until: number | null): Signal {
  const provenance = { authority: 'VNB', reference: id }
  const said = {
    id,
    version: 1,
    subjects: ['pool:pool'],
    from,
    until,
    rank: 'grid-limit',
    min: null,
    max: watts(0),
    provenance,
  } as const
  return { ...said, issuedAt: START, sender: 'VNB', receivedAt: START }
}
function edgesOn(clock: ReturnType<typeof manualClock>) {
  const seen: [number, readonly string[]][] = []
  const edges = signalEdges(clock, (ids) => seen.push([clock.now() - START, ids]))
  return { edges, seen }
}

it('are called once each, at their millisecond, together where they fall together', async () => {
  const clock = manualClock(START)
  const { edges, seen } = edgesOn(clock)
  edges.arm(signal('a', START + 1_000, START + 2_000))
  edges.arm(signal('b', START - 5_000, START + 2_000))
  edges.arm(signal('c', START + 2_000, null))
  await clock.runUntil(START + 10_000, idle)
  expect(seen).toEqual([
    [1_000, ['a']],
    [2_000, ['a', 'b', 'c']],
  ])
})

it('of a version that was replaced or withdrawn are not called any more', async () => {
  const clock = manualClock(START)
  const { edges, seen } = edgesOn(clock)
  edges.arm(signal('a', START + 1_000, START + 2_000))
  edges.arm(signal('a', START + 3_000, null))
  edges.arm(signal('b', START + 3_000, START + 4_000))
  edges.disarm('b')
  await clock.runUntil(START + 2_500, idle)
  edges.stop()
  await clock.runUntil(START + 10_000, idle)
  expect(seen).toEqual([])
})

it('stay in the calendar when the clock is set (F36)', async () => {
  const clock = manualClock(START)
  const { edges, seen } = edgesOn(clock)
  edges.arm(signal('a', START + 60_000, START + 120_000))
  clock.step(-30_000)
  await clock.runUntil(START + 59_999, idle)
  expect(seen).toEqual([])
  clock.step(30_000)
  await clock.runUntil(clock.now(), idle)
  expect(seen).toEqual([[89_999, ['a']]])
})
