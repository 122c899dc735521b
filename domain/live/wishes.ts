// What is wanted for a session where no driver has said so: the car's own word, the wish of a usual day, or what its place is known for.
import { nextLocalTime } from '../time/delivery-day.ts'
import { MARKET_ZONE } from '../time/zone-offset.ts'
import { unreachable } from '../result.ts'
import { share } from '../units.ts'
import type { Vehicle } from '../registry/registry.ts'
import type { ChargingNeeds, Session, Wish } from '../registry/session.ts'

const DEFAULT_WISH = { readyByHour: 7, readyByMinute: 0, targetSoc: share(0.8), minimumSoc: share(0.3) }

/** The wish of a usual day at its next occasion: at least half an hour away, so that a late arrival means tomorrow. */
export function standingWish(vehicle: Vehicle | undefined, at: number): Wish {
  const usual = vehicle?.standingWish ?? DEFAULT_WISH
  const { readyByHour = DEFAULT_WISH.readyByHour, readyByMinute = DEFAULT_WISH.readyByMinute } = usual
  return {
    readyBy: nextLocalTime(at + 1_800_000, readyByHour, readyByMinute, MARKET_ZONE),
    targetSoc: usual.targetSoc,
    minimumSoc: usual.minimumSoc,
    by: isUsuallyTold(vehicle) ? 'standing-wish' : 'default',
  }
}

/** A car whose driver told when it is usually wanted has its standing wish; of others the sessions before tell when it will be, else the default. */
export function wishAtStart(vehicle: Vehicle | undefined, at: number, usualReadyBy: () => number | null): Wish {
  const wish = standingWish(vehicle, at)
  return wish.by === 'default' ? { ...wish, readyBy: usualReadyBy() ?? wish.readyBy } : wish
}

function isUsuallyTold(vehicle: Vehicle | undefined): boolean {
  return vehicle?.standingWish.readyByHour !== undefined
}

/** Whether anybody told when the car leaves: then it is a promise that it is ready by then. */
export function isDepartureTold(
  { wish, needs, startedAt }: Pick<Session, 'wish' | 'needs' | 'startedAt'>,
  vehicle: Vehicle | undefined,
): boolean {
  switch (wish.by) {
    case 'driver':
    case 'standing-wish':
      return true
    case 'default':
      return false
    case 'car':
      return (needs !== null && needs.departure !== null && needs.departure > startedAt) || isUsuallyTold(vehicle)
    default:
      return unreachable(wish.by)
  }
}

/** The car's own departure and targets count until the driver says otherwise. */
export function wishFrom(session: Pick<Session, 'startedAt' | 'wish'>, needs: ChargingNeeds): Wish {
  if (session.wish.by === 'driver') return session.wish
  const departure = needs.departure !== null && needs.departure > session.startedAt ? needs.departure : null
  if (departure === null && needs.targetSoc === null && needs.minimumSoc === null) return session.wish
  const targetSoc = needs.targetSoc ?? session.wish.targetSoc
  // A car may keep more than its driver wants kept, never less.
  const minimumSoc = needs.minimumSoc === null ? 0 : Math.min(needs.minimumSoc, targetSoc)
  return {
    readyBy: departure ?? session.wish.readyBy,
    targetSoc,
    minimumSoc: share(Math.max(minimumSoc, session.wish.minimumSoc)),
    by: 'car',
  }
}

/** The wish of a session whose car, or whose true start, became known after it had begun. */
export function wishMadeAnew(
  session: Session,
  vehicle: Vehicle | undefined,
  at: number,
  usualReadyBy: () => number | null,
): Wish {
  if (session.wish.by === 'driver') return session.wish
  const wish = wishAtStart(vehicle, at, usualReadyBy)
  return session.needs === null ? wish : wishFrom({ startedAt: at, wish }, session.needs)
}
