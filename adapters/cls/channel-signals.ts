// Commands of a channel as signals of its site: one direction of one channel has one command in force, and what holds goes on until the next begins.
import type { SignalAnswers, SignalReceipt, SignalView } from '../../domain/ports/answers/signals.ts'
import type { Asker } from '../../domain/registry/asker.ts'
import { id, type TenantId } from '../../domain/registry/identity.ts'
import { ok, refused, type Result } from '../../domain/result.ts'
import type { NewSignal } from '../../domain/signals/signal.ts'
import type { SignalRefusal } from '../../domain/signals/signal-refusal.ts'
import { watts } from '../../domain/units.ts'
import type { ChannelCommand, Direction, Step } from './channel-message.ts'
import { authorityOf, EMPTY_LANE, isOn, laneKey, rememberedLanes, stepId, type Lane } from './lanes.ts'

/** A channel as it is configured: whose certificate opens it, and what it bounds. */
export interface ClsChannel {
  readonly id: string
  /** Site of the registry. */
  readonly site: string
  /** SHA-256 of the certificates that may open it, 64 hex digits in lower case. */
  readonly fingerprints: readonly string[]
  /** Left out: the site may be of any tenant. */
  readonly tenant?: TenantId
}
type ChannelDesk = Pick<SignalAnswers, 'receive' | 'withdraw' | 'signal' | 'signals'>
export interface ChannelSignals {
  /** Carries out a command; resolves when it is durable, with its signals in order. Done again it changes nothing. */
  take(channel: ClsChannel, command: ChannelCommand): Promise<Result<readonly SignalView[], SignalRefusal>>
  /** The signals of the command in force in a direction, in order. */
  views(channel: ClsChannel, direction: Direction): readonly SignalView[]
}

type Answer = Promise<Result<SignalReceipt, SignalRefusal>>
/** A command with its signals. */
interface Sent {
  readonly channel: ClsChannel
  readonly command: ChannelCommand
  readonly signals: readonly NewSignal[]
}

