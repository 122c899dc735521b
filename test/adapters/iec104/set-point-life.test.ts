// A set-point that nobody repeats: held, ramped, over (F31).
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  lifetimeMs,
  nextLife,
  NO_SET_POINT,
  powerOf,
  type SetPointEvent,
  type SetPointLife,
} from '../../../adapters/iec104/pool/set-point-life.ts'
import { watts } from '../../../domain/units.ts'

const SAFE = { silenceMs: 60_000, holdMs: 60_000, rampMs: 300_000 }
const received = (power: number, at: number, life: SetPointLife = NO_SET_POINT) =>
  nextLife(life, { kind: 'received', power: watts(power) }, at, SAFE)
const heard = (life: SetPointLife, isHeard: boolean, at: number) => nextLife(life, { kind: 'heard', isHeard }, at, SAFE)
const later = (life: SetPointLife, at: number) => nextLife(life, { kind: 'time-passed' }, at, SAFE)

describe('a set-point', () => {
  it('is followed while it is repeated', () => {
    let life = received(50_000, 0)
    for (let at = 4_000; at < 600_000; at += 4_000) life = received(50_000, at, later(life, at))
    expect(life.kind).toBe('followed')
  })

  it('whose line is lost is held for a minute, then goes to the working point in five', () => {
    const lost = heard(received(50_000, 0), false, 10_000)
    expect([lost.kind, powerOf(lost, watts(0), 10_000, SAFE)]).toEqual(['held', 50_000])
    expect(later(lost, 69_999).kind).toBe('held')
    const ramped = later(lost, 70_000)
    expect([70_000, 220_000, 369_999].map((at) => powerOf(later(ramped, at), watts(-10_000), at, SAFE))).toEqual([
      50_000, 20_000, -10_000,
    ])
    expect(later(ramped, 370_000)).toEqual(NO_SET_POINT)
  })

  it('that is not repeated is lost as well, also on a line that stands', () => {
    expect(later(received(50_000, 0), 59_999).kind).toBe('followed')
    expect(later(received(50_000, 0), 60_000)).toMatchObject({ kind: 'held', since: 60_000 })
    // Looked at late it stands where it would have stood.
    expect(later(received(50_000, 0), 130_000)).toMatchObject({ kind: 'ramped', since: 120_000 })
    expect(later(received(50_000, 0), 420_000)).toEqual(NO_SET_POINT)
  })

  it('goes on where another line takes over in time, and no longer than it would have', () => {
    const switched = heard(heard(received(50_000, 0), false, 10_000), true, 14_000)
    expect(switched).toEqual({ kind: 'followed', power: 50_000, receivedAt: 0 })
    expect(heard(heard(received(50_000, 0), false, 10_000), true, 65_000).kind).toBe('held')
  })

  it('is ramped at once where the pool takes part no more, and another one ends each of these', () => {
    const left = nextLife(received(50_000, 0), { kind: 'left' }, 5_000, SAFE)
    expect(left).toMatchObject({ kind: 'ramped', since: 5_000 })
    expect(received(20_000, 6_000, left)).toEqual({ kind: 'followed', power: 20_000, receivedAt: 6_000 })
  })

  it('never lasts longer than its lifetime, whatever happens to the line', () => {
    const events = fc.array(
      fc.record({
        after: fc.integer({ min: 0, max: 90_000 }),
        event: fc.constantFrom<SetPointEvent>(
          { kind: 'heard', isHeard: true },
          { kind: 'heard', isHeard: false },
          { kind: 'time-passed' },
        ),
      }),
    )
    fc.assert(
      fc.property(events, (all) => {
        let [life, now]: [SetPointLife, number] = [received(50_000, 0), 0]
        for (const { after, event } of all) life = nextLife(life, event, (now += after), SAFE)
        expect(later(life, Math.max(now, lifetimeMs(SAFE)))).toEqual(NO_SET_POINT)
      }),
    )
  })
})
