// The shape of what is remembered, found by letting one car live through a minute: whatever field is added, renamed or taken away gives another one.
import { createHash } from 'node:crypto'
import type { Fact } from '../../domain/facts/fact.ts'
import { apply } from '../../domain/live/apply.ts'
import { emptyFleet } from '../../domain/live/live-fleet.ts'
import {
  evseId,
  id,
  type BalanceGroupId,
  type OrderId,
  type PoolId,
  type SessionId,
  type SiteId,
  type StationId,
  type TenantId,
} from '../../domain/registry/identity.ts'
import { EMPTY_REGISTRY } from '../../domain/registry/registry.ts'
import { series } from '../../domain/time/series.ts'
import { slotAt } from '../../domain/time/slot.ts'
import { share, wattHours, watts } from '../../domain/units.ts'

const STATION = id<StationId>('station')
const EVSE = evseId(STATION, 1)
const SESSION = id<SessionId>('session')
const MINUTE_MS = 60_000

/** Names it: the first digits of a hash. */
export function stateShape(): string {
  const fleet = emptyFleet()
  for (const [i, fact] of oneMinute().entries()) apply(fleet, fact, i * MINUTE_MS)
  const shapes = new Set<string>()
  gather(fleet, shapes, new Set())
  return createHash('sha256')
    .update([...shapes].sort().join('\n'))
    .digest('hex')
    .slice(0, 12)
}

/** All sets of keys that objects have, and the kinds of everything else. */
function gather(value: unknown, shapes: Set<string>, seen: Set<unknown>): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return
  seen.add(value)
  if (value instanceof Map || value instanceof Set || Array.isArray(value)) {
    for (const part of value as Iterable<unknown>) gather(part, shapes, seen)
  } else if (ArrayBuffer.isView(value)) shapes.add(value.constructor.name)
  else {
    shapes.add(Object.keys(value).join())
    for (const part of Object.values(value)) gather(part, shapes, seen)
  }
}

function oneMinute(): readonly Fact[] {
  const [tenant, pool, site] = [id<TenantId>('tenant'), id<PoolId>('pool'), id<SiteId>('site')]
  const balanceGroup = id<BalanceGroupId>('group')
  const bounds = { chargeMin: watts(0), chargeMax: watts(11_000), dischargeMax: watts(-11_000), phases: ['L1'] as const }
  const known = { gridCodeCertifiedAt: 0, operatorRegisteredAt: 0, masterDataRegisteredAt: 0 }
  const connection = { gridArea: 'VNB', phases: ['L1'] as const, fuseAmps: 63, feedInMax: watts(0), access: 'private' as const }
  const wish = { readyBy: 0, targetSoc: share(1), minimumSoc: share(0), by: 'default' as const }
  const told = {
    evse: EVSE,
    transaction: 'one',
    power: watts(1_000),
    phases: null,
    quality: 'measured' as const,
    soc: share(0.5),
  }
  const [byHand, secret] = [{ by: 'desk', role: 'admin', reason: 'why' } as const, { salt: '', hash: '' }]
  const order = { id: id<OrderId>('order'), evse: EVSE, session: SESSION, transaction: 'one', setpoint: watts(0) }
  return [
    {
      kind: 'registry-set',
      registry: {
        ...EMPTY_REGISTRY,
        sites: [{ id: site, tenant, pool, balanceGroup, ...connection }],
        evses: [{ id: EVSE, station: STATION, site, ...bounds, ...known }],
      },
    },
    { kind: 'station-commanded', station: STATION, command: 'one', asked: { kind: 'stop', evse: 1 }, content: '', ...byHand },
    { kind: 'station-password-set', station: STATION, secret, older: [{ ...secret, until: 0 }], ...byHand },
    {
      kind: 'limitation-told',
      site,
      direction: 'consume',
      stands: {
        state: 'init',
        since: 0,
        until: null,
        limit: null,
        written: { limit: null, durationMs: null },
        guard: null,
        isConnected: false,
      },
      changes: [],
    },
    { kind: 'station-connected', station: STATION, dialect: 'ocpp2.1' },
    {
      kind: 'session-started',
      session: { id: SESSION, evse: EVSE, vehicle: null, transaction: 'one', startedAt: 0, endedAt: null, needs: null, wish },
    },
    {
      kind: 'readings',
      readings: [3, 4].map((minute) => ({
        ...told,
        sampledAt: minute * MINUTE_MS,
        arrivedAt: minute * MINUTE_MS,
        imported: wattHours(minute * 10),
        exported: wattHours(0),
      })),
    },
    {
      kind: 'order-issued',
      order: { ...order, course: series(slotAt(0), [watts(0)]), reason: 'plan', issuedAt: 0, leaseMs: MINUTE_MS },
      leaseUntil: MINUTE_MS,
    },
  ]
}
