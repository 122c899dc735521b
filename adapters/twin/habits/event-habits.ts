// Transaction events that lack something, come too early, or never came.
import type { Message } from '../session-message.ts'
import { ALL_VERSIONS, reworded, VERSIONS_2, without, type Habit, type HabitWorld, type Manner } from './habit.ts'

export const EVENT_HABITS: readonly Habit[] = [
  {
    name: 'needs-before-started',
    versions: VERSIONS_2,
    topics: ['order'],
    sentence: 'what a car needs is told before its transaction has started',
    suits: ({ speech }) => speech !== 'silent',
    manner: needsFirst,
  },
  {
    name: 'transaction-unknown',
    versions: ALL_VERSIONS,
    topics: ['order'],
    sentence: 'every other transaction has its begin lost in a reboot and goes on afterwards as if it had been told',
    manner: transactionUnknown,
  },
  {
    name: 'evse-omitted',
    versions: VERSIONS_2,
    topics: ['evse'],
    sentence: 'events after the first do not say which EVSE they are about',
    manner: () => ({
      says: (message) => [
        message.session === undefined || message.session.part === 'started'
          ? message
          : reworded(message, (payload) => without(payload, 'evse')),
      ],
    }),
  },
]

/** Without needs the start is told after this, ms. */
const WAITS_FOR_NEEDS_MS = 2_000
function needsFirst({ now, timer, send }: HabitWorld): Manner {
  let held: Message | null = null
  const release = () => {
    const messages = held === null ? [] : [held]
    held = null
    return messages
  }
  return {
    says(message) {
      if (message.session?.part === 'started') {
        held = message
        timer('release', now() + WAITS_FOR_NEEDS_MS, () => release().forEach(send))
        return []
      }
      if (message.action === 'NotifyEVChargingNeeds') return [message, ...release()]
      return message.session === undefined ? [message] : [...release(), message]
    },
  }
}

const REBOOTS_AFTER_MS = 30_000
function transactionUnknown({ now, timer, reboot }: HabitWorld): Manner {
  let transactions = 0
  let isLosing = false
  return {
    says(message) {
      if (message.session?.part === 'started' && transactions++ % 2 === 0) {
        isLosing = true
        timer('reboot', now() + REBOOTS_AFTER_MS, () => {
          isLosing = false
          reboot('PowerUp')
        })
        return []
      }
      // What was about to be told is lost as well.
      if (!isLosing || (message.session === undefined && message.action !== 'NotifyEVChargingNeeds')) return [message]
      if (message.session?.part === 'ended') isLosing = false
      else message.answered?.(null)
      return message.session?.part === 'ended' ? [message] : []
    },
  }
}
