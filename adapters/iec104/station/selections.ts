// Select before execute: what a connection has selected, until it is executed, given up, too old, or the connection is lost.

/** What was selected, by common and object address. */
export interface Selection {
  readonly station: number
  readonly address: number
  readonly type: number
  readonly value: number
  readonly qualifier: number
}
export interface Selections {
  select(selection: Selection, now: number): void
  /** Takes back what was selected at an address; false where nothing was. */
  giveUp(station: number, address: number, now: number): boolean
  /** Whether exactly this was selected and still is; whether or not, it is selected no more. */
  take(selection: Selection, now: number): boolean
}

/** Selections of one connection; each holds for so many ms of a time that only passes. There are no more than points. */
export function selections(holdMs: number): Selections {
  const held = new Map<string, { readonly selection: Selection; readonly at: number }>()
  const keyOf = (station: number, address: number) => `${station}/${address}`
  function release(station: number, address: number, now: number): Selection | null {
    const key = keyOf(station, address)
    const found = held.get(key)
    held.delete(key)
    return found === undefined || now > found.at + holdMs ? null : found.selection
  }
  return {
    select: (selection, now) => void held.set(keyOf(selection.station, selection.address), { selection, at: now }),
    giveUp: (station, address, now) => release(station, address, now) !== null,
    take(of, now) {
      const found = release(of.station, of.address, now)
      return found !== null && found.type === of.type && found.value === of.value && found.qualifier === of.qualifier
    },
  }
}