/** Signals of channels at a desk. `now` in epoch ms. */
export function channelSignals(desk: ChannelDesk, now: () => number): ChannelSignals {
  let known: Map<string, Lane> | null = null

  function lanes(): Map<string, Lane> {
    return (known ??= rememberedLanes(desk))
  }
  function laneOf({ id: channel }: ClsChannel, direction: Direction): Lane {
    return lanes().get(laneKey(channel, direction)) ?? EMPTY_LANE
  }
  function viewsOf(channel: ClsChannel, ids: readonly string[]): readonly SignalView[] {
    return ids.flatMap((one) => desk.signal(askerOf(channel), one) ?? [])
  }

  /** A signal of an older command ends where the new one begins; in force until then. */
  function replace(asker: Asker, view: SignalView, version: number, begin: number): readonly Answer[] {
    const { sender: _, receivedAt: __, ...signal } = view.signal
    if (!isOn(view) || (signal.until !== null && signal.until <= begin)) return []
    if (begin > now() && signal.from < begin)
      return [desk.receive(asker, { ...signal, version, until: begin, issuedAt: version })]
    return [desk.withdraw(asker, signal.id, version)]
  }
  /** Replaces all before a command and notes it as the newest of its lane. */
  function takeOver({ channel, command, signals }: Sent, lane: Lane): readonly Answer[] {
    const asker = askerOf(channel)
    const ids = signals.map((signal) => signal.id)
    const before = viewsOf(
      channel,
      lane.ids.filter((one) => !ids.includes(one)),
    )
    const replacing = before.flatMap((view) => replace(asker, view, command.issuedAt, signals[0]?.from ?? 0))
    const others = before.map(({ signal }) => signal.id)
    const holding = viewsOf(channel, others).filter(isOn)
    lanes().set(laneKey(channel.id, command.direction), {
      version: command.issuedAt,
      name: command.name,
      own: ids,
      ids: [...holding.map(({ signal }) => signal.id), ...ids],
      replaced: [...new Set([...(lane.version === command.issuedAt ? lane.replaced : []), ...others])],
    })
    return replacing
  }

  /** All of it or nothing; the new ones first, so that nothing is free in between. */
  async function takeNew(sent: Sent, lane: Lane): Promise<SignalRefusal | null> {
    const asker = askerOf(sent.channel)
    const version = sent.command.issuedAt
    const isHeld = (signal: NewSignal) => {
      const view = desk.signal(asker, signal.id)
      return view !== null && isOn(view) && view.signal.version === version
    }
    const answers: Answer[] = []
    // Whether one is taken is known at once; after the first that is not none is tried.
    const isAccepted = sent.signals.every((signal) => {
      answers.push(desk.receive(asker, signal))
      return isHeld(signal)
    })
    if (isAccepted) answers.push(...takeOver(sent, lane))
    const own = isAccepted ? [] : sent.signals.filter(isHeld)
    const back = own.map(({ id: one }) => desk.withdraw(asker, one, version))
    const [results] = await Promise.all([Promise.all(answers), Promise.all(back)])
    return refusalIn(results)
  }

  /** Asks for everything once more: what is known is a repetition that waits for the journal, what a crash left out is made up for. */
  async function takeAgain(sent: Sent, lane: Lane): Promise<SignalRefusal | null> {
    const asker = askerOf(sent.channel)
    const version = sent.command.issuedAt
    const answers = sent.signals.map((signal) => desk.receive(asker, signal))
    for (const { signal: of, withdrawn } of viewsOf(sent.channel, lane.replaced)) {
      const { sender: _, receivedAt: __, ...signal } = of
      if (withdrawn?.version === version) answers.push(desk.withdraw(asker, signal.id, version))
      else if (withdrawn === null && signal.version === version) answers.push(desk.receive(asker, signal))
    }
    const isWhole = sent.signals.every(({ id: one }) => desk.signal(asker, one) !== null)
    if (isWhole) answers.push(...takeOver(sent, lane))
    const results = await Promise.all(answers)
    // What others with the right to have made of it is told by its state.
    return refusalIn(results.filter((result) => result.ok || !CHANGED.has(result.refusal.kind)))
  }

  return {
    async take(channel, command) {
      const { direction, issuedAt: version, name } = command
      const lane = laneOf(channel, direction)
      if (version < lane.version) return refused({ kind: 'outdated', current: lane.version, isWithdrawn: false })
      const isAgain = version === lane.version
      if (isAgain && lane.name !== name && lane.name !== '') return refused({ kind: 'conflict', current: version })
      const at = now()
      const signals = command.steps
        .map((step, i) => signalOf(channel, command, step, i))
        .filter((signal) => signal.until === null || signal.until > at || (isAgain && lane.own.includes(signal.id)))
      if (signals.length === 0 && command.steps.length > 0)
        return refused({ kind: 'impossible', field: 'until', detail: 'all of it lies in the past' })
      const sent = { channel, command, signals }
      const refusal = await (isAgain ? takeAgain(sent, lane) : takeNew(sent, lane))
      const ids = signals.map((signal) => signal.id)
      return refusal === null ? ok(viewsOf(channel, ids)) : refused(refusal)
    },
    views: (channel, direction) => viewsOf(channel, laneOf(channel, direction).own),
  }
}

/** What a repetition hears of a signal that was changed or lifted by somebody else since. */
const CHANGED: ReadonlySet<SignalRefusal['kind']> = new Set(['withdrawn', 'outdated'])

function refusalIn(results: readonly Awaited<Answer>[]): SignalRefusal | null {
  const refusal = results.find((result) => !result.ok)
  return refusal === undefined || refusal.ok ? null : refusal.refusal
}

/** A channel as one who asks: it knows what came over itself. */
function askerOf({ id: channel, tenant }: ClsChannel): Asker {
  return { name: authorityOf(channel), role: 'grid', tenant: tenant === undefined ? null : id<TenantId>(tenant), vehicles: [] }
}

function signalOf(channel: ClsChannel, { name, issuedAt, direction }: ChannelCommand, step: Step, i: number): NewSignal {
  const isTaken = direction === 'consumption'
  return {
    id: stepId(channel.id, direction, issuedAt, i),
    version: issuedAt,
    subjects: [`site:${channel.site}`],
    from: step.from,
    until: step.until,
    rank: 'grid-limit',
    max: isTaken ? step.power : null,
    min: isTaken ? null : watts(step.power === 0 ? 0 : -step.power),
    provenance: { authority: authorityOf(channel.id), reference: name },
    issuedAt,
  }
}
