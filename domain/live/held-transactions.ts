// Transactions that wait until somebody says at which EVSE they are.
import type { Fact } from '../facts/fact.ts'
import type { HeldTransaction } from '../registry/held-transaction.ts'
import type { StationId } from '../registry/identity.ts'
import type { LiveFleet } from './live-fleet.ts'

/** Of one station, and how long: drivers plug in within minutes, backlogs are worked off within hours. */
const HELD_MAX = 16
const HELD_MS = 86_400_000

type Told = { readonly [Key in keyof HeldTransaction]?: HeldTransaction[Key] | undefined }

/** What is known of a transaction that waits; null for nothing. */
export function heldOf(fleet: LiveFleet, station: StationId, transaction: string): HeldTransaction | null {
  return fleet.held.get(station)?.find((one) => one.transaction === transaction) ?? null
}

/** Keeps what was told of a transaction, beside what is known of it; nothing where that is no news. */
export function holdTransaction(
  fleet: LiveFleet,
  station: StationId,
  transaction: string,
  told: Told,
  now: number,
): readonly Fact[] {
  const before = heldOf(fleet, station, transaction)
  const held: HeldTransaction = {
    transaction,
    startedAt: before?.startedAt ?? told.startedAt ?? null,
    toldStart: before?.toldStart ?? told.toldStart ?? null,
    endedAt: before?.endedAt ?? told.endedAt ?? null,
    vehicle: before?.vehicle ?? told.vehicle ?? null,
    authorizedAt: before?.authorizedAt ?? told.authorizedAt ?? null,
    remoteStartId: before?.remoteStartId ?? told.remoteStartId ?? null,
    heldAt: before?.heldAt ?? now,
  }
  const isNews = before === null || Object.keys(held).some((key) => held[key as keyof Told] !== before[key as keyof Told])
  return isNews ? [{ kind: 'transaction-held', station, held: { ...held, heldAt: now } }] : []
}

/** Takes the fact into the state: the oldest of a station go first. */
export function takeHeld(fleet: LiveFleet, station: StationId, held: HeldTransaction): void {
  const others = (fleet.held.get(station) ?? []).filter(
    ({ transaction, heldAt }) => transaction !== held.transaction && held.heldAt - heldAt < HELD_MS,
  )
  fleet.held.set(station, [...others, held].slice(-HELD_MAX))
}

/** Its session has begun: it waits no more. */
export function dropHeld(fleet: LiveFleet, station: StationId, transaction: string): void {
  const held = fleet.held.get(station)
  if (held === undefined) return
  const others = held.filter((one) => one.transaction !== transaction)
  if (others.length === 0) fleet.held.delete(station)
  else fleet.held.set(station, others)
}
