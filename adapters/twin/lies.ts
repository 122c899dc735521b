// Cars that do not tell the truth about their state of charge: what they say instead, repeatable by seed and instant.
import { dice } from './dice.ts'

export const LIE_KINDS = [
  /** What it held when it was plugged in, for ever. */
  'stuck',
  /** What it held when it was first heard of, stay after stay. */
  'stale',
  /** Higher and higher, whatever flows. */
  'rising',
  /** The truth off by something else every few minutes. */
  'jumping',
  /** High and low in turns. */
  'oscillating',
  /** Far too much for the first minutes, the truth afterwards. */
  'false-start',
  /** Always more than there is, moving as it should; only what the car asks for is true. */
  'shifted',
  /** The truth once, then nothing. */
  'absent',
  /** Not with the meter, only with charging needs told again and again: what it held at plug-in. */
  'needs-only',
  /** The battery of some other car. */
  'other-car',
  'full',
  'zero',
] as const
export type LieKind = (typeof LIE_KINDS)[number]

/** What a car held at two instants that its lies may be about, as shares of its capacity. Epoch ms. */
export interface LieMoment {
  readonly soc: number
  readonly at: number
  readonly pluggedAt: number
  readonly socAtPlug: number
  readonly socAtFirst: number
}

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const RISE_PER_HOUR = 0.06
const JUMP_MS = 5 * MINUTE_MS
const JUMP = 0.3
const SWING_MS = 3 * MINUTE_MS
const SWING = 0.04
const FALSE_START_MS = 20 * MINUTE_MS
const SHIFT = 0.25

/** What the meter passes on of a lying car's state of charge; null where it passes on nothing. `seed` is the car's own. */
export function toldSoc(kind: LieKind, moment: LieMoment, seed: string): number | null {
  const { soc, at, pluggedAt, socAtPlug } = moment
  switch (kind) {
    case 'absent':
      return at - pluggedAt < MINUTE_MS ? soc : null
    case 'needs-only':
      return null
    case 'jumping':
      return within(soc + JUMP * (2 * dice(seed, 'jump', Math.floor(at / JUMP_MS))() - 1))
    case 'oscillating':
      return within(soc + (Math.floor(at / SWING_MS) % 2 === 0 ? SWING : -SWING))
    case 'false-start':
      return at - pluggedAt < FALSE_START_MS ? within(soc + SHIFT) : soc
    case 'shifted':
      return within(soc + SHIFT)
    case 'rising':
      return within(socAtPlug + (RISE_PER_HOUR * (at - pluggedAt)) / HOUR_MS)
    default:
      return believed(kind, moment, seed)
  }
}

/** What the car itself takes for its state of charge: its requests for energy follow from it. */
export function ownSoc(kind: LieKind, moment: LieMoment, seed: string): number {
  switch (kind) {
    case 'stuck':
    case 'needs-only':
    case 'stale':
    case 'full':
    case 'zero':
    case 'other-car':
      return believed(kind, moment, seed)
    default:
      return moment.soc
  }
}

function believed(
  kind: 'stuck' | 'needs-only' | 'stale' | 'full' | 'zero' | 'other-car',
  { at, socAtPlug, socAtFirst }: LieMoment,
  seed: string,
): number {
  switch (kind) {
    case 'stuck':
    case 'needs-only':
      return socAtPlug
    case 'stale':
      return socAtFirst
    case 'full':
      return 1
    case 'zero':
      return 0
    case 'other-car':
      return otherCar(at, seed)
  }
}

/** Another car's day: it charges for some hours, stands, drives, and so on, on a clock of its own. */
function otherCar(at: number, seed: string): number {
  const roll = dice(seed, 'other car')
  const [period, shift] = [(5 + 3 * roll()) * HOUR_MS, roll() * 8 * HOUR_MS]
  const phase = ((at + shift) % period) / period
  if (phase < 0.4) return 0.5 + phase
  return phase < 0.6 ? 0.9 : 0.9 - (phase - 0.6)
}

function within(soc: number): number {
  return Math.min(1, Math.max(0, soc))
}
