// What is known of energy managers: rebuilt from facts, laid down in snapshots. One entry a site, and one number for each asset that was ever measured.
import type { Fact } from '../../domain/facts/fact.ts'
import type { HemsCapabilities, HemsSample } from '../../domain/facts/hems.ts'
import type { SiteId } from '../../domain/registry/identity.ts'

export interface KnownHouse {
  /** As it was told last, the debounce over. */
  isOnline: boolean
  capabilities: HemsCapabilities | null
  /** By asset: which message came last, and what it measured last. */
  readonly assets: Map<string, { run: string; sequence: number; last: HemsSample; isForSettlement: boolean }>
  /** The limit and the schedule it answered last, by what they are. */
  readonly answers: Map<'limit' | 'schedule', { id: string; isAccepted: boolean; reason: string | null }>
}
export interface HouseBook {
  house(site: SiteId): KnownHouse | undefined
  /** Every site that an energy manager ever spoke for. */
  sites(): Iterable<SiteId>
  noticed(fact: Fact): void
  freeze(): unknown
  thaw(frozen: unknown): void
}

/** Measured things of one site; of one that names more the one told of longest ago is forgotten. */
const ASSETS_MAX = 100

/** A book without houses. */
export function houseBook(): HouseBook {
  let houses = new Map<SiteId, KnownHouse>()

  function houseOf(site: SiteId): KnownHouse {
    const known = houses.get(site) ?? { isOnline: false, capabilities: null, assets: new Map(), answers: new Map() }
    houses.set(site, known)
    return known
  }

  return {
    house: (site) => houses.get(site),
    sites: () => houses.keys(),
    noticed(fact) {
      switch (fact.kind) {
        case 'hems-presence':
          houseOf(fact.site).isOnline = fact.isOnline
          return
        case 'hems-described':
          houseOf(fact.site).capabilities = fact.capabilities
          return
        case 'hems-measured': {
          const { assets } = houseOf(fact.site)
          const { run, sequence, samples, isForSettlement } = fact
          assets.delete(fact.asset)
          assets.set(fact.asset, { run, sequence, last: samples.at(-1)!, isForSettlement })
          if (assets.size > ASSETS_MAX) assets.delete(assets.keys().next().value!)
          return
        }
        case 'hems-acknowledged': {
          const { id, isAccepted, reason } = fact
          houseOf(fact.site).answers.set(fact.what, { id, isAccepted, reason })
        }
      }
    },
    freeze: () => houses,
    thaw(frozen) {
      houses = frozen as typeof houses
    },
  }
}
