// What an EEBUS role tells while it runs: a line an event, JSON for programs and a sentence for people.
import { ceiling, type ControllableSystem } from '../../domain/limitation/controllable-system.ts'
import type { EnergyGuard } from '../../domain/limitation/energy-guard.ts'
import type { Direction } from '../../domain/limitation/limit.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import { instantText } from '../../domain/time/slot.ts'
import type { CommandIo } from './exit.ts'

type Told = string | number | boolean | null
/** How one direction stands: its state and the power it is bound to, W in domain sign; null binds nothing. */
export interface Standing {
  readonly direction: Direction
  readonly state: string
  readonly limitW: number | null
}

/** Tells an event, with how a direction stands where it is about one. */
export type Tell = (event: string, standing: Standing | null, more?: Readonly<Record<string, Told>>) => void

/** JSON where it is wanted or nobody watches. */
export function eventLines(io: CommandIo, clock: Clock, wantsJson: boolean): Tell {
  const isJson = wantsJson || !io.isTerminal
  return (event, standing, more = {}) => {
    const at = instantText(clock.now())
    const { direction, state, limitW } = standing ?? { direction: null, state: null, limitW: null }
    if (isJson) return io.stdout(`${JSON.stringify({ at, event, direction, state, limitW, ...more })}\n`)
    const power = limitW === null ? 'no limit' : `${limitW} W`
    const how = standing === null ? '' : `  ${direction}: ${state}, ${power}`
    const rest = Object.entries(more).flatMap(([name, value]) => (value === null ? [] : [`${name} ${value}`]))
    io.stdout(`${at}  ${event}${how}${rest.length === 0 ? '' : `  (${rest.join(', ')})`}\n`)
  }
}

/** How a limited direction stands. */
export function standingOfSystem(system: ControllableSystem, at: number): Standing {
  return { direction: system.device.direction, state: system.standing.name, limitW: ceiling(system, at).power }
}

/** How a guided direction stands, as far as its guard knows. */
export function standingOfGuard({ settings, standing }: EnergyGuard): Standing {
  const state = standing === null ? 'unknown' : standing.isActive ? 'limited' : 'unlimited/controlled'
  return { direction: settings.direction, state, limitW: standing?.isActive === true ? standing.value : null }
}
