// All answers over a fleet of plain facts, as the application puts them together: real desks, stores in memory, no stations.
import { memoryJournal } from '../../../adapters/memory/memory-journal.ts'
import { memoryStores } from '../../../adapters/memory/memory-stores.ts'
import { writeCimSchedule } from '../../../adapters/market/cim-schedule.ts'
import { writeScheduleCsv } from '../../../adapters/market/schedule-csv.ts'
import { deliveryMemory } from '../../../adapters/webhooks/delivery-memory.ts'
import { webhookDesk } from '../../../adapters/webhooks/webhook-desk.ts'
import type { Fact } from '../../../domain/facts/fact.ts'
import { apply } from '../../../domain/live/apply.ts'
import type { LiveFleet } from '../../../domain/live/live-fleet.ts'
import type { StationId } from '../../../domain/registry/identity.ts'
import { localTimeText } from '../../../domain/time/delivery-day.ts'
import { ok, refused } from '../../../domain/result.ts'
import { ctPerKWh, wattHours } from '../../../domain/units.ts'
import type { Clock } from '../../../domain/ports/clock.ts'
import type { Answers } from '../../../domain/ports/answers/answers.ts'
import { answersOf } from '../../../src/answers/answers.ts'
import type { ByHandDesks } from '../../../src/answers/by-hand.ts'
import { flexibilityView } from '../../../src/answers/flexibility-view.ts'
import { offersView } from '../../../src/answers/offers-view.ts'
import { rowChanges } from '../../../src/answers/rows.ts'
import { DEMO_REGIME, DEMO_TARIFF, tariffInForce } from '../../../src/market/tariff-in-force.ts'
import { tradingDesk } from '../../../src/market/trading-desk.ts'
import { measuredHouses } from '../../../src/run/measured-houses.ts'
import { manualClock } from '../../../src/run/clock.ts'
import { visibility } from '../../../src/answers/visibility.ts'
import { guardDesk } from '../../../src/run/guard-desk.ts'
import { stationCommandDesk } from '../../../src/run/station-commands.ts'
import { stationPasswordDesk } from '../../../src/run/station-passwords.ts'
import { stationRegistryDesk } from '../../../src/run/station-registry.ts'
import { limitationDesk } from '../../../src/run/limitation/limitation-desk.ts'
import { signalDesk } from '../../../src/run/receive-signal.ts'
import { signalEffects } from '../../../src/run/signal-effects.ts'
import { noTroubles } from '../run/no-troubles.ts'

export interface AnswersLab {
  readonly answers: Answers
  /** Applies a fact and tells whoever watches. */
  record(fact: Fact): void
}

/** Desks of what people do to stations; stations accept what they are asked, and are counted. */
function byHandLab(fleet: LiveFleet, clock: Clock, keep: (fact: Fact) => Promise<void>): ByHandDesks {
  const commands = stationCommandDesk({
    clock,
    fleet,
    stations: { command: async () => ({ outcome: 'accepted', detail: 'Accepted' }) },
    keep,
    fingerprint: (text) => text,
    track: (work) => work,
  })
  const application = { keep, takeOut: (_: StationId, fact: Fact) => keep(fact) }
  const registry = stationRegistryDesk({ clock, fleet, stations: { forget() {} }, application, pepper: 'pepper' })
  const passwords = stationPasswordDesk({ clock, fleet, commands, keep, credential: () => null, pepper: 'pepper' })
  return { commands, registry, passwords, pending: null }
}

/** Answers over a fleet by a clock that stands still. */
export function answersLab(fleet: LiveFleet, now: number): AnswersLab {
  const clock = manualClock(now)
  const troubles = noTroubles()
  const changes = rowChanges(fleet)
  function record(fact: Fact): void {
    apply(fleet, fact, now)
    changes.noticed(fact)
  }
  const keep = async (fact: Fact) => record(fact)
  const restrict = (facts: readonly Fact[]) => Promise.all(facts.map((fact) => keep(fact))).then(() => {})
  const limitations = limitationDesk({
    clock,
    application: { fleet, restrict, planBeside() {} },
    durable: async () => {},
    releaseMs: 0,
  })
  limitations.start()
  const prices = tariffInForce(DEMO_TARIFF, DEMO_REGIME)
  const car = { strategy: 'bidirectional', wear: ctPerKWh(3), terminal: ctPerKWh(0), prices } as const
  const journal = memoryJournal({ node: 'lab' })
  const answers = answersOf({
    fleet,
    journal,
    stores: memoryStores(),
    now: clock.now,
    clock,
    troubles,
    degraded: () => [],
    localTime: localTimeText,
    application: {
      plans: new Map(),
      keep,
      failure: () => null,
      async changeWish(session, wish) {
        const changed = { ...wish, by: 'driver' } as const
        record({ kind: 'wish-changed', session, wish: changed })
        return ok(changed)
      },
    },
    houses: measuredHouses({ clock, application: { fleet, keep }, log() {} }),
    stationSide: {
      frames: () => [{ at: now, direction: 'in', text: '[]' }],
      messages: () => 0,
      limited: () => [],
      oddities: () => [],
      slowed: () => ({ reconnects: 0, frames: 0 }),
    },
    desks: {
      trading: tradingDesk({
        fleet,
        now: clock.now,
        gateMs: 0,
        keep,
        documents: { csv: writeScheduleCsv, cim: writeCimSchedule },
        onChange() {},
      }),
      retrading: {
        lot: wattHours(250),
        quotes: () => null,
        submitQuotes: async () => ok({ isRepeated: false }),
        propose: async () => refused({ kind: 'no-quotes' }),
      },
      webhooks: webhookDesk({
        clock,
        webhooks: fleet.webhooks,
        deliveries: deliveryMemory({ clock, webhooks: fleet.webhooks, node: 'lab' }),
        keep,
        secret: null,
        allowPrivate: true,
        random: () => 0.5,
        track: (work) => work,
        log() {},
      }),
      proofs: { proof: async () => null, proofKey: () => '' },
      limitations,
      signals: signalDesk({
        clock,
        application: {
          fleet,
          restrict,
          redispatch() {},
          planBeside() {},
          failure: () => null,
        },
        effects: signalEffects(fleet),
        durable: async () => {},
        mayKnow: visibility(fleet).subject,
        releaseMs: 0,
      }),
      byHand: byHandLab(fleet, clock, keep),
      guards: guardDesk({ clock, fleet, keep }),
    },
    eebus: () => null,
    managers: () => [],
    watch: changes.watch,
    fleetPlans: () => [],
    flexibility: flexibilityView(fleet, car, troubles),
    untoldDepartureOf: () => null,
    offers: offersView(fleet, {
      car,
      gateMs: 0,
      fleetPlans: () => [],
      priceFor: () => null,
      pricesOver: () => prices,
      troubles,
    }),
    prices,
    history: { samples: [], ordered: () => null, possible: () => null, stop() {} },
    setting: {
      speed: 1,
      lab: false,
      strategy: 'bidirectional',
      feeRegime: 'relief',
      zone: 'DE-LU',
      market: 'SDAC',
    },
  })
  return { answers, record }
}
