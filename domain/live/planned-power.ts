// What the plan in force means for a slot: what was planned within the bounds on a grid area, or, where these have gone or are wider by now, what it would be without them.
import type { FreeCourse } from '../planning/plan.ts'
import { slotAt, type Slot } from '../time/slot.ts'
import { watts, type Power } from '../units.ts'
import { envelopesOn, strictest, strictestNow } from './joint-bounds.ts'
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
  const envelopes = envelopesOn(fleet, `area:${fleet.sites.get(live.evse.site)?.gridArea}`, now)
  const running = slotAt(now)
  const bound = (slot: Slot, side: 'min' | 'max') =>
    slot === running ? strictestNow(envelopes, side, now) : strictest(envelopes, slot, side, now)
  return (slot) => {
    const [max, min] = [free.max[slot - first] ?? null, free.min[slot - first] ?? null]
    return (max !== null && bound(slot, 'max') > max) || (min !== null && bound(slot, 'min') < min)
  }
}
