// A short visit of another transaction while the station is offline, and the odd orders in which such a queue is told afterwards.
import { within } from '../dice.ts'
import type { Message, Transaction } from '../session-message.ts'
import { ALL_VERSIONS, VERSIONS_2, type Habit, type HabitWorld, type Manner } from './habit.ts'

export const OFFLINE_HABITS: readonly Habit[] = [
  {
    name: 'ended-before-started',
    versions: VERSIONS_2,
    topics: ['order'],
    sentence: 'after a quarter-hour offline the end of a transaction is told before its begin',
    manner: (world) => ({ ...visit(world), queues: endsFirst }),
  },
  {
    name: 'older-after-newer',
    versions: ALL_VERSIONS,
    topics: ['order'],
    sentence:
      'after a quarter-hour offline the transaction that runs is told first, older ones that began and ended meanwhile after it',
    manner: (world) => ({ ...visit(world), queues: newestFirst }),
  },
]

const MINUTE_MS = 60_000
/** From losing the connection: the driver unplugs, plugs in, unplugs and plugs in again, and the connection is back. */
const STEPS = { unplugs: 1, plugsIn: 2, unplugsAgain: 12, plugsInAgain: 13, isBack: 15 } as const

function visit({ now, timer, chance, cut, restore, stop, start }: HabitWorld): Manner {
  let isPlaying = false
  return {
    began() {
      if (isPlaying) return
      isPlaying = true
      const from = now() + Math.round(within(chance, [10, 30])) * MINUTE_MS
      const step = (name: string, minutes: number, run: () => void) => timer(name, from + minutes * MINUTE_MS, run)
      step('offline', 0, cut)
      step('unplugs', STEPS.unplugs, () => stop('EVDisconnected'))
      step('plugs in', STEPS.plugsIn, start)
      step('unplugs again', STEPS.unplugsAgain, () => stop('EVDisconnected'))
      step('plugs in again', STEPS.plugsInAgain, start)
      step('online', STEPS.isBack, () => {
        restore()
        isPlaying = false
      })
    },
  }
}

function endsFirst(waiting: readonly Message[]): readonly Message[] {
  const order = [...waiting]
  for (const message of waiting) {
    if (message.session?.part !== 'ended') continue
    const { transaction } = message.session
    const begin = order.findIndex(({ session }) => session?.transaction === transaction && session.part === 'started')
    const end = order.indexOf(message)
    if (begin >= 0 && begin < end) order.splice(begin, 0, ...order.splice(end, 1))
  }
  return order
}

function newestFirst(waiting: readonly Message[]): readonly Message[] {
  const startOf = (transaction: Transaction | undefined) => transaction?.startedAt ?? Infinity
  return waiting.toSorted((a, b) => startOf(b.session?.transaction) - startOf(a.session?.transaction) || 0)
}
