// Which stations are listed and in what order: what needs a person comes first.
import type { LiveEvse } from '../live-snapshot.ts'
import { directionOf, groupOf, isAbnormal, stateOf, type EvseState, type ReasonGroup } from './evse-state.ts'

export type Chip = 'all' | 'abnormal' | 'charging' | 'discharging' | 'waiting' | 'free'
export type SortKey = 'urgency' | 'evse' | 'ordered' | 'measured' | 'soc' | 'readyBy' | 'age'
export interface Selection {
  readonly text: string
  readonly chip: Chip
  /** Only cars of one reason, or with one alarm. */
  readonly group: { readonly group: ReasonGroup; readonly authority: string | null } | null
  readonly alarm: string | null
  readonly sort: SortKey
  readonly descending: boolean
}
export const EVERYTHING: Selection = { text: '', chip: 'all', group: null, alarm: null, sort: 'urgency', descending: false }

const URGENCY: Readonly<Record<EvseState, number>> = {
  alarm: 0,
  warning: 1,
  offline: 2,
  discharging: 3,
  charging: 4,
  waiting: 5,
  free: 6,
}

/** How many EVSEs each chip would show. */
export function chipCounts(evses: Iterable<LiveEvse>): Readonly<Record<Chip, number>> {
  const counts: Record<Chip, number> = { all: 0, abnormal: 0, charging: 0, discharging: 0, waiting: 0, free: 0 }
  for (const evse of evses) {
    counts.all++
    if (isAbnormal(stateOf(evse))) counts.abnormal++
    counts[directionOf(evse)]++
  }
  return counts
}

/** The EVSEs to show, in order. `words` gives the text a filter is held against. */
export function selected(
  evses: Iterable<LiveEvse>,
  { text, chip, group, alarm, sort, descending }: Selection,
  words: (evse: LiveEvse) => string,
): readonly LiveEvse[] {
  const wanted = text.toLowerCase().split(/\s+/).filter(Boolean)
  const keyed: { evse: LiveEvse; key: number | string }[] = []
  for (const evse of evses) {
    if (chip === 'abnormal' && !isAbnormal(stateOf(evse))) continue
    if (chip !== 'all' && chip !== 'abnormal' && directionOf(evse) !== chip) continue
    if (alarm !== null && !evse.alarms.includes(alarm)) continue
    if (group !== null) {
      const own = groupOf(evse)
      if (evse.session === null || own.group !== group.group || own.authority !== group.authority) continue
    }
    if (wanted.length > 0) {
      const haystack = words(evse).toLowerCase()
      if (!wanted.every((word) => haystack.includes(word))) continue
    }
    keyed.push({ evse, key: keyOf(evse, sort) })
  }
  const turn = descending ? -1 : 1
  keyed.sort((a, b) => (a.key < b.key ? -turn : a.key > b.key ? turn : a.evse.evse < b.evse.evse ? -1 : 1))
  return keyed.map(({ evse }) => evse)
}

function keyOf(evse: LiveEvse, sort: SortKey): number | string {
  switch (sort) {
    case 'urgency':
      return URGENCY[stateOf(evse)]
    case 'evse':
      return evse.evse
    case 'ordered':
      return evse.orderedW ?? Infinity
    case 'measured':
      return evse.measuredW ?? Infinity
    case 'soc':
      return evse.soc ?? Infinity
    case 'readyBy':
      return evse.readyBy ?? Infinity
    case 'age':
      return evse.measuredAt ?? Infinity
  }
}
