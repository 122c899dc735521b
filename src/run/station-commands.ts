// The desk of commands by hand: recorded before they leave, bounded by station and in time, and every one ends with an outcome in the journal.
import { levelAt, spend, tokenBucket, waitMs, type TokenBucket } from '../../adapters/ocpp/rpc/token-bucket.ts'
import type { KeptCommand } from '../../domain/facts/station-by-hand.ts'
import type { Fact } from '../../domain/facts/fact.ts'
import type { LiveCommand } from '../../domain/live/by-hand.ts'
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import type { CommandReceipt, CommandRefusal, CommandView } from '../../domain/ports/answers/by-hand.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { AskedCommand, CommandAnswer, StationCommands } from '../../domain/ports/station-commands.ts'
import { isSecretVariable, type ConfigurationValue, type StationCommand } from '../../domain/registry/station-command.ts'
import type { Asker } from '../../domain/registry/asker.ts'
import type { StationId } from '../../domain/registry/identity.ts'
import { ok, refused, type Result } from '../../domain/result.ts'

export interface StationCommandOptions {
  readonly clock: Clock
  readonly fleet: LiveFleet
  readonly stations: Pick<StationCommands, 'command'>
  readonly keep: (fact: Fact) => Promise<void>
  /** A text as something that tells whether it is the same again, and nothing else about it. */
  readonly fingerprint: (text: string) => string
  readonly track: <Value>(work: Promise<Value>) => Promise<Value>
}
export interface CommandRequest {
  readonly station: StationId
  readonly id: string
  /** What was asked, as it is kept. */
  readonly command: StationCommand
  /** The same as the station hears it. */
  readonly asked: AskedCommand
  readonly reason: string
}
export interface StationCommandDesk {
  /** Records, asks, records what came of it. */
  ask(asker: Asker, request: CommandRequest): Promise<Result<CommandReceipt, CommandRefusal>>
  /** Counts something done to a station by hand; answers the ms to wait where it is too much. */
  spend(station: StationId): number
  view(station: StationId, id: string): CommandView | null
  views(station: StationId): readonly CommandView[]
}

/** A station that has not answered by then counts as one that does not. */
export const COMMAND_TIMEOUT_MS = 20_000
/** By station: so many at once, then one in this time; under way at the same time; under way over all stations. */
const AT_ONCE = 10
const APART_SECONDS = 6
const UNDER_WAY_MAX = 4
const UNDER_WAY_IN_ALL_MAX = 500
/** Settings that were read are remembered for this many commands, so that a repeated request has the same answer. */
const VALUES_KEPT = 100

/** Commands over the record of a fleet. */
export function stationCommandDesk(options: StationCommandOptions): StationCommandDesk {
  const { clock, fleet, keep, fingerprint, track } = options
  const allowances = new Map<StationId, TokenBucket>()
  const underWay = new Map<string, Promise<CommandAnswer>>()
  const values = new Map<string, readonly ConfigurationValue[]>()

  const commandsOf = (station: StationId) => fleet.byHand.commands.get(station) ?? []

  function viewOf(station: StationId, of: LiveCommand): CommandView {
    const { id, asked, by, role, reason, askedAt, outcome, detail, endedAt } = of
    const read = values.get(keyOf(station, id)) ?? null
    return { id, asked, by, role, reason, askedAt, outcome, detail, endedAt, values: read }
  }

  /** Ms to wait before a station may be asked again; 0 when it may. */
  function spendOne(station: StationId): number {
    const now = clock.elapsed()
    const allowance = allowances.get(station) ?? tokenBucket({ perSecond: 1 / APART_SECONDS, burst: AT_ONCE })
    const wait = waitMs(allowance, 1, now)
    if (wait > 0) return wait
    spend(allowance, 1, now)
    allowances.set(station, allowance)
    // Whoever has its full allowance again need not be remembered.
    if (allowances.size > UNDER_WAY_IN_ALL_MAX)
      for (const [one, bucket] of allowances) if (levelAt(bucket, now) >= AT_ONCE) allowances.delete(one)
    return 0
  }

  function remember(key: string, read: readonly ConfigurationValue[]): void {
    values.set(key, read)
    if (values.size > VALUES_KEPT) values.delete(values.keys().next().value!)
  }

  function waitFor(station: StationId): number {
    const own = [...underWay.keys()].filter((key) => key.startsWith(`${station} `)).length
    if (own >= UNDER_WAY_MAX || underWay.size >= UNDER_WAY_IN_ALL_MAX) return COMMAND_TIMEOUT_MS
    return spendOne(station)
  }

  /** The answer of a station, or that there was none in time. */
  function answerOf(station: StationId, asked: AskedCommand): Promise<CommandAnswer> {
    return new Promise((resolve) => {
      const detail = `no answer within ${COMMAND_TIMEOUT_MS / 1_000} s; it may still follow it`
      const cancel = clock.after(COMMAND_TIMEOUT_MS, `command ${station}`, () => resolve({ outcome: 'no-answer', detail }))
      options.stations.command(station, asked).then(
        (answer) => {
          cancel()
          resolve(answer)
        },
        () => {
          cancel()
          resolve({ outcome: 'no-answer', detail: 'the station could not be asked' })
        },
      )
    })
  }

  async function run(station: StationId, id: string, recorded: Promise<void>, asked: AskedCommand): Promise<CommandAnswer> {
    await recorded
    const answer = await answerOf(station, asked)
    if (answer.values !== undefined) remember(keyOf(station, id), answer.values)
    await keep({ kind: 'station-command-ended', station, command: id, outcome: answer.outcome, detail: answer.detail })
    return answer
  }

  return {
    async ask(asker, { station, id, command, asked, reason }) {
      const content = fingerprint(JSON.stringify([command, reason]))
      const known = commandsOf(station).find((one) => one.id === id)
      if (known !== undefined && known.content !== content) return refused({ kind: 'conflict' })
      if (known === undefined) {
        const afterMs = waitFor(station)
        if (afterMs > 0) return refused({ kind: 'too-many', afterMs })
        const by = { by: asker.name, role: asker.role, reason }
        const recorded = keep({ kind: 'station-commanded', station, command: id, asked: keptOf(command), content, ...by })
        const key = keyOf(station, id)
        const work = track(run(station, id, recorded, asked)).finally(() => void underWay.delete(key))
        underWay.set(key, work)
      }
      await underWay.get(keyOf(station, id))
      const found = commandsOf(station).find((one) => one.id === id)
      // Its station was removed meanwhile.
      if (found === undefined) return refused({ kind: 'unknown-station' })
      return ok({ command: viewOf(station, found), isRepeated: known !== undefined })
    },
    spend: spendOne,
    view(station, id) {
      const found = commandsOf(station).find((one) => one.id === id)
      return found === undefined ? null : viewOf(station, found)
    },
    views: (station) => [...commandsOf(station)].reverse().map((one) => viewOf(station, one)),
  }
}

function keyOf(station: StationId, id: string): string {
  return `${station} ${id}`
}

function keptOf(command: StationCommand): KeptCommand {
  if (command.kind === 'start') return { kind: command.kind, evse: command.evse }
  if (command.kind !== 'set-configuration' || !isSecretVariable(command.variable)) return command
  return { ...command, value: null }
}
