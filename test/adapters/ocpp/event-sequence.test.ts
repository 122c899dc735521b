// Which events of a transaction came, by their numbers.
import { expect, it } from 'vitest'
import { noteSequence, type EventSequence } from '../../../adapters/ocpp/event-sequence.ts'

function missedOf(...numbers: readonly number[]): readonly number[] {
  const sequences = new Map<string, EventSequence>()
  for (const number of numbers) noteSequence(sequences, 'T1', number)
  return [...sequences.get('T1')!.missed]
}

it.each([
  ['all in turn', [0, 1, 2, 3], []],
  ['a hole', [0, 1, 4], [2, 3]],
  ['a hole that is filled later', [0, 3, 2, 1], []],
  ['some that come twice', [0, 1, 1, 0, 3, 3, 1], [2]],
  ['what came before the first that was heard', [7, 9, 2], [8]],
  ['a station that always tells the same', [0, 0, 0], []],
])('%s', (_, numbers, missed) => expect(missedOf(...numbers)).toEqual(missed))

it('takes little room, whatever numbers come', () => {
  expect(missedOf(0, Number.MAX_SAFE_INTEGER)).toHaveLength(1_000)
  const sequences = new Map<string, EventSequence>()
  for (let i = 0; i < 500; i++) noteSequence(sequences, `T${i}`, 0)
  expect(sequences.size).toBe(100)
})
