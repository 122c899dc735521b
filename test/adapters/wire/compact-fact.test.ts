// What is written of a fact is shorter, and gives the same fact when it is read again.
import { array, assert, constantFrom, double, integer, nat, option, property, record, string, tuple } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compactFact, readFact } from '../../../adapters/wire/compact-fact.ts'
import { canonicalJson } from '../../../adapters/wire/hash-chain.ts'
import type { Fact } from '../../../domain/facts/fact.ts'
import { smallRegistry } from '../../domain/live/small-fleet.ts'

const AT = Date.parse('2026-01-15T16:00:00Z')
const number = double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0)
const reading = record({
  evse: constantFrom('S1/1', 'S2/1', 'S3/1'),
  transaction: option(string()),
  sampledAt: integer({ min: AT - 10 ** 10, max: AT + 10 ** 6 }),
  arrivedAt: integer({ min: AT - 10 ** 6, max: AT + 10 ** 6 }),
  power: option(integer({ min: -50_000, max: 50_000 })),
  imported: option(number),
  exported: option(number),
  soc: option(double({ min: 0, max: 1, noNaN: true }).map((value) => value + 0)),
  phases: option(tuple(nat(), nat(), nat())),
  quality: constantFrom('measured', 'late', 'suspect'),
})
const watts = array(constantFrom(0, 11_000, -11_000, 4_665), { maxLength: 200 })

function written(fact: unknown, at = AT): { text: string; back: Fact } {
  const text = canonicalJson(compactFact(fact as Fact, at))
  return { text, back: readFact(JSON.parse(text), at) }
}

describe('a compact fact', () => {
  it('gives back any readings', () => {
    assert(
      property(array(reading), (readings) => {
        expect(canonicalJson(written({ kind: 'readings', readings }).back)).toBe(canonicalJson({ kind: 'readings', readings }))
      }),
    )
  })

  it('gives back any plan and any course', () => {
    assert(
      property(watts, (values) => {
        for (const fact of [
          { kind: 'plan-published', session: 's', firstSlot: 1, powerWatts: values, cause: 'test' },
          { kind: 'fleet-planned', firstSlot: 1, powerWatts: values, cars: 3 },
          { kind: 'order-issued', leaseUntil: 1, order: { id: 'o', course: { first: 1, values }, setpoint: null } },
        ])
          expect(written(fact).back).toEqual(fact)
      }),
    )
  })

  it('leaves alone what it does not know: another field, another time, another fact', () => {
    const known = { evse: 'S1/1', transaction: null, sampledAt: AT, arrivedAt: AT, power: 1, imported: null, exported: null }
    const plain = { ...known, soc: null, phases: null, quality: 'measured' }
    const facts = [
      { kind: 'readings', readings: [{ ...plain, current: 16 }] },
      { kind: 'readings', readings: [known] },
      { kind: 'readings', readings: [{ ...plain, sampledAt: AT + 0.5 }] },
      { kind: 'readings', readings: [] },
      { kind: 'registry-set', registry: smallRegistry() },
      { kind: 'plan-published', powerWatts: [1, 2, 3] },
    ]
    for (const fact of facts) {
      expect(compactFact(fact as unknown as Fact, AT)).toBe(fact)
      expect(written(fact).back).toEqual(fact)
    }
    expect(written({ kind: 'readings', readings: [plain] }, AT + 0.5).back).toEqual({ kind: 'readings', readings: [plain] })
  })

  it('needs two thirds for a reading alone, and a tenth for a plan', () => {
    const one = { evse: 'S1/1', transaction: 'tx-1', sampledAt: AT, arrivedAt: AT, power: 11_000, imported: 100, exported: 0 }
    const readings = { kind: 'readings', readings: [{ ...one, soc: 0.5, phases: null, quality: 'measured' }] }
    expect(written(readings).text.length / canonicalJson(readings).length).toBeLessThan(0.67)
    const plan = { kind: 'plan-published', powerWatts: [...Array<number>(90).fill(0), ...Array<number>(100).fill(11_000)] }
    expect(written(plan).text.length / canonicalJson(plan).length).toBeLessThan(0.1)
  })
})
