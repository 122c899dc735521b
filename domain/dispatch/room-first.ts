// Room that is shared is given away once whoever has it has confirmed to do less (I1): until then he counts with what he may still do.
import { STAGES, type Board, type JointSum, type SiteGroup } from './board.ts'
import { connectionOf, isTooMuch } from './fit-sites.ts'
import { isTrusted } from './judge.ts'
import { actualPower } from './led-car.ts'
import type { MayFlow } from './may-flow.ts'
import { phasesUnder } from './phases.ts'
import { isConnected, openSession, type LiveEvse, type LiveFleet } from '../live/live-fleet.ts'
import { powerAt } from '../live/measured-power.ts'
import { orderedPower } from '../orders/order.ts'
import { valueAt } from '../time/series.ts'
import { slotAt } from '../time/slot.ts'
import { watts } from '../units.ts'

/** Cars that wait for room are looked at again when so large a part of what was to be confirmed is. */
const FREED_SHARE = 1 / 16
/** So long a car that has reached its driver's minimum gives on while others make room, ms: some Wh, where a bound would be exceeded else. */
const STOP_WITHIN_MS = 5_000

/** What a car may do at an instant, epoch ms: what it is ordered, what it did before as long as that is not confirmed, and without an order what it measures. */
function flowsNow(board: Board, live: LiveEvse, now: number): MayFlow {
  const { order } = live
  const known = board.unconfirmed.get(live.index)
  const isOrdered = order !== null && order.state.kind !== 'ended'
  const own = isOrdered ? [orderedPower(order.content, now)] : [0, powerAt(live, now) ?? 0]
  if (known !== undefined) own.push(known.low, known.high)
  return { low: Math.min(...own), high: Math.max(...own) }
}

/** An order leaves: until it is confirmed its car may go on as before. */
export function sent(board: Board, live: LiveEvse, now: number): void {
  board.unconfirmed.set(live.index, flowsNow(board, live, now))
}

/** Something about an EVSE is known that may have ended the wait for its word. */
export function heardOf(board: Board, fleet: LiveFleet, live: LiveEvse, now: number | null): void {
  if (!board.unconfirmed.has(live.index)) return
  const state = live.order?.state
  // What is replaced has its successor in the same moment.
  const isOrdered = state?.kind === 'issued' || (state?.kind === 'ended' && state.outcome === 'superseded')
  const isOpen = isOrdered && openSession(fleet, live) !== null
  // Who is not led is counted with what he does.
  if (isOpen && isConnected(fleet, live) && (now === null || isTrusted(live, now))) return
  board.unconfirmed.delete(live.index)
  board.freed++
}

/** Whether those that wait for room are to be looked at again. */
export function isRoomMade({ held, freed, unconfirmed }: Board): boolean {
  return held.size > 0 && freed > 0 && freed >= FREED_SHARE * unconfirmed.size
}

/** When the first of those that wait may do so no longer, epoch ms; infinite for never. */
export function waitsUntil({ stopping, held }: Board): number {
  let until = Infinity
  for (const [index, since] of stopping) if (held.has(index)) until = Math.min(until, since + STOP_WITHIN_MS)
  return until
}

/** Those that wait for room have their turn with the others that are to do more. */
export function lookAgain(board: Board): void {
  for (const index of board.held) board.laterNews.add(index)
  board.held.clear()
  board.freed = 0
}

/** What is left of a sum beside all that its members may do as long as not everybody has confirmed, W; negative where that may be more than it carries. */
interface Left {
  max: number
  min: number
}

