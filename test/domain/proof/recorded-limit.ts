// A limit on two cars as a journal has it, minute by minute: short enough that every figure of its proof can be worked out by hand.
import { canonicalJson, NO_HASH, seal } from '../../../adapters/wire/hash-chain.ts'
import type { Fact } from '../../../domain/facts/fact.ts'
import type { OrderState } from '../../../domain/orders/order.ts'
import type { JournalEntry } from '../../../domain/ports/journal.ts'
import { limitProof, type LimitProof } from '../../../domain/proof/limit-proof.ts'
import type { LimitStanding, StandingMember } from '../../../domain/proof/standing.ts'
import { id, type EvseId, type OrderId, type SessionId, type StationId } from '../../../domain/registry/identity.ts'
import type { Signal } from '../../../domain/signals/signal.ts'
import { slotAt } from '../../../domain/time/slot.ts'
import { wattHours, watts } from '../../../domain/units.ts'

/** A quarter-hour begins. */
export const AT = Date.parse('2026-01-15T18:00:00Z')
export const MINUTE = 60_000
export const [A, B] = [id<EvseId>('st-1/1'), id<EvseId>('st-2/1')]
const SUBJECT = 'site:house'

export interface Said {
  readonly at: number
  readonly fact: Fact
}

export function signal(more: Partial<Signal> = {}): Signal {
  return {
    id: 'night',
    version: 1,
    subjects: [SUBJECT],
    from: AT,
    until: null,
    rank: 'grid-limit',
    min: null,
    max: watts(6_000),
    provenance: { authority: 'VNB', reference: 'intervention 7' },
    issuedAt: AT - 200,
    sender: 'VNB',
    receivedAt: AT,
    ...more,
  }
}

/** Both charged with 11 kW and were to go on with it for an hour. */
export function standing(more: { readonly [evse: string]: Partial<StandingMember> } = {}): LimitStanding {
  const member = (evse: EvseId): [EvseId, StandingMember] => [
    evse,
    {
      isConnected: true,
      session: id<SessionId>(`session of ${evse}`),
      power: watts(11_000),
      register: null,
      rated: { max: 11_000, min: 0 },
      phases: ['L1', 'L2', 'L3'],
      plan: { firstSlot: slotAt(AT), power: Array.from({ length: 4 }, () => watts(11_000)) },
      ...more[evse],
    },
  ]
  return {
    signal: 'night',
    versions: [{ version: 1, sequence: 1, subjects: [SUBJECT], alarms: ['limit_below_pmin14a'] }],
    subjects: new Map([
      [
        SUBJECT,
        {
          members: [A, B],
          phase: null,
          minimum: { power: watts(7_560), formulas: ['house: 4.2 + (2 − 1) × 0.8 × 4.2 = 7.56 kW'] },
        },
      ],
    ]),
    members: new Map([member(A), member(B)]),
  }
}

export const received = (of: Signal = signal()): Said => ({ at: of.receivedAt, fact: { kind: 'signal-received', signal: of } })
export const withdrawn = (at: number): Said => ({
  at,
  fact: { kind: 'signal-withdrawn', id: 'night', version: 2, sender: 'VNB' },
})
export const tells = (at: number, evse: EvseId, power: number | null, importedWh: number | null = null): Said => ({
  at,
  fact: {
    kind: 'readings',
    readings: [
      {
        evse,
        transaction: '1',
        sampledAt: at,
        arrivedAt: at,
        power: power === null ? null : watts(power),
        imported: importedWh === null ? null : wattHours(importedWh),
        exported: null,
        soc: null,
        phases: null,
        quality: 'measured',
      },
    ],
  },
})
export const orders = (at: number, evse: EvseId, order: string): Said => ({
  at,
  fact: {
    kind: 'order-issued',
    leaseUntil: at + MINUTE,
    order: {
      id: id<OrderId>(order),
      evse,
      session: id<SessionId>(`session of ${evse}`),
      transaction: '1',
      setpoint: watts(3_000),
      course: { first: slotAt(at), values: [watts(3_000)] },
      reason: 'a limit',
      issuedAt: at,
      leaseMs: MINUTE,
    },
  },
})
export const moves = (at: number, evse: EvseId, order: string, state: OrderState): Said => ({
  at,
  fact: { kind: 'order-moved', evse, order: id<OrderId>(order), state },
})
export const confirms = (at: number, evse: EvseId, order: string): Said =>
  moves(at, evse, order, { kind: 'confirmed', at, leaseUntil: at + MINUTE })
export const disconnects = (at: number, station: string): Said => ({
  at,
  fact: { kind: 'station-disconnected', station: id<StationId>(station), detail: 'gone' },
})

/** As entries of a chain. */
export function chained(said: readonly Said[]): readonly JournalEntry[] {
  let previous = NO_HASH
  return said.map(({ at, fact }, i) => {
    const entry = { at, fact: JSON.parse(canonicalJson(fact)) as Fact, epoch: 1, node: 'test', previous, sequence: i + 1 }
    const { hash } = seal(entry)
    previous = hash
    return { ...entry, hash }
  })
}

/** An hour's quarter: both obey within seconds, are read every minute, and the limit is withdrawn after fifteen of them. */
export const OBEYED: readonly Said[] = [
  received(),
  orders(AT, A, 'o-1'),
  orders(AT + 40, B, 'o-2'),
  confirms(AT + 300, A, 'o-1'),
  confirms(AT + 900, B, 'o-2'),
  ...Array.from({ length: 15 }, (_, i) => [
    tells(AT + (i + 1) * MINUTE, A, 3_000),
    tells(AT + (i + 1) * MINUTE, B, 3_000),
  ]).flat(),
  withdrawn(AT + 15 * MINUTE),
  tells(AT + 20 * MINUTE, A, 11_000),
]

/** The proof of what was said. */
export function proofOf(said: readonly Said[], of: LimitStanding = standing()): LimitProof {
  const proof = limitProof(of)
  for (const entry of chained(said)) if (!proof.take(entry)) break
  return proof.result()!
}
