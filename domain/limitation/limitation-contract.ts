// What a connection that is limited stands in the registry with, by direction: who may guide it, and what holds while nobody does.
import type { Direction } from './limit.ts'
import type { LimitedDevice } from './limited-device.ts'
import type { RelayLevel } from './relay.ts'

export const DIRECTIONS = ['consume', 'produce'] as const satisfies readonly Direction[]
/** The ways by which a guard may reach us. */
export const GUARD_DOORS = ['rest', 'eebus', 'relay', 'mqtt'] as const
export type GuardDoor = (typeof GUARD_DOORS)[number]

/** Stands for the guard over EEBUS of a site that none is paired with yet: the failsafe limit holds. */
export const UNPAIRED = 'unpaired'

/** One limited direction of a connection; checked by `limitedDevice`. */
export interface LimitationContract extends Omit<LimitedDevice, 'direction'> {
  /** The only one who may guide it: the name of its key for REST, its SKI for EEBUS, or `UNPAIRED`; over MQTT the energy manager of the site, whatever it is called. */
  readonly guard: string
  readonly by: GuardDoor
  /** Where a relay guides it: what each of its contacts lets through; two bits where it is left out. */
  readonly relayLevels?: readonly RelayLevel[] | undefined
}
/** LPC for `consume`, LPP for `produce`; a direction that is left out is not limited by anybody. */
export type SiteLimitation = { readonly [Of in Direction]?: LimitationContract | undefined }

/** The device that a contract describes. */
export function deviceOf(direction: Direction, contract: LimitationContract): LimitedDevice {
  const { guard: _, by: __, relayLevels: ___, ...device } = contract
  return { direction, ...device }
}

/** The use case of a direction, as people in the trade call it. */
export function useCaseOf(direction: Direction): 'LPC' | 'LPP' {
  return direction === 'consume' ? 'LPC' : 'LPP'
}
