// The quarter-hour wave of two thousand cars runs beside messages, new cars and drivers' wishes, all in one instant of the manual clock.
import { describe, expect, it } from 'vitest'
import { memoryJournal } from '../../../adapters/memory/memory-journal.ts'
import type { JournalEntry } from '../../../domain/ports/journal.ts'
import type { Controllables } from '../../../domain/ports/controllables.ts'
import { evseId, id, type SessionId, type StationId } from '../../../domain/registry/identity.ts'
import type { Registry } from '../../../domain/registry/registry.ts'
import { ok } from '../../../domain/result.ts'
import { SLOT_MS, slotAt } from '../../../domain/time/slot.ts'
import { ctPerKWh, eurPerMWh, kilowatts, share, watts } from '../../../domain/units.ts'
import { inFlight } from '../../../adapters/wire/in-flight.ts'
import { DEMO_REGIME, DEMO_TARIFF, tariffInForce } from '../../../src/market/tariff-in-force.ts'
import { fleetRecord } from '../../../src/run/fleet-record.ts'
import { application } from '../../../src/run/application.ts'
import { manualClock } from '../../../src/run/clock.ts'
import { hostPace, steadyPace } from '../../../src/run/pace.ts'
import { replanner } from '../../../src/run/replan.ts'
import { VERSION } from '../../../src/version.ts'
import { HOUR_MS, needsOf, NOW, readingOf, sessionOf, smallRegistry } from '../../domain/live/small-fleet.ts'
import { factsOf } from '../../scenarios/world.ts'
import { noTroubles } from './no-troubles.ts'

const CARS = 2_000
const stationId = (n: number) => id<StationId>(`S${n}`)

/** Stations that take every order. */
const obedient: Controllables = {
  order: async () => ok({ confirmedAt: 0 }),
  renew: async () => ok({ confirmedAt: 0 }),
  controllability: () => 'setpoint',
  setDefault: async () => ok(null),
}

/** Fifty cars behind each of few strong connections. */
function onCarParks(cars: number): Registry {
  const registry = smallRegistry({ cars, site: () => ({ fuseAmps: 5_000, feedInMax: watts(1_000_000) }) })
  const evses = registry.evses.map((evse, i) => ({ ...evse, site: registry.sites[Math.floor(i / 50)]!.id }))
  return { ...registry, evses }
}

/** An application whose journal holds a registry, prices and cars that have been plugged in; `S2001` and further are free. */
async function openApplication(
  cars = CARS,
  { pace = steadyPace(), points = obedient, urgently = <Value>(run: () => Value) => run() } = {},
) {
  const journal = memoryJournal({ node: 'test' })
  const clock = manualClock(NOW)
  const work = inFlight()
  journal.append({ kind: 'registry-set', registry: onCarParks(cars + 2) }, NOW)
  const prices = Array.from({ length: 192 }, (_, t) => eurPerMWh(80 + 60 * Math.sin(t / 11)))
  const curve = {
    source: 'test',
    zone: 'DE-LU',
    market: 'day-ahead',
    currency: 'EUR',
    publishedAt: NOW,
    prices: { first: slotAt(NOW), values: prices },
  }
  journal.append({ kind: 'prices-received', curve: curve as never }, NOW)
  for (let n = 1; n <= cars; n++) {
    journal.append({ kind: 'session-started', session: sessionOf(n) }, NOW)
    const needs = needsOf({ soc: share(0.3 + (n % 50) / 100) })
    journal.append({ kind: 'session-needs', session: sessionOf(n).id, needs, wish: sessionOf(n).wish }, NOW)
  }
  const log = (_: string, text: string) => expect.unreachable(text)
  const app = application({
    clock,
    kept: fleetRecord({ clock, journal, troubles: noTroubles(), track: work.track, log }),
    controllables: points,
    resume: async () => ok(null),
    coordination: () => ({ mark() {}, isTied: () => false, urgently }),
    replan: replanner({
      strategy: 'bidirectional',
      wear: ctPerKWh(3),
      terminal: ctPerKWh(0),
      feeRegime: DEMO_REGIME.name,
      prices: tariffInForce(DEMO_TARIFF, DEMO_REGIME),
      coordination: () => null,
      onFailure: (session, error) => expect.unreachable(`${session.id}: ${error.message}`),
    }),
    keepPlans() {},
    node: 'test',
    epoch: 1,
    version: VERSION,
    safeDefault: kilowatts(4.2),
    troubles: noTroubles(),
    pace,
    log,
  })
  await app.start(null)
  async function entries(): Promise<readonly JournalEntry[]> {
    const all: JournalEntry[] = []
    for await (const entry of journal.read(0)) all.push(entry)
    return all
  }
  return { app, clock, entries, runUntil: (at: number) => clock.runUntil(at, work.idle) }
}

