// Beside chart and table: who decides how many cars, what needs a person, and who leaves next.
import type { LiveEvse, LivePool } from '../live-snapshot.ts'
import { groupOf, stateOf, type ReasonGroup } from './evse-state.ts'
import { number, percent, poolUnit, time, withUnit } from './format.ts'
import { AlarmIcon, Icon, WarningIcon, type IconName } from './icons.tsx'
import type { Language, Texts } from './language.ts'
import { sentence } from './sentences.ts'
import { EVERYTHING, type Selection } from './station-order.ts'

interface PanelProps {
  readonly evses: ReadonlyMap<string, LiveEvse>
  readonly pool: LivePool | null
  readonly language: Language
  readonly texts: Texts
}
const GROUP_ICONS: Readonly<Record<ReasonGroup, readonly [IconName, string]>> = {
  limit: ['limit', 'limit'],
  driver: ['car', 'ink'],
  operator: ['operator', 'ink'],
  activation: ['activation', 'tso'],
  readyBy: ['car', 'ink'],
  schedule: ['plan', 'ink'],
  discharge: ['discharge', 'discharge'],
  charge: ['charge', 'charge'],
  wait: ['wait', 'quiet'],
  unknown: ['plug', 'quiet'],
}
const PRECEDENCE = Object.keys(GROUP_ICONS) as readonly ReasonGroup[]

interface Group {
  readonly group: ReasonGroup
  readonly authority: string | null
  readonly cars: number
  readonly watts: number
}

/** Cars and power by the authority that decides, in order of precedence; the powers add up to the pool's. */
export function Reasons({
  evses,
  pool,
  language,
  texts,
  selection,
  onSelection,
}: PanelProps & { selection: Selection; onSelection: (to: Selection) => void }) {
  const groups = groupsOf(evses.values())
  const alarms = alarmsOf(evses.values())
  const unit = poolUnit(pool === null ? 0 : Math.max(pool.chargeMaxW, -pool.dischargeMaxW))
  const isChosen = (one: Group) => selection.group?.group === one.group && selection.group.authority === one.authority
  return (
    <section class="panel reasons" aria-label={texts.reasons}>
      <div class="panel-head">
        <h2>{texts.reasons}</h2>
        <span class="hint">{texts.reasonsHint}</span>
      </div>
      <div class="scroll">
        <ul class="groups">
          {groups.map((one) => {
            const [icon, tone] = GROUP_ICONS[one.group]
            const name =
              one.authority === null
                ? texts.groups[one.group]
                : `${sentence(one.authority, language)} · ${texts.groups[one.group]}`
            return (
              <li key={`${one.group} ${one.authority}`}>
                <button
                  type="button"
                  aria-pressed={isChosen(one)}
                  onClick={() =>
                    onSelection(
                      isChosen(one) ? EVERYTHING : { ...EVERYTHING, group: { group: one.group, authority: one.authority } },
                    )
                  }
                >
                  <span class={tone}>
                    <Icon name={icon} />
                  </span>
                  <span class="group-name">
                    <b>{texts.cars(number(one.cars, language), one.cars === 1)}</b> {name}
                  </span>
                  <span class="figure">{withUnit(number(one.watts / unit.per, language, unit.places), unit.unit)}</span>
                </button>
              </li>
            )
          })}
          {groups.length === 0 && <li class="nothing">{pool === null ? ' ' : texts.noDepartures}</li>}
        </ul>
        <h3>{texts.attention}</h3>
        <ul class="groups alarms">
          {alarms.map(({ text, count, state, example }) => (
            <li key={text}>
              <button
                type="button"
                aria-pressed={selection.alarm === text}
                onClick={() => onSelection(selection.alarm === text ? EVERYTHING : { ...EVERYTHING, alarm: text })}
              >
                {state === 'alarm' ? (
                  <AlarmIcon title={texts.states.alarm} />
                ) : state === 'offline' ? (
                  <Icon name="offline" title={texts.states.offline} />
                ) : (
                  <WarningIcon title={texts.states.warning} />
                )}
                <span class="group-name">{sentence(text, language)}</span>
                <span class="figure">{count === 1 ? example : `${number(count, language)} ×`}</span>
              </button>
            </li>
          ))}
          {alarms.length === 0 && <li class="nothing">{pool === null ? ' ' : texts.nothingAbnormal}</li>}
        </ul>
      </div>
    </section>
  )
}

/** The cars that leave next, with what they have and what they are meant to get. */
export function Departures({ evses, pool, language, texts, onOpen }: PanelProps & { onOpen: (evse: string) => void }) {
  const now = pool?.now ?? 0
  const leaving = [...evses.values()]
    .filter(({ session, readyBy }) => session !== null && readyBy !== null && readyBy > now)
    .sort((a, b) => a.readyBy! - b.readyBy! || (a.soc ?? 0) - (b.soc ?? 0))
  return (
    <section class="panel departures" aria-label={texts.departures}>
      <div class="panel-head">
        <h2>{texts.departures}</h2>
        <span class="hint">{texts.departuresHint}</span>
      </div>
      <div class="scroll">
        <ul class="leaving">
          {leaving.slice(0, 40).map((car) => (
            <li key={car.evse}>
              <button type="button" onClick={() => onOpen(car.evse)}>
                <time>{time(car.readyBy, language)}</time>
                <span class="name">{car.evse}</span>
                <span class="gauge" aria-hidden="true">
                  <i class="fill" style={{ width: `${(car.soc ?? 0) * 100}%` }} />
                  {car.targetSoc !== null && <i class="target" style={{ left: `${car.targetSoc * 100}%` }} />}
                </span>
                <span class="figure">
                  {percent(car.soc, language)} → {percent(car.targetSoc, language)}
                </span>
              </button>
            </li>
          ))}
          {leaving.length > 40 && <li class="nothing">{texts.and(number(leaving.length - 40, language))}</li>}
          {leaving.length === 0 && <li class="nothing">{pool === null ? ' ' : texts.noDepartures}</li>}
        </ul>
      </div>
    </section>
  )
}

function groupsOf(evses: Iterable<LiveEvse>): readonly Group[] {
  const found = new Map<string, Group>()
  for (const evse of evses) {
    if (evse.session === null) continue
    const { group, authority } = groupOf(evse)
    const key = `${group} ${authority}`
    const before = found.get(key)
    found.set(key, {
      group,
      authority,
      cars: (before?.cars ?? 0) + 1,
      watts: (before?.watts ?? 0) + (evse.connected ? (evse.measuredW ?? 0) : 0),
    })
  }
  return [...found.values()].sort((a, b) => PRECEDENCE.indexOf(a.group) - PRECEDENCE.indexOf(b.group) || b.cars - a.cars)
}

function alarmsOf(evses: Iterable<LiveEvse>) {
  const found = new Map<string, { text: string; count: number; state: 'alarm' | 'warning' | 'offline'; example: string }>()
  for (const evse of evses) {
    const state = stateOf(evse)
    for (const text of evse.alarms) {
      const before = found.get(text)
      const kind = state === 'alarm' || state === 'offline' ? state : 'warning'
      found.set(text, {
        text,
        count: (before?.count ?? 0) + 1,
        state: before?.state ?? kind,
        example: before?.example ?? evse.evse,
      })
    }
  }
  const urgency = { alarm: 0, warning: 1, offline: 2 }
  return [...found.values()].sort((a, b) => urgency[a.state] - urgency[b.state] || b.count - a.count)
}
