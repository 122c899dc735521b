// What a machine means for journal and orders: how it stands as a fact, what it lets through as a signal of its site, both in one go.
import { isDeepStrictEqual } from 'node:util'
import type { Fact } from '../../../domain/facts/fact.ts'
import type { StateChange } from '../../../domain/facts/limitation.ts'
import { ceiling, type ControllableSystem, type SystemStep } from '../../../domain/limitation/controllable-system.ts'
import type { Direction } from '../../../domain/limitation/limit.ts'
import type { LimitationContract } from '../../../domain/limitation/limitation-contract.ts'
import { startedAnew } from '../../../domain/live/limitations.ts'
import { isOver } from '../../../domain/live/signal-book.ts'
import { membersOf } from '../../../domain/live/subject.ts'
import type { Clock } from '../../../domain/ports/clock.ts'
import type { LimitedPart } from '../../../domain/ports/limitation.ts'
import type { SiteId } from '../../../domain/registry/identity.ts'
import type { Application } from '../application.ts'
import { boundInBook, boundOf, isLooser, limitSignal, nextVersion, type Bound } from './limit-signal.ts'
import type { RunningLimitedPart } from './limited-part.ts'
import { pacedRelease } from './paced-release.ts'
import { isSameStand, standOf } from './stand.ts'

export interface LimitRecordOptions {
  readonly clock: Clock
  readonly application: Pick<Application, 'fleet' | 'restrict' | 'planBeside'>
  /** Resolves when everything recorded so far is durable. */
  readonly durable: () => Promise<void>
  /** Many connections of one guard are released over so long, ms; 0 releases all at once. */
  readonly releaseMs: number
  /** Everything that is held at present. */
  readonly held: ReadonlyMap<string, Held>
}
/** One limited direction of a site while the registry names it. */
export interface LimitedSite {
  readonly name: string
  readonly site: SiteId
  readonly direction: Direction
  readonly contract: LimitationContract
  /** What the ends of its guard's protocol meet; only the guard of the contract is heard. */
  readonly part: LimitedPart
  /** Epoch ms when it may take what it is allowed to by now: many are released one after the other. Null where nothing waits. */
  readonly releasesAt: number | null
}
export interface Held extends LimitedSite {
  contract: LimitationContract
  readonly running: RunningLimitedPart
  releasesAt: number | null
  cancelRelease: () => void
}
/** What is recorded in one go, and whose orders follow. */
export interface Entries {
  readonly facts: readonly Fact[]
  readonly subjects: readonly string[]
}
export const NOTHING: Entries = { facts: [], subjects: [] }

export interface LimitRecord {
  /** What has to be recorded so that journal and orders say what a machine says. */
  entriesOf(one: Held, system: ControllableSystem, changes?: readonly StateChange[]): Entries
  /** Recorded first, orders next; resolves when everything recorded so far is durable. */
  keep(entries: Entries): Promise<void>
  /** The same where nobody waits for an answer. What cannot be recorded now is when the journal has healed. */
  attempt(entries: Entries): void
  /** Keeps what a step has changed. */
  keepStep(one: Held, before: ControllableSystem, step: SystemStep): Promise<void>
  /** One that waited to be let to its ceiling waits no more. */
  forgetRelease(one: Held): void
}

