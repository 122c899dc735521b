// The limitation desk: a machine for each direction of each site that a guard may limit, and whatever it says is a limit of that site at once.
import { isDeepStrictEqual } from 'node:util'
import type { Fact } from '../../../domain/facts/fact.ts'
import type { StateChange } from '../../../domain/facts/limitation.ts'
import { ceiling, startSystem, type ControllableSystem, type SystemStep } from '../../../domain/limitation/controllable-system.ts'
import type { Direction } from '../../../domain/limitation/limit.ts'
import { deviceOf, DIRECTIONS, type LimitationContract } from '../../../domain/limitation/limitation-contract.ts'
import { isLimitationName, limitationName, startedAnew } from '../../../domain/live/limitations.ts'
import { isOver } from '../../../domain/live/signal-book.ts'
import { membersOf } from '../../../domain/live/subject.ts'
import type { Clock } from '../../../domain/ports/clock.ts'
import type { LimitedPart } from '../../../domain/ports/limitation.ts'
import type { SiteId } from '../../../domain/registry/identity.ts'
import type { Registry } from '../../../domain/registry/registry.ts'
import type { Application } from '../application.ts'
import { admitGuard } from './admit-guard.ts'
import { boundInBook, boundOf, isLooser, limitSignal, nextVersion, type Bound } from './limit-signal.ts'
import { limitedPart, type RunningLimitedPart } from './limited-part.ts'
import { pacedRelease } from './paced-release.ts'
import { refusalNotes } from './refusal-notes.ts'
import { isSameStand, standOf } from './stand.ts'

