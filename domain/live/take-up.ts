// Transactions whose begin was never heard are taken up from what their messages tell.
import { sessionOf, openSession, type LiveEvse, type LiveFleet } from './live-fleet.ts'
import { past, running, type Beginning } from './made-session.ts'
import { ACCEPTED, trusted, type Decision, type UsualReadyBy } from './decision.ts'
import { heldOf } from './held-transactions.ts'
import { nextStart } from './sessions-at.ts'
import { changedBy, reopenedBy } from './changed-session.ts'
import { stationOf } from '../registry/identity.ts'
import type { Vehicle } from '../registry/registry.ts'
import type { Reading } from '../telemetry/reading.ts'

/** A sign of life of a transaction nobody knows, from its first to its last instant, epoch ms. */
interface Sign {
  readonly transaction: string
  readonly first: number
  readonly last: number
  readonly receivedAt: number
  readonly vehicle?: Vehicle | undefined
  readonly connector?: number | undefined
  readonly remoteStartId?: number | undefined
  readonly sequence?: number | undefined
}

const NOTHING: Decision = { facts: [], reply: ACCEPTED }
/** What is older tells nothing about now (F5). */
const FRESH_MS = 300_000
/** Sessions are known for two days after their end: of what is older nobody can say whether it was one of them. */
const TAKEN_UP_MS = 2 * 86_400_000

/** Whether readings tell of a transaction that is not the one that runs, or of a time before that was known to run. */
export function isStrange(fleet: LiveFleet, live: LiveEvse, { transaction, sampledAt, quality }: Reading): boolean {
  if (transaction === null || quality === 'suspect') return false
  const open = openSession(fleet, live)
  return open === null || open.transaction !== transaction || (open.isTakenUp === true && sampledAt < open.startedAt)
}

/** Takes up what readings of one message tell of their transaction. */
export function takeSigns(fleet: LiveFleet, readings: readonly Reading[], usualReadyBy: UsualReadyBy): Decision {
  const strange = readings.find((reading) => {
    const live = fleet.evses.get(reading.evse)
    return live !== undefined && isStrange(fleet, live, reading)
  })
  if (strange === undefined) return NOTHING
  const live = fleet.evses.get(strange.evse)!
  const { arrivedAt: receivedAt } = strange
  const transaction = strange.transaction!
  const own = readings.filter((one) => one.transaction === transaction && one.quality !== 'suspect')
  const instants = own.map(({ sampledAt }) => trusted(sampledAt, receivedAt))
  const [first, last] = [Math.min(...instants), Math.max(...instants)]
  const known = sessionOf(fleet, stationOf(strange.evse), transaction)
  if (known === null) return takeUp(fleet, live, { transaction, first, last, receivedAt }, usualReadyBy)
  const place = fleet.evses.get(known.evse)
  if (place === undefined) return NOTHING
  const told = { token: null, at: first, receivedAt }
  const facts = [...changedBy(fleet, known, told, usualReadyBy), ...reopenedBy(fleet, place, known, last, receivedAt)]
  const isReopened = facts.some(({ kind }) => kind === 'session-reopened')
  return { facts, reply: ACCEPTED, ...(isReopened ? { replan: { evse: known.evse, cause: 'it goes on' } } : {}) }
}

/** Makes a session of a transaction nobody knows: one that runs where it was heard of just now and no later one is known, else one of the past. */
export function takeUp(fleet: LiveFleet, live: LiveEvse, sign: Sign, usualReadyBy: UsualReadyBy): Decision {
  const { transaction, last, receivedAt, connector } = sign
  const { station, id: evse } = live.evse
  const open = openSession(fleet, live)
  if (last < receivedAt - TAKEN_UP_MS) return NOTHING
  // We number the transactions of 1.6: beside one of ours another number is a mistake, and none is no number.
  if (fleet.stations.get(station)?.dialect === 'ocpp1.6' && (open !== null || !/^[1-9]/.test(transaction))) return NOTHING
  const held = heldOf(fleet, station, transaction)
  const startedAt = held?.startedAt ?? sign.first
  const vehicle = held?.vehicle == null ? sign.vehicle : fleet.vehicles.get(held.vehicle)
  const beginning: Beginning = {
    live,
    transaction,
    at: held?.toldStart ?? startedAt,
    startedAt,
    receivedAt,
    vehicle,
    connector,
    remoteStartId: held?.remoteStartId ?? sign.remoteStartId,
    sequence: held?.vehicle == null ? sign.sequence : undefined,
    authorizedAt: held?.authorizedAt ?? (vehicle === undefined ? null : sign.first),
    isTakenUp: held?.startedAt == null,
  }
  if (held?.endedAt != null)
    return { facts: past(fleet, beginning, { at: held.endedAt, isInferred: false }, usualReadyBy), reply: ACCEPTED }
  if (!mayRun(live, open === null, sign)) {
    const end = nextStart(fleet, live, startedAt) ?? last
    return { facts: past(fleet, beginning, { at: end, isInferred: true }, usualReadyBy), reply: ACCEPTED }
  }
  return { facts: running(fleet, beginning, usualReadyBy), reply: ACCEPTED, replan: { evse, cause: 'taken up' } }
}

/** Whether a transaction that was heard of at an instant may be the one that runs. */
function mayRun(live: LiveEvse, isFree: boolean, { last, receivedAt }: Sign): boolean {
  if (last < receivedAt - FRESH_MS || last < (live.lastStartedAt ?? 0)) return false
  if (!isFree) return last >= (live.aliveAt ?? 0)
  return live.status !== 'available' || live.connectors.every(({ at }) => at <= last)
}
