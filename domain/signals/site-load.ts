// What a house is foreseen to take beside its cars.
import type { SiteId } from '../registry/identity.ts'
import type { Slot } from '../time/slot.ts'

/** What a house, its sun, battery and heat pump are foreseen to take together, as of an instant; W by slot, giving negative. */
export interface SiteLoad {
  readonly site: SiteId
  readonly asOf: number
  readonly first: Slot
  readonly power: readonly number[]
}
