// Limits that a site learns by another way and tells through its energy manager: where the registry names it as the guard, its machine of LPC or LPP takes them; else they are signals on the site.
import type { Direction } from '../../../domain/limitation/limit.ts'
import { DIRECTIONS } from '../../../domain/limitation/limitation-contract.ts'
import { refusalText } from '../../../domain/limitation/refusal.ts'
import type { LiveFleet } from '../../../domain/live/live-fleet.ts'
import { isOver } from '../../../domain/live/signal-book.ts'
import type { SignalAnswers } from '../../../domain/ports/answers/signals.ts'
import type { Clock } from '../../../domain/ports/clock.ts'
import type { LocalLimit, LocalLimits } from '../../../domain/ports/local-limits.ts'
import type { Asker } from '../../../domain/registry/asker.ts'
import type { SiteId } from '../../../domain/registry/identity.ts'
import { ok, refused, type Result } from '../../../domain/result.ts'
import { signalRefusalText } from '../../../domain/signals/signal-refusal.ts'
import type { RunningLimitationDesk } from './limitation-desk.ts'
import type { LimitedSite } from './limit-record.ts'
import { nextVersion } from './limit-signal.ts'

export interface LocalLimitOptions {
  readonly clock: Clock
  readonly fleet: LiveFleet
  readonly limitations: Pick<RunningLimitationDesk, 'limited'>
  readonly signals: Pick<SignalAnswers, 'receive' | 'withdraw'>
}

/** What is announced as the time between two heartbeats of an energy manager. */
const HEARTBEAT_TIMEOUT_MS = 60_000

/** The limits that sites tell of. */
export function localLimits({ clock, fleet, limitations, signals }: LocalLimitOptions): LocalLimits {
  /** What each machine was told last: one that starts anew or was silent takes it with the next heartbeat. */
  const told = new Map<string, LocalLimit>()

  function guided(site: SiteId, direction: Direction): LimitedSite | null {
    const limited = limitations.limited(site, direction)
    return limited?.contract.by === 'mqtt' ? limited : null
  }
  async function write({ name, part, contract: { guard } }: LimitedSite, limit: LocalLimit): Promise<Result<null, string>> {
    told.set(name, limit)
    const isOfThePast = limit.until !== null && limit.until <= clock.now()
    const isActive = limit.power !== null && !isOfThePast
    const durationMs = isActive && limit.until !== null ? limit.until - clock.now() : null
    const answer = await part.take({
      kind: 'limit-write',
      guard,
      write: { isActive, value: isActive ? limit.power : null, durationMs },
    })
    return answer?.isAccepted === false ? refused(refusalText(answer.refusal)) : ok(null)
  }
  async function beat(limited: LimitedSite): Promise<void> {
    const { name, part, contract } = limited
    await part.take({ kind: 'heartbeat', guard: contract.guard, timeoutMs: HEARTBEAT_TIMEOUT_MS })
    const { name: standing } = part.system().standing
    const last = told.get(name)
    if (last !== undefined && (standing === 'init' || standing === 'failsafe')) await write(limited, last)
  }
  async function signal(site: SiteId, { direction, power, until, origin }: LocalLimit): Promise<Result<null, string>> {
    const name = signalName(site, direction)
    const known = fleet.signals.byId.get(name)
    const asker: Asker = { name: `hems ${site}`, role: 'grid', tenant: fleet.sites.get(site)?.tenant ?? null, vehicles: [] }
    const isHeld = known !== undefined && !isOver(known, clock.now())
    if (power === null) {
      if (!isHeld) return ok(null)
      const lifted = await signals.withdraw(asker, name, nextVersion(fleet.signals, name))
      return lifted.ok ? ok(null) : refused(signalRefusalText(lifted.refusal))
    }
    const before = direction === 'consume' ? known?.signal.max : known?.signal.min
    if (isHeld && before === power && known.signal.until === until) return ok(null)
    const taken = await signals.receive(asker, {
      id: name,
      version: nextVersion(fleet.signals, name),
      subjects: [`site:${site}`],
      from: clock.now(),
      until,
      rank: 'grid-limit',
      max: direction === 'consume' ? power : null,
      min: direction === 'produce' ? power : null,
      provenance: { authority: `${origin} at the site`, reference: 'told by its energy manager' },
      issuedAt: clock.now(),
    })
    return taken.ok ? ok(null) : refused(signalRefusalText(taken.refusal))
  }

  return {
    tell(site, limit) {
      const limited = guided(site, limit.direction)
      return limited === null ? signal(site, limit) : write(limited, limit)
    },
    async heartbeat(site) {
      await Promise.all(DIRECTIONS.flatMap((direction) => guided(site, direction) ?? []).map(beat))
    },
  }
}

function signalName(site: SiteId, direction: Direction): string {
  return `local:${site}:${direction}`
}
