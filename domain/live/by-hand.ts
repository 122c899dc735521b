// What people did to stations, as far as it counts on: the last commands of each, stations beside the registry file, and passwords given by hand.
import type { GivenCommand, KeptSecret, OlderSecret, StationByHandFact } from '../facts/station-by-hand.ts'
import type { StationId } from '../registry/identity.ts'
import { EMPTY_REGISTRY, type Evse, type Registry } from '../registry/registry.ts'
import type { CommandOutcome } from '../registry/station-command.ts'

/** One of the last commands of a station; `content` tells whether another request of its id asks the same. */
export interface LiveCommand extends GivenCommand {
  readonly content: string
}
export interface StationsByHand {
  /** The registry as the file, or whoever sets it as a whole, has it. */
  base: Registry
  /** Stations that were added, with their EVSEs. */
  readonly added: Map<StationId, readonly Evse[]>
  /** Stations that were removed though the registry has them. */
  readonly removed: Set<StationId>
  readonly passwords: Map<StationId, { readonly secret: KeptSecret; readonly older: readonly OlderSecret[] }>
  /** The last commands by station, oldest first. */
  readonly commands: Map<StationId, readonly LiveCommand[]>
}

/** Commands of one station that are remembered; all of them stand in the journal. */
const COMMANDS_KEPT = 20

/** Nothing done yet. */
export function nothingByHand(): StationsByHand {
  return { base: EMPTY_REGISTRY, added: new Map(), removed: new Set(), passwords: new Map(), commands: new Map() }
}

/** Takes one fact; answers the registry that counts from here on, or null where it stays. `at` in epoch ms. */
export function takeByHand(of: StationsByHand, fact: StationByHandFact, at: number): Registry | null {
  switch (fact.kind) {
    case 'station-commanded': {
      const { station, command, asked, content, by, role, reason } = fact
      const taken: LiveCommand = {
        id: command,
        asked,
        content,
        by,
        role,
        reason,
        askedAt: at,
        outcome: null,
        detail: '',
        endedAt: null,
      }
      of.commands.set(station, [...(of.commands.get(station) ?? []), taken].slice(-COMMANDS_KEPT))
      return null
    }
    case 'station-command-ended': {
      endCommands(of, fact.station, ({ id }) => id === fact.command, fact, at)
      return null
    }
    case 'station-added':
      of.added.set(fact.station, fact.evses)
      of.removed.delete(fact.station)
      return registryInForce(of)
    case 'station-removed':
      of.added.delete(fact.station)
      of.passwords.delete(fact.station)
      of.commands.delete(fact.station)
      if (of.base.evses.some(({ station }) => station === fact.station)) of.removed.add(fact.station)
      return registryInForce(of)
    case 'station-password-set':
      of.passwords.set(fact.station, { secret: fact.secret, older: fact.older })
      return null
    case 'station-password-dropped':
      of.passwords.delete(fact.station)
      return null
  }
}

/** A process that has just begun waits for no answer: nobody knows what became of the commands before. */
export function endOpenCommands(of: StationsByHand, at: number): void {
  const ended = { outcome: 'no-answer', detail: 'the server stopped before there was an answer' } as const
  for (const station of of.commands.keys()) endCommands(of, station, ({ outcome }) => outcome === null, ended, at)
}

/** Another registry as a whole; what was done by hand counts over it. */
export function takeBase(of: StationsByHand, registry: Registry): Registry {
  of.base = registry
  return registryInForce(of)
}

/** Stations by hand the registry as a whole says something else about: what was done by hand counts. */
export function contradictions(of: StationsByHand): readonly { readonly station: StationId; readonly by: 'added' | 'removed' }[] {
  const inBase = new Set(of.base.evses.map(({ station }) => station))
  return [
    ...[...of.added.keys()].filter((station) => inBase.has(station)).map((station) => ({ station, by: 'added' as const })),
    ...[...of.removed].filter((station) => inBase.has(station)).map((station) => ({ station, by: 'removed' as const })),
  ]
}

/** Stations added by hand whose site the registry does not have any more: they are not served. */
export function withoutSite({ base, added }: StationsByHand): readonly StationId[] {
  const sites = new Set(base.sites.map(({ id }) => id))
  return [...added].filter(([, evses]) => evses.some(({ site }) => !sites.has(site))).map(([station]) => station)
}

function registryInForce(of: StationsByHand): Registry {
  const { base, added, removed } = of
  if (added.size === 0 && removed.size === 0) return base
  const lost = new Set(withoutSite(of))
  const kept = base.evses.filter(({ station }) => !removed.has(station) && !added.has(station))
  const own = [...added].flatMap(([station, evses]) => (lost.has(station) ? [] : evses))
  return { ...base, evses: [...kept, ...own] }
}

function endCommands(
  of: StationsByHand,
  station: StationId,
  isMeant: (command: LiveCommand) => boolean,
  { outcome, detail }: { readonly outcome: CommandOutcome; readonly detail: string },
  at: number,
): void {
  const own = of.commands.get(station)
  if (own === undefined) return
  of.commands.set(
    station,
    own.map((command) => (isMeant(command) ? { ...command, outcome, detail, endedAt: at } : command)),
  )
}
