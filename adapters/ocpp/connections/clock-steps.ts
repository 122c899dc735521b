// When our clock steps, whoever has his time from us has the wrong one, and might not ask for days (F36).
import type { Clock } from '../../../domain/ports/clock.ts'
import { doubtInstalled } from '../station-record.ts'
import type { Stations } from './stations.ts'

/** Stations are asked to ask for the time: so many a second, and none more often than this. */
const TIME_TOLD_A_SECOND = 1_000
const TIME_TOLD_APART_MS = 60_000

/** Doubts what lies on stations and makes them ask for the time, after each step; ends with what it answers. */
export function watchClockSteps(clock: Clock, { connections, records }: Stations): () => void {
  let toldAt = -Infinity
  let cancel: (() => void) | null = null
  const forget = clock.onStep(() => {
    for (const record of records.values()) doubtInstalled(record)
    cancel ??= clock.after(Math.max(0, toldAt + TIME_TOLD_APART_MS - clock.elapsed()), 'ocpp time', tellTime)
  })

  function tellTime(): void {
    toldAt = clock.elapsed()
    const stations = [...connections.keys()]
    let told = 0
    const some = (): void => {
      for (const station of stations.slice(told, (told += TIME_TOLD_A_SECOND))) connections.get(station)?.link.tellTime()
      cancel = told < stations.length ? clock.after(1_000, 'ocpp time', some) : null
    }
    some()
  }

  return () => {
    forget()
    cancel?.()
  }
}