/** The record over the live fleet. */
export function limitRecord({ clock, application, durable, releaseMs, held }: LimitRecordOptions): LimitRecord {
  const { fleet } = application
  const releases = pacedRelease(releaseMs)
  const stamp = (elapsed: number) => clock.now() + elapsed - clock.elapsed()
  const bookedBound = ({ site, direction }: Held) => boundInBook(fleet.signals, site, direction, clock.now())

  function entriesOf(one: Held, system: ControllableSystem, changes: readonly StateChange[] = []): Entries {
    const { name, site, direction } = one
    const before = fleet.limitations.get(name)?.stands ?? null
    const stands = standOf(system, stamp, before)
    const isAnew = stands.state === 'init' && before !== null && before.state !== 'init'
    const left = isAnew ? [...changes, startedAnew(before.state, clock.now())] : changes
    const isSame = left.length === 0 && before !== null && isSameStand(stands, before)
    const told: readonly Fact[] = isSame ? [] : [{ kind: 'limitation-told', site, direction, stands, changes: left }]
    const bound = boundOf(system, ceiling(system, clock.elapsed()), stands.until)
    const booked = bookedBound(one)
    if (!isLooser(direction, bound, booked)) forgetRelease(one)
    else if (!mayRelease(one)) return { facts: told, subjects: [] }
    const isOfGuard = bound === null || fleet.signals.byId.get(name)?.signal.sender === one.contract.guard
    return isOfGuard && isDeepStrictEqual(bound, booked) ? { facts: told, subjects: [] } : withSignal(one, bound, told)
  }
  function withSignal({ name, site, direction, contract }: Held, bound: Bound | null, told: readonly Fact[]): Entries {
    const book = fleet.signals
    const fact: Fact =
      bound === null
        ? { kind: 'signal-withdrawn', id: name, version: nextVersion(book, name), sender: contract.guard }
        : { kind: 'signal-received', signal: limitSignal(book, site, direction, contract, bound, clock.now()) }
    return { facts: [...told, fact], subjects: [`site:${site}`] }
  }

  /** Whether it is its turn to take more; where it is not, it has one from here on. */
  function mayRelease(one: Held): boolean {
    if (one.releasesAt !== null) return false
    const { guard } = one.contract
    const waitMs = releases.turn(guard, () => boundedBy(guard), clock.elapsed())
    if (waitMs <= 0) return true
    one.releasesAt = clock.now() + waitMs
    one.cancelRelease = clock.after(waitMs, one.name, () => {
      one.releasesAt = null
      const system = one.running.system()
      const { until } = standOf(system, stamp, fleet.limitations.get(one.name)?.stands)
      const bound = boundOf(system, ceiling(system, clock.elapsed()), until)
      if (!isDeepStrictEqual(bound, bookedBound(one))) attempt(withSignal(one, bound, []))
    })
    return false
  }
  function forgetRelease(one: Held): void {
    one.cancelRelease()
    one.cancelRelease = () => {}
    one.releasesAt = null
  }
  function boundedBy(guard: string): number {
    let count = 0
    for (const { contract, name } of held.values()) {
      const signal = fleet.signals.byId.get(name)
      if (contract.guard === guard && signal !== undefined && !isOver(signal, clock.now())) count++
    }
    return count
  }

  function keep({ facts, subjects }: Entries): Promise<void> {
    if (facts.length === 0) return durable()
    const kept = application.restrict(facts, subjects)
    const evses = subjects.flatMap((subject) => membersOf(fleet, subject) ?? [])
    if (evses.length > 0) application.planBeside(evses, 'a limit of the connection')
    return kept
  }
  function attempt(entries: Entries): void {
    if (entries.facts.length > 0) keep(entries).catch(() => {})
  }
  async function keepStep(one: Held, before: ControllableSystem, { state, changes, answer }: SystemStep): Promise<void> {
    // A heartbeat changes nothing that is recorded, and nobody waits for it.
    if (changes.length === 0 && answer === null && !isOtherwise(before, state)) return
    const left = changes.map(({ at, from, to, requirement, cause }) => ({ at: stamp(at), from, to, requirement, cause }))
    await keep(entriesOf(one, state, left))
  }

  return { entriesOf, keep, attempt, keepStep, forgetRelease }
}

/** Several in one go. */
export function together(entries: readonly Entries[]): Entries {
  return { facts: entries.flatMap(({ facts }) => facts), subjects: entries.flatMap(({ subjects }) => subjects) }
}

/** Whether what is recorded of a machine has changed. */
function isOtherwise(a: ControllableSystem, b: ControllableSystem): boolean {
  return a.standing.name !== b.standing.name || a.limit !== b.limit || a.written !== b.written || a.guard !== b.guard
}
