// Who may pair which control box with which site, and who sees whom: registry, people and the file of the command line in one list.
import { expect, it } from 'vitest'
import type { SiteLimitation } from '../../../domain/limitation/limitation-contract.ts'
import { apply } from '../../../domain/live/apply.ts'
import type { Fact } from '../../../domain/facts/fact.ts'
import type { Asker } from '../../../domain/registry/asker.ts'
import { id, type SiteId, type TenantId } from '../../../domain/registry/identity.ts'
import { guardAnswers, type EebusDoorSight } from '../../../src/answers/guards.ts'
import { visibility } from '../../../src/answers/visibility.ts'
import { manualClock } from '../../../src/run/clock.ts'
import { guardDesk } from '../../../src/run/guard-desk.ts'
import { guardSightings } from '../../../src/run/guard-sightings.ts'
import { NOW, smallFleet, smallRegistry } from '../../domain/live/small-fleet.ts'
import { consume } from '../run/limitation/desk-lab.ts'

const [BOX, OTHER, THIRD, FOURTH] = ['a', 'b', 'c', 'd'].map((digit) => digit.repeat(40)) as [string, string, string, string]
const site = (n: number) => id<SiteId>(`home-${n}`)
const asker = (tenant: string | null): Asker => ({
  name: 'desk',
  role: 'admin',
  tenant: tenant === null ? null : id<TenantId>(tenant),
  vehicles: [],
})
const [operator, north, south] = [asker(null), asker('north'), asker('south')]
const unpaired = consume({ guard: 'unpaired' })

/** Two sites of the north that wait for a box, one of the south that the registry gives to one, one that is not limited over EEBUS. */
function lab(limitations: readonly SiteLimitation[] = [unpaired, unpaired, consume({ guard: BOX }), consume({ by: 'rest' })]) {
  const tenantOf = (n: number) => id<TenantId>(n < 3 ? 'north' : 'south')
  const fleet = smallFleet(smallRegistry({ cars: 4, site: (n) => ({ tenant: tenantOf(n), limitation: limitations[n - 1]! }) }))
  const clock = manualClock(NOW)
  const facts: Fact[] = []
  const sightings = guardSightings(clock)
  const door: EebusDoorSight = {
    ski: 'f'.repeat(40),
    shipId: 'd:_n:us',
    host: '127.0.0.1',
    port: 4_712,
    isAnnounced: false,
    sightings,
    partners: () => [{ ski: FOURTH, name: 'by file', site: null, since: '2026-01-01T00:00:00Z' }],
  }
  const keep = (fact: Fact) => {
    facts.push(fact)
    apply(fleet, fact, clock.now())
    return Promise.resolve()
  }
  const answers = guardAnswers({
    fleet,
    visible: visibility(fleet),
    desk: guardDesk({ clock, fleet, keep }),
    door: () => door,
    managers: () => [],
  })
  const trust = (who: Asker, ski: string, of: SiteId) => answers.trust(who, { ski, site: of, name: 'box', reason: 'ticket' })
  const seen = (who: Asker) => answers.guards(who).map(({ ski, source, isTrusted }) => `${ski[0]} ${source} ${isTrusted}`)
  return { answers, facts, trust, seen, sightings, clock }
}

it('lists whom the registry, the file and people have named, to each tenant its own', async () => {
  const { answers, trust, seen } = lab()
  expect(await trust(north, OTHER, site(1))).toMatchObject({ ok: true, value: { isRepeated: false } })
  expect(seen(operator)).toEqual(['a registry true', 'b api true', 'd file true'])
  expect(seen(north)).toEqual(['b api true'])
  expect(seen(south)).toEqual(['a registry true'])
  expect(answers.face().urls).toEqual(['wss://127.0.0.1:4712/ship/'])
})

