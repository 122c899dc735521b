// Once a limit is over and the meters have told the rest, its compensation is recorded, once, and its proof is laid down as a file.
import { proofDocument } from '../../adapters/proof-files/proof-document.ts'
import type { ProofStore } from '../../adapters/proof-files/proof-store.ts'
import type { Fact } from '../../domain/facts/fact.ts'
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import { isLimitationName } from '../../domain/live/limitations.ts'
import { portfolioOf } from '../../domain/live/portfolios.ts'
import type { KnownSignal } from '../../domain/live/signal-book.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { LimitProof } from '../../domain/proof/limit-proof.ts'
import { isProvable, type LimitStanding } from '../../domain/proof/standing.ts'
import type { EvseId } from '../../domain/registry/identity.ts'
import { portfolioKey, type Portfolio } from '../../domain/trading/schedule.ts'
import type { ClosedLimits } from './closed-limits.ts'
import { dimmingKey, type Dimmings } from './dimmings.ts'

export interface LimitClosingOptions {
  readonly clock: Clock
  readonly fleet: LiveFleet
  readonly closed: Pick<ClosedLimits, 'of'>
  /** Of the limits of LPC, each time a site was limited. */
  readonly dimmed: Pick<Dimmings, 'ended'>
  readonly standingOf: (limit: string) => LimitStanding | null
  readonly made: (standings: readonly LimitStanding[]) => Promise<readonly (LimitProof | null)[]>
  readonly keep: (fact: Fact) => Promise<void>
  readonly sign: (bytes: Uint8Array) => string
  readonly store: ProofStore | undefined
  readonly track: <Value>(work: Promise<Value>) => Promise<Value>
  readonly log: (level: 'info' | 'warn' | 'error', text: string, facts?: object) => void
}
export interface LimitClosing {
  notice(fact: Fact): void
  /** Calls what is over and not closed yet; from here on each has its time. */
  start(): void
  stop(): void
}

/** From the end of a limit to its closing: whatever meters tell by the quarter-hour has come, and its release is over. */
const SETTLED_MS = 20 * 60_000
/** A reading of the journal serves so many. */
const AT_ONCE = 256
/** After a failure, and how often in all. */
const AGAIN_MS = 10 * 60_000
const TRIES_MAX = 6
/** What should have been closed longer ago, while nothing ran, is left to whoever asks. */
const MISSED_MAX_MS = 7 * 86_400_000
const DAY_MS = 86_400_000

