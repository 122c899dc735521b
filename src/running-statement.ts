// The statement since the start, kept up to date: closed slots are settled once, only the last hours are looked at again.
import type { LiveFleet, SlotMeter } from '../domain/fleet/live-fleet.ts'
import { settle, type SettlementPrices, type Statement } from '../domain/settlement/statement.ts'
import { later, slotAt, type Slot } from '../domain/time/slot.ts'
import { plus, type Energy, type Money } from '../domain/units.ts'

/** What the screens show of it. */
export interface RunningStatement {
  readonly spent: Money
  readonly charged: Energy
  readonly discharged: Energy
}
/** Late readings may still change slots that are younger. */
const OPEN_SLOTS = 12

/** Returns a function that answers with the sums up to now. The first answer looks at everything, later ones only at what is open. */
export function runningStatement(
  fleet: LiveFleet,
  pricesAt: (slot: Slot) => SettlementPrices,
): (now: number) => RunningStatement {
  let closed: RunningStatement = { spent: 0 as Money, charged: 0 as Energy, discharged: 0 as Energy }
  let closedUntil: Slot | null = null
  return (now) => {
    const end = later(slotAt(now), 1)
    const open = later(slotAt(now), -OPEN_SLOTS)
    // A clock that was set back opens what was closed.
    if (closedUntil === null || open < closedUntil) closed = settle(upTo(fleet, open), pricesAt)
    else if (closedUntil < open) closed = sum(closed, settle(between(fleet, closedUntil, open), pricesAt))
    closedUntil = open
    return sum(closed, settle(between(fleet, open, end), pricesAt))
  }
}

function sum(a: RunningStatement, b: Statement): RunningStatement {
  return { spent: plus(a.spent, b.spent), charged: plus(a.charged, b.charged), discharged: plus(a.discharged, b.discharged) }
}

function* upTo(fleet: LiveFleet, until: Slot): Generator<ReadonlyMap<Slot, SlotMeter>> {
  for (const meter of fleet.meter.values()) yield new Map([...meter].filter(([slot]) => slot < until))
}

function* between(fleet: LiveFleet, from: Slot, until: Slot): Generator<ReadonlyMap<Slot, SlotMeter>> {
  for (const meter of fleet.meter.values()) {
    const part = new Map<Slot, SlotMeter>()
    for (let slot = from; slot < until; slot = later(slot, 1)) {
      const one = meter.get(slot)
      if (one !== undefined) part.set(slot, one)
    }
    yield part
  }
}
