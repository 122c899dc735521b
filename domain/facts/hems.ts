// What an energy manager of a house tells: that it is there, what it leads, what it measures, and what it has made of what it was told.
import type { SiteId } from '../registry/identity.ts'

/** Something behind an energy manager. */
export interface HemsAsset {
  /** Its name at the energy manager; the same for as long as it is there. */
  readonly id: string
  readonly kind: HemsAssetKind
  /** W, at least 0; null where it does not say. */
  readonly chargeMaxW: number | null
  readonly dischargeMaxW: number | null
  readonly capacityWh: number | null
  /** The station of the registry that it is, where it is led by us; null for what is only told of. */
  readonly station: string | null
  /** Whether it keeps a power or only stays below a limit. */
  readonly follows: 'setpoint' | 'limit'
}
export const HEMS_ASSET_KINDS = ['grid', 'evse', 'battery', 'pv', 'heat-pump', 'load'] as const
export type HemsAssetKind = (typeof HEMS_ASSET_KINDS)[number]

export interface HemsCapabilities {
  readonly vendor: string
  readonly model: string | null
  readonly firmware: string | null
  readonly assets: readonly HemsAsset[]
}
/** What was measured of one asset at an instant, epoch ms; taking positive, null where it was not told. */
export interface HemsSample {
  readonly at: number
  readonly powerW: number
  readonly reactiveVar: number | null
  readonly importedWh: number | null
  readonly exportedWh: number | null
  /** 0 to 1. */
  readonly soc: number | null
}

export type HemsFact =
  | { readonly kind: 'hems-presence'; readonly site: SiteId; readonly isOnline: boolean; readonly detail: string }
  | { readonly kind: 'hems-described'; readonly site: SiteId; readonly capabilities: HemsCapabilities }
  /** `sequence` rises within a `run` of the energy manager. What it did not want to be acknowledged may have holes and is not for settlement. */
  | {
      readonly kind: 'hems-measured'
      readonly site: SiteId
      readonly asset: string
      readonly run: string
      readonly sequence: number
      readonly samples: readonly HemsSample[]
      readonly isForSettlement: boolean
    }
  /** Its answer to a limit or a schedule, by the id that stood in it. */
  | {
      readonly kind: 'hems-acknowledged'
      readonly site: SiteId
      readonly what: 'limit' | 'schedule'
      readonly id: string
      readonly isAccepted: boolean
      readonly reason: string | null
      /** Epoch ms. */
      readonly appliedAt: number | null
      readonly measuredW: number | null
    }
