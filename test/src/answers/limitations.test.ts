// Who may see and guide the limited directions of sites: the control room sees its own, a guard what it guides, and nobody else speaks for it.
import { expect, it } from 'vitest'
import type { SiteLimitation } from '../../../domain/limitation/limitation-contract.ts'
import { NO_AUTONOMY } from '../../../domain/limitation/limited-device.ts'
import type { Asker } from '../../../domain/registry/asker.ts'
import { id, type SiteId, type TenantId } from '../../../domain/registry/identity.ts'
import { watts } from '../../../domain/units.ts'
import { NOW, smallFleet, smallRegistry } from '../../domain/live/small-fleet.ts'
import { answersLab } from './answers-lab.ts'

const HOUR_MS = 3_600_000
const contract = (guard: string, by: 'rest' | 'eebus' = 'rest'): SiteLimitation => ({
  consume: {
    guard,
    by,
    role: 'energy-manager',
    nominalMax: null,
    failsafeLimit: watts(4_200),
    failsafeDurationMs: 2 * HOUR_MS,
    failsafeDurationMaxMs: 24 * HOUR_MS,
    largestLimit: null,
    autonomy: NO_AUTONOMY,
  },
})
const tenantOf = (n: number) => id<TenantId>(n < 3 ? 'north' : 'south')
const asker = (name: string, role: Asker['role'], tenant: string | null = null): Asker => ({
  name,
  role,
  tenant: tenant === null ? null : id<TenantId>(tenant),
  vehicles: [],
})
const site = (n: number) => id<SiteId>(`home-${n}`)
const page = { after: null, limit: 10 }

/** The first two sites are of the north, the third of the south; the second has a guard of EEBUS. */
function lab() {
  const guards = [contract('box'), contract('box', 'eebus'), contract('box south')]
  const registry = smallRegistry({ cars: 3, site: (n) => ({ tenant: tenantOf(n), limitation: guards[n - 1]! }) })
  return answersLab(smallFleet(registry), NOW).answers.limitations
}
const off = { isActive: false, value: watts(0), durationMs: null }

it('shows a guard what it guides, a tenant what is its own, and the operator everything', () => {
  const answers = lab()
  const names = (who: Asker) => answers.limitations(who, page).map(({ name }) => name)
  expect(names(asker('desk', 'viewer'))).toEqual(['lpc:home-1', 'lpc:home-2', 'lpc:home-3'])
  expect(answers.limitations(asker('desk', 'viewer'), { after: 'lpc:home-1', limit: 1 })).toMatchObject([{ name: 'lpc:home-2' }])
  expect(names(asker('desk', 'viewer', 'south'))).toEqual(['lpc:home-3'])
  expect(names(asker('box', 'grid'))).toEqual(['lpc:home-1', 'lpc:home-2'])
  expect(names(asker('box', 'grid', 'south'))).toEqual([])
  expect(answers.ofSite(asker('box', 'grid'), site(3))).toBeNull()
  expect(answers.ofSite(asker('desk', 'viewer', 'north'), site(3))).toBeNull()
  expect(answers.ofSite(asker('desk', 'viewer'), site(3))).toHaveLength(1)
  expect(answers.counts(asker('desk', 'viewer', 'north'))).toMatchObject({ init: 2, failsafe: 0 })
})

it('F18: lets nobody guide but the guard of the registry, by the way it stands there', async () => {
  const answers = lab()
  for (const [who, n, kind] of [
    [asker('operator', 'admin'), 1, 'not-the-guard'],
    [asker('other', 'grid'), 1, 'unknown'],
    [asker('box', 'grid'), 2, 'not-the-guard'],
    [asker('box', 'grid'), 3, 'unknown'],
    [asker('box south', 'grid', 'north'), 3, 'unknown'],
    [asker('box', 'grid'), 4, 'unknown'],
  ] as const) {
    expect(await answers.heartbeat(who, site(n), 'consume', 60_000)).toEqual({ ok: false, refusal: { kind } })
    expect(await answers.writeLimit(who, site(n), 'consume', off)).toEqual({ ok: false, refusal: { kind } })
    expect(await answers.writeFailsafe(who, site(n), 'consume', { limit: watts(0), durationMs: null })).toMatchObject({
      ok: false,
    })
  }
  expect(answers.counts(asker('desk', 'viewer'))).toMatchObject({ init: 3 })
  expect(await answers.heartbeat(asker('box', 'grid'), site(1), 'produce', 60_000)).toMatchObject({
    refusal: { kind: 'unknown' },
  })
})

it('hears one heartbeat of a guard for all that it guides over this API', async () => {
  const answers = lab()
  expect(await answers.heartbeatOfAll(asker('nobody', 'grid'), 60_000)).toBe(0)
  expect(await answers.heartbeatOfAll(asker('box', 'grid'), 60_000)).toBe(1)
  const [first, second] = answers.limitations(asker('desk', 'viewer'), page)
  expect([first!.heartbeatAt, second!.heartbeatAt]).toEqual([NOW, null])
  const told = await answers.writeLimit(asker('box', 'grid'), site(1), 'consume', off)
  expect(told).toMatchObject({ value: { answer: { isAccepted: true }, view: { stands: { state: 'unlimited/controlled' } } } })
})
