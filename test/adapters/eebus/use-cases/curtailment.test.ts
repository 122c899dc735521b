// OPEV and OSCEV: what a manager may write, and what a car takes of that, in silence too.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  curtailmentWrite,
  OPEV,
  OSCEV,
  OVERLOAD_PROTECTION,
  SELF_CONSUMPTION,
} from '../../../../adapters/eebus/use-cases/current-curtailment.ts'
import {
  allowedCurrents,
  byPhase,
  recommendedCurrents,
  type WrittenLimits,
} from '../../../../adapters/eebus/use-cases/curtailment-rules.ts'
import { beating } from '../../../../adapters/eebus/use-cases/pulse.ts'
import { HOUSE } from '../../../../adapters/eebus/use-cases/played-house.ts'
import { housePair, MANAGER } from './house-pair.ts'

type Pair = Awaited<ReturnType<typeof housePair>>
const feature = (peer: Pair) => peer.link.remote().features.find(({ type, role }) => type === 'LoadControl' && role === 'server')!

async function hold(peer: Pair, useCase: 'OPEV' | 'OSCEV', currents: Record<'a' | 'b' | 'c', number> | null, fuse = 32) {
  const [one, kind] = useCase === 'OPEV' ? [OPEV, OVERLOAD_PROTECTION] : [OSCEV, SELF_CONSUMPTION]
  const command = curtailmentWrite(peer.watch.valuesOf(one)!, kind, currents, fuse)
  if (!command.ok) throw new Error(command.refusal)
  const answer = peer.writer.write(feature(peer), command.value)
  await peer.settle()
  await peer.settle()
  return answer
}
const all = (current: number) => ({ a: current, b: current, c: current })

describe('a curtailed car', () => {
  it('tells its limits by phase, with what is permitted, and never more than its fuse', async () => {
    const peer = await housePair({ fuse: 13 })
    const limit = { isChangeable: true, isActive: false, current: 13, permitted: { min: 6, max: 13, fallback: 0 } }
    expect(peer.watch.valuesOf(OPEV)).toEqual({
      limits: { a: { limitId: 0, ...limit }, b: { limitId: 1, ...limit }, c: { limitId: 2, ...limit } },
    })
    expect(Object.values(peer.watch.valuesOf(OSCEV)!.limits).map(({ limitId }) => limitId)).toEqual([3, 4, 5])
  })
  it('takes its failsafe current until somebody who beats has written, and then what was written', async () => {
    const peer = await housePair()
    expect(peer.house.curtailed.allowed()).toEqual(all(6))
    expect(await hold(peer, 'OPEV', { a: 10, b: 12.5, c: 16 })).toEqual({ ok: true, value: {} })
    expect(peer.house.curtailed.allowed()).toEqual({ a: 10, b: 12.5, c: 16 })
    expect(peer.watch.valuesOf(OPEV)!.limits.b).toMatchObject({ isActive: true, current: 12.5 })
  })
  it('falls to its failsafe current 4 s after the last heartbeat, and stays there until it is written to again', async () => {
    const peer = await housePair()
    await hold(peer, 'OPEV', all(16))
    await peer.pass(30_000)
    expect(peer.house.curtailed.allowed()).toEqual(all(16))
    peer.stopBeating()
    // The last one came within the last 2 s.
    await peer.pass(1_900)
    expect(peer.house.curtailed.allowed()).toEqual(all(16))
    await peer.pass(2_200)
    expect(peer.house.curtailed.allowed()).toEqual(all(6))
    // Reading the old heartbeat again is none.
    await peer.pass(120_000)
    expect(peer.house.curtailed.allowed()).toEqual(all(6))
    beating(peer.manager, MANAGER, peer.clock)
    await peer.pass(4_000)
    expect(peer.house.curtailed.allowed()).toEqual(all(6))
    await hold(peer, 'OPEV', all(15))
    expect(peer.house.curtailed.allowed()).toEqual(all(15))
  })
  it('a lower limit than the failsafe current holds in silence as well', async () => {
    const peer = await housePair({ failsafe: 8 })
    await hold(peer, 'OPEV', all(0))
    peer.cut()
    await peer.pass(10_000)
    expect(peer.house.curtailed.allowed()).toEqual(all(0))
  })
  it('follows recommendations below obligations, and forgets them in silence', async () => {
    const peer = await housePair()
    await hold(peer, 'OPEV', all(12))
    await hold(peer, 'OSCEV', { a: 7, b: 14, c: 3 })
    // 3 A are less than the car can take: it waits.
    expect(peer.house.curtailed.recommended()).toEqual({ a: 7, b: 12, c: 0 })
    expect(peer.house.curtailed.allowed()).toEqual(all(12))
    await hold(peer, 'OSCEV', null)
    expect(peer.house.curtailed.recommended()).toEqual(all(12))
    await hold(peer, 'OSCEV', all(7))
    peer.stopBeating()
    await peer.pass(10_000)
    expect(peer.house.curtailed.recommended()).toEqual(all(6))
  })
  it('stores no more than its fuse, and refuses what is no current', async () => {
    const peer = await housePair({ fuse: 10 })
    const write = async (value: { number: number; scale: number }) => {
      const answer = peer.writer.write(feature(peer), {
        name: 'loadControlLimitListData',
        data: { loadControlLimitData: [{ limitId: 0, isLimitActive: true, value }] },
      })
      await peer.settle()
      await peer.settle()
      return answer
    }
    expect(await write({ number: 32, scale: 0 })).toMatchObject({ ok: true })
    expect(peer.watch.valuesOf(OPEV)!.limits.a).toMatchObject({ isActive: true, current: 10 })
    expect(await write({ number: -6, scale: 0 })).toMatchObject({ ok: false, refusal: { errorNumber: 7 } })
    expect(await write({ number: 1, scale: 300 })).toMatchObject({ ok: false, refusal: { errorNumber: 7 } })
    expect(peer.watch.valuesOf(OPEV)!.limits.a).toMatchObject({ isActive: true, current: 10 })
    const stored = peer.house.device.data({ entity: HOUSE.car, id: 10 }, 'loadControlLimitListData')
    expect(JSON.stringify(stored)).not.toContain('32')
  })
  it('that follows another one knows nothing of what that one was allowed', async () => {
    const peer = await housePair()
    await hold(peer, 'OPEV', all(16))
    peer.house.setPlugged(false)
    await peer.settle()
    expect(peer.unitLink.bindings()).toEqual([])
    peer.house.setPlugged(true)
    for (let turn = 0; turn < 4; turn += 1) await peer.settle()
    expect(peer.house.curtailed.allowed()).toEqual(all(6))
    expect(peer.watch.valuesOf(OPEV)!.limits.a).toMatchObject({ isActive: false })
    expect(await hold(peer, 'OPEV', all(9))).toEqual({ ok: true, value: {} })
    // The heartbeat is heard as before.
    await peer.pass(20_000)
    expect(peer.house.curtailed.allowed()).toEqual(all(9))
  })
  it('is written to again where its binding is lost', async () => {
    const peer = await housePair()
    await hold(peer, 'OPEV', all(10))
    peer.unitLink.receive({
      datagram: {
        header: {
          specificationVersion: '1.3.0',
          addressSource: { device: 'd:_i:Manager', entity: [0], feature: 0 },
          addressDestination: { device: 'd:_i:House', entity: [0], feature: 0 },
          msgCounter: 90_000,
          cmdClassifier: 'call',
        },
        payload: {
          cmd: [{ nodeManagementBindingDeleteCall: { bindingDelete: { bindingId: peer.unitLink.bindings()[0]!.id } } }],
        },
      },
    })
    expect(peer.unitLink.bindings()).toEqual([])
    expect(await hold(peer, 'OPEV', all(11))).toEqual({ ok: true, value: {} })
  })
})

