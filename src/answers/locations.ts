// Which sites the names of market partners mean: network locations and controllable resources of the registry.
import type { Registry } from '../../domain/registry/registry.ts'

export interface Location {
  /** `site:ID`, once each. */
  readonly subjects: readonly string[]
  /** Directions a power value for it bounds. */
  readonly limits: ReadonlySet<'consumption' | 'feed-in'>
}

const known = new WeakMap<Registry, ReadonlyMap<string, Location>>()

/** Every location of a registry by its NeLo-ID or SR-ID: a registry never changes, it is replaced. */
export function locationsIn(registry: Registry): ReadonlyMap<string, Location> {
  const before = known.get(registry)
  if (before !== undefined) return before
  const found = new Map<string, { subjects: string[]; limits: Set<'consumption' | 'feed-in'> }>()
  for (const { id: site, locations = [] } of registry.sites) {
    for (const { id, limits } of locations) {
      const location = found.get(id) ?? { subjects: [], limits: new Set() }
      found.set(id, location)
      if (!location.subjects.includes(`site:${site}`)) location.subjects.push(`site:${site}`)
      location.limits.add(limits)
    }
  }
  known.set(registry, found)
  return found
}
