// Joins commands of market partners to the desk of signals: each is one signal of its location, a newer one replaces the older from its beginning on, and what becomes of it is found out.
import type { ControlAnswer, ControlCommand, ControlReason } from '../../domain/facts/control-command.ts'
import type { Fact } from '../../domain/facts/fact.ts'
import type { SignalView } from '../../domain/ports/answers/signals.ts'
import { commandCarrier, signalId, type CarrierOptions } from './carry-out.ts'
import type { KnownCommand } from './command-book.ts'
import { askerFor } from './partners.ts'

export interface ControlDeskOptions extends CarrierOptions {
  /** Records a fact and resolves when it is durable; rejects while nothing can be recorded. */
  readonly keep: (fact: Fact) => Promise<void>
  /** Resolves when everything recorded so far is durable. */
  readonly durable: () => Promise<void>
  /** Whether every station with a car that a subject means can be reached; others may take what they like. */
  readonly isReached: (subjects: readonly string[]) => boolean
  /** Something is to be told to a partner. */
  readonly owe: (known: KnownCommand, answer: ControlAnswer) => void
  readonly track: <Value>(work: Promise<Value>) => Promise<Value>
  readonly log: (level: 'info' | 'warn' | 'error', text: string, facts?: object) => void
}
export type Taken = 'taken' | 'other-content' | 'full'
export interface ControlDesk {
  /** Takes a command; resolves when it and what follows from it are durable. The same again does nothing twice. Rejects while nothing can be recorded. */
  take(command: ControlCommand): Promise<Taken>
  /** Takes up what was left open by the process before. */
  start(): Promise<void>
  stop(): void
}

/** How often it is looked whether stations have followed. */
const LOOK_MS = 1_000
/** So long after its beginning a command without a result is told to be unknown yet, and is given up. */
const UNKNOWN_AFTER_MS = 60_000
const FAILED_AFTER_MS = 300_000

/** A desk at rest. */
export function controlDesk(options: ControlDeskOptions): ControlDesk {
  const { clock, book, signals, keep, owe, log } = options
  /** When what is under way is looked at again, each by itself. */
  const waits = new Map<KnownCommand, () => void>()
  let isStopped = false

  const carry = commandCarrier(options)
  async function carryOut(known: KnownCommand): Promise<void> {
    try {
      const { verdict, reason } = await carry(known)
      decide(known, verdict, reason)
    } catch (error) {
      // What could not be recorded is tried once more.
      arm(known)
      throw error
    }
  }

  function decide(known: KnownCommand, verdict: 'possible' | 'impossible', reason: ControlReason): void {
    known.verdict = verdict
    if (verdict === 'impossible') known.reason = reason
    if (!known.settled.has(verdict)) tell(known, verdict)
    arm(known)
  }
  function tell(known: KnownCommand, answer: ControlAnswer): void {
    if (!known.command.isNotice) return owe(known, answer)
    const { partner, transaction } = known.command
    keep({ kind: 'control-answer-settled', partner, transaction, answer, hasArrived: true }).catch(() => {})
  }

  /** Puts on the clock when a command is looked at again: soon by the time that passes, at its beginning by the calendar. */
  function arm(known: KnownCommand): void {
    waits.get(known)?.()
    waits.delete(known)
    const { verdict, command } = known
    const isUnderWay = verdict === 'pending' || (verdict === 'possible' && !command.isNotice && !isDecided(known))
    if (!isUnderWay || isStopped) return
    const isToCome = verdict === 'possible' && command.from > clock.now()
    const look = () => lookAt(known)
    waits.set(known, isToCome ? clock.at(command.from, 'control-api', look) : clock.after(LOOK_MS, 'control-api', look))
  }
  function lookAt(known: KnownCommand): void {
    waits.delete(known)
    if (known.verdict === 'pending') return void options.track(carryOut(known)).catch(() => {})
    const now = clock.now()
    if (known.command.from <= now) judge(known, now)
    arm(known)
  }

  /** Finds out what has become of a command that has begun. */
  function judge(known: KnownCommand, now: number): void {
    const since = now - Math.max(known.command.from, known.takenAt)
    // Its orders are made first.
    if (since < LOOK_MS) return
    const view = signals.signal(askerFor(options.partners(), known.command.partner), signalId(known.command))
    if (known.command.kind === 'release' || (view !== null && hasFollowed(view) && options.isReached(view.signal.subjects)))
      return settle(known, 'succeeded', null)
    if (view === null || (view.state === 'withdrawn' && view.told === 0)) return settle(known, 'failed', 'unable')
    if (since >= FAILED_AFTER_MS) return settle(known, 'failed', 'communicationFailure')
    if (since >= UNKNOWN_AFTER_MS && known.outcome === null) {
      known.outcome = 'unknown'
      if (!known.settled.has('unknown')) tell(known, 'unknown')
    }
  }
  function settle(known: KnownCommand, outcome: 'succeeded' | 'failed', reason: ControlReason | null): void {
    known.outcome = outcome
    known.reason = reason
    if (outcome === 'failed') log('warn', 'a command of a market partner was not followed', { location: known.command.location })
    tell(known, outcome)
  }

  return {
    async take(command) {
      const before = book.find(command)
      if (before !== undefined && !isSame(before.command, command)) return 'other-content'
      if (before === undefined && !book.hasRoom(command.partner, clock.now())) return 'full'
      // Recorded first: a crash in between leaves a command that is carried out at the start.
      const kept = before === undefined ? keep({ kind: 'control-command-taken', command }) : options.durable()
      const known = book.find(command)
      const done = known === undefined || known.verdict !== 'pending' ? undefined : options.track(carryOut(known))
      await Promise.all([kept, done])
      return 'taken'
    },
    async start() {
      // In their order, and together: one wait for the journal.
      await Promise.all(
        book
          .open()
          .map((known) =>
            carryOut(known).catch((error: Error) =>
              log('warn', 'a command of a market partner waits until it can be recorded', { detail: error.message }),
            ),
          ),
      )
    },
    stop() {
      isStopped = true
      for (const cancel of waits.values()) cancel()
      waits.clear()
    },
  }
}

/** All of them have confirmed an order since it began, or nobody needed one. */
function hasFollowed({ state, told, confirmed }: SignalView): boolean {
  return state !== 'scheduled' && confirmed >= told && (state === 'in-force' || state === 'ended' || told > 0)
}
function isDecided({ outcome }: KnownCommand): boolean {
  return outcome === 'succeeded' || outcome === 'failed'
}

/** Whether two requests under one transaction say the same; when they were made does not matter. */
function isSame(a: ControlCommand, b: ControlCommand): boolean {
  const contentOf = ({ location, kind, power, from, until, isNotice, orderedBy }: ControlCommand) =>
    JSON.stringify([location, kind, power, from, until, isNotice, orderedBy])
  return contentOf(a) === contentOf(b)
}
