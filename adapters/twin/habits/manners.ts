// Several manners around one station: each changes what the ones before it say, and the last one answers first.
import { dice } from '../dice.ts'
import type { Message } from '../session-message.ts'
import type { LinkHabits } from '../station-link.ts'
import { habitNamed } from './catalog.ts'
import type { HabitWorld, Manner } from './habit.ts'

/** All manners of a station as one. */
export interface Manners {
  /** Sends a message in the station's manner. */
  say(message: Message): void
  hears(action: string, payload: object, usual: () => object): object | Promise<object>
  online(): void
  began: NonNullable<Manner['began']>
  read(): void
  readonly settings: ReadonlyMap<string, string>
  readonly link: LinkHabits
}

/** Puts the habits of a station together. `send` takes what is finally said. */
export function mannersOf(world: Omit<HabitWorld, 'send' | 'chance'>, send: (message: Message) => void): Manners {
  const manners: Manner[] = []
  const from = (place: number, message: Message) => {
    let messages: readonly Message[] = [message]
    for (const manner of manners.slice(place)) {
      const { says } = manner
      if (says !== undefined) messages = messages.flatMap((one) => says(one))
    }
    for (const one of messages) send(one)
  }
  for (const [i, name] of (world.config.habits ?? []).entries()) {
    const chance = dice(world.config.plug.seed, 'habit', name)
    // Timers of two habits must not meet under one key.
    const timer: HabitWorld['timer'] = (key, at, run) => world.timer(`${name} ${key}`, at, run)
    manners.push(habitNamed(name).manner?.({ ...world, timer, chance, send: (message) => from(i + 1, message) }) ?? {})
  }
  const writers = manners.flatMap(({ writes }) => (writes === undefined ? [] : [writes]))
  return {
    say: (message) => from(0, message),
    hears(action, payload, usual) {
      let answer: () => object | Promise<object> = usual
      for (const { hears } of manners) {
        const before = answer
        if (hears !== undefined) answer = () => hears(action, payload, before)
      }
      return answer()
    },
    online: () => manners.forEach(({ online }) => online?.()),
    began: (transaction) => manners.forEach(({ began }) => began?.(transaction)),
    read: () => manners.forEach(({ read }) => read?.()),
    settings: new Map(manners.flatMap(({ settings }) => [...(settings ?? [])])),
    link: {
      identity: (station) =>
        manners.find(({ identity }) => identity !== undefined)?.identity?.(station) ?? encodeURIComponent(station),
      clockAheadMs: manners.reduce((sum, { clockAheadMs }) => sum + (clockAheadMs ?? 0), 0),
      writes: writers.length === 0 ? null : (text) => writers.reduce((frame, write) => write(frame), text),
      queues: (waiting) => manners.reduce((order, { queues }) => queues?.(order) ?? order, waiting),
    },
  }
}
