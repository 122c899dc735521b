// Whoever belongs to one tenant knows nothing of the others, whatever they ask for and whatever they try to change.
import { describe, expect, it } from 'vitest'
import { deliveryDay } from '../../../domain/time/delivery-day.ts'
import type { Asker } from '../../../domain/registry/asker.ts'
import { THE_PROCESS } from '../../../domain/registry/asker.ts'
import {
  evseId,
  id,
  type BalanceGroupId,
  type PoolId,
  type SiteId,
  type StationId,
  type TenantId,
} from '../../../domain/registry/identity.ts'
import type { Registry } from '../../../domain/registry/registry.ts'
import { slotAt, later } from '../../../domain/time/slot.ts'
import { eurPerMWh, share, wattHours, watts } from '../../../domain/units.ts'
import { answersLab } from './answers-lab.ts'
import {
  HOUR_MS,
  NOW,
  ordered,
  planned,
  plugIn,
  priced,
  sessionOf,
  smallFleet,
  smallRegistry,
} from '../../domain/live/small-fleet.ts'

const NORTH = id<TenantId>('north')
const SOUTH = id<TenantId>('south')
const asker = (tenant: TenantId, more: Partial<Asker> = {}): Asker => ({
  name: 'desk',
  role: 'admin',
  tenant,
  vehicles: [],
  ...more,
})
const [north, south, nobody] = [asker(NORTH), asker(SOUTH), asker(id<TenantId>('elsewhere'))]
const day = deliveryDay('2026-01-16')
const own = { balanceGroup: id<BalanceGroupId>('group-1'), controlArea: '50Hertz' } as const
const foreign = { balanceGroup: id<BalanceGroupId>('group-3'), controlArea: '50Hertz' } as const

/** Cars 1 and 2 are of the north, 3 is of the south. */
function registry(): Registry {
  const of = smallRegistry({
    cars: 3,
    site: (n) => ({
      tenant: n < 3 ? NORTH : SOUTH,
      pool: id<PoolId>(n < 3 ? 'pool-n' : 'pool-s'),
      balanceGroup: id<BalanceGroupId>(`group-${n}`),
    }),
  })
  const pool = (name: string, tenant: TenantId) => ({
    id: id<PoolId>(name),
    tenant,
    controlArea: '50Hertz' as const,
    product: 'fleet',
  })
  return { ...of, tenants: [], pools: [pool('pool-n', NORTH), pool('pool-s', SOUTH)] }
}
function lab() {
  const fleet = smallFleet(registry())
  priced(fleet)
  for (const n of [1, 2, 3]) {
    const live = plugIn(fleet, n)
    planned(fleet, live, 1_000)
    ordered(fleet, live, n * 1_000)
  }
  return { fleet, ...answersLab(fleet, NOW) }
}
const stationId = (n: number) => id<StationId>(`S${n}`)
const siteId = (n: number) => id<SiteId>(`home-${n}`)

