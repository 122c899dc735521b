// Asks for the set-point of a dynamic profile that nobody has renewed in time.
import type { ChargePoint } from './charge-point.ts'
import { hasPhases } from './commands-v2.ts'
import type { Roll } from './dice.ts'
import { update, type DynamicUpdate } from './profile-stack.ts'
import type { Speech } from './session-message.ts'
import type { StationLink } from './station-link.ts'

export interface PullOptions {
  readonly point: ChargePoint
  readonly link: Pick<StationLink, 'send' | 'isOnline'>
  readonly speech: Speech
  readonly now: () => number
  readonly chance: Roll
  /** Sets the timer of a key; null cancels it. */
  readonly timer: (key: string, at: number | null, run: () => void) => void
}

/** [K28.FR.10] `watch` is to be called whenever profiles have changed. */
export function pullWatch({ point, link, speech, now, chance, timer }: PullOptions): { watch(): void } {
  function watch(): void {
    const due = point.stack.flatMap((profile) =>
      profile.dynamic?.pullEveryMs == null ? [] : [{ id: profile.id, at: profile.startsAt! + profile.dynamic.pullEveryMs }],
    )
    const first = due.toSorted((a, b) => a.at - b.at)[0]
    timer('pull', first === undefined ? null : after(first.at), () => pull(first!.id))
  }
  /** A little later than due, so that an update on time comes first; whole seconds, so that many stations share an instant. */
  function after(due: number): number {
    return Math.ceil((Math.max(due, now()) + 1_000 + 4_000 * chance()) / 1_000) * 1_000
  }
  function pull(id: number): void {
    const profile = point.stack.find((known) => known.id === id)
    if (profile?.dynamic?.pullEveryMs == null) return
    if (profile.startsAt! + profile.dynamic.pullEveryMs > now()) return watch()
    const message = speech.pull(id)
    if (message !== null && link.isOnline()) link.send({ ...message, answered: (answer) => pulled(id, answer) })
    timer('pull', after(now() + profile.dynamic.pullEveryMs), () => pull(id))
  }
  /** [K28.FR.08] */
  function pulled(id: number, answer: object | null): void {
    const { status, scheduleUpdate } = (answer ?? {}) as { status?: string; scheduleUpdate?: DynamicUpdate }
    if (status !== 'Accepted' || scheduleUpdate === undefined || hasPhases(scheduleUpdate)) return
    const stack = update(point.stack, id, scheduleUpdate, now(), point.bidirectional)
    if (stack.ok) point.restack(stack.value, now())
    watch()
  }
  return { watch }
}
