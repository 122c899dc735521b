// Commands of a channel as signals of its site: one direction of one channel has one command in force, and what holds goes on until the next begins.
import type { SignalAnswers, SignalView } from '../../domain/ports/answers/signals.ts'
import type { Asker } from '../../domain/registry/asker.ts'
import { id, type TenantId } from '../../domain/registry/identity.ts'
import { ok, refused, type Result } from '../../domain/result.ts'
import type { NewSignal } from '../../domain/signals/signal.ts'
import type { SignalRefusal } from '../../domain/signals/signal-refusal.ts'
import { watts } from '../../domain/units.ts'
import type { ChannelCommand, Direction, Step } from './channel-message.ts'

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

/** Of one channel; more are not known by any rule of the desk for one site. */
const SIGNALS_MAX = 10_000

/** The newest command of a direction. */
interface Lane {
  version: number
  name: string
  /** Signals of this command and of those before that may still hold. */
  ids: readonly string[]
  /** Those of this command alone. */
  own: readonly string[]
}

/** Signals of channels at a desk. `now` in epoch ms. */
export function channelSignals(signals: ChannelDesk, now: () => number): ChannelSignals {
  const lanes = new Map<string, Lane>()

  function laneOf(channel: ClsChannel, direction: Direction): Lane {
    const key = `${channel.id}/${direction}`
    const lane = lanes.get(key) ?? remembered(channel, direction)
    lanes.set(key, lane)
    return lane
  }
  /** What was commanded before this process began. */
  function remembered(channel: ClsChannel, direction: Direction): Lane {
    const lane: Lane = { version: 0, name: '', ids: [], own: [] }
    const all = signals.signals(askerOf(channel), { after: null, withOver: true, limit: SIGNALS_MAX })
    const own = all.filter(({ signal }) => signal.id.startsWith(prefixOf(channel, direction)))
    for (const { withdrawn, signal } of own) {
      const version = withdrawn?.version ?? signal.version
      if (version > lane.version) Object.assign(lane, { version, name: '', own: [] })
      if (signal.issuedAt !== lane.version || signal.version !== lane.version) continue
      if (signal.id.startsWith(`${prefixOf(channel, direction)}${signal.version.toString(36)}-`))
        Object.assign(lane, { name: signal.provenance.reference, own: [...lane.own, signal.id] })
    }
    return { ...lane, ids: own.filter(isOn).map(({ signal }) => signal.id) }
  }
  function viewsOf(channel: ClsChannel, ids: readonly string[]): readonly SignalView[] {
    return ids.flatMap((one) => signals.signal(askerOf(channel), one) ?? [])
  }

  /** A signal of an older command ends where the new one begins; in force until then. */
  function replace(asker: Asker, view: SignalView, { issuedAt: version, steps }: ChannelCommand) {
    const { sender: _, receivedAt: __, ...signal } = view.signal
    const begin = steps[0]?.from ?? 0
    if (!isOn(view) || (signal.until !== null && signal.until <= begin)) return []
    if (begin > now() && signal.from < begin)
      return [signals.receive(asker, { ...signal, version, until: begin, issuedAt: version })]
    return [signals.withdraw(asker, signal.id, version)]
  }

  return {
    async take(channel, command) {
      const { direction, issuedAt: version, name } = command
      const lane = laneOf(channel, direction)
      if (version < lane.version) return refused({ kind: 'outdated', current: lane.version, isWithdrawn: false })
      if (version === lane.version) {
        return lane.name === name || lane.name === ''
          ? ok(viewsOf(channel, lane.own))
          : refused({ kind: 'conflict', current: version })
      }
      const steps = command.steps.filter(({ until }) => until === null || until > now())
      if (steps.length === 0 && command.steps.length > 0)
        return refused({ kind: 'impossible', field: 'until', detail: 'all of it lies in the past' })
      const asker = askerOf(channel)
      const sent = steps.map((step, i) => signalOf(channel, command, step, i))
      // The new ones first: nothing is free in between.
      const receiving = sent.map((signal) => signals.receive(asker, signal))
      const isAccepted = sent.every((signal) => signals.signal(asker, signal.id) !== null)
      const ids = sent.map((signal) => signal.id)
      const before = viewsOf(channel, lane.ids)
      const replacing = isAccepted ? before.flatMap((view) => replace(asker, view, { ...command, steps })) : []
      if (isAccepted)
        lanes.set(`${channel.id}/${direction}`, {
          version,
          name,
          own: ids,
          ids: [...before.filter(isOn).map(({ signal }) => signal.id), ...ids],
        })
      const results = await Promise.all([...receiving, ...replacing])
      const refusal = results.find((result) => !result.ok)
      if (refusal === undefined || refusal.ok) return ok(viewsOf(channel, ids))
      // All of it or nothing: what held before goes on.
      if (!isAccepted) await Promise.all(ids.map((one) => signals.withdraw(asker, one, version)))
      return refused(refusal.refusal)
    },
    views: (channel, direction) => viewsOf(channel, laneOf(channel, direction).own),
  }
}

function isOn({ state }: SignalView): boolean {
  return state === 'scheduled' || state === 'in-force'
}

/** A channel as one who asks: it knows what came over itself. */
function askerOf({ id: channel, tenant }: ClsChannel): Asker {
  return { name: `cls:${channel}`, role: 'grid', tenant: tenant === undefined ? null : id<TenantId>(tenant), vehicles: [] }
}

function prefixOf({ id: channel }: ClsChannel, direction: Direction): string {
  return `cls-${channel}-${direction}-`
}

function signalOf(channel: ClsChannel, { name, issuedAt, direction }: ChannelCommand, step: Step, i: number): NewSignal {
  const isTaken = direction === 'consumption'
  return {
    id: `${prefixOf(channel, direction)}${issuedAt.toString(36)}-${i}`,
    version: issuedAt,
    subjects: [`site:${channel.site}`],
    from: step.from,
    until: step.until,
    rank: 'grid-limit',
    max: isTaken ? step.power : null,
    min: isTaken ? null : watts(step.power === 0 ? 0 : -step.power),
    provenance: { authority: `cls:${channel.id}`, reference: name },
    issuedAt,
  }
}
