// The record everything else depends on: who hears what, when something counts as kept, and the door that stands before anybody is behind it.
import { expect, it } from 'vitest'
import { memoryJournal } from '../../../adapters/memory/memory-journal.ts'
import { id, type StationId } from '../../../domain/registry/identity.ts'
import { manualClock } from '../../../src/run/clock.ts'
import { fleetRecord } from '../../../src/run/fleet-record.ts'
import { stationDoor } from '../../../src/run/station-door.ts'
import { noTroubles } from '../run/no-troubles.ts'
import { NOW, smallRegistry } from '../../domain/live/small-fleet.ts'

function opened() {
  const journal = memoryJournal({ node: 'test' })
  const heard: string[] = []
  const kept = fleetRecord({
    clock: manualClock(NOW),
    journal,
    troubles: noTroubles(),
    track: (work) => work,
    log: (_, text) => void heard.push(text),
  })
  kept.listen({
    noticed: ({ kind }, sequence) => void heard.push(`${kind} ${sequence}`),
    durable: (sequence) => void heard.push(`durable ${sequence}`),
  })
  return { journal, kept, heard }
}
const registry = { kind: 'registry-set', registry: smallRegistry() } as const

it('tells of a fact when it is in the state, and of its durability before whoever kept it hears', async () => {
  const { kept, heard } = opened()
  const keeping = kept.keep(registry).then(() => heard.push('kept'))
  expect([kept.fleet.evses.size, heard]).toEqual([2, ['registry-set 1']])
  await keeping
  expect(heard).toEqual(['registry-set 1', 'durable 1', 'kept'])
})

it('rejects what does not become durable, and everything once it has stopped (F12)', async () => {
  const { journal, kept, heard } = opened()
  journal.durable = () => Promise.reject(new Error('the disk did not answer'))
  await expect(kept.keep(registry)).rejects.toThrow('the disk did not answer')
  expect(kept.failure()).toBe('the disk did not answer')
  await expect(kept.keep(registry)).rejects.toThrow('the disk did not answer')
  expect(heard.filter((text) => text.startsWith('registry-set'))).toHaveLength(1)
  const other = opened()
  other.kept.stop()
  await expect(other.kept.keep(registry)).rejects.toThrow('stopped')
  expect(other.journal.head().sequence).toBe(0)
})

it('refuses what stations tell before anybody attends, so that they tell it again', async () => {
  const { receive, attend } = stationDoor()
  const event = { kind: 'disconnected', station: id<StationId>('S1'), receivedAt: NOW, detail: 'test' } as const
  await expect(receive(event as never)).rejects.toThrow()
  attend(async () => ({ accepted: true }) as never)
  expect(await receive(event as never)).toEqual({ accepted: true })
})