describe('a wave of plans', () => {
  it('is over in the instant in which it begins, and lets messages, a new car and a wish through before', async () => {
    const { app, clock, entries, runUntil } = await openApplication()
    expect(app.plans.size).toBeLessThan(CARS)
    await runUntil(NOW)
    expect(clock.now()).toBe(NOW)
    expect(app.plans.size).toBe(CARS)
    const at = NOW + SLOT_MS
    const answers: string[] = []
    clock.at(at, 'z-stations', () => {
      for (let n = CARS - 4; n <= CARS; n++) {
        const live = app.fleet.evses.get(evseId(stationId(n), 1))!
        const reading = readingOf(live, at, { power: watts(0) })
        void app
          .receive({ kind: 'readings', station: stationId(n), receivedAt: at, readings: [reading] })
          .then(() => answers.push('reading'))
      }
      const station = stationId(CARS + 1)
      void app.receive({ kind: 'connected', station, receivedAt: at, dialect: 'ocpp2.1' })
      void app
        .receive({
          kind: 'session-started',
          station,
          receivedAt: at,
          evse: 1,
          transaction: 'new',
          token: `TAG-${CARS + 1}`,
          at,
          offline: false,
          importedWh: null,
        })
        .then(() => answers.push('session'))
      const wish = { readyBy: at + 3 * HOUR_MS, targetSoc: share(0.9), minimumSoc: share(0.3) }
      void app.changeWish('session-1990' as SessionId, wish).then(() => answers.push('wish'))
    })
    await runUntil(at)
    expect(answers.toSorted()).toEqual(['reading', 'reading', 'reading', 'reading', 'reading', 'session', 'wish'])
    const all = (await entries()).filter((entry) => entry.at === at)
    const plans = factsOf(all, 'plan-published')
    const causes = new Set(plans.map(({ cause }) => cause))
    expect(causes).toContain('quarter-hour')
    const lastOfWave = all.findLastIndex(({ fact }) => fact.kind === 'plan-published' && fact.cause === 'quarter-hour')
    const before = (isIt: (entry: JournalEntry) => boolean) => {
      const index = all.findIndex(isIt)
      return index >= 0 && index < lastOfWave
    }
    const fresh = evseId(stationId(CARS + 1), 1)
    expect(before(({ fact }) => fact.kind === 'readings')).toBe(true)
    expect(before(({ fact }) => fact.kind === 'wish-changed' && fact.session === 'session-1990')).toBe(true)
    // Its first plan is there for the order that follows its start.
    expect(before(({ fact }) => fact.kind === 'order-issued' && fact.order.evse === fresh)).toBe(true)
    expect(plans.filter(({ session }) => session === 'session-1990')).toHaveLength(1)
    app.stop()
  })

  it('leaves an equal journal every time', async () => {
    const hashes: string[] = []
    for (let run = 0; run < 2; run++) {
      const { app, entries, runUntil } = await openApplication(300)
      await runUntil(NOW + SLOT_MS)
      hashes.push((await entries()).at(-1)!.hash)
      app.stop()
    }
    expect(hashes[0]).toBe(hashes[1])
  })
})

describe('work that takes longer than there is time', () => {
  it('renews the lease of every car though a control cycle gets to some of them only (I4, F32)', async () => {
    const renewed = new Set<string>()
    const points: Controllables = {
      ...obedient,
      async renew({ evse }) {
        renewed.add(evse)
        return ok({ confirmedAt: 0 })
      },
    }
    const { app, runUntil } = await openApplication(8, { pace: { slice: () => () => false, pauseMs: 20_000 }, points })
    for (let n = 1; n <= 8; n++)
      void app.receive({ kind: 'connected', station: stationId(n), receivedAt: NOW, dialect: 'ocpp2.1' })
    await runUntil(NOW + 14 * 60_000)
    expect([...renewed].toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((n) => evseId(stationId(n), 1)))
    app.stop()
  })

  it('sends many orders in slices that end by the time the sending takes', async () => {
    let [passed, sent, most] = [0, 0, 0]
    const points: Controllables = {
      ...obedient,
      async order() {
        passed += 2
        sent++
        return ok({ confirmedAt: 0 })
      },
    }
    function urgently<Value>(run: () => Value): Value {
      const before = sent
      const value = run()
      most = Math.max(most, sent - before)
      return value
    }
    const { app, runUntil } = await openApplication(40, { pace: hostPace(() => passed), points, urgently })
    for (let n = 1; n <= 40; n++)
      void app.receive({ kind: 'connected', station: stationId(n), receivedAt: NOW, dialect: 'ocpp2.1' })
    await runUntil(NOW)
    expect([sent, most]).toEqual([40, 3])
    app.stop()
  })
})
