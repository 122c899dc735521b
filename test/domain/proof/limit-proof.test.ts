// What became of a limit, read off recorded entries; every figure here can be worked out by hand.
import { describe, expect, it } from 'vitest'
import { SLOT_MS } from '../../../domain/time/slot.ts'
import { watts } from '../../../domain/units.ts'
import {
  A,
  AT,
  B,
  chained,
  confirms,
  disconnects,
  MINUTE,
  moves,
  OBEYED,
  orders,
  proofOf,
  received,
  signal,
  standing,
  tells,
  withdrawn,
} from './recorded-limit.ts'

describe('the proof of a limit', () => {
  it('names every instant from receipt to release (F19)', () => {
    const proof = proofOf(OBEYED)
    expect(proof.state).toBe('released')
    expect(proof.versions).toHaveLength(1)
    expect(proof.versions[0]).toMatchObject({
      validatedAt: AT,
      begin: AT,
      end: { at: AT + 15 * MINUTE, by: 'withdrawn' },
      cars: 2,
      told: 2,
      applied: 2,
      firstOrderAt: AT,
      lastOrderAt: AT + 40,
      firstAppliedAt: AT + 300,
      lastAppliedAt: AT + 900,
      alarms: ['limit_below_pmin14a'],
    })
    expect(proof.release).toMatchObject({ at: AT + 15 * MINUTE, by: 'withdrawn' })
    expect(proof.notFollowed).toEqual([])
  })

  it('counts as within only what was seen within: fourteen of fifteen minutes', () => {
    const { compliance, measured } = proofOf(OBEYED)
    expect(compliance).toMatchObject({
      inForceMs: 15 * MINUTE,
      withinMs: 14 * MINUTE,
      timePercent: 93.33,
      withinFrom: AT + MINUTE,
    })
    // 22 kW for a minute, 6 kW for fourteen.
    expect(compliance.movedWh).toBeCloseTo((22_000 + 14 * 6_000) / 60, 6)
    expect(compliance.beyondWh).toBeCloseTo(16_000 / 60, 6)
    expect(measured.atReceipt).toBe(22_000)
    expect(measured.points.slice(0, 3).map(({ watts: mean, max }) => [mean, max])).toEqual([
      [22_000, 6_000],
      [6_000, 6_000],
      [6_000, 6_000],
    ])
  })

  it('takes the energy between two values from the registers where these tell it', () => {
    // Some seconds at 11 kW, then 3 kW: the register knows, the power told every minute does not.
    const wh = 52.25
    const { compliance, compensation } = proofOf(
      [received(), tells(AT + MINUTE, A, 3_000, 1_003 + wh), tells(AT + MINUTE, B, 3_000, 1_003 + wh), withdrawn(AT + MINUTE)],
      standing({ [A]: { register: { at: AT, wh: 1_003 } }, [B]: { register: { at: AT, wh: 1_003 } } }),
    )
    expect(compliance.movedWh).toBeCloseTo(2 * wh, 6)
    expect(compliance.timePercent).toBe(0)
    expect(compensation.slots).toEqual([
      { slot: AT / SLOT_MS, plannedWh: 367, measuredWh: Math.round(2 * wh), notDrawnWh: 367 - Math.round(2 * wh) },
    ])
  })

  it('names those that did not follow, and why', () => {
    const end = AT + 5 * MINUTE
    const refused = moves(AT + 100, A, 'o-1', { kind: 'ended', outcome: 'refused', at: AT + 100, detail: 'Rejected' })
    const odd = proofOf([
      received(),
      orders(AT, A, 'o-1'),
      orders(AT, B, 'o-2'),
      refused,
      disconnects(AT + 200, 'st-2'),
      withdrawn(end),
    ])
    expect(odd.notFollowed).toEqual([
      { version: 1, evse: A, why: 'refused', detail: 'Rejected' },
      { version: 1, evse: B, why: 'not-connected', detail: 'its station had no connection' },
    ])
    expect(odd.compliance).toMatchObject({ timePercent: 0, withinFrom: null })
    const strayed = {
      at: AT + MINUTE,
      fact: { kind: 'station-deviates', evse: B, ordered: 3_000, measured: 9_000, misses: 2 },
    } as const
    const rest = proofOf([
      received(),
      orders(AT, A, 'o-1'),
      orders(AT, B, 'o-2'),
      confirms(AT + 1, B, 'o-2'),
      strayed,
      withdrawn(end),
    ])
    expect(rest.notFollowed.map(({ evse, why }) => [evse, why])).toEqual([
      [A, 'silent'],
      [B, 'did-not-follow'],
    ])
  })

  it('says so of a station that was away when the limit came, though no order was made for it', () => {
    const { notFollowed } = proofOf([received(), withdrawn(AT + MINUTE)], standing({ [B]: { isConnected: false } }))
    expect(notFollowed).toMatchObject([{ evse: B, why: 'not-connected' }])
  })

  it('goes through its versions, each against its own limit, up to the natural end', () => {
    const until = AT + 4 * MINUTE
    const second = signal({ version: 2, max: watts(10_000), receivedAt: AT + 2 * MINUTE, until })
    const of = standing()
    const both = { ...of, versions: [...of.versions, { version: 2, sequence: 4, subjects: ['site:house'], alarms: [] }] }
    const proof = proofOf(
      [
        received(),
        tells(AT + MINUTE, A, 2_000),
        tells(AT + MINUTE, B, 3_900),
        received(second),
        tells(AT + 3 * MINUTE, A, 5_000),
        tells(AT + 5 * MINUTE, A, 11_000),
      ],
      both,
    )
    expect(proof.versions.map(({ end, compliance }) => [end, compliance.withinMs])).toEqual([
      [{ at: AT + 2 * MINUTE, by: 'replaced' }, MINUTE],
      [{ at: until, by: 'ended' }, 2 * MINUTE],
    ])
    expect(proof.release).toMatchObject({ at: until, by: 'ended' })
    expect(proof.measured.points.map(({ max }) => max)).toEqual([6_000, 6_000, 10_000, 10_000, null])
  })

  it('is a proof so far while the limit holds, and none of a limit that is not among the entries', () => {
    const so = proofOf([received(), tells(AT + MINUTE, A, 3_000), tells(AT + 3 * MINUTE, B, 3_000)])
    expect([so.state, so.release, so.compliance.inForceMs]).toEqual(['in-force', null, 3 * MINUTE])
    expect(proofOf([tells(AT, A, 3_000)])).toBeNull()
  })

  it('ends some minutes after the release and not before the last version that is known', () => {
    const long = [...OBEYED, tells(AT + 18 * MINUTE, B, 11_000)]
    // The entry five minutes after the release ends it.
    expect(proofOf(long).chain.last.sequence).toBe(OBEYED.length - 1)
  })

  it('rests on entries by number and hash', () => {
    const entries = chained(OBEYED)
    const { chain } = proofOf(OBEYED)
    expect(chain.first).toMatchObject({ sequence: 1, hash: entries[0]!.hash })
    expect(chain.entries.map(({ sequence, kind }) => [sequence, kind])).toEqual([
      [1, 'signal-received'],
      [2, 'order-issued'],
      [3, 'order-issued'],
      [4, 'order-moved'],
      [5, 'order-moved'],
      [OBEYED.length - 1, 'signal-withdrawn'],
    ])
    for (const { sequence, hash } of chain.entries) expect(hash).toBe(entries[sequence - 1]!.hash)
  })

  it('gives the energy that was not drawn, whose quarter-hours add up to the sum', () => {
    const { compensation } = proofOf([...OBEYED.slice(0, -2), withdrawn(AT + 20 * MINUTE)])
    // 22 kW planned; 22 kW in the first minute, then 6 kW for nineteen.
    expect(compensation.slots.map(({ plannedWh, measuredWh }) => [plannedWh, measuredWh])).toEqual([
      [5_500, 1_767],
      [1_833, 500],
    ])
    expect(compensation.notDrawnWh).toBe(compensation.slots.reduce((sum, { notDrawnWh }) => sum + notDrawnWh, 0))
    expect(compensation.notDrawnWh).toBe(7_333 - 2_267)
  })
})
