// Keeps the sums that somebody has bounded, from the station to the grid area: small ones are looked at whole with every change, large ones once in a while.
import { boundSum, STAGES, type Board, type JointSum, type Looking, type Stage } from './board.ts'
import { admitted, countedPower, fitJoint, type Bound, type JointMember } from './joint-sum.ts'
import { actualPower, isSameFit, type Fitted } from './led-car.ts'
import { LEVELLED_AT_ONCE, lookedAgainAt } from './pool-level.ts'
import { envelopesOn, strictestNow } from '../live/joint-bounds.ts'
import type { LiveFleet } from '../live/live-fleet.ts'
import type { Envelope } from '../signals/envelope.ts'

type JointStage = Exclude<Stage, 'phases'>

/** Takes what cars may do after their phases through the sums of their station, site, pool and area, for those that have moved and whoever that concerns. */
export function fitJointSums(looking: Looking): void {
  for (const stage of ['station', 'site', 'pool', 'area'] as const) fitStage(looking, stage)
}

function fitStage(looking: Looking, stage: JointStage): void {
  const { board, moved } = looking
  const touched = new Map<JointSum, number[]>()
  for (const sum of board.waitingSums) if (sum.subject.startsWith(`${stage}:`)) touched.set(sum, [])
  for (const index of moved) {
    const sum = board.sums.size === 0 ? undefined : board.sums.get(subjectOf(stage, board, index))
    if (sum === undefined) put(looking, stage, index, inputOf(board, stage, index))
    else if (touched.has(sum)) touched.get(sum)!.push(index)
    else touched.set(sum, [index])
  }
  for (const [sum, own] of touched) fitSum(looking, stage, sum, own)
}

function subjectOf(stage: JointStage, board: Board, index: number): string {
  if (stage === 'station') return `station:${board.lives[index]!.evse.station}`
  const { site, pool, area } = board.siteOf[index]!
  return stage === 'site' ? `site:${site}` : stage === 'pool' ? `pool:${pool.pool}` : `area:${area}`
}

function inputOf({ fitted, places }: Board, stage: JointStage, index: number): Fitted | null {
  return places[index] == null ? null : (fitted[STAGES[STAGES.indexOf(stage) - 1]!][index] ?? null)
}

function put({ board, moved }: Looking, stage: JointStage, index: number, fitted: Fitted | null): void {
  const before = board.fitted[stage][index] ?? null
  if (fitted !== null && before !== null && isSameFit(before, fitted)) return
  board.fitted[stage][index] = fitted
  moved.add(index)
}

function fitSum(looking: Looking, stage: JointStage, sum: JointSum, touched: readonly number[]): void {
  const { board, fleet, now } = looking
  const envelopes = envelopesOn(fleet, sum.subject, now)
  if (envelopes.length === 0) {
    // Nothing bounds it any more.
    board.sums.delete(sum.subject)
    board.waitingSums.delete(sum)
    for (const index of sum.members) put(looking, stage, index, inputOf(board, stage, index))
    return
  }
  if (sum.members.length > LEVELLED_AT_ONCE && !sum.isUrgent && now < lookedAgainAt(sum.lookedAt, now)) {
    for (const index of touched) admit(looking, stage, sum, index)
    sum.isStale ||= touched.length > 0
    if (sum.isStale) board.waitingSums.add(sum)
    return
  }
  fitWhole(looking, stage, sum, envelopes)
}

function fitWhole(looking: Looking, stage: JointStage, sum: JointSum, envelopes: readonly Envelope[]): void {
  const { board, now } = looking
  const own: number[] = []
  const members: JointMember[] = []
  const bound = { from: strictestNow(envelopes, 'min', now), to: strictestNow(envelopes, 'max', now) }
  let beside = 0
  for (const index of sum.members) {
    const input = inputOf(board, stage, index)
    if (input === null) {
      board.fitted[stage][index] = null
      beside += countBeside(sum, board, index, bound, now)
      continue
    }
    own.push(index)
    members.push({ car: board.places[index]!.car, input })
  }
  const fitted = fitJoint(sum.subject, envelopes, members, now, beside)
  let total = beside
  fitted.forEach((one, k) => {
    const counted = countedPower(members[k]!, one, bound, now)
    total += counted
    sum.counted.set(own[k]!, counted)
    put(looking, stage, own[k]!, one)
    // Whoever had to wait for this look has another turn.
    if (sum.isStale && board.held.delete(own[k]!)) board.laterNews.add(own[k]!)
  })
  sum.room = { ...bound, sum: total }
  Object.assign(sum, { isStale: false, isUrgent: false, lookedAt: now })
  board.waitingSums.delete(sum)
}

/** One car of a large sum has changed: it finds its room until all are looked at again. */
function admit(looking: Looking, stage: JointStage, sum: JointSum, index: number): void {
  const { board, now } = looking
  const before = board.fitted[stage][index] ?? null
  const input = inputOf(board, stage, index)
  const had = sum.counted.get(index) ?? 0
  if (input === null) {
    sum.room.sum += countBeside(sum, board, index, sum.room, now) - had
    return put(looking, stage, index, null)
  }
  const member = { car: board.places[index]!.car, input }
  const fitted = admitted(member, { power: had, course: before?.course ?? null }, sum.room, now)
  const counted = countedPower(member, fitted, sum.room, now)
  sum.room.sum += counted - had
  sum.counted.set(index, counted)
  put(looking, stage, index, fitted)
}

/** Counts a member that nobody has looked at yet, or that has no plan: with what it does, for nobody keeps it from that. Returns it, W. */
function countBeside({ counted }: JointSum, { lives }: Board, index: number, { from, to }: Bound, now: number): number {
  const live = lives[index]!
  const power = live.session === null ? 0 : actualPower(live, now, from, to)
  if (power === 0) counted.delete(index)
  else counted.set(index, power)
  return power
}

/** Sums bounded on the board whose look at all of them has to wait: when the first is due, epoch ms; infinite for none. */
export function sumsDueAt(board: Board, now: number): number {
  let due = Infinity
  for (const { lookedAt } of board.waitingSums) due = Math.min(due, lookedAgainAt(lookedAt, now))
  return due
}

/** A subject was bounded, or is no longer: its sum is looked at whole with the next look. */
export function markSum(board: Board, fleet: LiveFleet, subject: string, isBounded: boolean): void {
  const sum = isBounded ? boundSum(board, fleet, subject) : (board.sums.get(subject) ?? null)
  if (sum === null) return
  sum.isStale = sum.isUrgent = true
  board.waitingSums.add(sum)
}
