// What the plan in force means for a slot: what was planned within the bounds on a grid area, or, where these have gone or are wider by now, what it would be without them.
import type { FreeCourse } from '../planning/plan.ts'
import type { Envelope } from '../signals/envelope.ts'
import { slotAt, type Slot } from '../time/slot.ts'
import { watts, type Power } from '../units.ts'
import { saidOn, strictest, strictestNow } from './joint-bounds.ts'
import type { LiveEvse, LiveFleet } from './live-fleet.ts'

/** Power by slot as it counts at an instant, epoch ms; nothing outside of the plan. Orders never wait for new plans, whichever way a bound goes. */
export function plannedPower(fleet: LiveFleet, live: LiveEvse, now: number): (slot: Slot) => Power {
  const { plan } = live
  if (plan === null) return () => watts(0)
  const { free, firstSlot, power } = plan
  if (free === undefined) return (slot) => power[slot - firstSlot] ?? watts(0)
  const isWidened = widenedSince(fleet, live, free, firstSlot, now)
  return (slot) => {
    const at = slot - firstSlot
    return (isWidened(slot) ? free.power[at] : power[at]) ?? watts(0)
  }
}

/** Whether a slot is bounded less by now than the plan was made within. */
function widenedSince(fleet: LiveFleet, live: LiveEvse, free: FreeCourse, first: Slot, now: number): (slot: Slot) => boolean {
  const said = saidOn(fleet, `area:${fleet.sites.get(live.evse.site)?.gridArea}`)
  const running = slotAt(now)
  return (slot) => {
    const [max, min] = [free.max[slot - first] ?? null, free.min[slot - first] ?? null]
    if (max === null && min === null) return false
    const bound = slot === running ? boundNow(said, now) : boundIn(said, slot, now)
    return (max !== null && bound.max > max) || (min !== null && bound.min < min)
  }
}

interface Bound {
  readonly max: number
  readonly min: number
}

const isBound = ({ rank }: Envelope) => rank !== 'activation'

function boundNow(said: readonly Envelope[], now: number): Bound {
  const bounds = said.filter(isBound)
  return { max: strictestNow(bounds, 'max', now), min: strictestNow(bounds, 'min', now) }
}

/** Bounds of slots to come by what was said: an area's cars ask for the same ones, and what is said is never changed but replaced. */
const known = new WeakMap<readonly Envelope[], Map<Slot, Bound>>()

function boundIn(said: readonly Envelope[], slot: Slot, now: number): Bound {
  const slots = known.get(said) ?? new Map<Slot, Bound>()
  known.set(said, slots)
  const found = slots.get(slot)
  if (found !== undefined) return found
  const bounds = said.filter(isBound)
  const made = { max: strictest(bounds, slot, 'max', now), min: strictest(bounds, slot, 'min', now) }
  slots.set(slot, made)
  return made
}
