// A limit of a grid operator does not wait for what a station is asked about itself: it is on the wire while the station keeps its answers back (I1).
import { afterEach, describe, expect, it } from 'vitest'
import type { SiteId } from '../../domain/registry/identity.ts'
import { HOUR_MS, NOW, smallRegistry } from '../domain/live/small-fleet.ts'
import type { Dialect } from '../../adapters/ocpp/rpc/frame.ts'
import { answerAboutItself } from './played-answers.ts'
import { iso, openPlayed, started, type Asked, type Played, type PlayedStation } from './played-stations.ts'

let world: Played
afterEach(() => world.stop())

const price = (at: number) => (at < NOW + 6 * HOUR_MS ? 20 : 300)
/** Questions come up to this long after a boot. */
const ASKED_WITHIN_MS = 31_000
const QUESTIONS = ['GetConfiguration', 'GetVariables', 'GetBaseReport']
const isQuestion = ({ action }: Asked) => QUESTIONS.includes(action)

interface Profile {
  readonly chargingProfileKind: string
  readonly chargingSchedule: Schedule | readonly Schedule[]
}
interface Schedule {
  readonly startSchedule?: string
  readonly chargingSchedulePeriod: readonly { readonly startPeriod: number; readonly limit: number }[]
}
/** The power a profile allows now, W; null for a message that sets none. */
function allows({ payload }: Asked): number | null {
  const { chargingProfile, csChargingProfiles } = payload as { chargingProfile?: Profile; csChargingProfiles?: Profile }
  const profile = chargingProfile ?? csChargingProfiles
  if (profile === undefined || profile.chargingProfileKind !== 'Absolute') return null
  const [schedule] = [profile.chargingSchedule].flat() as [Schedule]
  const start = Date.parse(schedule.startSchedule!)
  return schedule.chargingSchedulePeriod.findLast(({ startPeriod }) => start + startPeriod * 1_000 <= world.now())!.limit
}
const told = ({ asked }: PlayedStation) => asked.map(allows).findLast((power) => power !== null) ?? null

async function limit(subject: string, maxW: number): Promise<void> {
  const now = iso(world.now())
  const body = { version: 1, issuedAt: now, subjects: [subject], rank: 'grid-limit', maxW, from: now, reference: 'one' }
  const reply = await fetch(`http://127.0.0.1:${world.running.address.port}/v1/signals/one`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect(reply.status).toBe(200)
}
async function charges(station: PlayedStation, dialect: Dialect, token = 'TAG-1'): Promise<void> {
  if (dialect === 'ocpp1.6')
    await station.ask('StartTransaction', { connectorId: 1, idTag: token, meterStart: 0, timestamp: iso(world.now()) })
  else await station.ask('TransactionEvent', started(world.now(), 'T1', 1, token))
  await world.pass(1_000)
}

describe.each(['ocpp1.6', 'ocpp2.0.1', 'ocpp2.1'] as const)(
  'a limit on a car at a station of %s',
  { timeout: 60_000 },
  (dialect) => {
    it('is on the wire while the station keeps back what it was asked; the answer counts when it comes (I1)', async () => {
      world = await openPlayed({ from: NOW, registry: smallRegistry({ cars: 1 }), price })
      const station = await world.station('S1', dialect, (action) => (QUESTIONS.includes(action) ? null : { status: 'Accepted' }))
      await charges(station, dialect)
      expect(told(station)).toBeGreaterThan(10_900)
      while (!station.asked.some(isQuestion) && world.now() < NOW + ASKED_WITHIN_MS) await world.pass(500)
      const question = station.asked.findIndex(isQuestion)
      expect(question).toBeGreaterThan(0)
      await limit('evse:S1/1', 4_200)
      await world.pass(1_000)
      // Nothing was answered meanwhile, and no second question came.
      const after = station.asked.slice(question + 1)
      expect(new Set(after.map(({ action }) => action))).toEqual(new Set(['SetChargingProfile']))
      expect(allows(after[0]!)).toBe(4_200)
      expect(world.live('S1/1').order!.state.kind).toBe('confirmed')
      // It takes its time for each, and is asked for the rest.
      const known = () => world.running.application.fleet.stations.get('S1' as never)!.abilities
      for (let answered = question - 1, rounds = 0; known() === null && rounds < 60; rounds++) {
        const next = station.asked.findIndex((one, i) => i > answered && isQuestion(one))
        if (next >= 0) {
          const { action, payload, message } = station.asked[(answered = next)]!
          station.reply(message, answerAboutItself(dialect, action, payload)!)
        }
        await world.pass(500)
      }
      expect(known()).not.toBeNull()
      expect(station.isOpen()).toBe(true)
    })

    it('leaves at once where nothing was asked yet', async () => {
      world = await openPlayed({ from: NOW, registry: smallRegistry({ cars: 1 }), price })
      const station = await world.station('S1', dialect)
      await charges(station, dialect)
      expect(station.asked.some(isQuestion)).toBe(false)
      await limit('evse:S1/1', 4_200)
      await world.pass(0)
      expect(told(station)).toBe(4_200)
    })

    it('makes room for another car once its own station has confirmed (I1)', async () => {
      const registry = smallRegistry({ cars: 2, site: () => ({ fuseAmps: 18 }) })
      const one = 'home-1' as SiteId
      world = await openPlayed({
        from: NOW,
        registry: { ...registry, evses: registry.evses.map((evse) => ({ ...evse, site: one })) },
        price,
      })
      const first = await world.station('S1', dialect)
      await charges(first, dialect)
      const second = await world.station('S2', dialect)
      await charges(second, dialect, 'TAG-2')
      await world.pass(60_000)
      const before = told(second) ?? 0
      expect(told(first)! + before).toBeLessThanOrEqual(18 * 3 * 230)
      // The first takes its orders and says nothing.
      first.answer = () => null
      await limit('evse:S1/1', 4_200)
      await world.pass(20_000)
      expect(told(first)).toBe(4_200)
      expect(told(second) ?? 0).toBe(before)
      const order = first.asked.findLast((one) => allows(one) === 4_200)!
      first.answer = () => ({ status: 'Accepted' })
      first.reply(order.message, { status: 'Accepted' })
      await world.pass(1_000)
      expect(told(second)).toBeGreaterThan(before)
      expect(told(first)! + told(second)!).toBeLessThanOrEqual(18 * 3 * 230)
    })
  },
)
