// LPC and LPP between two nodes of ours over TLS: limits in both directions, lost connections, restarts of either side.
import { afterEach, expect, it, vi } from 'vitest'
import { ceiling } from '../../../../domain/limitation/controllable-system.ts'
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
