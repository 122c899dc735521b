// The topics of SPINE over MQTT: a subtree for each place and each direction, so that a broker can bind it to its owner. Messages name the session they belong to.

/** A place with an energy manager. */
export interface Place {
  readonly tenant: string
  readonly site: string
}
/** Two ends that talk: each has drawn its part at its own beginning, so nothing of an earlier talk is heard in a later one. */
export interface Talk {
  readonly guard: string
  readonly system: string
}
export type EebusTopic =
  /** The guard of all places has come or gone. */
  | { readonly kind: 'guard-presence' }
  /** The system of a place has come or gone. */
  | { readonly kind: 'system-presence'; readonly place: Place }
  /** A datagram, or the end of a talk. */
  | { readonly kind: 'data'; readonly from: 'guard' | 'system'; readonly place: Place; readonly talk: Talk }

export interface EebusTopics {
  readonly guardPresence: string
  systemPresence(place: Place): string
  data(from: 'guard' | 'system', place: Place, talk: Talk): string
  /** What the systems of all places write. */
  readonly ofSystems: string
  /** What the guard writes for one place. */
  ofGuard(place: Place): string
  /** Null for a topic that is none of these. */
  read(topic: string): EebusTopic | null
}

/** Drawn anew whenever an end begins. */
export const SESSION = /^[0-9a-f]{16}$/

/** Topics under a prefix such as `ta/v1`. Names are percent-encoded, so that none of them is a level or a wildcard. */
export function eebusTopics(prefix: string): EebusTopics {
  const under = ({ tenant, site }: Place) => `${prefix}/${encodeURIComponent(tenant)}/${encodeURIComponent(site)}/eebus`
  const guardPresence = `${prefix}/eebus/guard/presence`
  return {
    guardPresence,
    systemPresence: (place) => `${under(place)}/system/presence`,
    data: (from, place, { guard, system }) => `${under(place)}/${from}/data/${guard}.${system}`,
    ofSystems: `${prefix}/+/+/eebus/system/#`,
    ofGuard: (place) => `${under(place)}/guard/#`,
    read(topic) {
      if (topic === guardPresence) return { kind: 'guard-presence' }
      if (!topic.startsWith(`${prefix}/`)) return null
      const [tenant, site, door, from, kind, talk, ...more] = topic.slice(prefix.length + 1).split('/')
      const place = placeOf(tenant, site)
      if (place === null || door !== 'eebus' || more.length > 0) return null
      if (from === 'system' && kind === 'presence' && talk === undefined) return { kind: 'system-presence', place }
      if ((from !== 'guard' && from !== 'system') || kind !== 'data') return null
      const [guard = '', system = '', ...parts] = (talk ?? '').split('.')
      if (parts.length > 0 || !SESSION.test(guard) || !SESSION.test(system)) return null
      return { kind: 'data', from, place, talk: { guard, system } }
    },
  }
}

function placeOf(tenant: string | undefined, site: string | undefined): Place | null {
  if (tenant === undefined || site === undefined) return null
  try {
    return { tenant: decodeURIComponent(tenant), site: decodeURIComponent(site) }
  } catch {
    return null
  }
}
