// How often what one station tells is recorded and acted upon: honest stations never notice, a flapping or mad one is counted, and its last word holds.
import { CONNECTORS_MAX } from '../../domain/live/connectors.ts'
import { evseId, type EvseId, type StationId } from '../../domain/registry/identity.ts'
import type { StationEvent } from '../../domain/ports/charge-points.ts'
import type { Clock } from '../../domain/ports/clock.ts'

export interface EventLimitsOptions {
  readonly clock: Clock
  /** Takes an event that had to wait and is to be recorded now. */
  readonly release: (event: StationEvent) => void
  /** Plans a car that had to wait. */
  readonly replan: (evse: EvseId, cause: string) => void
}
export interface EventLimits {
  /**
   * Whether an event counts now. If not, it is answered all the same, and the last one of its kind is released later. `changes` tells whether anything
   * would come of it.
   */
  takes(event: StationEvent, changes: boolean): boolean
  /** Whether a car may be planned now because its station told something; if not, it is planned later, once. */
  mayReplan(evse: EvseId, cause: string): boolean
  /** A released event could not be recorded: it has its turn again later. */
  putBack(event: StationEvent): void
  /** A session begins: what waits about this EVSE is about the time before. */
  forget(evse: EvseId): void
  stop(): void
}

/** Changes of status, boots, abilities, needs and limits set on a station: so many at once by EVSE (boots and abilities: by station), then one in this time. */
const AT_ONCE = 10
const APART_MS = 10_000
/** Plans made for one car because of its station. */
const PLANS_AT_ONCE = 5
const PLANS_APART_MS = 2_000
/** Equal security events are counted within this time; so many types of one station have a count of their own, the others one together. */
const SECURITY_WINDOW_MS = 60_000
const SECURITY_TYPES_MAX = 20
const OTHER_TYPES = 'other types'

/** What may be done at once, and what waits for its turn. */
interface Turns<Value> {
  /** Turns left at a passed time. */
  left: number
  at: number
  waiting: { value: Value; readonly cancel: () => void } | null
}
interface SecurityWindow {
  repeated: number
  last: StationEvent & { kind: 'security' }
  cancel: () => void
}

/** The limits of one application. Kept for stations and EVSEs of the registry only, which bounds them. */
export function eventLimits({ clock, release, replan }: EventLimitsOptions): EventLimits {
  const events = inTurn<StationEvent>(clock, AT_ONCE, APART_MS, release)
  const plans = inTurn<{ readonly evse: EvseId; readonly cause: string }>(clock, PLANS_AT_ONCE, PLANS_APART_MS, (of) =>
    replan(of.evse, of.cause),
  )
  const windows = new Map<StationId, Map<string, SecurityWindow>>()

  /** The first of a type counts at once (S19), what is like it once a minute, with its number. */
  function takesSecurity(event: StationEvent & { kind: 'security' }): boolean {
    const own = windows.get(event.station) ?? new Map<string, SecurityWindow>()
    windows.set(event.station, own)
    const type = own.has(event.type) || own.size < SECURITY_TYPES_MAX ? event.type : OTHER_TYPES
    const window = own.get(type)
    if (window !== undefined) {
      window.repeated++
      window.last = event
      return false
    }
    const opened: SecurityWindow = { repeated: 0, last: event, cancel: () => {} }
    const watch = () => {
      opened.cancel = clock.after(SECURITY_WINDOW_MS, `security ${event.station} ${type}`, () => {
        const { repeated, last } = opened
        if (repeated === 0) {
          own.delete(type)
          if (own.size === 0) windows.delete(event.station)
          return
        }
        opened.repeated = 0
        watch()
        release({ ...last, type, receivedAt: clock.now(), repeated })
      })
    }
    own.set(type, opened)
    watch()
    return true
  }

  return {
    takes(event, changes) {
      if (event.kind === 'security') return takesSecurity(event)
      const key = keyOf(event)
      return key === null || events.take(key, event, changes)
    },
    mayReplan: (evse, cause) => plans.take(`replan ${evse}`, { evse, cause }, true),
    putBack(event) {
      const key = keyOf(event)
      if (key !== null) events.putBack(key, event)
      if (event.kind !== 'security') return
      const window = windows.get(event.station)?.get(event.type)
      if (window !== undefined) window.repeated += event.repeated ?? 0
    },
    forget(evse) {
      events.forget(`status ${evse}`)
      for (let connector = 1; connector <= CONNECTORS_MAX; connector++) events.forget(`status ${evse} ${connector}`)
      events.forget(`needs ${evse}`)
    },
    stop() {
      events.stop()
      plans.stop()
      for (const own of windows.values()) for (const { cancel } of own.values()) cancel()
    },
  }
}

/** What an event is limited by; null where its number is bounded elsewhere. */
function keyOf(event: StationEvent): string | null {
  if (event.kind === 'booted' || event.kind === 'abilities' || event.kind === 'form-taken')
    return `${event.kind} ${event.station}`
  // What is told and what is lifted are of one kind: the last word holds.
  if (event.kind === 'external-limit' || event.kind === 'external-limit-cleared')
    return `external ${event.source} ${evseId(event.station, event.evse)}`
  if (event.kind === 'needs') return `needs ${evseId(event.station, event.evse)}`
  if (event.kind !== 'status') return null
  // One connector's word is not another's.
  return `status ${evseId(event.station, event.evse)}${event.connector === undefined ? '' : ` ${event.connector}`}`
}

/** By key: some at once, then one in `apartMs`; of those that wait the last one gets the turn. */
function inTurn<Value>(clock: Clock, atOnce: number, apartMs: number, run: (value: Value) => void) {
  const turns = new Map<string, Turns<Value>>()

  function refill(of: Turns<Value>, now: number): void {
    of.left = Math.min(atOnce, of.left + (now - of.at) / apartMs)
    of.at = now
  }

  function wait(of: Turns<Value>, key: string, value: Value, ms: number): void {
    const cancel = clock.after(Math.ceil(ms), key, () => {
      const last = of.waiting!.value
      of.waiting = null
      refill(of, clock.elapsed())
      of.left--
      run(last)
    })
    of.waiting = { value, cancel }
  }

  return {
    take(key: string, value: Value, changes: boolean): boolean {
      const now = clock.elapsed()
      const known = turns.get(key)
      if (known?.waiting != null) {
        known.waiting.value = value
        return false
      }
      if (!changes) return true
      const of = known ?? { left: atOnce, at: now, waiting: null }
      turns.set(key, of)
      refill(of, now)
      // The sum of small parts may miss one by its last bits.
      if (of.left >= 1 - 1e-9) {
        of.left--
        return true
      }
      wait(of, key, value, (1 - of.left) * apartMs)
      return false
    },
    putBack(key: string, value: Value): void {
      const of = turns.get(key)
      if (of !== undefined && of.waiting === null) wait(of, key, value, apartMs)
    },
    forget(key: string): void {
      const of = turns.get(key)
      of?.waiting?.cancel()
      if (of !== undefined) of.waiting = null
    },
    stop(): void {
      for (const { waiting } of turns.values()) waiting?.cancel()
    },
  }
}
