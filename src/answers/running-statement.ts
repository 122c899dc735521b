// The statement since the start, kept up to date: closed slots are settled once and again where they are revised, only the last hours are looked at every time.
import type { EvseId } from '../../domain/registry/identity.ts'
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import { toldEnergy } from '../../domain/live/revisions.ts'
import { settle, type SettlementPrices, type Statement } from '../../domain/settlement/statement.ts'
import { slotsWithin, type SlotEnergy } from '../../domain/telemetry/slot-meter.ts'
import { later, slotAt, type Slot } from '../../domain/time/slot.ts'
import { plus, type Energy, type Money } from '../../domain/units.ts'

/** What the screens show of it. */
export interface RunningStatement {
  readonly spent: Money
  readonly charged: Energy
  readonly discharged: Energy
}
/** Slots looked at every time; older ones only when a revision is told. */
const OPEN_SLOTS = 12
const NOTHING: RunningStatement = { spent: 0 as Money, charged: 0 as Energy, discharged: 0 as Energy }

/** Returns a function that answers with the sums up to now. The first answer looks at everything, later ones only at what is open or revised. @internal */
export function runningStatement(
  fleet: LiveFleet,
  pricesAt: (slot: Slot) => SettlementPrices,
): (now: number) => RunningStatement {
  const steps = runningStatementSteps(fleet, pricesAt)
  return (now) => {
    const work = steps(now)
    for (;;) {
      const step = work.next()
      if (step.done === true) return step.value
    }
  }
}

/** The same in steps, between which others may have their turn; of some EVSEs alone where not all are meant. */
export function runningStatementSteps(
  fleet: LiveFleet,
  pricesAt: (slot: Slot) => SettlementPrices,
  isOwn: (evse: EvseId) => boolean = () => true,
): (now: number) => Generator<void, RunningStatement> {
  let closed = NOTHING
  let closedUntil: Slot | null = null
  let revisions = 0
  return function* (now) {
    const end = later(slotAt(now), 1)
    const open = later(slotAt(now), -OPEN_SLOTS)
    const { told, recent } = fleet.revisions
    // A clock that was set back opens what was closed.
    if (closedUntil === null || open < closedUntil || told - revisions > recent.length)
      closed = sum(NOTHING, settle(upTo(fleet, open, isOwn), pricesAt))
    else {
      for (const { evse, slot, before, after } of recent.slice(recent.length - (told - revisions))) {
        if (slot >= closedUntil || !isOwn(evse)) continue
        const change = (energy: typeof before): ReadonlyMap<Slot, SlotEnergy> =>
          new Map([[slot, { importedWh: energy.imported, exportedWh: energy.exported }]])
        closed = difference(sum(closed, settle([change(after)], pricesAt)), settle([change(before)], pricesAt))
      }
      if (closedUntil < open) closed = sum(closed, settle(between(fleet, closedUntil, open, isOwn), pricesAt))
    }
    closedUntil = open
    revisions = told
    let running = closed
    for (const [evse, meter] of Array.from(fleet.meter)) {
      if (isOwn(evse)) running = sum(running, settle([current(meter, open, end)], pricesAt))
      yield
    }
    return running
  }
}

function sum(a: RunningStatement, b: Statement): RunningStatement {
  return { spent: plus(a.spent, b.spent), charged: plus(a.charged, b.charged), discharged: plus(a.discharged, b.discharged) }
}

function difference(a: RunningStatement, b: Statement): RunningStatement {
  return {
    spent: (a.spent - b.spent) as Money,
    charged: (a.charged - b.charged) as Energy,
    discharged: (a.discharged - b.discharged) as Energy,
  }
}

/** What is closed counts as it was told: a revision that is still to come changes it then, once. */
function* upTo(fleet: LiveFleet, until: Slot, isOwn: (evse: EvseId) => boolean): Generator<ReadonlyMap<Slot, SlotEnergy>> {
  for (const [evse, meter] of fleet.meter)
    if (isOwn(evse))
      yield told(
        fleet,
        evse,
        [...meter.keys()].filter((slot) => slot < until),
      )
}

function* between(
  fleet: LiveFleet,
  from: Slot,
  until: Slot,
  isOwn: (evse: EvseId) => boolean,
): Generator<ReadonlyMap<Slot, SlotEnergy>> {
  for (const [evse, meter] of fleet.meter) if (isOwn(evse)) yield told(fleet, evse, slotsWithin(meter, from, later(until, -1)))
}

function told(fleet: LiveFleet, evse: EvseId, slots: readonly Slot[]): ReadonlyMap<Slot, SlotEnergy> {
  const part = new Map<Slot, SlotEnergy>()
  for (const slot of slots) {
    const energy = toldEnergy(fleet, evse, slot)
    if (energy !== null) part.set(slot, energy)
  }
  return part
}

function current(meter: ReadonlyMap<Slot, SlotEnergy>, from: Slot, until: Slot): ReadonlyMap<Slot, SlotEnergy> {
  const part = new Map<Slot, SlotEnergy>()
  for (let slot = from; slot < until; slot = later(slot, 1)) {
    const one = meter.get(slot)
    if (one !== undefined) part.set(slot, one)
  }
  return part
}
