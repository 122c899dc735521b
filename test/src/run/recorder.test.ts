// Recording and reading again go the same way: what only listens may fail, and the state is the same both times.
import { describe, expect, it } from 'vitest'
import { memoryJournal } from '../../../adapters/memory/memory-journal.ts'
import { emptyFleet } from '../../../domain/live/live-fleet.ts'
import type { Fact } from '../../../domain/facts/fact.ts'
import { recorder } from '../../../src/run/recorder.ts'
import { habits } from '../../../domain/forecast/habits.ts'
import { troubles } from '../../../src/run/troubles.ts'
import { NOW, sessionOf, smallRegistry } from '../../domain/live/small-fleet.ts'

function open(journal = memoryJournal({ node: 'n', epoch: 1 }), fails = false) {
  const fleet = emptyFleet()
  const clock = { now: () => NOW }
  const trouble = troubles({ clock: { elapsed: () => 0 }, log() {} })
  const told: number[] = []
  const broken = {
    ...habits('Europe/Berlin'),
    notice() {
      throw new Error('a forecast that fails')
    },
  }
  const kept = recorder({
    fleet,
    journal,
    clock,
    habitual: fails ? broken : habits('Europe/Berlin'),
    troubles: trouble,
    onFact(_, sequence) {
      told.push(sequence)
      if (fails) throw new Error('a listener that fails')
    },
  })
  return { fleet, journal, trouble, told, ...kept }
}
const FACTS: readonly Fact[] = [
  { kind: 'registry-set', registry: smallRegistry() },
  { kind: 'session-started', session: sessionOf(1) },
]

describe('a recorder', () => {
  it.each([false, true])('gives the same state when the journal is read again, also where listeners fail: %s', async (fails) => {
    const first = open(undefined, fails)
    for (const fact of FACTS) first.record(fact)
    const again = open(first.journal, fails)
    expect(await again.replay()).toEqual({ entries: 2, lastAt: NOW })
    expect(again.fleet).toEqual(first.fleet)
    expect([first.told, again.told]).toEqual([
      [1, 2],
      [1, 2],
    ])
    expect(again.trouble.parts()).toEqual(fails ? ['forecast', 'internal'] : [])
  })

  it('refuses what cannot be written as it is, with nothing changed', () => {
    const { record, fleet, journal } = open()
    record(FACTS[0]!)
    const before = structuredClone(fleet)
    const session = { ...sessionOf(1), startedAt: Number.NaN }
    expect(() => record({ kind: 'session-started', session })).toThrow('session.startedAt is NaN')
    expect(fleet).toEqual(before)
    expect(journal.head().sequence).toBe(1)
  })
})
