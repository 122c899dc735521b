// Decides which orders have to go out: it looks at what has changed, at the connections, pools and sums that share something with it, and at nothing else.
import { boardOf, membersOf, type Board, type Looking, type SiteGroup } from './board.ts'
import { isAsSeen, keepSeen } from './columns.ts'
import { fitConnection } from './fit-connection.ts'
import { fitJointSums, markSum, sumsDueAt } from './fit-joint-sums.ts'
import { isTrusted } from './judge.ts'
import { orderedPower } from '../orders/order.ts'
import { isSameFit, workable } from './led-car.ts'
import { cutBands, phaseRoomAhead, phasesUnder } from './phases.ts'
import { placeOf, safePlace, type Look } from './place.ts'
import { poolBand, type PoolBand } from './pool-band.ts'
import { follow, level, LEVELLED_AT_ONCE, lookedAgainAt, targetOf, type PoolLevel } from './pool-level.ts'
import { heardOf, isRoomMade, lookAgain, roomFirst, sent, waitsUntil } from './room-first.ts'
import { isNews, reasonOf, type WantedOrder } from './wanted-orders.ts'
import { envelopesOn } from '../live/joint-bounds.ts'
import { isConnected, openSession, type LiveEvse, type LiveFleet } from '../live/live-fleet.ts'
import type { Controllability } from '../ports/controllables.ts'
import type { EvseId } from '../registry/identity.ts'
import { valueAt } from '../time/series.ts'
import { slotAt } from '../time/slot.ts'
import { clamp, watts, type Power } from '../units.ts'

export interface Dispatch {
  readonly orders: readonly WantedOrder[]
  /** Power of the plans that could not be placed on any station. */
  readonly missing: Power
  /** Something is still to be looked at, now. */
  readonly isMore: boolean
  /** When a large pool or sum is to be looked at as a whole, epoch ms; null for never. */
  readonly again: number | null
}
export interface DispatchOptions {
  /** How closely the station of an EVSE can be led; null while it is not connected. */
  readonly controllability: (evse: EvseId) => Controllability | null
  /** What a car gets that cannot be led by its plan. */
  readonly safeDefault: Power
  /** Shared room is given away when whoever had it has confirmed to do less; left out, at once. */
  readonly roomFirst?: boolean
  /** Told when something about one car failed; the others go on. */
  readonly onFailure: (live: LiveEvse, error: Error) => void
}
export interface Dispatcher {
  /** Something about an EVSE has changed that may change its order. */
  mark(live: LiveEvse): void
  /** An EVSE was heard of: it is looked at with the next control cycle, or sooner where little is to be done. */
  hear(live: LiveEvse): void
  /** Its meter was read: it is heard of where that tells something new. */
  read(live: LiveEvse): void
  /** Whatever was heard of is looked at from now on. */
  heedAll(): void
  /** Signals of these subjects came, went, begin or end. */
  markSubjects(subjects: readonly string[], now: number): void
  markAll(): void
  /** Whether somebody who waits for the room of others may have it now. */
  isRoomMade(): boolean
  /** What a pool's cars are planned for and could do instead, as they were looked at last; null before the first look, and for an unknown pool. */
  poolBand(pool: string, now: number): PoolBand | null
  /** Looks at the cars named first, then at about so many of those that wait. */
  look(now: number, atMost: number, first?: readonly LiveEvse[]): Dispatch
}

/** What every connected car should do now, from scratch. One car's failure is its own: it is led with the safe default. @internal What has changed is compared with it. */
export function dispatch(fleet: LiveFleet, now: number, options: DispatchOptions): Dispatch {
  return dispatcher(fleet, options).look(now, Infinity)
}