describe('S7: an asker of one tenant', () => {
  it('sees the stations, rows, sums and metrics of that tenant alone', async () => {
    const { answers } = lab()
    const names = (who: Asker) => answers.stations.stations(who).map(({ station }) => station)
    expect([north, south, nobody, THE_PROCESS].map(names)).toEqual([['S1', 'S2'], ['S3'], [], ['S1', 'S2', 'S3']])
    expect(answers.stations.station(south, stationId(1))).toBeNull()
    expect(answers.stations.frames(south, stationId(1))).toEqual([])
    expect([answers.rows.evses(south), answers.rows.evse(south, sessionOf(1).evse)]).toEqual([['S3/1'], null])
    const planned = async (who: Asker) => (await answers.pool.pool(who)).planned
    expect(await Promise.all([north, south, nobody, THE_PROCESS].map(planned))).toEqual([3_000, 3_000, 0, 6_000])
    expect((await answers.pool.chart(south)).planned[16]).toBe(1_000)
    expect((await answers.pool.chart(nobody)).possibleMax.every((power) => (power ?? 0) === 0)).toBe(true)
    expect(await answers.health.metrics(south)).toMatchObject({ gegenstrom_cars_plugged: 1 })
    expect(await answers.health.metrics(south)).not.toHaveProperty('gegenstrom_orders_issued_total')
  })

  it('neither sees nor changes sessions, plans, meters and houses of others', async () => {
    const { answers, fleet } = lab()
    const session = sessionOf(3)
    const wish = { readyBy: NOW + HOUR_MS, targetSoc: share(0.5), minimumSoc: share(0.2) }
    expect(await answers.sessions.session(north, session.id)).toBeNull()
    expect(await answers.plans.plan(north, session.id)).toBeNull()
    expect(await answers.sessions.changeWish(north, session.id, wish)).toMatchObject({ refusal: { kind: 'unknown-session' } })
    expect(fleet.sessions.get(session.id)!.wish).toEqual(session.wish)
    expect(await answers.sessions.changeWish(south, session.id, wish)).toMatchObject({ ok: true })
    expect(await answers.readings.readings(north, session.evse, 0, NOW, 10)).toEqual([])
    const load = { site: siteId(3), asOf: NOW, first: slotAt(NOW), power: [500] }
    expect(await answers.sites.tellSiteLoad(north, load)).toMatchObject({ refusal: { kind: 'unknown-site' } })
    expect(await answers.sites.tellSiteLoad(south, load)).toMatchObject({ ok: true })
    expect([answers.sites.siteLoad(north, siteId(3)), answers.sites.siteLoad(south, siteId(3))]).toEqual([null, load])
  })

  it('knows of a session as a driver only behind a vehicle of the key', async () => {
    const { answers } = lab()
    const driver = asker(NORTH, { role: 'driver', vehicles: ['car-1', 'car-3'] })
    const found = await Promise.all([1, 2, 3].map((n) => answers.sessions.session(driver, sessionOf(n).id)))
    expect(found.map((session) => session?.vehicle ?? null)).toEqual(['car-1', null, null])
  })

  it('gets no flexibility, offer, schedule, deal or proposal of portfolios of others', async () => {
    const { answers, fleet } = lab()
    const asked = ['evse:S3/1', 'site:home-3', 'pool:pool-s', 'portfolio:group-3/50Hertz']
    const bands = (who: Asker) => Promise.all(asked.map((subject) => answers.flexibility.flexibility(who, subject, NOW)))
    expect((await bands(north)).every((band) => band === null)).toBe(true)
    expect((await bands(south)).every((band) => band !== null)).toBe(true)
    expect([await answers.offers.offers(north, foreign, NOW), answers.trading.portfolios(south)]).toEqual([null, [foreign]])
    const energy = new Array<ReturnType<typeof wattHours>>(day.slots).fill(wattHours(250))
    const schedule = { portfolio: foreign, message: 'm', day, version: 1, energy }
    expect(await answers.trading.submitSchedule(north, schedule)).toMatchObject({ refusal: { kind: 'unknown-portfolio' } })
    expect(await answers.trading.submitSchedule(south, schedule)).toMatchObject({ ok: true })
    expect(answers.trading.versions(north, foreign, day)).toEqual([])
    expect(answers.trading.position(north, foreign, day.first, 1)).toEqual([null])
    expect(answers.trading.position(south, foreign, day.first, 1)).toEqual([250])
    const { slots } = answers.trading.reconciliation(north, foreign, day)
    expect(slots.every(({ nominated, traded, metered }) => nominated === null && traded === null && metered === null)).toBe(true)
    const trade = {
      portfolio: foreign,
      id: 't',
      version: 1,
      market: 'intraday',
      first: later(day.first, 0),
      energy,
      price: eurPerMWh(1),
    } as const
    expect(await answers.trading.submitTrade(north, trade)).toMatchObject({ refusal: { kind: 'unknown-portfolio' } })
    expect(fleet.book.trades.size).toBe(0)
  })

  it('subscribes for portfolios of its own, under names nobody else has taken', async () => {
    const { answers } = lab()
    const wanted = { id: 'hook', url: 'https://trader.example/', events: ['schedule.accepted'], secret: null } as const
    const set = (who: Asker, portfolio: typeof own | typeof foreign | null, name = 'hook') =>
      answers.webhooks.set(who, { ...wanted, id: name, portfolio, sender: null })
    expect(await set(north, null)).toMatchObject({ refusal: { kind: 'needs-portfolio' } })
    expect(await set(north, foreign)).toMatchObject({ refusal: { kind: 'needs-portfolio' } })
    expect(await set(south, foreign)).toMatchObject({ ok: true })
    expect(await set(north, own)).toMatchObject({ refusal: { kind: 'taken' } })
    expect([answers.webhooks.list(north), answers.webhooks.list(south).length]).toEqual([[], 1])
    expect([await answers.webhooks.remove(north, 'hook'), answers.webhooks.attempts(north, 'hook')]).toEqual([false, null])
    expect(answers.webhooks.redeliver(north, 'hook', 'test')).toMatchObject({ refusal: { kind: 'unknown' } })
    expect(await answers.webhooks.remove(south, 'hook')).toBe(true)
  })

  it('neither sees, replaces, withdraws nor repeats the signals of others, and names nobody of theirs', async () => {
    const { answers, fleet } = lab()
    const provenance = { authority: 'desk', reference: 'one' }
    const said = { id: 'limit', from: NOW, until: null, rank: 'operator' as const, min: null, max: watts(4_200), issuedAt: NOW }
    const limit = (subjects: readonly string[], version = 1) => ({ ...said, subjects, version, provenance })
    const sent = limit(['site:home-1'])
    expect(await answers.signals.receive(north, sent)).toMatchObject({ ok: true })
    expect(await answers.signals.receive(south, limit(['site:home-3'], 2))).toMatchObject({ refusal: { kind: 'foreign' } })
    expect(await answers.signals.receive(south, sent)).toMatchObject({ refusal: { kind: 'foreign' } })
    expect(await answers.signals.withdraw(south, 'limit', 2)).toMatchObject({ refusal: { kind: 'unknown-signal' } })
    expect(fleet.signals.bySubject.get('site:home-1')).toMatchObject([{ signal: { id: 'limit', version: 1 } }])
    const all = { after: null, withOver: true, limit: 10 }
    expect([answers.signals.signals(south, all), answers.signals.signal(south, 'limit')]).toEqual([[], null])
    for (const subject of ['evse:S1/1', 'site:home-2/L1', 'pool:pool-n', 'area:VNB'])
      expect(await answers.signals.receive(south, { ...limit([subject]), id: 'other' })).toMatchObject({ ok: false })
  })

  it('has nothing to say about a pool of others that is empty, or a place the registry has forgotten', async () => {
    const known = registry()
    const emptied = { ...known, evses: known.evses.filter(({ site }) => site === 'home-3') }
    const { answers, fleet, record } = lab()
    const limit = { version: 1, from: NOW, until: null, rank: 'operator' as const, min: null, max: watts(0), issuedAt: NOW }
    const provenance = { authority: 'desk', reference: 'one' }
    const said = (name: string, subject: string) => ({ ...limit, id: name, subjects: [subject], provenance })
    expect(await answers.signals.receive(north, said('station', 'evse:S1/1'))).toMatchObject({ ok: true })
    record({ kind: 'registry-set', registry: emptied })
    expect(await answers.signals.receive(south, said('pool', 'pool:pool-n'))).toMatchObject({ ok: false })
    expect(await answers.signals.withdraw(south, 'station', 2)).toMatchObject({ ok: false })
    expect(fleet.signals.bySubject.has('evse:S1/1')).toBe(true)
    expect(await answers.signals.receive(north, said('pool', 'pool:pool-n'))).toMatchObject({ ok: true })
    expect(await answers.signals.receive(north, said('site', 'site:home-2'))).toMatchObject({ ok: true })
    expect(answers.signals.signal(south, 'site')).toBeNull()
  })

  it('asks nothing of stations of others, adds none at their sites, removes none, and hears of none that waits', async () => {
    const { answers, fleet } = lab()
    const { byHand } = answers
    const why = { reason: 'because' }
    const command = { kind: 'reset', evse: null, mode: 'soft' } as const
    const reset = (who: Asker, n: number) => byHand.command(who, { station: stationId(n), id: 'one', command, ...why })
    expect(await reset(south, 1)).toEqual({ ok: false, refusal: { kind: 'unknown-station' } })
    expect(await reset(north, 1)).toMatchObject({ ok: true, value: { command: { outcome: 'accepted', by: north.name } } })
    expect([byHand.commands(south, stationId(1)), byHand.commands(north, stationId(1))?.length]).toEqual([null, 1])
    const station = id<StationId>('NEW')
    const evses = [{ ...fleet.registry.evses[0]!, id: evseId(station, 1), station, site: siteId(3) }]
    expect(await byHand.add(north, { station, evses, ...why })).toMatchObject({ refusal: { kind: 'unknown-site' } })
    expect(await byHand.add(south, { station, evses, ...why })).toMatchObject({ ok: true })
    expect(await byHand.add(north, { station, evses: [{ ...evses[0]!, site: siteId(1) }], ...why })).toMatchObject({
      refusal: { kind: 'known-otherwise' },
    })
    const no = { refusal: { kind: 'unknown-station' } }
    expect(await byHand.remove(north, station, { force: true, ...why })).toMatchObject(no)
    expect(await byHand.setPassword(north, station, { tell: false, ...why })).toMatchObject(no)
    expect(await byHand.accept(south, { station, evses, ...why })).toMatchObject({ refusal: { kind: 'not-pending' } })
    expect(byHand.pending(south)).toEqual([])
    // A station with places of two tenants belongs to neither alone.
    const shared = [evses[0]!, { ...evses[0]!, id: evseId(station, 2), site: siteId(1) }]
    expect(await byHand.remove(south, station, { force: true, ...why })).toMatchObject({ ok: true })
    expect(await byHand.add(THE_PROCESS, { station, evses: shared, ...why })).toMatchObject({ ok: true })
    const of = (evse: number | null) => byHand.command(south, { station, id: `e${evse}`, command: { ...command, evse }, ...why })
    expect([await of(null), await of(2), await of(1)]).toMatchObject([
      { refusal: { kind: 'shared' } },
      { refusal: { kind: 'unknown-evse' } },
      { ok: true },
    ])
    expect(await byHand.remove(south, station, { force: true, ...why })).toMatchObject({ refusal: { kind: 'shared' } })
  })

  it('reads nothing of the journal, which is one chain for all', async () => {
    const { answers } = lab()
    expect(await answers.journal.journal(north, 0, 10)).toEqual([])
    expect(answers.journal.journalHead(north)).toEqual({ sequence: 0, hash: '' })
  })

  it('loses sight of what moves to another tenant with a new registry, at once', () => {
    const { answers, record } = lab()
    const moved = registry()
    record({ kind: 'registry-set', registry: { ...moved, sites: moved.sites.map((site) => ({ ...site, tenant: SOUTH })) } })
    expect(answers.stations.stations(north)).toEqual([])
    expect(answers.trading.portfolios(north)).toEqual([])
  })

  it('knows nothing of a portfolio it shares with others: its sums would tell of them', () => {
    const shared = registry()
    const sites = shared.sites.map((site) => ({ ...site, balanceGroup: id<BalanceGroupId>('group') }))
    const { answers } = answersLab(smallFleet({ ...shared, sites }), NOW)
    expect([answers.trading.portfolios(north), answers.trading.portfolios(THE_PROCESS).length]).toEqual([[], 1])
  })
})
