// Turns a command into signals: one of its own for its location, and an end to those it replaces from its beginning on.
import type { ControlCommand, ControlReason } from '../../domain/facts/control-command.ts'
import type { SignalAnswers } from '../../domain/ports/answers/signals.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { Asker } from '../../domain/registry/asker.ts'
import type { NewSignal } from '../../domain/signals/signal.ts'
import type { SignalRefusal } from '../../domain/signals/signal-refusal.ts'
import { watts } from '../../domain/units.ts'
import type { CommandBook, KnownCommand } from './command-book.ts'
import { askerFor, type ControlPartner } from './partners.ts'

/** What a location means here: subjects, and which directions a power value for it bounds. */
export interface LocationMeaning {
  readonly subjects: readonly string[]
  readonly limits: ReadonlySet<'consumption' | 'feed-in'>
}
export interface CarrierOptions {
  readonly clock: Clock
  readonly book: CommandBook
  readonly signals: Pick<SignalAnswers, 'receive' | 'withdraw' | 'signal'>
  /** Those that count now. */
  readonly partners: () => readonly ControlPartner[]
  /** Null for a location the registry does not know. */
  readonly locate: (location: string) => LocationMeaning | null
}
interface Carried {
  readonly verdict: 'possible' | 'impossible'
  /** Why not, where it is not. */
  readonly reason: ControlReason
}

/** Carries out one command; done again it changes nothing. Rejects while nothing can be recorded. */
export function commandCarrier({
  clock,
  book,
  signals,
  partners,
  locate,
}: CarrierOptions): (known: KnownCommand) => Promise<Carried> {
  function replace(asker: Asker, other: ControlCommand, by: ControlCommand, now: number) {
    // What it says itself is over is not looked up.
    if (other.kind === 'release' || (other.until !== null && other.until <= by.from)) return []
    const id = signalId(other)
    const view = signals.signal(asker, id)
    if (view === null || (view.state !== 'scheduled' && view.state !== 'in-force')) return []
    const { sender: _, receivedAt: __, ...signal } = view.signal
    if (signal.until !== null && signal.until <= by.from) return []
    if (by.until !== null && signal.from >= by.until) return []
    if (signal.from < by.from && by.from > now)
      return [signals.receive(asker, { ...signal, version: by.version, until: by.from, issuedAt: issuedAt(by) })]
    return [signals.withdraw(asker, id, by.version)]
  }

  /** Whether there is a signal for a command, whatever has become of it. */
  function hasSignal(asker: Asker, command: ControlCommand): boolean {
    return command.kind === 'limit' && signals.signal(asker, signalId(command)) !== null
  }

  /** The new limit first, then what it replaces: nothing is free in between. */
  async function apply(
    asker: Asker,
    before: readonly KnownCommand[],
    command: ControlCommand,
    meaning: LocationMeaning | null,
  ): Promise<SignalRefusal | null> {
    const own = meaning === null ? [] : [signals.receive(asker, signalOf(command, meaning))]
    // A refusal is known at once; then what held goes on.
    const view = own.length === 0 ? null : signals.signal(asker, signalId(command))
    const isRefused = own.length > 0 && (view === null || view.withdrawn !== null)
    const now = clock.now()
    const replaced = isRefused ? [] : before.flatMap(({ command: other }) => replace(asker, other, command, now))
    const results = await Promise.all([...own, ...replaced])
    const refused = results.find((result) => !result.ok)
    return refused === undefined || refused.ok ? null : refused.refusal
  }

  return async function carryOut({ command }) {
    const lane = book.lane(command)
    const place = lane.findIndex((one) => one.command === command)
    const isLate = lane.slice(0, place).some(({ command: other }) => other.version >= command.version)
    const isReplaced = lane.slice(place + 1).some(({ command: other }) => other.version > command.version)
    const asker = askerFor(partners(), command.partner)
    if (isLate || isReplaced) {
      const wasTaken = isReplaced && signals.signal(asker, signalId(command)) !== null
      return { verdict: wasTaken ? 'possible' : 'impossible', reason: 'unable' }
    }
    const before = lane.slice(0, place)
    const located = locate(command.location)
    // What holds for a location that has left the registry since is let go all the same.
    const isKnown =
      located !== null || (command.kind === 'release' && before.some(({ command: other }) => hasSignal(asker, other)))
    if (!isKnown) return { verdict: 'impossible', reason: 'unable' }
    const refusal = await apply(asker, before, command, command.kind === 'limit' ? located : null)
    if (refusal?.kind === 'not-recordable') throw new Error(refusal.detail)
    return { verdict: refusal === null ? 'possible' : 'impossible', reason: refusal?.kind === 'full' ? 'overload' : 'unable' }
  }
}

/** Name of the signal of a command: its sender's, so that a repetition is one. */
export function signalId({ partner, location, isNotice, version }: ControlCommand): string {
  return `${isNotice ? 'steuerinformation' : 'steuerbefehl'}-${partner}-${location}-${version.toString(36)}`
}

function signalOf(command: ControlCommand, { subjects, limits }: LocationMeaning): NewSignal {
  const power = command.power ?? watts(0)
  const { location, transaction, orderedBy, partner } = command
  return {
    id: signalId(command),
    version: command.version,
    subjects,
    from: command.from,
    until: command.until,
    rank: 'grid-limit',
    max: limits.has('consumption') ? power : null,
    min: limits.has('feed-in') ? watts(power === 0 ? 0 : -power) : null,
    provenance: { authority: orderedBy ?? partner, reference: `${location} ${transaction}` },
    issuedAt: issuedAt(command),
  }
}
function issuedAt({ version }: ControlCommand): number {
  return Math.floor(version / 10)
}