it('a site has one guard and a guard one site; said twice it is one fact, another name is a new word', async () => {
  const { answers, facts, trust } = lab()
  await trust(operator, OTHER, site(1))
  expect(await trust(operator, OTHER, site(1))).toMatchObject({ ok: true, value: { isRepeated: true } })
  expect(facts).toHaveLength(1)
  expect(await trust(operator, OTHER, site(2))).toMatchObject({ refusal: { kind: 'at-another-site', site: site(1) } })
  expect(await trust(operator, BOX, site(2))).toMatchObject({ refusal: { kind: 'at-another-site', site: site(3) } })
  expect(await trust(operator, THIRD, site(1))).toMatchObject({ refusal: { kind: 'guarded', by: OTHER } })
  expect(await trust(operator, THIRD, site(3))).toMatchObject({ refusal: { kind: 'guarded', by: BOX } })
  expect(await trust(operator, THIRD, site(4))).toMatchObject({ refusal: { kind: 'not-limited' } })
  expect(await trust(operator, THIRD, site(9))).toMatchObject({ refusal: { kind: 'unknown-site' } })
  const renamed = await answers.trust(operator, { ski: OTHER, site: site(1), name: 'new box', reason: 'ticket' })
  expect(renamed).toMatchObject({ value: { isRepeated: false, guard: { name: 'new box', since: NOW } } })
})

it('sends away also whom the registry names, for another one to come; twice is once', async () => {
  const { answers, facts, trust, seen } = lab()
  expect(await answers.untrust(operator, BOX, 'ticket')).toEqual({ ok: true, value: null })
  expect(await answers.untrust(operator, BOX, 'ticket')).toEqual({ ok: true, value: null })
  expect(facts).toHaveLength(1)
  expect(seen(south)).toEqual(['a api false'])
  expect(await trust(south, THIRD, site(3))).toMatchObject({ ok: true })
  expect(await trust(south, BOX, site(3))).toMatchObject({ refusal: { kind: 'guarded', by: THIRD } })
})

it('a tenant neither sees nor touches what is another’s, and hears no more than that it is not there', async () => {
  const { answers, trust, seen, sightings } = lab()
  sightings.knocked(OTHER, '192.0.2.1', true)
  expect([answers.pending(operator).length, answers.pending(north)]).toEqual([1, []])
  expect(await trust(north, OTHER, site(3))).toMatchObject({ refusal: { kind: 'unknown-site' } })
  expect(await trust(north, BOX, site(1))).toEqual({ ok: false, refusal: { kind: 'at-another-site', site: '' } })
  expect(await answers.untrust(north, BOX, 'ticket')).toEqual({ ok: false, refusal: { kind: 'unknown' } })
  expect(await answers.untrust(north, OTHER, 'ticket')).toEqual({ ok: false, refusal: { kind: 'unknown' } })
  expect(await answers.untrust(operator, THIRD, 'ticket')).toEqual({ ok: false, refusal: { kind: 'unknown' } })
  expect(await answers.untrust(operator, OTHER, 'ticket')).toEqual({ ok: true, value: null })
  expect(seen(north)).toEqual([])
})

it('remembers the last 64 strangers, the latest first, and who was there when', () => {
  const { answers, sightings, clock } = lab()
  for (let n = 0; n < 70; n++) sightings.knocked(String(n).padStart(40, '0'), '192.0.2.1', true)
  expect(answers.pending(operator)).toHaveLength(64)
  expect(answers.pending(operator)[0]).toMatchObject({ ski: '69'.padStart(40, '0'), isWaiting: true })
  sightings.left('69'.padStart(40, '0'))
  expect(answers.pending(operator)[0]).toMatchObject({ isWaiting: false, lastSeenAt: clock.now() })
  sightings.knocked(BOX, '192.0.2.7', false)
  expect(answers.guards(operator)[0]).toMatchObject({ ski: BOX, address: '192.0.2.7', connectedSince: NOW })
})

it('takes a hundred words at once, then one a second', async () => {
  const { answers, clock } = lab()
  const name = (n: number) => answers.trust(operator, { ski: OTHER, site: site(1), name: `box ${n}`, reason: 'ticket' })
  for (let n = 0; n < 100; n++) expect((await name(n)).ok).toBe(true)
  expect(await name(100)).toMatchObject({ refusal: { kind: 'too-many' } })
  await clock.runUntil(clock.now() + 1_000, async () => {})
  expect((await name(101)).ok).toBe(true)
})
