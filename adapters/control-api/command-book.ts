// What was commanded and what is still owed for it: rebuilt from facts, bounded, laid down in snapshots.
import type { ControlAnswer, ControlCommand, ControlReason } from '../../domain/facts/control-command.ts'
import type { Fact } from '../../domain/facts/fact.ts'

export interface KnownCommand {
  readonly command: ControlCommand
  /** Epoch ms. */
  readonly takenAt: number
  /** Answers that have arrived or were given up. */
  readonly settled: Set<ControlAnswer>
  /** What is known in this process; found out anew after a restart. */
  verdict: 'pending' | 'possible' | 'impossible'
  outcome: 'unknown' | 'succeeded' | 'failed' | null
  reason: ControlReason | null
}
export interface CommandBook {
  find(of: Pick<ControlCommand, 'partner' | 'transaction'>): KnownCommand | undefined
  /** Commands of the same partner for the same location, in the order they were taken; notices by themselves. */
  lane(of: ControlCommand): readonly KnownCommand[]
  /** Those for which something is still to be found out or to be told. */
  open(): readonly KnownCommand[]
  /** Whether one more of a partner has room at an instant, epoch ms; makes some where it can. */
  hasRoom(partner: string, now: number): boolean
  noticed(fact: Fact, at: number): void
  freeze(): unknown
  thaw(frozen: unknown): void
}

const KNOWN_MAX = 50_000
/** Of one partner: one that floods us or hears no answers leaves room for the others. */
export const PER_PARTNER_MAX = 25_000
/** Longer than anything may be repeated (15 min). */
const KEPT_MS = 3_600_000
/** Room is made no more often than this, however many commands come. */
const FORGET_EVERY_MS = 60_000

/** Commands of a partner by transaction, in the order they were taken. */
interface Shelf {
  readonly all: Map<string, KnownCommand>
  /** When room was last made, epoch ms. */
  forgotAt: number
}

/** A book without commands. */
export function commandBook(): CommandBook {
  const shelves = new Map<string, Shelf>()
  const lanes = new Map<string, KnownCommand[]>()
  const openOnes = new Set<KnownCommand>()
  let held = 0

  function find({ partner, transaction }: Pick<ControlCommand, 'partner' | 'transaction'>): KnownCommand | undefined {
    return shelves.get(partner)?.all.get(transaction)
  }
  function shelfOf(partner: string): Shelf {
    const shelf = shelves.get(partner) ?? { all: new Map(), forgotAt: -Infinity }
    shelves.set(partner, shelf)
    return shelf
  }

  function add(command: ControlCommand, takenAt: number, settled: Iterable<ControlAnswer> = []): void {
    if (find(command) !== undefined) return
    const known: KnownCommand = {
      command,
      takenAt,
      settled: new Set(settled),
      verdict: 'pending',
      outcome: null,
      reason: null,
    }
    // What is recorded has to be known, whatever room there is.
    hasRoom(command.partner, takenAt)
    shelfOf(command.partner).all.set(command.transaction, known)
    held++
    const lane = lanes.get(laneOf(command))
    if (lane === undefined) lanes.set(laneOf(command), [known])
    else lane.push(known)
    if (!isDone(known)) openOnes.add(known)
  }
  function hasRoom(partner: string, now: number): boolean {
    const hasSome = () => (shelves.get(partner)?.all.size ?? 0) < PER_PARTNER_MAX && held < KNOWN_MAX
    if (hasSome()) return true
    // Of others only where all of them together leave no room.
    const full = held < KNOWN_MAX ? [shelfOf(partner)] : [...shelves.values()]
    for (const shelf of full) if (Math.abs(now - shelf.forgotAt) >= FORGET_EVERY_MS) forget(shelf, now)
    return hasSome()
  }
  /** Those that are done and hold nothing any more, the oldest first, a tenth of what there may be. */
  function forget(shelf: Shelf, now: number): void {
    shelf.forgotAt = now
    const gone = new Set<KnownCommand>()
    const holding = new Map<string, ReadonlySet<KnownCommand>>()
    for (const known of shelf.all.values()) {
      if (gone.size >= PER_PARTNER_MAX / 10) break
      if (openOnes.has(known) || known.takenAt > now - KEPT_MS) continue
      const lane = laneOf(known.command)
      const mayHold = holding.get(lane) ?? thatMayHold(lanes.get(lane) ?? [], now)
      holding.set(lane, mayHold)
      if (!mayHold.has(known)) gone.add(known)
    }
    for (const { command } of gone) shelf.all.delete(command.transaction)
    held -= gone.size
    for (const lane of new Set([...gone].map(({ command }) => laneOf(command)))) {
      const rest = (lanes.get(lane) ?? []).filter((known) => !gone.has(known))
      if (rest.length === 0) lanes.delete(lane)
      else lanes.set(lane, rest)
    }
  }

  return {
    find,
    lane: (of) => lanes.get(laneOf(of)) ?? [],
    open: () => [...openOnes],
    hasRoom,
    noticed(fact, at) {
      if (fact.kind === 'control-command-taken') add(fact.command, at)
      if (fact.kind !== 'control-answer-settled') return
      const known = find(fact)
      if (known === undefined) return
      known.settled.add(fact.answer)
      if (isDone(known)) openOnes.delete(known)
    },
    freeze: () =>
      [...shelves.values()].flatMap(({ all }) =>
        [...all.values()].map(({ command, takenAt, settled }) => ({ command, takenAt, settled: [...settled] })),
      ),
    thaw(frozen) {
      for (const of of [shelves, lanes, openOnes]) of.clear()
      held = 0
      for (const { command, takenAt, settled } of frozen as readonly Pick<KnownCommand, 'command' | 'takenAt' | 'settled'>[])
        add(command, takenAt, settled)
    },
  }
}

/** Limits of a lane that may still hold at an instant, epoch ms: not over, and not ended by one that was carried out later and has begun. */
function thatMayHold(lane: readonly KnownCommand[], now: number): ReadonlySet<KnownCommand> {
  const may = new Set<KnownCommand>()
  /** Everything that begins before this has been ended, epoch ms. */
  let endedBefore = -Infinity
  for (const known of lane.toReversed()) {
    const { kind, from, until } = known.command
    if (known.settled.has('impossible')) continue
    if (kind === 'limit' && (until === null || until > now) && from >= endedBefore) may.add(known)
    if (known.settled.has('possible') && from <= now) endedBefore = Math.max(endedBefore, until ?? Infinity)
  }
  return may
}

/** Whether nothing is owed any more; a notice is looked after until it has been acted upon, see `verdict`. */
function isDone({ command, settled }: KnownCommand): boolean {
  if (command.isNotice) return settled.has('possible') || settled.has('impossible')
  return settled.has('impossible') || settled.has('succeeded') || settled.has('failed')
}

function laneOf({ partner, location, isNotice }: ControlCommand): string {
  return `${partner}/${location}/${isNotice}`
}
