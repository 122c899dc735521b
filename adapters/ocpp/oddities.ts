// What one station writes otherwise than its protocol has it: counted by kind, of which there are few, so that it can be shown.
import type { OddityKind, StationOddity } from '../../domain/registry/station-oddity.ts'

export interface OddityCount {
  /** One message had it; `where` is kept up to 100 characters, `at` is epoch ms. */
  add(kind: OddityKind, where: string, at: number): void
  /** Most frequent first. */
  all(): readonly StationOddity[]
}

const WHERE_CHARACTERS_MAX = 100

/** A count that begins with nothing. */
export function oddityCount(): OddityCount {
  const counted = new Map<OddityKind, StationOddity>()
  return {
    add(kind, where, at) {
      const count = (counted.get(kind)?.count ?? 0) + 1
      counted.set(kind, { kind, count, lastAt: at, where: cut(where, WHERE_CHARACTERS_MAX) })
    },
    all: () => [...counted.values()].sort((a, b) => b.count - a.count || (a.kind < b.kind ? -1 : 1)),
  }
}

/** The first characters of a text, counted as schemas count them. */
export function cut(text: string, charactersMax: number): string {
  return text.length <= charactersMax
    ? text
    : Array.from(text.slice(0, 2 * charactersMax))
        .slice(0, charactersMax)
        .join('')
}