export interface LimitationDeskOptions {
  readonly clock: Clock
  readonly application: Pick<Application, 'fleet' | 'restrict' | 'planBeside'>
  /** Resolves when everything recorded so far is durable. */
  readonly durable: () => Promise<void>
  /** Many connections of one guard are released over so long, ms; 0 releases all at once. */
  readonly releaseMs: number
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
export interface RunningLimitationDesk {
  /** Null where the registry in force names none. */
  limited(site: SiteId, direction: Direction): LimitedSite | null
  /** All of them, by name. */
  all(): readonly LimitedSite[]
  /** Calls when parts have come or gone. Returns a way to stop. */
  onChange(run: () => void): () => void
  /** A fact was recorded: it may have been the registry. */
  noticed(): void
  /** The journal can be written again. */
  healed(): void
  /** Everything the journal holds was read: the failsafe limits hold from here on, until heartbeat and limit have come. */
  start(): void
  stop(): void
}

interface Held extends LimitedSite {
  contract: LimitationContract
  readonly running: RunningLimitedPart
  releasesAt: number | null
  cancelRelease: () => void
}
/** What is recorded in one go, and whose orders follow. */
interface Entries {
  readonly facts: readonly Fact[]
  readonly subjects: readonly string[]
}
const NOTHING: Entries = { facts: [], subjects: [] }

/** The desk over the live fleet. */
export function limitationDesk({ clock, application, durable, releaseMs }: LimitationDeskOptions): RunningLimitationDesk {
  const { fleet } = application
  const held = new Map<string, Held>()
  const listeners = new Set<() => void>()
  const releases = pacedRelease(releaseMs)
  const noteOf = refusalNotes(clock)
  let known: Registry | null = null
  let isStarted = false

  const stamp = (elapsed: number) => clock.now() + elapsed - clock.elapsed()
  const bookedBound = ({ site, direction }: Held) => boundInBook(fleet.signals, site, direction, clock.now())

  /** What has to be recorded so that journal and orders say what a machine says. */
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
    return isDeepStrictEqual(bound, booked) ? { facts: told, subjects: [] } : withSignal(one, bound, told)
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

  /** Recorded first, orders next; resolves when everything recorded so far is durable. */
  function keep({ facts, subjects }: Entries): Promise<void> {
    if (facts.length === 0) return durable()
    const kept = application.restrict(facts, subjects)
    const evses = subjects.flatMap((subject) => membersOf(fleet, subject) ?? [])
    if (evses.length > 0) application.planBeside(evses, 'a limit of the connection')
    return kept
  }
  /** Where nobody waits for an answer. What cannot be recorded now is when the journal has healed. */
  function attempt(entries: Entries): void {
    if (entries.facts.length > 0) keep(entries).catch(() => {})
  }
  async function keepStep(one: Held, before: ControllableSystem, { state, changes, answer }: SystemStep): Promise<void> {
    // A heartbeat changes nothing that is recorded, and nobody waits for it.
    if (changes.length === 0 && answer === null && !isOtherwise(before, state)) return
    const left = changes.map(({ at, from, to, requirement, cause }) => ({ at: stamp(at), from, to, requirement, cause }))
    await keep(entriesOf(one, state, left))
  }

  function open(name: string, site: SiteId, direction: Direction, contract: LimitationContract): Held {
    const written = fleet.limitations.get(name)?.stands.written
    const system = startSystem(deviceOf(direction, contract), clock.elapsed(), written)
    const running = limitedPart({ clock, name, system, keep: (before, step) => keepStep(one, before, step) })
    const other = limitationName(site, direction === 'consume' ? 'produce' : 'consume')
    const part = admitGuard({
      running,
      guard: () => one.contract.guard,
      noteOf: (input, refusal) => noteOf(one, input, refusal),
      keep: (fact) => keep({ facts: [fact], subjects: [] }),
      other: () => held.get(other)?.running ?? null,
    })
    const one: Held = { name, site, direction, contract, running, part, releasesAt: null, cancelRelease() {} }
    return one
  }

  /** Machines come and go with the registry; what stays in it goes on as it stands, under what it says now. */
  function follow(): Entries {
    known = fleet.registry
    const placed = fleet.registry.sites.flatMap(({ id: site, limitation }) =>
      DIRECTIONS.flatMap((direction) => {
        const contract = limitation?.[direction]
        return contract === undefined ? [] : [{ name: limitationName(site, direction), site, direction, contract }]
      }),
    )
    const stay = new Set(placed.map(({ name }) => name))
    for (const one of held.values()) if (!stay.has(one.name)) close(one)
    const entries = placed.map(({ name, site, direction, contract }) => {
      const before = held.get(name)
      if (before !== undefined) return changed(before, contract)
      const one = open(name, site, direction, contract)
      held.set(name, one)
      return entriesOf(one, one.running.system())
    })
    return together([...entries, lifted(stay)])
  }
  function changed(one: Held, contract: LimitationContract): Entries {
    if (isDeepStrictEqual(one.contract, contract)) return NOTHING
    const isAnother = one.contract.guard !== contract.guard
    one.contract = contract
    one.running.configure(deviceOf(one.direction, contract))
    // What another one has said counts no more: the failsafe limit holds until the new guard has come.
    if (isAnother) one.running.take({ kind: 'restart' }).catch(() => {})
    return isAnother ? NOTHING : entriesOf(one, one.running.system())
  }
  /** Of what is no longer in the registry nothing holds; that may have been decided while nobody ran. */
  function lifted(stay: ReadonlySet<string>): Entries {
    const over = [...fleet.signals.byId].filter(
      ([name, signal]) => isLimitationName(name) && !stay.has(name) && !isOver(signal, clock.now()),
    )
    return {
      facts: over.map(([id, { signal: { sender } }]) => ({
        kind: 'signal-withdrawn',
        id,
        version: nextVersion(fleet.signals, id),
        sender,
      })),
      subjects: over.flatMap(([, { signal: { subjects } }]) => subjects),
    }
  }
  function close(one: Held): void {
    forgetRelease(one)
    one.running.stop()
    held.delete(one.name)
  }
  function followAndTell(): void {
    if (!isStarted || known === fleet.registry) return
    attempt(follow())
    for (const run of listeners) run()
  }

  return {
    limited: (site, direction) => held.get(limitationName(site, direction)) ?? null,
    all: () => [...held.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    onChange(run) {
      listeners.add(run)
      return () => void listeners.delete(run)
    },
    noticed() {
      // The registry in force is known when the turn is over in which it was set.
      if (isStarted && known !== fleet.registry) clock.after(0, 'a-limitation', followAndTell)
    },
    healed() {
      // What machines went through meanwhile could not be recorded.
      attempt(together([...held.values()].map((one) => entriesOf(one, one.running.system()))))
    },
    start() {
      isStarted = true
      attempt(follow())
    },
    stop() {
      isStarted = false
      for (const one of held.values()) close(one)
    },
  }
}

function together(entries: readonly Entries[]): Entries {
  return { facts: entries.flatMap(({ facts }) => facts), subjects: entries.flatMap(({ subjects }) => subjects) }
}

/** Whether what is recorded of a machine has changed. */
function isOtherwise(a: ControllableSystem, b: ControllableSystem): boolean {
  return a.standing.name !== b.standing.name || a.limit !== b.limit || a.written !== b.written || a.guard !== b.guard
}