export function limitClosing(options: LimitClosingOptions): LimitClosing {
  const { clock, fleet, closed, dimmed, store, track, log } = options
  const due = new Set<string>()
  const failures = new Map<string, number>()
  const cancels = new Map<string, () => void>()
  let isStarted = false
  let isClosing = false
  let cancelOld = () => {}

  /** Ids of limits, and keys of dimmings. */
  function closingAt(id: string): number | null {
    const dimming = dimmed.ended.get(id)
    return dimming === undefined ? closingOf(fleet.signals.byId.get(id)) : dimming.endedAt + SETTLED_MS
  }
  function arm(id: string): void {
    cancels.get(id)?.()
    cancels.delete(id)
    const at = closingAt(id)
    if (at === null) return
    cancels.set(
      id,
      clock.at(at, `z-closing ${id}`, () => {
        cancels.delete(id)
        due.add(id)
        if (!isClosing) void track(closeDue())
      }),
    )
  }
  function nextDue(): readonly string[] {
    const ids = isStarted ? [...due].slice(0, AT_ONCE) : []
    for (const id of ids) due.delete(id)
    return ids
  }
  /** Everything that falls due together is closed together. */
  async function closeDue(): Promise<void> {
    isClosing = true
    await Promise.resolve()
    for (let ids = nextDue(); ids.length > 0; ids = nextDue()) await closeThem(ids)
    isClosing = false
  }
  /** One whose entries are gone keeps no other one from being closed: where they fail together, each is tried alone. */
  async function closeThem(ids: readonly string[]): Promise<void> {
    try {
      const known = ids.flatMap((id) => {
        const standing = dimmed.ended.get(id)?.standing ?? options.standingOf(id)
        return standing === null ? [] : [standing]
      })
      const proofs = await options.made(known)
      for (const [i, proof] of proofs.entries()) if (proof !== null) await close(proof, known[i]!.isDimming === true, options)
      for (const id of ids) failures.delete(id)
    } catch (error) {
      if (ids.length === 1) return tryAgain(ids[0]!, error as Error)
      for (const id of ids) await closeThem([id])
    }
  }
  function tryAgain(id: string, { message: detail }: Error): void {
    if (!isStarted) return
    const tries = (failures.get(id) ?? 0) + 1
    if (tries >= TRIES_MAX) {
      failures.delete(id)
      return log('error', 'a limit that is over could not be closed: no compensation is recorded', { limit: id, detail })
    }
    failures.set(id, tries)
    log('warn', 'a limit that is over could not be closed yet', { limit: id, detail })
    cancels.set(
      id,
      clock.after(AGAIN_MS, `z-closing ${id}`, () => arm(id)),
    )
  }
  function dropOld(): void {
    cancelOld = clock.after(DAY_MS, 'z-proofs', dropOld)
    store?.dropOld(clock.now()).catch((error: Error) => log('warn', 'old proofs could not be dropped', { detail: error.message }))
  }

  return {
    notice(fact) {
      if (!isStarted) return
      if (fact.kind !== 'signal-received' && fact.kind !== 'signal-withdrawn') return
      const { id, version } = fact.kind === 'signal-received' ? fact.signal : fact
      // Versions of LPC follow each other: the one before may have been the last of a dimming.
      arm(isLimitationName(id) ? dimmingKey(id, version - 1) : id)
    },
    start() {
      isStarted = true
      const since = clock.now() - MISSED_MAX_MS
      for (const [id, known] of fleet.signals.byId)
        if ((closed.of(id)?.version ?? -1) < known.signal.version && (closingOf(known) ?? 0) > since) arm(id)
      for (const [id, { endedAt }] of dimmed.ended) if (endedAt > since) arm(id)
      if (store !== undefined) dropOld()
    },
    stop() {
      isStarted = false
      cancelOld()
      for (const cancel of cancels.values()) cancel()
      cancels.clear()
    },
  }
}

/** Records what is missing of its compensation, and lays its proof down; of a dimming all of it is missing, and its proof is that of the whole signal. */
async function close(
  proof: LimitProof,
  isDimming: boolean,
  { fleet, closed, store, keep, sign }: LimitClosingOptions,
): Promise<void> {
  const { version } = proof.versions.at(-1)!.signal
  const before = isDimming ? null : closed.of(proof.id)
  if (proof.state !== 'released') return
  const isBegun = before?.version === version
  const behind = (isBegun ? before.behind : before?.version) ?? -1
  const done = new Set(isBegun ? before.portfolios : [])
  for (const [key, { portfolio, evses }] of portfoliosIn(fleet, proof)) {
    if (done.has(key)) continue
    const { cars, notDrawnWh, slots } = proof.compensationOf((evse) => evses.has(evse), behind)
    if (cars > 0) await keep({ kind: 'limit-compensated', signal: proof.id, version, ...portfolio, cars, notDrawnWh, slots })
  }
  if (!isDimming) await store?.save(proofDocument(proof), sign)
}

/** Whom it meant, by portfolio. */
function portfoliosIn(fleet: LiveFleet, { subjects }: LimitProof) {
  const found = new Map<string, { readonly portfolio: Portfolio; readonly evses: Set<EvseId> }>()
  for (const evse of new Set(subjects.flatMap(({ members }) => members))) {
    const site = fleet.sites.get(fleet.evses.get(evse)?.evse.site ?? ('' as never))
    const portfolio = site === undefined ? null : portfolioOf(fleet, site)
    if (portfolio === null) continue
    const known = found.get(portfolioKey(portfolio)) ?? { portfolio, evses: new Set() }
    found.set(portfolioKey(portfolio), known)
    known.evses.add(evse)
  }
  return found
}

/** When a limit can be closed, epoch ms; null while it has no end, and where it never held. */
function closingOf(known: KnownSignal | undefined): number | null {
  // Limits of LPC and LPP go on for as long as their machine: of these each dimming is closed by itself.
  if (known === undefined || !isProvable(known.signal) || isLimitationName(known.signal.id)) return null
  const { signal, withdrawn } = known
  const end = Math.min(signal.until ?? Infinity, withdrawn?.at ?? Infinity)
  return end === Infinity || end <= signal.from ? null : end + SETTLED_MS
}
