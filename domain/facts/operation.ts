// The process itself: its start, its registry, its clock, and losses somebody decided to live with.
import type { Strategy } from '../planning/plan.ts'
import type { Registry } from '../registry/registry.ts'

export type OperationFact =
  | { readonly kind: 'started'; readonly version: string; readonly strategy: Strategy }
  | { readonly kind: 'registry-set'; readonly registry: Registry }
  /** The clock that stamps these entries was set, or the machine slept: where it would have stood, and where it stands from here on, epoch ms. */
  | { readonly kind: 'clock-stepped'; readonly from: number; readonly to: number }
  /** Entries `from` to `until` had been durable and were lost (null: nobody knows how many); somebody decided to go on without them. */
  | { readonly kind: 'loss-accepted'; readonly from: number; readonly until: number | null }
