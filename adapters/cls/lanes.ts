// One direction of one channel: its newest command and the signals that stand for it; all of them are found again among the signals after a restart.
import type { SignalAnswers, SignalView } from '../../domain/ports/answers/signals.ts'
import { THE_PROCESS } from '../../domain/registry/asker.ts'
import type { Direction } from './channel-message.ts'

/** The newest command of a direction. */
export interface Lane {
  readonly version: number
  /** Empty for a release of before this process. */
  readonly name: string
  /** Signals of this command and of those before that may still hold. */
  readonly ids: readonly string[]
  /** Those of this command alone, in order. */
  readonly own: readonly string[]
  /** Those of commands before that this one was to end or to shorten. */
  readonly replaced: readonly string[]
}
export const EMPTY_LANE: Lane = { version: 0, name: '', ids: [], own: [], replaced: [] }

/** Signals read at once: of an id behind another, in order. */
const PAGE = 5_000
const PREFIX = 'cls-'
const DIRECTIONS: readonly Direction[] = ['consumption', 'production']

export function authorityOf(channel: string): string {
  return `cls:${channel}`
}
export function laneKey(channel: string, direction: Direction): string {
  return `${authorityOf(channel)}/${direction}`
}
/** Name of the signal of a step; `version` is that of its command. */
export function stepId(channel: string, direction: Direction, version: number, step: number): string {
  return `${prefixOf(channel, direction)}${version.toString(36)}-${step}`
}
export function isOn({ state }: SignalView): boolean {
  return state === 'scheduled' || state === 'in-force'
}

/** What was commanded before this process began, by lane: one pass over all signals, however many channels there are. */
export function rememberedLanes(signals: Pick<SignalAnswers, 'signals'>): Map<string, Lane> {
  const found = new Map<string, SignalView[]>()
  let after: string | null = PREFIX
  while (after !== null) {
    const page: readonly SignalView[] = signals.signals(THE_PROCESS, { after, withOver: true, limit: PAGE })
    for (const view of page) {
      const key = keyOf(view)
      if (key === null) continue
      const lane = found.get(key)
      if (lane === undefined) found.set(key, [view])
      else lane.push(view)
    }
    const last = page.length < PAGE ? undefined : page.at(-1)?.signal.id
    after = last?.startsWith(PREFIX) === true ? last : null
  }
  return new Map([...found].map(([key, views]) => [key, laneOf(views)]))
}

/** The lane a signal belongs to; null for one that came over no channel. */
function keyOf({ signal: { id, sender } }: SignalView): string | null {
  if (!sender.startsWith('cls:')) return null
  const channel = sender.slice('cls:'.length)
  const direction = DIRECTIONS.find((one) => id.startsWith(prefixOf(channel, one)))
  return direction === undefined ? null : laneKey(channel, direction)
}
function laneOf(views: readonly SignalView[]): Lane {
  // A command that was refused has taken its own signals back: it is no command.
  const counted = views.filter(({ signal, withdrawn }) => withdrawn?.version !== signal.version)
  const version = counted.reduce((newest, { signal, withdrawn }) => Math.max(newest, withdrawn?.version ?? signal.version), 0)
  // An older command that was shortened by the newest has its version as well, but not its name.
  const own = counted
    .filter(({ signal }) => signal.version === version && signal.id.includes(`-${version.toString(36)}-`))
    .toSorted((a, b) => a.signal.from - b.signal.from)
  return {
    version,
    name: own[0]?.signal.provenance.reference ?? '',
    ids: views.filter(isOn).map(({ signal }) => signal.id),
    own: own.map(({ signal }) => signal.id),
    replaced: [],
  }
}
function prefixOf(channel: string, direction: Direction): string {
  return `${PREFIX}${channel}-${direction}-`
}
