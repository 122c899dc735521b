// The table of stations: filter, order, and only as many rows in the document as fit on the screen.
import type { RefObject } from 'preact'
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { LiveEvse, LivePool } from '../live-snapshot.ts'
import { number } from './format.ts'
import { Icon } from './icons.tsx'
import type { Language, Texts } from './language.ts'
import { sentence } from './sentences.ts'
import { chipCounts, EVERYTHING, selected, type Chip, type Selection } from './station-order.ts'
import { StationRows } from './station-rows.tsx'
import { stateOf } from './evse-state.ts'

const CHIPS: readonly Chip[] = ['all', 'abnormal', 'charging', 'discharging', 'waiting', 'free']

export interface StationsProps {
  readonly evses: ReadonlyMap<string, LiveEvse>
  readonly pool: LivePool | null
  readonly language: Language
  readonly texts: Texts
  readonly selection: Selection
  readonly onSelection: (selection: Selection) => void
  /** Row the keyboard is at, and row that is open. */
  readonly cursor: string | null
  readonly open: string | null
  readonly onCursor: (evse: string) => void
  readonly onOpen: (evse: string) => void
  readonly filterField: RefObject<HTMLInputElement | null>
  readonly grid: RefObject<HTMLDivElement | null>
  /** Told the order of rows, for moving by keyboard. */
  readonly onOrder: (order: readonly string[]) => void
}

export function Stations(props: StationsProps) {
  const { evses, pool, language, texts, selection, onSelection } = props
  const [still, setStill] = useState(false)
  const kept = useRef<{ readonly key: string; readonly order: readonly string[] }>({ key: '', order: [] })
  const counts = useMemo(() => chipCounts(evses.values()), [evses])

  const order = useMemo(() => {
    const words = (evse: LiveEvse) =>
      [
        evse.evse,
        evse.why === null ? texts.noCarPlugged : sentence(evse.why, language),
        texts.states[stateOf(evse)],
        evse.authority ?? '',
        ...evse.alarms.map((alarm) => sentence(alarm, language)),
      ].join(' ')
    const key = JSON.stringify([selection, language])
    // Rows stay where they are while somebody points at them; only what is gone leaves.
    if (still && key === kept.current.key) return kept.current.order.filter((evse) => evses.has(evse))
    return selected(evses.values(), selection, words).map(({ evse }) => evse)
  }, [evses, selection, language, still])
  kept.current = { key: JSON.stringify([selection, language]), order }
  useLayoutEffect(() => props.onOrder(order), [order])

  return (
    <section class="panel stations" aria-label={texts.stations}>
      <div class="panel-head">
        <h2>{texts.stations}</h2>
        <span class="hint">
          {order.length === evses.size
            ? number(evses.size, language)
            : `${number(order.length, language)} / ${number(evses.size, language)}`}{' '}
          · {selection.sort === 'urgency' ? texts.abnormalFirst : `${texts.sortedBy} ${texts.columns[selection.sort]}`}
        </span>
        <div class="filter">
          <label class="search">
            <Icon name="search" />
            <input
              ref={props.filterField}
              type="text"
              value={selection.text}
              placeholder={texts.filter}
              aria-label={texts.filter}
              onInput={(event) => onSelection({ ...selection, text: event.currentTarget.value })}
            />
            <kbd>/</kbd>
          </label>
          {CHIPS.map((chip) => (
            <button
              key={chip}
              type="button"
              class="toggle"
              aria-pressed={selection.chip === chip && selection.group === null && selection.alarm === null}
              onClick={() => onSelection({ ...selection, chip, group: null, alarm: null })}
            >
              {texts.chips[chip]}
              {chip !== 'all' && <span class="count"> {number(counts[chip], language)}</span>}
            </button>
          ))}
        </div>
      </div>
      <StationRows
        {...props}
        order={order}
        onStill={setStill}
        empty={
          evses.size === 0 ? (
            <p>{pool === null ? '' : texts.noStations}</p>
          ) : (
            <p>
              {texts.nothingFound}{' '}
              <button type="button" class="link" onClick={() => onSelection(EVERYTHING)}>
                {texts.showAll}
              </button>
            </p>
          )
        }
      />
    </section>
  )
}
