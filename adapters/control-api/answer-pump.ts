// Tells partners what becomes of their commands: the answers of a command in order, one call at a time to each partner, and what fails again later, for a day.
import { createHash } from 'node:crypto'
import type { ControlAnswer, ControlReason } from '../../domain/facts/control-command.ts'
import type { Fact } from '../../domain/facts/fact.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import { call, type TlsIdentity } from './call.ts'
import type { KnownCommand } from './command-book.ts'
import type { ControlPartner } from './partners.ts'
import { answerCall } from './words.ts'

export interface AnswerPumpOptions {
  readonly clock: Clock
  /** Those that count now. */
  readonly partners: () => readonly ControlPartner[]
  /** Our end of the calls. */
  readonly tls: () => TlsIdentity
  readonly keep: (fact: Fact) => Promise<void>
  readonly track: <Value>(work: Promise<Value>) => Promise<Value>
  readonly log: (level: 'info' | 'warn' | 'error', text: string, facts?: object) => void
}
export interface AnswerPump {
  owe(known: KnownCommand, answer: ControlAnswer): void
  /** Answers wait that could not be told at the first try. */
  isFailing(): boolean
  stop(): Promise<void>
}

interface Owed {
  readonly known: KnownCommand
  readonly answer: ControlAnswer
  readonly reason: ControlReason | null
  tries: number
  /** Elapsed ms of the clock. */
  dueAt: number
}

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
/** Waits after the first try, the second and so on, ms; a day in all. */
const WAITS_MS = [5_000, 30_000, 2 * MINUTE_MS, 10 * MINUTE_MS, 30 * MINUTE_MS, ...new Array<number>(24).fill(HOUR_MS)]
/** Of one partner; beyond it the oldest goes, and counts as given up. */
const WAITING_MAX = 5_000

/** A pump at rest. */
export function answerPump(options: AnswerPumpOptions): AnswerPump {
  const { clock, partners, tls, keep, track, log } = options
  const queues = new Map<string, Owed[]>()
  const underWay = new Map<string, Promise<void>>()
  const stopping = new AbortController()
  let cancel = () => {}

  function run(): void {
    cancel()
    let next = Infinity
    for (const [id, queue] of queues) {
      const partner = underWay.has(id) ? undefined : partners().find((one) => one.id === id)
      const due = partner === undefined ? undefined : firstDue(queue)
      if (partner === undefined || due === undefined) continue
      if (due.dueAt > clock.elapsed()) next = Math.min(next, due.dueAt)
      else if (!stopping.signal.aborted) {
        const sent = track(send(partner, queue, due)).finally(() => {
          underWay.delete(id)
          run()
        })
        underWay.set(id, sent)
      }
    }
    cancel =
      next === Infinity || stopping.signal.aborted ? () => {} : clock.after(next - clock.elapsed(), 'control-api answers', run)
  }

  /** Of each command only the first: answers keep their order. */
  function firstDue(queue: readonly Owed[]): Owed | undefined {
    const seen = new Set<KnownCommand>()
    let first: Owed | undefined
    for (const one of queue) {
      if (!seen.has(one.known) && (first === undefined || one.dueAt < first.dueAt)) first = one
      seen.add(one.known)
    }
    return first
  }

  async function send({ id, url }: ControlPartner, queue: Owed[], owed: Owed): Promise<void> {
    const { command } = owed.known
    const { path, parameter, content } = answerCall(owed.answer, owed.reason)
    const first = uuidOf(id, command.transaction, owed.answer, 0)
    const own = owed.tries === 0 ? first : uuidOf(id, command.transaction, owed.answer, owed.tries)
    const answer = await call(
      {
        url,
        path,
        transactionId: own,
        ...(owed.tries === 0 ? {} : { initialTransactionId: first }),
        creationDateTime: new Date(clock.now()).toISOString(),
        query: { referenceId: command.transaction, locationId: command.location, [parameter]: content },
      },
      tls(),
      stopping.signal,
    )
    if (stopping.signal.aborted) return
    owed.tries++
    if (answer.status !== null && answer.status >= 200 && answer.status < 300) return settle(queue, owed, true)
    const wait = WAITS_MS[owed.tries - 1]
    if (wait !== undefined) {
      owed.dueAt = clock.elapsed() + wait
      return
    }
    log('warn', 'an answer to a market partner was given up', {
      partner: id,
      transaction: command.transaction,
      answer: owed.answer,
    })
    settle(queue, owed, false)
  }

  function settle(queue: Owed[], owed: Owed, hasArrived: boolean): void {
    const place = queue.indexOf(owed)
    if (place >= 0) queue.splice(place, 1)
    const { partner, transaction } = owed.known.command
    // What cannot be recorded is told once more after a restart.
    keep({ kind: 'control-answer-settled', partner, transaction, answer: owed.answer, hasArrived }).catch(() => {})
  }

  return {
    owe(known, answer) {
      const { partner } = known.command
      const queue = queues.get(partner) ?? []
      queues.set(partner, queue)
      if (queue.some((one) => one.known === known && one.answer === answer)) return
      if (queue.length >= WAITING_MAX) settle(queue, queue[0]!, false)
      const isKnown = partners().some(({ id }) => id === partner)
      // Of a partner that is configured no more there is nowhere to call back.
      if (!isKnown) return settle(queue, { known, answer, reason: null, tries: 0, dueAt: 0 }, false)
      queue.push({ known, answer, reason: known.reason, tries: 0, dueAt: clock.elapsed() })
      run()
    },
    isFailing: () => [...queues.values()].some((queue) => queue.some(({ tries }) => tries > 0)),
    async stop() {
      stopping.abort()
      cancel()
      await Promise.all(underWay.values())
    },
  }
}

/** The same try has the same id, also after a restart: a UUID of version 8 made from what it is about. */
function uuidOf(...parts: readonly (string | number)[]): string {
  const hex = createHash('sha256').update(parts.join('/')).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
