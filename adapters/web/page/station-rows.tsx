// The rows of the table. Ten thousand of them scroll smoothly, because only the visible ones exist.
import type { ComponentChildren } from 'preact'
import { useEffect, useMemo, useState } from 'preact/hooks'
import { number } from './format.ts'
import { StationRow } from './station-row.tsx'
import type { StationsProps } from './stations.tsx'
import type { SortKey } from './station-order.ts'
import { useSize } from './use-size.ts'

const ROW = 24
const OVERSCAN = 6

interface RowsProps extends StationsProps {
  readonly order: readonly string[]
  readonly empty: ComponentChildren
  /** Called when rows have to stay where they are, and when they may move again. */
  readonly onStill: (still: boolean) => void
}

export function StationRows({
  evses,
  pool,
  language,
  texts,
  selection,
  onSelection,
  cursor,
  open,
  onCursor,
  onOpen,
  grid,
  order,
  empty,
  onStill,
}: RowsProps) {
  const [box, size] = useSize<HTMLDivElement>()
  const [top, setTop] = useState(0)
  const reach = useMemo(() => {
    let [most, least] = [1_000, 0]
    for (const { chargeMaxW, dischargeMaxW } of evses.values())
      [most, least] = [Math.max(most, chargeMaxW), Math.min(least, dischargeMaxW)]
    return Math.max(most, -least)
  }, [evses])
  const first = Math.max(0, Math.floor(top / ROW) - OVERSCAN)
  const visible = order.slice(first, first + Math.ceil(size.height / ROW) + 2 * OVERSCAN)

  // The row the keyboard is at stays in sight.
  useEffect(() => {
    const position = cursor === null ? -1 : order.indexOf(cursor)
    const scroller = box.current
    if (position < 0 || scroller === null) return
    if (position * ROW < scroller.scrollTop) scroller.scrollTop = position * ROW
    else if ((position + 1) * ROW > scroller.scrollTop + scroller.clientHeight)
      scroller.scrollTop = (position + 1) * ROW - scroller.clientHeight
  }, [cursor])

  function sortBy(sort: SortKey): void {
    if (selection.sort !== sort) onSelection({ ...selection, sort, descending: false })
    else if (!selection.descending) onSelection({ ...selection, descending: true })
    else onSelection({ ...selection, sort: 'urgency', descending: false })
  }
  const kilowatts = number(reach / 1000, language)
  const columns: readonly (readonly [string, SortKey | null, string])[] = [
    ['', 'urgency', 'state'],
    [texts.columns.evse, 'evse', ''],
    [texts.columns.ordered, 'ordered', 'right'],
    [texts.columns.measured, 'measured', 'right'],
    [`−${kilowatts} · 0 · +${kilowatts}`, null, 'center'],
    [texts.columns.soc, 'soc', 'right'],
    [texts.columns.goal, null, ''],
    [texts.columns.readyBy, 'readyBy', 'right'],
    [texts.columns.why, null, ''],
    [texts.columns.age, 'age', 'right'],
  ]
  return (
    <div
      class="grid-box"
      role="grid"
      aria-rowcount={order.length + 1}
      aria-label={texts.stations}
      aria-activedescendant={cursor === null ? undefined : `row-${cursor}`}
      tabindex={0}
      ref={grid}
      onKeyDown={(event) => {
        const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
        if (step === 0 || order.length === 0) return
        event.preventDefault()
        const at = cursor === null ? -1 : order.indexOf(cursor)
        onCursor(order[Math.min(order.length - 1, Math.max(0, at + step))]!)
      }}
    >
      <div class="row head" role="row" aria-rowindex={1}>
        {columns.map(([label, sort, align], i) => (
          <div
            key={i}
            role="columnheader"
            class={align}
            aria-sort={sort !== null && selection.sort === sort ? (selection.descending ? 'descending' : 'ascending') : undefined}
          >
            {sort === null ? (
              label
            ) : (
              <button type="button" onClick={() => sortBy(sort)} aria-label={label === '' ? texts.columns.state : undefined}>
                {label}
                {selection.sort === sort && sort !== 'urgency' && (
                  <span aria-hidden="true"> {selection.descending ? '↓' : '↑'}</span>
                )}
              </button>
            )}
          </div>
        ))}
      </div>
      <div
        class="rows"
        ref={box}
        role="rowgroup"
        onScroll={(event) => setTop(event.currentTarget.scrollTop)}
        onPointerEnter={() => onStill(true)}
        onPointerLeave={() => onStill(false)}
      >
        {order.length === 0 && <div class="empty">{empty}</div>}
        <div class="canvas" role="presentation" style={{ height: `${order.length * ROW}px` }}>
          {visible.map((id, i) => {
            const evse = evses.get(id)
            if (evse === undefined) return null
            return (
              <StationRow
                key={id}
                evse={evse}
                now={pool?.now ?? 0}
                speed={pool?.speed ?? 1}
                reach={reach}
                top={(first + i) * ROW}
                index={first + i + 2}
                language={language}
                texts={texts}
                isCursor={id === cursor}
                isOpen={id === open}
                onOpen={onOpen}
              />
            )
          })}
        </div>
      </div>
    </div>
  )
}