describe('the write of a manager', () => {
  const permitted = { min: 6, max: 32, fallback: 0 }
  const limit = (limitId: number) => ({ limitId, isChangeable: true, isActive: false, current: 32, permitted })
  const values = { limits: { a: limit(1), b: limit(2) } }
  const written = (wanted: Parameters<typeof curtailmentWrite>[2], kind = OVERLOAD_PROTECTION, fuse = 16) => {
    const command = curtailmentWrite(values, kind, wanted, fuse)
    return command.ok ? command.value.data['loadControlLimitData'] : command.refusal
  }
  it('names every phase of the car, never above the fuse; what is not named is to take nothing', () => {
    expect(written({ a: 20 })).toEqual([
      { limitId: 1, isLimitActive: true, value: { number: 16, scale: 0 } },
      { limitId: 2, isLimitActive: true, value: { number: 0, scale: 0 } },
    ])
  })
  it('takes a recommendation back, and an obligation down to the fuse', () => {
    expect(written(null)).toMatchObject([{ isLimitActive: true, value: { number: 16 } }, { isLimitActive: true }])
    expect(written(null, SELF_CONSUMPTION)).toMatchObject([{ isLimitActive: false }, { isLimitActive: false }])
  })
  it('is none where the car has no limits, or none that can be changed, or a current is none', () => {
    expect(curtailmentWrite({ limits: {} }, OVERLOAD_PROTECTION, { a: 6 }, 16)).toMatchObject({ refusal: 'no-limits' })
    const fixed = { limits: { a: { ...limit(1), isChangeable: false } } }
    expect(curtailmentWrite(fixed, OVERLOAD_PROTECTION, { a: 6 }, 16)).toMatchObject({ refusal: 'not-changeable' })
    expect(written({ a: Number.NaN })).toBe('no-current')
  })
})

const current = fc.oneof(fc.double({ min: 0, max: 80, noNaN: true }), fc.constant(null))
const limits: fc.Arbitrary<WrittenLimits> = fc.record({ a: current, b: current, c: current })

it('nothing is ever above fuse, car or obligation, and silence above none but the failsafe current', () => {
  fc.assert(
    fc.property(
      fc.record({
        fuse: fc.integer({ min: 6, max: 63 }),
        failsafe: fc.integer({ min: 0, max: 100 }),
        permitted: fc.record({
          min: fc.integer({ min: 0, max: 10 }),
          max: fc.integer({ min: 10, max: 80 }),
          fallback: fc.oneof(fc.constant(0), fc.constant(null), fc.constant(3)),
        }),
        obligation: limits,
        recommendation: limits,
        isObligationBelieved: fc.boolean(),
        isRecommendationBelieved: fc.boolean(),
      }),
      (curtailed) => {
        const { fuse, failsafe, permitted, obligation, isObligationBelieved } = curtailed
        const [allowed, recommended] = [allowedCurrents(curtailed), recommendedCurrents(curtailed)]
        byPhase((phase) => {
          const bound = Math.min(fuse, permitted.max, obligation[phase] ?? Infinity, isObligationBelieved ? Infinity : failsafe)
          expect(allowed[phase]).toBeLessThanOrEqual(bound)
          expect(allowed[phase]).toBeGreaterThanOrEqual(0)
          expect(recommended[phase]).toBeLessThanOrEqual(allowed[phase])
        })
      },
    ),
  )
})
