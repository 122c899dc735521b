import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { combine, RANKS, type Envelope, type Rank } from '../../../domain/signals/envelope.ts'
import { kilowatts, watts } from '../../../domain/units.ts'

function envelope(rank: Rank, min: number | null, max: number | null, authority: string = rank): Envelope {
  return {
    subject: 'evse:A/1',
    from: 0,
    until: null,
    rank,
    min: min === null ? null : watts(min),
    max: max === null ? null : watts(max),
    provenance: { authority, reference: authority },
    receivedAt: 0,
  }
}

describe('combine', () => {
  it('says which authority bound each side', () => {
    const bounds = combine(
      [
        envelope('hardware', -11_000, 11_000),
        envelope('grid-limit', null, 4_200, 'VNB'),
        envelope('driver', 0, null, 'no consent'),
      ],
      5,
    )
    expect([bounds.min, bounds.max]).toEqual([0, 4_200])
    expect(bounds.maxBy?.provenance.authority).toBe('VNB')
    expect(bounds.minBy?.provenance.authority).toBe('no consent')
  })

  it('never lets a lower rank lift a grid limit, and names whom it overruled (I9)', () => {
    const bounds = combine(
      [envelope('hardware', -11_000, 11_000), envelope('grid-limit', null, 4_200), envelope('activation', 8_000, 8_000)],
      0,
    )
    expect([bounds.min, bounds.max]).toEqual([kilowatts(4.2), kilowatts(4.2)])
    expect(bounds.overruled.map((one) => one.rank)).toEqual(['activation'])
  })

  it('takes the most restrictive of two limits of one rank (F19)', () => {
    expect(combine([envelope('grid-limit', null, 6_000, 'a'), envelope('grid-limit', null, 4_200, 'b')], 0).max).toBe(4_200)
  })

  it('holds from its first to before its last millisecond', () => {
    const limited = { ...envelope('grid-limit', null, 0), from: 1_000, until: 2_000 }
    expect([999, 1_000, 1_999, 2_000].map((at) => combine([envelope('hardware', 0, 11_000), limited], at).max)).toEqual([
      11_000, 0, 0, 11_000,
    ])
  })

  it('gives the same result whatever the order of arrival, and bounds that never cross (F19)', () => {
    const any = fc.record({
      rank: fc.constantFrom(...RANKS),
      a: fc.integer({ min: -20_000, max: 20_000 }),
      b: fc.integer({ min: -20_000, max: 20_000 }),
      name: fc.uuid(),
    })
    fc.assert(
      fc.property(fc.array(any, { maxLength: 8 }), fc.nat(), (list, turn) => {
        const envelopes = list.map(({ rank, a, b, name }) => envelope(rank, Math.min(a, b), Math.max(a, b), name))
        const turned = [...envelopes.slice(turn % (envelopes.length + 1)), ...envelopes.slice(0, turn % (envelopes.length + 1))]
        const [one, other] = [combine(envelopes, 0), combine(turned, 0)]
        expect([one.min, one.max]).toEqual([other.min, other.max])
        expect(one.min).toBeLessThanOrEqual(one.max)
        const hardware = combine(
          envelopes.filter(({ rank }) => rank === 'hardware'),
          0,
        )
        expect(one.max).toBeLessThanOrEqual(hardware.max)
        expect(one.min).toBeGreaterThanOrEqual(hardware.min)
      }),
    )
  })
})