/** The dispatcher of a fleet. It has looked at nobody yet. */
export function dispatcher(fleet: LiveFleet, options: DispatchOptions): Dispatcher {
  let board: Board | null = null
  /** The board of the registry in force. Before the first look there is nothing to be marked: everything is. */
  const current = () => (board?.registry === fleet.registry ? board : null)
  function note(waiting: 'dirty' | 'heard', live: LiveEvse): void {
    const of = current()
    if (of === null) return
    of[waiting].add(live.index)
    heardOf(of, fleet, live, null)
  }
  return {
    mark: (live) => note('dirty', live),
    hear: (live) => note('heard', live),
    read(live) {
      const of = current()
      if (of !== null && !isAsSeen(of.columns, live)) of.heard.add(live.index)
    },
    heedAll() {
      for (const index of current()?.heard ?? []) board!.dirty.add(index)
      board?.heard.clear()
      if (board !== null) lookAgain(board)
    },
    markSubjects(subjects, now) {
      const of = current()
      if (of === null) return
      for (const subject of subjects) markSubject(fleet, of, subject, now)
      lookAgain(of)
    },
    markAll() {
      for (const index of current()?.lives.keys() ?? []) board!.dirty.add(index)
    },
    isRoomMade() {
      const of = current()
      return of !== null && isRoomMade(of)
    },
    poolBand(pool, now) {
      const of = current()
      return of === null ? null : poolBand(of, fleet, pool, now)
    },
    look(now, atMost, first = []) {
      board = current() ?? boardOf(fleet, now)
      return lookAt({ fleet, options, board, now, touched: new Set(), pools: new Set(), moved: new Set() }, atMost, first)
    },
  }
}

function markSubject(fleet: LiveFleet, board: Board, subject: string, now: number): void {
  for (const index of membersOf(board, fleet, subject)) board.dirty.add(index)
  const pool = subject.startsWith('pool:') ? board.pools.get(subject.slice('pool:'.length)) : undefined
  if (pool !== undefined) {
    urge(board, pool)
    board.waitingPools.add(pool)
  }
  markSum(board, fleet, subject, envelopesOn(fleet, subject, now).length > 0)
}

/** A pool is levelled once everybody has been looked at who waits by now; whoever is marked later does not keep it. */
function urge(board: Board, pool: PoolLevel): void {
  if (!pool.isUrgent) pool.waitsFor = board.looks + board.dirty.size
  pool.isUrgent = true
}

function lookAt(looking: Looking, atMost: number, first: readonly LiveEvse[]): Dispatch {
  const { board, now } = looking
  const isLittle = board.dirty.size + board.heard.size <= atMost
  if (isLittle) for (const index of board.heard) board.dirty.add(index)
  if (isLittle) board.heard.clear()
  for (const { index } of first) lookAtSite(looking, board.siteOf[index]!, index)
  for (let left = atMost; board.dirty.size > 0 && left > 0;) {
    const [index] = board.dirty
    const before = board.dirty.size
    lookAtSite(looking, board.siteOf[index!]!)
    left -= Math.max(1, before - board.dirty.size)
  }
  levelPools(looking)
  fitSites(looking, atMost)
  fitJointSums(looking)
  const orders = ordersOf(looking, atMost, first)
  let missing = 0
  for (const pool of board.pools.values()) missing += pool.missing
  const isMore = board.dirty.size > 0 || board.refits.size > 0 || board.news.size > 0 || board.laterNews.size > 0
  return { orders, missing: watts(missing), isMore, again: againAt(board, now) }
}

/** Looks at those of a connection that have changed, and at those last seen in another quarter-hour; then its phases are shared anew. */
function lookAtSite(looking: Looking, group: SiteGroup, named: number | null = null): void {
  const { board, now } = looking
  const slot = slotAt(now)
  heedTarget(looking, group.pool)
  let isChanged = false
  for (const index of group.members) {
    const place = board.places[index]
    const isOld = place != null && place.slot !== slot
    const isDirty = board.dirty.delete(index)
    if (isDirty) board.looks++
    else if (index !== named && !isOld) continue
    board.heard.delete(index)
    const live = board.lives[index]!
    keepSeen(board.columns, live)
    heardOf(board, looking.fleet, live, now)
    board.places[index] = lookAtCar(looking, live, group.pool.target !== null)
    looking.moved.add(index)
    isChanged = true
  }
  if (!isChanged) return
  looking.touched.add(group)
  looking.pools.add(group.pool)
  sharePhases(board, { ...group, phases: phasesUnder(looking.fleet, group.site, group.phases, now) })
}

/** With a target of its own a pool may move cars that follow their plans alone otherwise: all of them are looked at when it comes or goes. */
function heedTarget({ board, fleet, now }: Looking, pool: PoolLevel): void {
  const target = targetOf(fleet, pool.pool, now)
  if ((target === null) !== (pool.target === null)) {
    for (const index of pool.members) board.dirty.add(index)
    urge(board, pool)
  }
  pool.target = target
}

