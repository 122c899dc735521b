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
  /** Whether one more has room. */
  hasRoom(): boolean
  noticed(fact: Fact, at: number): void
  freeze(): unknown
  thaw(frozen: unknown): void
}

const KNOWN_MAX = 50_000
/** Longer than anything may be repeated (15 min), and long enough to be looked for by people. */
const KEPT_MS = 2 * 86_400_000
/** Of each partner and location so many stay however old they are: one of them is what holds. */
const LATEST = 5

/** A book without commands. */
export function commandBook(): CommandBook {
  const all = new Map<string, KnownCommand>()
  const lanes = new Map<string, KnownCommand[]>()
  const openOnes = new Map<string, KnownCommand>()

  function add(command: ControlCommand, takenAt: number, settled: Iterable<ControlAnswer> = []): void {
    const known: KnownCommand = {
      command,
      takenAt,
      settled: new Set(settled),
      verdict: 'pending',
      outcome: null,
      reason: null,
    }
    const [key, lane] = [keyOf(command), laneOf(command)]
    if (all.has(key)) return
    if (all.size >= KNOWN_MAX) forget(takenAt)
    all.set(key, known)
    lanes.set(lane, [...(lanes.get(lane) ?? []), known])
    if (!isDone(known)) openOnes.set(key, known)
  }
  /** Those that are done, the oldest first; at least a tenth, so that it is not done for each. */
  function forget(now: number): void {
    let left = KNOWN_MAX / 10
    for (const [key, known] of all) {
      if (left <= 0) return
      const isLate = lanes.get(laneOf(known.command))?.slice(-LATEST).includes(known) === true
      if (openOnes.has(key) || isLate || known.takenAt > now - KEPT_MS) continue
      drop(key, known)
      left--
    }
  }
  function drop(key: string, known: KnownCommand): void {
    all.delete(key)
    const lane = laneOf(known.command)
    const rest = (lanes.get(lane) ?? []).filter((other) => other !== known)
    if (rest.length === 0) lanes.delete(lane)
    else lanes.set(lane, rest)
  }

  return {
    find: (of) => all.get(keyOf(of)),
    lane: (of) => lanes.get(laneOf(of)) ?? [],
    open: () => [...openOnes.values()],
    hasRoom: () => all.size < KNOWN_MAX || openOnes.size < KNOWN_MAX / 2,
    noticed(fact, at) {
      if (fact.kind === 'control-command-taken') add(fact.command, at)
      if (fact.kind !== 'control-answer-settled') return
      const known = all.get(keyOf(fact))
      if (known === undefined) return
      known.settled.add(fact.answer)
      if (isDone(known)) openOnes.delete(keyOf(fact))
    },
    freeze: () => [...all.values()].map(({ command, takenAt, settled }) => ({ command, takenAt, settled: [...settled] })),
    thaw(frozen) {
      for (const map of [all, lanes, openOnes]) map.clear()
      for (const { command, takenAt, settled } of frozen as readonly Pick<KnownCommand, 'command' | 'takenAt' | 'settled'>[])
        add(command, takenAt, settled)
    },
  }
}

/** Whether nothing is owed any more; a notice is looked after until it has been acted upon, see `verdict`. */
function isDone({ command, settled }: KnownCommand): boolean {
  if (command.isNotice) return settled.has('possible') || settled.has('impossible')
  return settled.has('impossible') || settled.has('succeeded') || settled.has('failed')
}

function keyOf({ partner, transaction }: Pick<ControlCommand, 'partner' | 'transaction'>): string {
  return `${partner}/${transaction}`
}
function laneOf({ partner, location, isNotice }: ControlCommand): string {
  return `${partner}/${location}/${isNotice}`
}
