// The control room: everything on one screen, drawn anew once a second from what the live stream told.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { ChartTable } from './chart-table.tsx'
import { PoolChart } from './chart.tsx'
import { Help, SignIn } from './dialogs.tsx'
import { Drawer } from './drawer.tsx'
import { age, number, quarterHoursOfDay, smallPercent, timeSeconds } from './format.ts'
import { Header } from './header.tsx'
import { WarningIcon } from './icons.tsx'
import { isTyping } from './keyboard.ts'
import { textsOf, type Language, type Texts } from './language.ts'
import { openLive, type LiveState } from './live-connection.ts'
import { preferredLanguage, rememberLanguage, rememberTheme, useTheme } from './preferences.ts'
import { Departures, Reasons } from './side-panels.tsx'
import { EVERYTHING, type Selection } from './station-order.ts'
import { needsPerson } from './station-row.tsx'
import { Stations } from './stations.tsx'
import { Tiles } from './tiles.tsx'

const NOTHING: LiveState = { link: 'loading', pool: null, chart: null, evses: new Map(), heardAt: 0, retryAt: null }

export function App() {
  const [state, setState] = useState(NOTHING)
  const [language, setLanguage] = useState<Language>(preferredLanguage)
  const [dark, setDark] = useTheme()
  const [selection, setSelection] = useState<Selection>(EVERYTHING)
  const [cursor, setCursor] = useState<string | null>(null)
  const [open, setOpen] = useState<string | null>(null)
  const [help, setHelp] = useState(false)
  const [asTable, setAsTable] = useState(false)
  const filterField = useRef<HTMLInputElement>(null)
  const grid = useRef<HTMLDivElement>(null)
  const order = useRef<readonly string[]>([])
  const reconnect = useRef(() => {})
  const texts = textsOf(language)

  useEffect(() => {
    reconnect.current = openLive(setState)
  }, [])
  useLayoutEffect(() => {
    document.documentElement.lang = language
    document.title = `Gegenstrom · ${texts.title}`
  }, [language])

  function openRow(evse: string): void {
    setCursor(evse)
    setOpen(evse)
  }
  function closeDrawer(): void {
    setOpen(null)
    grid.current?.focus()
  }
  function step(by: number, wanted: (evse: string) => boolean): void {
    const rows = order.current.filter((evse) => evse === cursor || wanted(evse))
    const at = cursor === null ? (by > 0 ? -1 : rows.length) : rows.indexOf(cursor)
    const next = rows[Math.min(rows.length - 1, Math.max(0, at + by))]
    if (next === undefined) return
    grid.current?.focus({ preventScroll: true })
    setCursor(next)
    if (open !== null) setOpen(next)
  }
  function toggleTheme(): void {
    rememberTheme(!dark)
    setDark(!dark)
  }
  function toggleLanguage(): void {
    const next = language === 'de' ? 'en' : 'de'
    rememberLanguage(next)
    setLanguage(next)
  }

  function onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === 'Escape') {
      if (help) return
      if (document.activeElement === filterField.current && filterField.current !== null) {
        setSelection((before) => ({ ...before, text: '' }))
        grid.current?.focus()
      } else if (open !== null) closeDrawer()
      else setSelection(EVERYTHING)
      return
    }
    if (isTyping(event.target)) {
      if (event.key === 'Enter' && event.target === filterField.current) grid.current?.focus()
      return
    }
    const action = {
      '?': () => setHelp((shown) => !shown),
      '/': () => filterField.current?.focus(),
      j: () => step(1, () => true),
      k: () => step(-1, () => true),
      a: () => step(1, (evse) => isAbnormalRow(evse)),
      g: () => document.getElementById('chart')?.focus(),
      v: () => setAsTable((shown) => !shown),
      t: toggleTheme,
    }[event.key]
    if (action !== undefined) {
      event.preventDefault()
      action()
    } else if (event.key === 'Enter' && cursor !== null && !(event.target instanceof HTMLButtonElement)) openRow(cursor)
  }
  function isAbnormalRow(evse: string): boolean {
    const found = state.evses.get(evse)
    return found !== undefined && needsPerson(found)
  }
  // The newest handler at once: effects run only after painting, and keys may come faster.
  const keys = useRef(onKey)
  keys.current = onKey
  useEffect(() => {
    const listen = (event: KeyboardEvent) => keys.current(event)
    window.addEventListener('keydown', listen)
    return () => window.removeEventListener('keydown', listen)
  }, [])

  if (state.link === 'locked') return <SignIn texts={texts} onSignedIn={() => reconnect.current()} />
  const { pool, chart, evses } = state
  const opened = open === null ? undefined : evses.get(open)
  return (
    <div class={`control-room ${state.link === 'broken' ? 'frozen' : ''}`}>
      <Header
        pool={pool}
        language={language}
        texts={texts}
        dark={dark}
        onLanguage={toggleLanguage}
        onTheme={toggleTheme}
        onHelp={() => setHelp(true)}
      />
      {state.link === 'broken' && <Frozen state={state} language={language} texts={texts} onRetry={() => reconnect.current()} />}
      <main class="screen">
        <Tiles pool={pool} chart={chart} evses={evses} language={language} texts={texts} />
        <section class="panel power" aria-label={texts.power}>
          <div class="panel-head">
            <h2>{texts.power}</h2>
            <span class="hint">{texts.chartHint}</span>
            {pool !== null && pool.planGap !== null && (
              <span class="hint" id="plan-gap">
                {texts.planGap(smallPercent(pool.planGap, language))}
              </span>
            )}
            <span class="hint end">{pool === null ? '' : texts.quarterHours(quarterHoursOfDay(pool.now))}</span>
            <button type="button" class="plain" onClick={() => setAsTable(!asTable)} aria-pressed={asTable}>
              {asTable ? texts.chart : texts.table} <kbd>V</kbd>
            </button>
          </div>
          {pool === null || chart === null ? (
            <div class="chart loading">{state.retryAt === null ? '' : texts.connecting}</div>
          ) : asTable ? (
            <ChartTable chart={chart} pool={pool} language={language} texts={texts} />
          ) : (
            <PoolChart chart={chart} pool={pool} language={language} texts={texts} />
          )}
        </section>
        <Stations
          evses={evses}
          pool={pool}
          language={language}
          texts={texts}
          selection={selection}
          onSelection={setSelection}
          cursor={cursor}
          open={open}
          onCursor={setCursor}
          onOpen={openRow}
          filterField={filterField}
          grid={grid}
          onOrder={(rows) => (order.current = rows)}
        />
        <aside class="side">
          {opened !== undefined && pool !== null ? (
            <Drawer
              evse={opened}
              pool={pool}
              live={state.link === 'live'}
              language={language}
              texts={texts}
              onClose={closeDrawer}
            />
          ) : (
            <>
              <Reasons
                evses={evses}
                pool={pool}
                language={language}
                texts={texts}
                selection={selection}
                onSelection={setSelection}
              />
              <Departures evses={evses} pool={pool} language={language} texts={texts} onOpen={openRow} />
            </>
          )}
        </aside>
      </main>
      {help && <Help texts={texts} onClose={() => setHelp(false)} />}
    </div>
  )
}

/** The server does not answer: what is on the screen is old, and how old. */
function Frozen({
  state,
  language,
  texts,
  onRetry,
}: {
  state: LiveState
  language: Language
  texts: Texts
  onRetry: () => void
}) {
  const wall = Date.now()
  return (
    <div class="frozen-banner" role="alert">
      <WarningIcon />
      <b>{texts.standing(age(wall - state.heardAt, language))}</b>
      <span>{texts.standingMore(timeSeconds(state.pool?.now ?? null, language))}</span>
      {state.retryAt !== null && state.retryAt > wall && (
        <span>{texts.retryIn(`${number(Math.ceil((state.retryAt - wall) / 1000), language)}\u202fs`)}</span>
      )}
      <button type="button" onClick={onRetry}>
        {texts.retryNow}
      </button>
    </div>
  )
}