function lookAtCar({ fleet, options, now }: Looking, live: LiveEvse, hasTarget: boolean): Board['places'][number] {
  const session = openSession(fleet, live)
  if (session === null || live.plan === null) return null
  const look: Look = { now, hasTarget, offered: isConnected(fleet, live) ? options.controllability(live.evse.id) : null }
  try {
    return placeOf(fleet, live, session, look)
  } catch (error) {
    options.onFailure(live, error as Error)
    return safePlace(fleet, live, session, look, options.safeDefault)
  }
}

/** Bands of a connection's cars after its phases, into the columns; a large pool is told of each car at once. */
function sharePhases(board: Board, { members, phases, pool }: SiteGroup): void {
  const { columns, places } = board
  const own = members.filter((index) => places[index] !== null)
  const { low, high, wanted } = cutBands(
    own.map((index) => places[index]!.member),
    phases,
  )
  const isLarge = pool.members.length > LEVELLED_AT_ONCE
  const put = (index: number, k: number) => {
    const before = { planned: columns.isIn[index] === 1 ? columns.planned[index]! : 0, granted: columns.granted[index]! }
    columns.isIn[index] = k < 0 ? 0 : 1
    columns.planned[index] = k < 0 ? 0 : places[index]!.car.planned
    columns.low[index] = low[k] ?? 0
    columns.high[index] = high[k] ?? 0
    columns.wanted[index] = wanted[k] ?? 0
    if (isLarge) follow(pool, columns, index, before)
    else if (k < 0) columns.granted[index] = 0
  }
  for (const index of members) if (places[index] === null && columns.isIn[index] === 1) put(index, -1)
  own.forEach(put)
}

/** Small pools at once, large ones when all their cars have been looked at for a signal, else once in a while. */
function levelPools(looking: Looking): void {
  const { board, pools } = looking
  for (const pool of board.waitingPools) pools.add(pool)
  for (const pool of pools) {
    heedTarget(looking, pool)
    if (pool.members.length <= LEVELLED_AT_ONCE) levelSmall(looking, pool)
    else levelLarge(looking, pool)
  }
}

function levelSmall(looking: Looking, pool: PoolLevel): void {
  const { board, now, touched } = looking
  // What is shared in whole watts has to be of one quarter-hour.
  for (const index of pool.members) {
    const place = board.places[index]
    if (place != null && place.slot !== slotAt(now)) lookAtSite(looking, board.siteOf[index]!)
  }
  level(pool, board.columns, now, (index) => touched.add(board.siteOf[index]!))
  board.waitingPools.delete(pool)
}

function levelLarge({ board, now }: Looking, pool: PoolLevel): void {
  const isDue = pool.isUrgent
    ? board.dirty.size === 0 || board.looks >= pool.waitsFor
    : pool.isStale && now >= lookedAgainAt(pool.levelledAt, now)
  if (!isDue) {
    if (pool.isStale || pool.isUrgent) board.waitingPools.add(pool)
    else board.waitingPools.delete(pool)
    return
  }
  board.waitingPools.delete(pool)
  level(pool, board.columns, now, (index) => {
    if (isWorthALook(board, index)) board.refits.add(board.siteOf[index]!)
  })
}

/** Part of the dead band that a car of a large pool may be off before its connection is looked at again, W. */
const OFF_WATTS = 50

function isWorthALook(board: Board, index: number): boolean {
  const { columns, places, fitted } = board
  const place = places[index]
  if (place == null) return false
  if (fitted.area[index]?.isTight === true) return true
  const { live, session, preferred } = place.car
  const power = (column: Float64Array) => workable(live, session, watts(column[index]!), preferred)
  return Math.abs(power(columns.granted) - power(columns.placed)) > OFF_WATTS
}

