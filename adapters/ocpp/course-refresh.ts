// Courses that were cut down to what a station can hold are told anew when the exact part of them ends.
import type { OrderContent } from '../../domain/orders/order.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import { endSlot } from '../../domain/time/series.ts'
import { later, startOf } from '../../domain/time/slot.ts'
import type { WireCourse } from './blocks/charging/manner.ts'

export interface CourseRefresh {
  /** What a station holds of a course; the appointment made for its transaction before is gone. */
  held(content: OrderContent, held: WireCourse, refresh: () => void): void
  /** Whether the exact part has ended and nothing was told since. */
  isDue(transaction: string): boolean
  forget(transaction: string): void
  stop(): void
}

/** The appointments of one connection, one a transaction. */
export function courseRefresh(clock: Clock, key: string): CourseRefresh {
  const appointments = new Map<string, () => void>()
  const due = new Set<string>()

  function forget(transaction: string): void {
    appointments.get(transaction)?.()
    appointments.delete(transaction)
    due.delete(transaction)
  }

  return {
    held({ transaction, course }, { first, exactSlots }, refresh) {
      forget(transaction)
      const exactUntil = later(first, exactSlots)
      if (exactUntil >= endSlot(course)) return
      const ms = Math.max(1_000, startOf(exactUntil) - clock.now())
      const cancel = clock.after(ms, `ocpp course ${key} ${transaction}`, () => {
        appointments.delete(transaction)
        due.add(transaction)
        refresh()
      })
      appointments.set(transaction, cancel)
    },
    isDue: (transaction) => due.has(transaction),
    forget,
    stop() {
      for (const cancel of appointments.values()) cancel()
      appointments.clear()
    },
  }
}
