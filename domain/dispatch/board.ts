// What dispatch remembers between two looks: every car's place, and the groups that share something: sites, pools and sums that somebody has bounded.
import { dispatchColumns, type DispatchColumns } from './columns.ts'
import type { DispatchOptions } from './dispatcher.ts'
import type { JointRoom } from './joint-sum.ts'
import type { Fitted } from './led-car.ts'
import { phasesOf, type SitePhases } from './phases.ts'
import type { Place } from './place.ts'
import { unconfirmedOf, type MayFlow } from './may-flow.ts'
import { poolLevel, type PoolLevel } from './pool-level.ts'
import { boundedNow } from '../live/joint-bounds.ts'
import type { LiveEvse, LiveFleet } from '../live/live-fleet.ts'
import { id, type EvseId, type StationId } from '../registry/identity.ts'
import type { Registry } from '../registry/registry.ts'

/** The EVSEs behind one connection. */
export interface SiteGroup {
  readonly site: string
  readonly members: readonly number[]
  readonly phases: SitePhases | null
  readonly pool: PoolLevel
  readonly area: string | null
}

/** A sum that somebody has bounded, now or later. */
export interface JointSum {
  readonly subject: string
  readonly members: readonly number[]
  /** Something of it has changed that only a look at all of it shows. */
  isStale: boolean
  isUrgent: boolean
  lookedAt: number
  room: JointRoom
  /** What each member counts for in it, W, by index: what it is led to, or what it does by itself. */
  readonly counted: Map<number, number>
}

/** What a car may do after its phases, and after the sums of its station, site, pool and area. */
export const STAGES = ['phases', 'station', 'site', 'pool', 'area'] as const
export type Stage = (typeof STAGES)[number]

export interface Board {
  /** The registry it was made for; another one needs another board. */
  readonly registry: Registry
  readonly lives: readonly LiveEvse[]
  readonly columns: DispatchColumns
  readonly places: (Place | null)[]
  readonly fitted: Readonly<Record<Stage, (Fitted | null)[]>>
  readonly siteOf: readonly SiteGroup[]
  readonly sites: ReadonlyMap<string, SiteGroup>
  readonly pools: ReadonlyMap<string, PoolLevel>
  readonly areas: ReadonlyMap<string, readonly number[]>
  readonly sums: Map<string, JointSum>
  /** Larger pools and sums something waits for. */
  readonly waitingPools: Set<PoolLevel>
  readonly waitingSums: Set<JointSum>
  /** To be looked at, oldest first: cars of which something has changed; cars that were heard of; connections; orders, those for more behind all others. */
  readonly dirty: Set<number>
  /** How many have been taken out of `dirty` so far. */
  looks: number
  readonly heard: Set<number>
  readonly refits: Set<SiteGroup>
  readonly news: Set<number>
  readonly laterNews: Set<number>
  /** What cars may still do whose last order is not confirmed, by index; cars that wait for room of theirs; how many have confirmed since those were looked at. */
  readonly unconfirmed: Map<number, MayFlow>
  readonly held: Set<number>
  freed: number
  /** Since when cars wait that have to stop giving for their own sake, by index, epoch ms. */
  readonly stopping: Map<number, number>
}

/** A board for the registry as it is: everything is to be looked at. */
export function boardOf(fleet: LiveFleet, now: number): Board {
  const lives = [...fleet.evses.values()]
  const [bySite, byPool, byArea] = [new Map<string, number[]>(), new Map<string, number[]>(), new Map<string, number[]>()]
  for (const { evse, index } of lives) {
    const site = fleet.sites.get(evse.site)
    enter(bySite, evse.site, index)
    enter(byPool, site?.pool ?? '', index)
    if (site !== undefined) enter(byArea, site.gridArea, index)
  }
  const pools = new Map([...byPool].map(([pool, members]) => [pool, poolLevel(pool, members)]))
  const sites = new Map<string, SiteGroup>()
  for (const [key, members] of bySite) {
    const site = fleet.sites.get(key)
    const pool = pools.get(site?.pool ?? '')!
    const phases = site === undefined ? null : phasesOf(site)
    sites.set(key, { site: key, members, phases, pool, area: site?.gridArea ?? null })
  }
  const none = () => new Array<null>(lives.length).fill(null)
  const board: Board = {
    registry: fleet.registry,
    lives,
    columns: dispatchColumns(lives.length),
    places: none(),
    fitted: { phases: none(), station: none(), site: none(), pool: none(), area: none() },
    siteOf: lives.map(({ evse }) => sites.get(evse.site)!),
    sites,
    pools,
    areas: byArea,
    sums: new Map(),
    waitingPools: new Set(),
    waitingSums: new Set(),
    dirty: new Set(lives.keys()),
    looks: 0,
    heard: new Set(),
    refits: new Set(),
    news: new Set(),
    laterNews: new Set(),
    unconfirmed: unconfirmedOf(lives, now),
    held: new Set(),
    freed: 0,
    stopping: new Map(),
  }
  for (const subject of boundedNow(fleet, now)) boundSum(board, fleet, subject)
  return board
}

function enter(groups: Map<string, number[]>, key: string, index: number): void {
  const own = groups.get(key)
  if (own === undefined) groups.set(key, [index])
  else own.push(index)
}

/** The EVSEs a subject names, by index; none where nobody knows it. A phase of a site is all of it. */
export function membersOf(board: Board, fleet: LiveFleet, subject: string): readonly number[] {
  const [kind, name] = [subject.slice(0, subject.indexOf(':')), subject.slice(subject.indexOf(':') + 1)]
  switch (kind) {
    case 'evse': {
      const index = fleet.evses.get(id<EvseId>(name))?.index
      return index === undefined ? [] : [index]
    }
    case 'station':
      return (fleet.evsesByStation.get(id<StationId>(name)) ?? []).map((evse) => fleet.evses.get(evse)!.index)
    case 'site':
      return (board.sites.get(name) ?? board.sites.get(name.replace(/\/L[123]$/, '')))?.members ?? []
    case 'pool':
      return board.pools.get(name)?.members ?? []
    case 'area':
      return board.areas.get(name) ?? []
    default:
      return []
  }
}

/** The bounded sum of a subject, made where there is none yet; null for what is no sum or names nobody. */
export function boundSum(board: Board, fleet: LiveFleet, subject: string): JointSum | null {
  const known = board.sums.get(subject)
  if (known !== undefined) return known
  const [, kind, name] = /^(station|site|pool|area):(.*)$/.exec(subject) ?? []
  if (kind === undefined || name === undefined) return null
  const members = {
    station: () => (fleet.evsesByStation.has(id<StationId>(name)) ? membersOf(board, fleet, subject) : undefined),
    site: () => board.sites.get(name)?.members,
    pool: () => board.pools.get(name)?.members,
    area: () => board.areas.get(name),
  }[kind as 'station']()
  if (members === undefined) return null
  const room = { from: -Infinity, to: Infinity, sum: 0 }
  const sum: JointSum = { subject, members, isStale: true, isUrgent: true, lookedAt: -Infinity, room, counted: new Map() }
  board.sums.set(subject, sum)
  return sum
}

/** One look: what it works with, and what it has found to have changed. */
export interface Looking {
  readonly fleet: LiveFleet
  readonly options: DispatchOptions
  readonly board: Board
  readonly now: number
  /** Connections with a car that was looked at, and their pools. */
  readonly touched: Set<SiteGroup>
  readonly pools: Set<PoolLevel>
  /** Cars that may do something else than before. */
  readonly moved: Set<number>
}
