// What has become of the signals of each sender, published whenever it has changed: a bounded look at some of them every second.
import type { SignalAnswers, SignalView } from '../../domain/ports/answers/signals.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { Asker } from '../../domain/registry/asker.ts'
import { viewJson } from './signal-json.ts'

export interface StatusBoardOptions {
  readonly clock: Clock
  readonly signals: Pick<SignalAnswers, 'signal' | 'signals'>
  /** Publishes the state of a signal, `isOver` for its last; false where it was not taken and has to be tried later. */
  readonly publish: (sender: string, id: string, content: string, isOver: boolean) => boolean
}
export interface StatusBoard {
  /** A signal has come in or was changed. */
  watch(asker: Asker, view: SignalView): void
  /** Takes up what a sender has in force or to come; it is published as its turn to be looked at comes. */
  takeUp(asker: Asker): void
  /** Everything is published again: a broker may have lost it. */
  again(): void
  stop(): void
}

interface Watched {
  readonly asker: Asker
  readonly id: string
  said: string
  /** What counts as a change at once. */
  mark: string
  saidAt: number
}

const LOOK_MS = 1_000
const LOOKED_AT_ONCE = 50
/** Where only the measured power has changed, so rarely it is told, ms. */
const MEASURED_EVERY_MS = 10_000
const WATCHED_MAX = 10_000

/** A board without signals. */
export function statusBoard({ clock, signals, publish }: StatusBoardOptions): StatusBoard {
  const watched = new Map<string, Watched>()
  let cancel: (() => void) | null = null
  let isStopped = false

  function show(one: Watched, view: SignalView): void {
    const isOver = view.state === 'ended' || view.state === 'withdrawn'
    const content = JSON.stringify(viewJson(view))
    const mark = [view.state, view.withdrawn?.version ?? view.signal.version, view.told, view.confirmed, ...view.alarms].join()
    const isSaid = content === one.said || (mark === one.mark && clock.elapsed() - one.saidAt < MEASURED_EVERY_MS)
    if (!isSaid && !publish(one.asker.name, one.id, content, isOver)) return
    if (isOver) watched.delete(keyOf(one.asker, one.id))
    if (!isSaid) Object.assign(one, { said: content, mark, saidAt: clock.elapsed() })
  }

  function look(): void {
    cancel = null
    let left = LOOKED_AT_ONCE
    for (const [key, one] of watched) {
      if (left-- <= 0) break
      // To the end of the line: everybody's turn comes.
      watched.delete(key)
      watched.set(key, one)
      const view = signals.signal(one.asker, one.id)
      if (view === null) watched.delete(key)
      else show(one, view)
    }
    arm()
  }
  function arm(): void {
    if (cancel === null && watched.size > 0 && !isStopped) cancel = clock.after(LOOK_MS, 'mqtt signals', look)
  }
  function enter(asker: Asker, id: string): Watched {
    const key = keyOf(asker, id)
    const known = watched.get(key)
    if (known !== undefined) return known
    if (watched.size >= WATCHED_MAX) watched.delete(watched.keys().next().value!)
    const one = { asker, id, said: '', mark: '', saidAt: -Infinity }
    watched.set(key, one)
    arm()
    return one
  }

  return {
    watch: (asker, view) => show(enter(asker, view.signal.id), view),
    takeUp(asker) {
      const page = { after: null, withOver: false, limit: WATCHED_MAX }
      for (const { signal } of signals.signals(asker, page)) if (signal.sender === asker.name) enter(asker, signal.id)
    },
    again() {
      for (const one of watched.values()) Object.assign(one, { said: '', mark: '' })
    },
    stop() {
      isStopped = true
      cancel?.()
    },
  }
}

function keyOf({ name }: Asker, id: string): string {
  return `${name}/${id}`
}
