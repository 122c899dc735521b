// Answers how the limited directions of sites stand, and hands on what a guard says over the API.
import {
  ceiling,
  failsafeDuration,
  failsafeLimit,
  limitData,
  nextTransition,
  type SystemInput,
} from '../../domain/limitation/controllable-system.ts'
import type { Direction } from '../../domain/limitation/limit.ts'
import { DIRECTIONS } from '../../domain/limitation/limitation-contract.ts'
import { TWO_BITS } from '../../domain/limitation/relay.ts'
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import type { Guided, LimitationAnswers, LimitationView, RelayView } from '../../domain/ports/answers/limitations.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { Asker } from '../../domain/registry/asker.ts'
import type { SiteId } from '../../domain/registry/identity.ts'
import { ok, refused } from '../../domain/result.ts'
import { boundInBook } from '../run/limitation/limit-signal.ts'
import type { LimitedSite } from '../run/limitation/limit-record.ts'
import type { RunningLimitationDesk } from '../run/limitation/limitation-desk.ts'
import { standOf } from '../run/limitation/stand.ts'
import type { Visibility } from './visibility.ts'

export interface LimitationOptions {
  readonly fleet: LiveFleet
  readonly clock: Pick<Clock, 'now' | 'elapsed'>
  readonly visible: Visibility
  readonly desk: Pick<RunningLimitationDesk, 'limited' | 'all' | 'relays'>
}

/** The limited directions of a live fleet. A grid operator knows those that he guides. */
export function limitationAnswers({ fleet, clock, visible, desk }: LimitationOptions): LimitationAnswers {
  const maySee = (asker: Asker, { site, contract }: LimitedSite) =>
    visible.site(asker, site) && (asker.role !== 'grid' || contract.guard === asker.name)
  const isGuard = (asker: Asker, { site, contract: { guard, by } }: LimitedSite) =>
    guard === asker.name && by === 'rest' && visible.site(asker, site)
  const stamp = (elapsed: number) => clock.now() + elapsed - clock.elapsed()

  function viewOf({ name, site, direction, contract, part, releasesAt }: LimitedSite): LimitationView {
    const system = part.system()
    const known = fleet.limitations.get(name)
    const next = nextTransition(system)
    return {
      name,
      site,
      direction,
      contract,
      stands: standOf(system, stamp, known?.stands),
      remainingMs: limitData(system, clock.elapsed()).remainingMs,
      failsafeLimit: failsafeLimit(system),
      failsafeDurationMs: failsafeDuration(system),
      heartbeatAt: system.heartbeat === null ? null : stamp(system.heartbeat.at),
      nextDeadline: next === null ? null : { at: stamp(next.at), why: next.why },
      ceiling: ceiling(system, clock.elapsed()),
      inForce: boundInBook(fleet.signals, site, direction, clock.now())?.power ?? null,
      releasesAt,
      history: known?.history ?? [],
    }
  }

  /** Hands the inputs of a guard to a machine, one after the other, up to the first that is refused. */
  async function guide(
    asker: Asker,
    site: SiteId,
    direction: Direction,
    inputs: (guard: string) => readonly SystemInput[],
  ): Promise<Guided> {
    const limited = desk.limited(site, direction)
    if (limited === null || !visible.site(asker, site)) return refused({ kind: 'unknown' })
    const { guard } = limited.contract
    if (!isGuard(asker, limited)) return refused({ kind: maySee(asker, limited) ? 'not-the-guard' : 'unknown' })
    let answer: Awaited<ReturnType<LimitedSite['part']['take']>> = null
    for (const input of inputs(guard)) {
      answer = await limited.part.take(input)
      if (answer?.isAccepted === false) break
    }
    return ok({ answer, view: viewOf(limited) })
  }

  const ofRelay = (asker: Asker, site: SiteId) =>
    DIRECTIONS.flatMap((direction) => desk.limited(site, direction) ?? []).filter(
      (one) => one.contract.by === 'relay' && maySee(asker, one),
    )
  function relayView(site: SiteId, limited: readonly LimitedSite[]): RelayView {
    const { contacts = [], toldAt = null, changes = [] } = desk.relays.state(site) ?? {}
    return { site, contacts, toldAt, changes, limitations: limited.map(viewOf) }
  }

  return {
    relay(asker, site) {
      const limited = ofRelay(asker, site)
      return limited.length === 0 ? null : relayView(site, limited)
    },
    async tellRelay(asker, site, contacts) {
      const limited = ofRelay(asker, site)
      if (limited.length === 0) return refused({ kind: 'unknown' })
      const own = limited.filter(({ contract }) => contract.guard === asker.name)
      if (own.length === 0) return refused({ kind: 'not-the-guard' })
      const expected = Math.max(...own.map(({ contract }) => (contract.relayLevels ?? TWO_BITS).length))
      if (contacts.length !== expected) return refused({ kind: 'wrong-contacts', expected })
      await desk.relays.tell(own, contacts)
      return ok(relayView(site, own))
    },
    ofSite(asker, site) {
      if (!fleet.sites.has(site) || !visible.site(asker, site)) return null
      const found = DIRECTIONS.flatMap((direction) => desk.limited(site, direction) ?? []).filter((one) => maySee(asker, one))
      return asker.role === 'grid' && found.length === 0 ? null : found.map(viewOf)
    },
    limitations(asker, { after, limit }) {
      const behind = desk.all().filter((one) => (after === null || one.name > after) && maySee(asker, one))
      return behind.slice(0, limit).map(viewOf)
    },
    counts(asker) {
      const counts = { init: 0, limited: 0, 'unlimited/controlled': 0, failsafe: 0, 'unlimited/autonomous': 0 }
      for (const one of desk.all()) if (maySee(asker, one)) counts[one.part.system().standing.name]++
      return counts
    },
    async heartbeatOfAll(asker, timeoutMs) {
      const own = desk.all().filter((one) => isGuard(asker, one))
      await Promise.all(own.map(({ part, contract: { guard } }) => part.take({ kind: 'heartbeat', guard, timeoutMs })))
      return own.length
    },
    heartbeat: (asker, site, direction, timeoutMs) =>
      guide(asker, site, direction, (guard) => [{ kind: 'heartbeat', guard, timeoutMs }]),
    writeLimit: (asker, site, direction, write) =>
      guide(asker, site, direction, (guard) => [{ kind: 'limit-write', guard, write }]),
    writeFailsafe: (asker, site, direction, { limit, durationMs }) =>
      guide(asker, site, direction, (guard) => [
        ...(limit === null ? [] : [{ kind: 'failsafe-limit-write', guard, limit } as const]),
        ...(durationMs === null ? [] : [{ kind: 'failsafe-duration-write', guard, durationMs } as const]),
      ]),
  }
}
