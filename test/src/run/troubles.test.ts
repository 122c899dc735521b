// What fails inside is kept where it belongs, and told while it lasts.
import { expect, it } from 'vitest'
import { id, type EvseId } from '../../../domain/registry/identity.ts'
import { assertRecordable } from '../../../src/run/recordable.ts'
import { lastResort } from '../../../src/commands/last-resort.ts'
import { troubles } from '../../../src/run/troubles.ts'

function open() {
  const lines: object[] = []
  const clock = { at: 0, elapsed: () => clock.at }
  const told: string[] = []
  const trouble = troubles({ clock, log: (_, __, facts) => void lines.push(facts) })
  trouble.onCar((evse, detail) => void told.push(`${evse} ${detail}`))
  return { trouble, clock, lines, told }
}
const fail = () => {
  throw new Error('broken')
}

it('answers with the fallback, and with the value where nothing fails', () => {
  const { trouble, told } = open()
  expect(trouble.guard('dispatch', () => 1, 2)).toBe(1)
  expect(trouble.guard('dispatch', fail, 2)).toBe(2)
  expect(trouble.guardCar(id<EvseId>('S1/1'), fail, null)).toBeNull()
  expect(told).toEqual(['S1/1 broken'])
  expect(trouble.count()).toBe(2)
})

it('names a part for ten minutes after its last failure, and logs it once a minute', () => {
  const { trouble, clock, lines } = open()
  for (let i = 0; i < 1_000; i++) {
    trouble.guard('live', fail, null)
    clock.at += 1_000
  }
  expect(trouble.parts()).toEqual(['live'])
  expect(lines).toHaveLength(17)
  clock.at += 600_000
  expect(trouble.parts()).toEqual([])
})

it('takes what nobody caught, and notes it', () => {
  const { trouble } = open()
  const before = process.rawListeners('unhandledRejection').length
  const giveBack = lastResort(trouble)
  const take = process.rawListeners('unhandledRejection').at(-1) as (error: unknown) => void
  take(new Error('nobody caught it'))
  giveBack()
  expect(trouble.parts()).toEqual(['internal'])
  expect(process.rawListeners('unhandledRejection')).toHaveLength(before)
})

it.each([
  [{ kind: 'station-quarantined', evse: 'S1/1', until: Number.NaN }, 'until is NaN'],
  [{ kind: 'readings', readings: [{ power: 1 }, { power: Infinity }] }, 'readings.1.power is Infinity'],
  [{ kind: 'evse-failed', evse: 'S1/1', detail: 1n }, 'detail is 1'],
])('nothing that JSON cannot hold is recorded: %#', (fact, place) => {
  expect(() => assertRecordable(fact as never)).toThrow(place)
})
