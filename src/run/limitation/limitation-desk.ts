// The limitation desk: a machine for each direction of each site that a guard may limit, and whatever it says is a limit of that site at once.
import { isDeepStrictEqual } from 'node:util'
import { startSystem } from '../../../domain/limitation/controllable-system.ts'
import type { Direction } from '../../../domain/limitation/limit.ts'
import { deviceOf, DIRECTIONS, type LimitationContract } from '../../../domain/limitation/limitation-contract.ts'
import type { Fact } from '../../../domain/facts/fact.ts'
import { pairedBySite, withGuardInForce } from '../../../domain/live/guards.ts'
import type { LiveFleet } from '../../../domain/live/live-fleet.ts'
import { isLimitationName, limitationName } from '../../../domain/live/limitations.ts'
import { isOver } from '../../../domain/live/signal-book.ts'
import type { SiteId } from '../../../domain/registry/identity.ts'
import type { Registry } from '../../../domain/registry/registry.ts'
import { admitGuard } from './admit-guard.ts'
import {
  limitRecord,
  NOTHING,
  together,
  type Entries,
  type Held,
  type LimitedSite,
  type LimitRecordOptions,
} from './limit-record.ts'
import { nextVersion } from './limit-signal.ts'
import { limitedPart } from './limited-part.ts'
import { relayDoor, type RelayDoor } from './relay-door.ts'
import { refusalNotes } from './refusal-notes.ts'

export type LimitationDeskOptions = Omit<LimitRecordOptions, 'held'>
export interface RunningLimitationDesk {
  /** Null where the registry in force names none. */
  limited(site: SiteId, direction: Direction): LimitedSite | null
  /** What relays tell of their contacts. */
  readonly relays: RelayDoor
  /** All of them, by name. */
  all(): readonly LimitedSite[]
  /** Calls when parts have come or gone. Returns a way to stop. */
  onChange(run: () => void): () => void
  /** A fact was recorded: it may have been the registry, or another guard. */
  noticed(fact: Fact): void
  /** The journal can be written again. */
  healed(): void
  /** Everything the journal holds was read: the failsafe limits hold from here on, until heartbeat and limit have come. */
  start(): void
  stop(): void
}

/** The desk over the live fleet. */
export function limitationDesk(options: LimitationDeskOptions): RunningLimitationDesk {
  const { clock, application } = options
  const { fleet } = application
  const held = new Map<string, Held>()
  const listeners = new Set<() => void>()
  const { entriesOf, keep, attempt, keepStep, forgetRelease } = limitRecord({ ...options, held })
  const noteOf = refusalNotes(clock)
  const relays = relayDoor(clock, fleet)
  let known: Registry | null = null
  let isStarted = false
  let hasOtherGuards = false

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
    hasOtherGuards = false
    const paired = pairedBySite(fleet.guards)
    const placed = fleet.registry.sites.flatMap(({ id: site, limitation }) =>
      DIRECTIONS.flatMap((direction) => {
        const stated = limitation?.[direction]
        if (stated === undefined) return []
        const contract = withGuardInForce(stated, fleet.guards, paired.get(site))
        return [{ name: limitationName(site, direction), site, direction, contract }]
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
    return together([...entries, lifted(fleet, stay, clock.now())])
  }
  function changed(one: Held, contract: LimitationContract): Entries {
    if (isDeepStrictEqual(one.contract, contract)) return NOTHING
    const isAnother = one.contract.guard !== contract.guard
    one.contract = contract
    const device = deviceOf(one.direction, contract)
    // What another one has said and written counts no more: the failsafe limit of the contract holds until the new guard has come.
    if (isAnother) one.running.renew(device)
    else one.running.configure(device)
    return entriesOf(one, one.running.system())
  }
  function close(one: Held): void {
    forgetRelease(one)
    one.running.stop()
    held.delete(one.name)
  }
  function followAndTell(): void {
    if (!isStarted || (known === fleet.registry && !hasOtherGuards)) return
    attempt(follow())
    for (const run of listeners) run()
  }

  return {
    relays,
    limited: (site, direction) => held.get(limitationName(site, direction)) ?? null,
    all: () => [...held.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    onChange(run) {
      listeners.add(run)
      return () => void listeners.delete(run)
    },
    noticed({ kind }) {
      if (kind === 'guard-trusted' || kind === 'guard-untrusted') hasOtherGuards = true
      // The registry in force is known when the turn is over in which it was set.
      if (isStarted && (hasOtherGuards || known !== fleet.registry)) clock.after(0, 'a-limitation', followAndTell)
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
      relays.stop()
      for (const one of held.values()) close(one)
    },
  }
}

/** Of what is no longer in the registry nothing holds; that may have been decided while nobody ran. */
function lifted({ signals }: LiveFleet, stay: ReadonlySet<string>, now: number): Entries {
  const over = [...signals.byId].filter(([name, signal]) => isLimitationName(name) && !stay.has(name) && !isOver(signal, now))
  return {
    facts: over.map(
      ([
        id,
        {
          signal: { sender },
        },
      ]) => ({
        kind: 'signal-withdrawn',
        id,
        version: nextVersion(signals, id),
        sender,
      }),
    ),
    subjects: over.flatMap(
      ([
        ,
        {
          signal: { subjects },
        },
      ]) => subjects,
    ),
  }
}