/** Decides in one look who has to wait; asked in the order in which orders leave. */
export function roomFirst(board: Board, fleet: LiveFleet, now: number): (index: number) => boolean {
  const sums = new Map<JointSum, Left>()
  const sites = new Map<SiteGroup, ConnectionRoom | null>()
  let open: ReadonlySet<number> | null = null

  const flows = (index: number) => flowsNow(board, board.lives[index]!, now)

  function leftOf(sum: JointSum): Left {
    const known = sums.get(sum)
    if (known !== undefined) return known
    const { from, to, sum: counted } = sum.room
    // Where others take more than there is even after a look at all, at least nothing is added to what all are to have; before it there is only what there is.
    const least = sum.isStale ? -Infinity : 0
    const left = { max: Math.max(least, to - counted), min: Math.max(least, counted - from) }
    open ??= new Set([board.unconfirmed.keys(), board.news, board.laterNews, board.held].flatMap((some) => [...some]))
    for (const index of open) {
      const own = sum.counted.get(index)
      if (own === undefined || board.places[index]?.car.isLed !== true) continue
      const { low, high } = flows(index)
      left.max += own - high
      left.min += low - own
    }
    sums.set(sum, left)
    return left
  }

  /** Asks how much is left only where the power goes towards a bound. */
  function isOver(sum: JointSum, { low, high }: MayFlow, wanted: number): boolean {
    const { from, to } = sum.room
    return (
      (wanted > high && to < Infinity && wanted - high > leftOf(sum).max) ||
      (wanted < low && from > -Infinity && low - wanted > leftOf(sum).min)
    )
  }

  /** Less than it has, in a direction in which it may not have that any more: by its driver, by others, by a sum that is exceeded there. */
  function isUrgent(index: number, own: readonly JointSum[], { low, high }: MayFlow, wanted: number): boolean {
    const { car } = board.places[index]!
    if (wanted > high)
      return low < 0 && (low < car.bounds.min || own.some((sum) => leftOf(sum).min < 0) || (car.isEmpty && isWaitOver(index)))
    if (high <= 0) return false
    return (
      high > car.bounds.max ||
      own.some((sum) => leftOf(sum).max < 0) ||
      connectionOfSite(board.siteOf[index]!)?.isExceeded === true
    )
  }

  function isWaitOver(index: number): boolean {
    const since = board.stopping.get(index) ?? now
    board.stopping.set(index, Math.min(since, now))
    return now - since >= STOP_WITHIN_MS
  }

  function connectionOfSite(group: SiteGroup): ConnectionRoom | null {
    const known = sites.get(group)
    if (known !== undefined) return known
    const phases = phasesUnder(fleet, group.site, group.phases, now)
    const found = phases === null ? null : roomOfPhases(board, group.members, phases.max, now)
    sites.set(group, found)
    return found
  }

  return (index) => {
    const wanted = wantedPower(board, index, now)
    const flow = flows(index)
    const { low, high } = flow
    if (wanted <= high && wanted >= low) return false
    const own = STAGES.flatMap((stage) => sumOf(board, stage, index) ?? [])
    const isHeld =
      own.some((sum) => isOver(sum, flow, wanted)) ||
      (wanted > Math.max(0, high) && connectionOfSite(board.siteOf[index]!)?.isOver(index) === true)
    if (isHeld && !isUrgent(index, own, flow, wanted)) return true
    for (const sum of own) {
      const left = sums.get(sum)
      if (left === undefined) continue
      left.max -= Math.max(0, wanted - high)
      left.min -= Math.max(0, low - wanted)
    }
    return false
  }
}

/** What a connection carries beside what others may still do. */
interface ConnectionRoom {
  /** They may do more than it carries. */
  readonly isExceeded: boolean
  /** Takes a car's part of its phases, and says whether there is too little for it. */
  isOver(index: number): boolean
}

/** The room on the phases of a connection, W each; null where nobody has more than he is to have. */
function roomOfPhases(board: Board, members: readonly number[], max: number, now: number): ConnectionRoom | null {
  const own = members.filter((index) => board.places[index] != null)
  const flows = (index: number) => Math.max(0, flowsNow(board, board.lives[index]!, now).high)
  const powers = Float64Array.from(own, (index) => {
    const { live, isLed } = board.places[index]!.car
    if (!isLed) return Math.max(0, actualPower(live, now))
    if (isToDoMore(board, index)) return flows(index)
    const isOpen = board.news.has(index) || board.unconfirmed.has(index)
    return Math.max(0, wantedPower(board, index, now), isOpen ? flows(index) : 0)
  })
  const hasMore = (index: number, k: number) =>
    !isToDoMore(board, index) && board.places[index]!.car.isLed && powers[k]! > wantedPower(board, index, now)
  if (!own.some(hasMore)) return null
  const claims = own.map((index) => ({
    phases: board.lives[index]!.evse.phases,
    wanted: watts(0),
    least: watts(0),
    isFixed: false,
    readyBy: 0,
  }))
  const connection = connectionOf(claims, max)
  return {
    isExceeded: isTooMuch(connection, powers),
    isOver(index) {
      const k = own.indexOf(index)
      const before = powers[k]!
      powers[k] = Math.max(before, wantedPower(board, index, now))
      if (!isTooMuch(connection, powers)) return false
      powers[k] = before
      return true
    },
  }
}

/** Its order is for more and has not left. */
function isToDoMore({ laterNews, held }: Board, index: number): boolean {
  return laterNews.has(index) || held.has(index)
}

/** What a car is to do now, W. */
function wantedPower({ places, fitted }: Board, index: number, now: number): number {
  const [place, fit] = [places[index], fitted.area[index]]
  if (place == null || fit == null) return 0
  return place.car.control === 'course' ? (valueAt(fit.course, slotAt(now)) ?? 0) : fit.power
}

function sumOf(board: Board, stage: (typeof STAGES)[number], index: number): JointSum | null {
  if (stage === 'phases' || board.sums.size === 0) return null
  const { site, pool, area } = board.siteOf[index]!
  const name = { station: board.lives[index]!.evse.station as string, site, pool: pool.pool, area }[stage]
  return board.sums.get(`${stage}:${name}`) ?? null
}
