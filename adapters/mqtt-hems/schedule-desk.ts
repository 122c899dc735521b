// Orders for what stands behind an energy manager, as the schedule of its site: one document with a revision, answered by the house, gone with the broker when it has run out.
import type { OrderRefusal } from '../../domain/ports/controllables.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { OrderContent } from '../../domain/orders/order.ts'
import type { SiteId } from '../../domain/registry/identity.ts'
import { ok, refused, type Result } from '../../domain/result.ts'
import { endSlot } from '../../domain/time/series.ts'
import { instantText, later, slotAt, startOf } from '../../domain/time/slot.ts'
import type { Power } from '../../domain/units.ts'

export type Delivery = Result<{ readonly confirmedAt: number }, OrderRefusal>
export interface ScheduleDeskOptions {
  readonly clock: Clock
  /** Publishes the schedule of a site, retained, until an instant; an empty text releases. False where nothing can be published. */
  readonly publish: (site: SiteId, content: string, until: number | null) => boolean
}
export interface ScheduleDesk {
  /** Puts an order for an asset into the schedule of its site; resolves with the answer of the house. */
  deliver(site: SiteId, asset: string, order: OrderContent): Promise<Delivery>
  /** What holds of an asset behind its last slot. */
  setDefault(site: SiteId, asset: string, limit: Power): void
  /** The house has answered a revision. */
  answered(site: SiteId, revision: number, isAccepted: boolean, reason: string | null): void
  /** The asset is left to the house. */
  release(site: SiteId, asset: string): void
  /** The house is gone: nobody answers any more. */
  gone(site: SiteId): void
  /** Every schedule is told again, with a revision of its own. */
  again(): void
  stop(): void
}

interface Part {
  readonly order: OrderContent
  readonly leaseUntil: number
}
interface Waiting {
  readonly revision: number
  readonly asset: string
  readonly settle: (delivery: Delivery) => void
}
interface SiteSchedule {
  /** Rises over restarts as well: it is never below the instant of the process. */
  revision: number
  readonly parts: Map<string, Part>
  readonly defaults: Map<string, Power>
  waiting: Waiting[]
  cancelEnd: () => void
}

/** A house answers within this, or the order counts as lost; the schedule stays. */
const ANSWER_MS = 30_000
const SLOTS_MAX = 192

/** A desk without schedules. */
export function scheduleDesk({ clock, publish }: ScheduleDeskOptions): ScheduleDesk {
  const sites = new Map<SiteId, SiteSchedule>()

  function scheduleOf(site: SiteId): SiteSchedule {
    const known = sites.get(site) ?? { revision: 0, parts: new Map(), defaults: new Map(), waiting: [], cancelEnd() {} }
    sites.set(site, known)
    return known
  }
  /** The revision that was published; null where none could be. */
  function tell(site: SiteId): number | null {
    const schedule = scheduleOf(site)
    schedule.cancelEnd()
    const until = Math.max(0, ...[...schedule.parts.values()].map(({ order }) => startOf(endSlot(order.course))))
    if (schedule.parts.size === 0 || until <= clock.now()) {
      schedule.parts.clear()
      return publish(site, '', null) ? schedule.revision : null
    }
    schedule.revision = Math.max(schedule.revision + 1, clock.now())
    // A broker of 3.1.1 keeps it for ever: it is cleared when it has run out.
    schedule.cancelEnd = clock.at(until, `hems schedule ${site}`, () => void tell(site))
    return publish(site, JSON.stringify(scheduleJson(schedule, until, clock.now())), until) ? schedule.revision : null
  }
  function settle(schedule: SiteSchedule, isMeant: (one: Waiting) => boolean, delivery: Delivery): void {
    const meant = schedule.waiting.filter(isMeant)
    schedule.waiting = schedule.waiting.filter((one) => !meant.includes(one))
    for (const one of meant) one.settle(delivery)
  }

  return {
    deliver(site, asset, order) {
      const schedule = scheduleOf(site)
      settle(schedule, (one) => one.asset === asset, refused({ kind: 'overtaken' }))
      schedule.parts.set(asset, { order, leaseUntil: clock.now() + order.leaseMs })
      const revision = tell(site)
      if (revision === null) return Promise.resolve(refused({ kind: 'not-connected' }))
      return new Promise((resolve) => {
        const cancel = clock.after(ANSWER_MS, `hems schedule ${site}`, () =>
          settle(schedule, (one) => one === waiting, refused({ kind: 'no-answer', afterMs: ANSWER_MS })),
        )
        const waiting: Waiting = {
          revision,
          asset,
          settle(delivery) {
            cancel()
            resolve(delivery)
          },
        }
        schedule.waiting.push(waiting)
      })
    },
    setDefault(site, asset, limit) {
      scheduleOf(site).defaults.set(asset, limit)
    },
    answered(site, revision, isAccepted, reason) {
      const schedule = sites.get(site)
      if (schedule === undefined) return
      const detail = reason ?? 'the energy manager has refused the schedule'
      const delivery: Delivery = isAccepted ? ok({ confirmedAt: clock.now() }) : refused({ kind: 'rejected', detail })
      // Whoever has taken a later one has taken those before; a refusal means that one alone.
      settle(schedule, (one) => (isAccepted ? one.revision <= revision : one.revision === revision), delivery)
    },
    release(site, asset) {
      const schedule = sites.get(site)
      if (schedule?.parts.delete(asset) !== true) return
      settle(schedule, (one) => one.asset === asset, refused({ kind: 'overtaken' }))
      tell(site)
    },
    gone(site) {
      const schedule = sites.get(site)
      if (schedule !== undefined) settle(schedule, () => true, refused({ kind: 'not-connected' }))
    },
    again() {
      for (const [site, { parts }] of sites) if (parts.size > 0) tell(site)
    },
    stop() {
      for (const schedule of sites.values()) {
        schedule.cancelEnd()
        settle(schedule, () => true, refused({ kind: 'not-connected' }))
      }
      sites.clear()
    },
  }
}

function scheduleJson({ revision, parts, defaults }: SiteSchedule, until: number, now: number): object {
  return {
    id: String(revision),
    revision,
    issuedAt: instantText(now),
    validUntil: instantText(until),
    assets: [...parts].map(([asset, { order, leaseUntil }]) => {
      const { first, values } = order.course
      const from = Math.max(0, slotAt(now) - first)
      return {
        asset,
        order: order.id,
        reason: order.reason,
        setpoint: order.setpoint === null ? null : { powerW: order.setpoint, until: instantText(leaseUntil) },
        slots: values
          .slice(from, from + SLOTS_MAX)
          .map((maxW, i) => ({ from: instantText(startOf(later(first, from + i))), maxW })),
        after: { maxW: defaults.get(asset) ?? 0 },
      }
    }),
  }
}