/** The connections that were touched, then about so many cars of those that wait. */
function fitSites(looking: Looking, atMost: number): void {
  const { board, fleet, touched, now } = looking
  for (let left = atMost; board.refits.size > 0 && left > 0;) {
    const [group] = board.refits
    board.refits.delete(group!)
    lookAtSite(looking, group!)
    touched.add(group!)
    left -= group!.members.length
  }
  for (const group of touched) {
    const own = group.members.filter((index) => board.places[index] !== null)
    for (const index of group.members) if (board.places[index] === null) board.fitted.phases[index] = null
    const cars = own.map((index) => board.places[index]!.car)
    const powers = own.map((index, k) => {
      const { live, session, preferred, bounds } = cars[k]!
      const granted = (board.columns.placed[index] = board.columns.granted[index]!)
      const wanted = isTrusted(live, now) ? watts(granted) : preferred
      const power = workable(live, session, wanted, preferred)
      // The least power may be more than a bound allows: then nothing may flow.
      return power < bounds.min || power > bounds.max ? clamp(watts(0), bounds.min, bounds.max) : power
    })
    const phases = phasesUnder(fleet, group.site, group.phases, now)
    const ahead = phases === null ? null : phaseRoomAhead(fleet, group.site, now)
    fitConnection(cars, powers, phases, ahead).forEach((fitted, k) => {
      const index = own[k]!
      const before = board.fitted.phases[index] ?? null
      if (before !== null && isSameFit(before, fitted)) return
      board.fitted.phases[index] = fitted
      looking.moved.add(index)
    })
    board.refits.delete(group)
  }
}

/** Orders for whoever has moved, then for those that wait: a later look replaces what has not left. */
function ordersOf(looking: Looking, atMost: number, first: readonly LiveEvse[]): readonly WantedOrder[] {
  const { board, moved, now, fleet, options } = looking
  const orders: WantedOrder[] = []
  const look = (index: number) => {
    const order = orderFor(fleet, board, index)
    try {
      if (order === null || !isNews(order.live, order, now, board.fitted.area[index]!.isTight)) return
      if (mustWait?.(index) === true) return void board.held.add(index)
      orders.push(order)
      if (mustWait !== null) sent(board, order.live, now)
    } catch (error) {
      options.onFailure(order!.live, error as Error)
    } finally {
      board.news.delete(index)
      board.laterNews.delete(index)
      if (!board.held.has(index)) board.stopping.delete(index)
    }
  }
  if (isRoomMade(board) || waitsUntil(board) <= now) lookAgain(board)
  for (const index of moved) enterNews(looking, index)
  const mustWait = options.roomFirst === true ? roomFirst(board, fleet, now) : null
  for (const { index } of first) look(index)
  let left = atMost
  for (const waiting of [board.news, board.laterNews])
    for (const index of waiting) {
      if (left-- <= 0) break
      look(index)
    }
  return orders.sort((a, b) => a.live.index - b.live.index)
}

/** Whoever is to do less is told first: the room of a sum is left before others take it. */
function enterNews({ board, now }: Looking, index: number): void {
  const [place, fitted, order] = [board.places[index], board.fitted.area[index], board.lives[index]!.order]
  const before = order === null || order.state.kind === 'ended' ? 0 : orderedPower(order.content, now)
  const wanted = fitted == null ? 0 : place?.car.control === 'course' ? (valueAt(fitted.course, slotAt(now)) ?? 0) : fitted.power
  const isMore = fitted != null && Math.abs(wanted) > Math.abs(before)
  board.news.delete(index)
  board.laterNews.delete(index)
  board.held.delete(index)
  ;(isMore ? board.laterNews : board.news).add(index)
}

function orderFor(fleet: LiveFleet, board: Board, index: number): WantedOrder | null {
  const [place, fitted] = [board.places[index], board.fitted.area[index]]
  if (place == null || fitted == null || !isConnected(fleet, place.car.live)) return null
  const { live, session, control, bounds, isSetAside } = place.car
  const { power, course, heldBy } = fitted
  const hasTarget = board.siteOf[index]!.pool.target !== null
  const reason = heldBy ?? (isSetAside ? 'the safe default: its plan cannot be followed' : reasonOf(place.car, power, hasTarget))
  return { live, session, setpoint: control === 'setpoint' ? power : null, course, bounds, reason }
}

function againAt(board: Board, now: number): number | null {
  let again = Math.min(sumsDueAt(board, now), waitsUntil(board))
  for (const { levelledAt, isUrgent } of board.waitingPools)
    if (!isUrgent) again = Math.min(again, lookedAgainAt(levelledAt, now))
  return again === Infinity ? null : again
}
