// A site whose guard has fallen silent, and one that is limited: always the same evening.
import { NO_AUTONOMY } from '../../../domain/limitation/limited-device.ts'
import type { LimitationAnswers, LimitationView } from '../../../domain/ports/answers/limitations.ts'
import { id, type SiteId } from '../../../domain/registry/identity.ts'
import { ok, refused } from '../../../domain/result.ts'
import { watts } from '../../../domain/units.ts'

const HOUR_MS = 3_600_000

/** Answers as a running desk gives them. */
export function fixtureLimitations(now: number): LimitationAnswers {
  const home = id<SiteId>('home')
  const contract = {
    guard: 'control box 7',
    by: 'rest',
    role: 'energy-manager',
    nominalMax: watts(22_000),
    failsafeLimit: watts(4_200),
    failsafeDurationMs: 2 * HOUR_MS,
    failsafeDurationMaxMs: 24 * HOUR_MS,
    largestLimit: null,
    autonomy: NO_AUTONOMY,
  } as const
  const limited: LimitationView = {
    name: 'lpc:home',
    site: home,
    direction: 'consume',
    contract,
    stands: {
      state: 'limited',
      since: now - 60_000,
      until: now + HOUR_MS,
      limit: watts(6_000),
      written: { limit: watts(4_200), durationMs: null },
      guard: contract.guard,
      isConnected: false,
    },
    remainingMs: HOUR_MS,
    failsafeLimit: watts(4_200),
    failsafeDurationMs: 2 * HOUR_MS,
    heartbeatAt: now - 30_000,
    nextDeadline: { at: now + 90_000, why: 'guard-silent' },
    ceiling: { by: 'limit', power: watts(6_000) },
    inForce: watts(6_000),
    releasesAt: null,
    history: [
      {
        kind: 'changed',
        at: now - 60_000,
        from: 'unlimited/controlled',
        to: 'limited',
        requirement: '027',
        cause: 'limit-accepted',
      },
    ],
  }
  const silent: LimitationView = {
    ...limited,
    name: 'lpp:home',
    direction: 'produce',
    stands: { ...limited.stands, state: 'failsafe', until: null, limit: null },
    remainingMs: null,
    heartbeatAt: null,
    nextDeadline: null,
    ceiling: { by: 'failsafe', power: watts(-4_200) },
    inForce: watts(-4_200),
    releasesAt: now + 10_000,
    history: [
      {
        kind: 'refused',
        at: now - 1_000,
        guard: contract.guard,
        write: 'limit',
        value: 1,
        refusal: 'negative-limit',
      },
    ],
  }
  const guided: LimitationAnswers['heartbeat'] = async (_, site, direction) =>
    site === home && direction === 'consume' ? ok({ answer: null, view: limited }) : refused({ kind: 'unknown' })
  return {
    relay: (_, site) =>
      site === home
        ? {
            site,
            contacts: [true, false],
            toldAt: now - 1_000,
            changes: [{ at: now - 60_000, contacts: [true, false] }],
            limitations: [limited],
          }
        : null,
    tellRelay: async () => refused({ kind: 'unknown' }),
    ofSite: (_, site) => (site === home ? [limited, silent] : null),
    limitations: () => [limited, silent],
    counts: () => ({ init: 0, limited: 1, 'unlimited/controlled': 0, failsafe: 1, 'unlimited/autonomous': 0 }),
    heartbeatOfAll: async () => 0,
    heartbeat: guided,
    writeLimit: (asker, site, direction) => guided(asker, site, direction, 0),
    writeFailsafe: (asker, site, direction) => guided(asker, site, direction, 0),
  }
}
