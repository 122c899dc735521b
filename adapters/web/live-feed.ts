// What screens of one tenant are told: rows as they were told last, what has changed with each look, the chart and the sums.
import type { PoolAnswers } from '../../domain/ports/answers/pool.ts'
import type { RowAnswers } from '../../domain/ports/answers/rows.ts'
import type { Asker } from '../../domain/registry/asker.ts'
import type { EvseId } from '../../domain/registry/identity.ts'
import { inSlices } from '../wire/in-slices.ts'
import { liveChart, liveEvse, livePool } from './snapshot.ts'

export interface LiveFeed {
  /** Looks taken so far. */
  looks(): number
  /** Takes down EVSEs that are to be looked at; null for all of them. */
  note(changed: ReadonlySet<EvseId> | null): void
  /** Looks at what is due, in slices; whoever calls meanwhile waits for the same look. */
  look(): Promise<void>
  /** Messages for a reader who was told everything up to a look (-1: nothing); each is made only when it is asked for. */
  since(told: number): readonly (() => string)[]
}

interface Row {
  json: string
  changed: number
}

const ROWS_A_MESSAGE = 1_000
/** Rows looked at in one look after the first; what is left is looked at next time. */
const ROWS_A_LOOK_MAX = 2_500
/** What the passing of time changes is found within so many looks, in a small fleet with each. */
const ROUND_LOOKS = 30
const ROUND_ROWS_MIN = 250
/** Looks whose changes are kept: whoever is further behind is told everything anew. */
const LOOKS_KEPT = 32

/** A feed for everybody of an asker's tenant. */
export function liveFeed(ports: { readonly rows: RowAnswers; readonly pool: PoolAnswers }, asker: Asker): LiveFeed {
  const rows = new Map<EvseId, Row>()
  const chart = { json: 'null', changed: 0 }
  const changes: { readonly look: number; readonly rows: readonly Row[] }[] = []
  const due = new Set<EvseId>()
  let pool = 'null'
  let names: readonly EvseId[] = []
  let [isCounted, isFirst, looks, begun, cursor] = [false, true, 0, 0, 0]
  let underWay: Promise<void> | null = null

  /** Whoever is there now; who has gone takes their row along, and everybody is told anew. */
  function count(look: number): void {
    isCounted = true
    names = ports.rows.evses(asker)
    const known = new Set(names)
    for (const evse of rows.keys())
      if (!known.has(evse)) {
        rows.delete(evse)
        begun = look
      }
    for (const evse of names) due.add(evse)
  }

  /** Those whose turn it is although nothing was recorded about them. */
  function goRound(): void {
    const share = Math.min(names.length, Math.max(ROUND_ROWS_MIN, Math.ceil(names.length / ROUND_LOOKS)))
    for (let i = 0; i < share; i++) due.add(names[(cursor + i) % names.length]!)
    cursor = names.length === 0 ? 0 : (cursor + share) % names.length
  }

  function* lookAtDue(look: number): Generator<void, readonly Row[]> {
    const changed: Row[] = []
    let left = isFirst ? Infinity : ROWS_A_LOOK_MAX
    for (const evse of due) {
      if (left-- <= 0) break
      due.delete(evse)
      const view = ports.rows.evse(asker, evse)
      if (view === null) continue
      const json = JSON.stringify(liveEvse(view))
      const row = rows.get(evse)
      if (row?.json !== json) {
        const next = row ?? { json, changed: look }
        rows.set(evse, Object.assign(next, { json, changed: look }))
        changed.push(next)
      }
      yield
    }
    return changed
  }

  async function lookOnce(): Promise<void> {
    const look = looks + 1
    if (!isCounted) count(look)
    goRound()
    changes.push({ look, rows: await inSlices(lookAtDue(look)) })
    if (changes.length > LOOKS_KEPT) changes.shift()
    isFirst = false
    const json = JSON.stringify(liveChart(await ports.pool.chart(asker)))
    if (json !== chart.json) Object.assign(chart, { json, changed: look })
    pool = JSON.stringify(livePool(await ports.pool.pool(asker)))
    looks = look
  }

  return {
    looks: () => looks,
    note(changed) {
      if (changed === null) isCounted = false
      else for (const evse of changed) due.add(evse)
    },
    look: () => (underWay ??= lookOnce().finally(() => (underWay = null))),
    since(told) {
      const isNew = told < begun || told < (changes[0]?.look ?? 0) - 1
      const changed = isNew
        ? [...rows.values()]
        : [...new Set(changes.filter(({ look }) => look > told).flatMap((one) => one.rows))]
      const [poolNow, chartNow] = [pool, isNew || chart.changed > told ? chart.json : 'null']
      return Array.from({ length: Math.max(1, Math.ceil(changed.length / ROWS_A_MESSAGE)) }, (_, i) => () => {
        const evses = changed.slice(i * ROWS_A_MESSAGE, (i + 1) * ROWS_A_MESSAGE).map(({ json }) => json)
        const kind = isNew && i === 0 ? 'snapshot' : 'changes'
        return `{"kind":"${kind}","pool":${poolNow},"chart":${i === 0 ? chartNow : 'null'},"evses":[${evses.join(',')}]}`
      })
    },
  }
}
