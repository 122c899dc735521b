// LPC and LPP between two nodes of ours over TLS: limits in both directions, lost connections, restarts of either side.
import tls from 'node:tls'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { ceiling } from '../../../../domain/limitation/controllable-system.ts'
import { magnitudeOf } from '../../../../domain/limitation/limit.ts'
import { USE_CASES } from '../../../domain/limitation/played.ts'
import { guardingRole, identities, limitedRole } from './roles.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()))
})
function opened<T extends { readonly close: () => Promise<void> }>(role: T): T {
  closers.push(role.close)
  return role
}
const until = (check: () => void) => vi.waitFor(check, { timeout: 20_000, interval: 20 })

it('limits of both directions are found, bound, written and in force; failsafe values follow', async () => {
  const [first, second] = identities()
  const system = opened(limitedRole(first, [second]))
  const guard = opened(guardingRole(second, first, { consume: 4_200, produce: 3_000 }))
  guard.parts.consume!.take({ kind: 'want-failsafe', limit: 2_000 as never, durationMs: 3 * 3_600_000 })
  guard.call(await system.node.listen(0, '127.0.0.1'))
  await until(() => expect(guard.events.filter(({ kind }) => kind === 'failsafe-accepted')).toHaveLength(2))
  const { consume, produce } = { consume: system.parts.consume.system(), produce: system.parts.produce.system() }
  expect([consume, produce].map((one) => ceiling(one, one.at))).toEqual([
    { by: 'limit', power: 4_200 },
    { by: 'limit', power: -3_000 },
  ])
  expect(system.changes.map(({ direction, from, to, transition }) => [direction, from, to, transition])).toEqual([
    ['consume', 'init', 'limited', 2],
    ['produce', 'init', 'limited', 2],
  ])
  expect(consume.written).toEqual({ limit: 2_000, durationMs: 3 * 3_600_000 })
  // One data point for both directions.
  expect(produce.written).toEqual({ limit: null, durationMs: 3 * 3_600_000 })
  expect(guard.parts.consume!.guard().nominalMax).toBe(11_000)
  expect(guard.events.filter(({ kind }) => kind.endsWith('refused'))).toEqual([])
})

describe.each(USE_CASES)('$useCase over TLS', ({ useCase, direction }) => {
  const isLimited = (role: ReturnType<typeof limitedRole>, power: number) => {
    const system = role.parts[direction].system()
    expect(magnitudeOf(direction, ceiling(system, system.at).power!)).toBe(power)
    expect(system.standing.name).toBe('limited')
  }

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('a limit is taken over %s', async (version) => {
    const before = tls.DEFAULT_MAX_VERSION
    tls.DEFAULT_MAX_VERSION = version
    try {
      const [first, second] = identities()
      const system = opened(limitedRole(first, [second]))
      const guard = opened(guardingRole(second, first, { [direction]: 4_200 }))
      guard.call(await system.node.listen(0, '127.0.0.1'))
      await until(() => isLimited(system, 4_200))
    } finally {
      tls.DEFAULT_MAX_VERSION = before
    }
  })

  it('the connection is lost twenty times, by either end, and each time the guard comes again with its limit', async () => {
    const [first, second] = identities()
    const system = opened(limitedRole(first, [second]))
    const guard = opened(guardingRole(second, first, { [direction]: 4_200 }))
    guard.call(await system.node.listen(0, '127.0.0.1'))
    const accepted = () => guard.events.filter(({ kind }) => kind === 'limit-accepted').length
    for (let count = 1; count <= 20; count += 1) {
      await until(() => expect(accepted()).toBe(count))
      const [connection] = (count % 2 === 0 ? system : guard).node.connections()
      if (count % 4 < 2) connection!.close()
      else connection!.terminate('cut')
    }
    await until(() => expect(accepted()).toBe(21))
    isLimited(system, 4_200)
    expect(guard.events.filter(({ kind }) => kind !== 'limit-accepted')).toEqual([])
    expect(system.changes.map(({ to }) => to)).toEqual(['limited'])
    expect([system.node.connections().length, guard.node.connections().length]).toEqual([1, 1])
  })

  it.each(['the device', 'the guard'])('%s is started anew, and the limit holds again', async (who) => {
    const [first, second] = identities()
    let system = limitedRole(first, [second])
    let guard = guardingRole(second, first, { [direction]: 4_200 })
    const port = await system.node.listen(0, '127.0.0.1')
    guard.call(port)
    await until(() => isLimited(system, 4_200))
    if (who === 'the device') {
      await system.close()
      system = limitedRole(first, [second])
      expect(system.parts[direction].system().standing.name).toBe('init')
      await system.node.listen(port, '127.0.0.1')
    } else {
      await guard.close()
      guard = guardingRole(second, first, { [direction]: 3_000 })
      guard.call(port)
    }
    opened(system)
    opened(guard)
    await until(() => isLimited(system, who === 'the device' ? 4_200 : 3_000))
  })

  it(`ATC_${useCase}_COM_PT_EGConnection_003: both were off, and the guard connects and limits again unaided`, async () => {
    const [first, second] = identities()
    const before = [limitedRole(first, [second]), guardingRole(second, first, { [direction]: 4_200 })] as const
    const port = await before[0].node.listen(0, '127.0.0.1')
    before[1].call(port)
    await until(() => isLimited(before[0], 4_200))
    await Promise.all(before.map(({ close }) => close()))
    const guard = opened(guardingRole(second, first, { [direction]: 4_200 }))
    guard.call(port)
    const system = opened(limitedRole(first, [second]))
    await system.node.listen(port, '127.0.0.1')
    await until(() => isLimited(system, 4_200))
    expect(system.parts[direction].system().heartbeat).not.toBeNull()
  })

  it(`ATC_${useCase}_COM_PT_CSConnection_009: both were off, and the device takes heartbeat and a deactivated limit again unaided`, async () => {
    const [first, second] = identities()
    const before = [limitedRole(first, [second]), guardingRole(second, first, { [direction]: 4_200 })] as const
    const port = await before[0].node.listen(0, '127.0.0.1')
    before[1].call(port)
    await until(() => isLimited(before[0], 4_200))
    await Promise.all(before.map(({ close }) => close()))
    const guard = opened(guardingRole(second, first, { [direction]: 4_200 }, false))
    guard.call(port)
    const system = opened(limitedRole(first, [second]))
    await system.node.listen(port, '127.0.0.1')
    await until(() => expect(system.parts[direction].system().standing.name).toBe('unlimited/controlled'))
    expect(system.changes.map(({ transition }) => transition)).toEqual([1])
  })

  it('a stranger limits nothing, and a guard that the device has not paired with stays outside', async () => {
    const [first, second] = identities()
    const [stranger] = identities()
    const system = opened(limitedRole(first, [second]))
    const port = await system.node.listen(0, '127.0.0.1')
    const refusedOne = opened(guardingRole(stranger, first, { [direction]: 100 }))
    refusedOne.call(port)
    const guard = opened(guardingRole(second, first, { [direction]: 4_200 }))
    guard.call(port)
    await until(() => isLimited(system, 4_200))
    expect(refusedOne.events).toEqual([])
  })
})
