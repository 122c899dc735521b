// One row: what an EVSE does, what it was told, and why. Tick = set, bar = measured, dashes = nothing measured.
import type { LiveEvse } from '../live-snapshot.ts'
import { groupOf, isAbnormal, isStale, stateOf, type EvseState } from './evse-state.ts'
import { age, kilowatts, NO_VALUE, percent, time } from './format.ts'
import { AlarmIcon, Icon, WarningIcon, type IconName } from './icons.tsx'
import type { Language, Texts } from './language.ts'
import { sentence } from './sentences.ts'

interface StationRowProps {
  readonly evse: LiveEvse
  readonly now: number
  readonly speed: number
  /** Power at the ends of the bar, W. */
  readonly reach: number
  readonly top: number
  readonly index: number
  readonly language: Language
  readonly texts: Texts
  readonly isCursor: boolean
  readonly isOpen: boolean
  readonly onOpen: (evse: string) => void
}

export function StationRow({ evse, now, speed, reach, top, index, language, texts, isCursor, isOpen, onOpen }: StationRowProps) {
  const state = stateOf(evse)
  const stale = evse.session !== null && isStale(evse.measuredAt, now, speed)
  const plugged = evse.session !== null
  return (
    <div
      id={`row-${evse.evse}`}
      class={`row ${isCursor ? 'cursor' : ''} ${isOpen ? 'open' : ''} ${stale ? 'stale' : ''} ${plugged || state === 'alarm' ? '' : 'unplugged'}`}
      role="row"
      aria-rowindex={index}
      aria-selected={isOpen}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => onOpen(evse.evse)}
    >
      <div role="gridcell" class="state">
        <StateIcon state={state} texts={texts} />
      </div>
      <div role="gridcell" class="name">
        {evse.evse}
      </div>
      <div role="gridcell" class="right">
        {kilowatts(evse.orderedW, language)}
      </div>
      <div role="gridcell" class="right measured">
        {plugged ? kilowatts(evse.measuredW, language) : NO_VALUE}
      </div>
      <div role="gridcell" aria-hidden="true">
        {plugged && <PowerBar ordered={evse.orderedW} measured={evse.connected ? evse.measuredW : null} reach={reach} />}
      </div>
      <div role="gridcell" class="right soc" title={evse.socEstimated ? texts.estimated : undefined}>
        {evse.socEstimated && evse.soc !== null ? '≈ ' : ''}
        {percent(evse.soc, language)}
      </div>
      <div role="gridcell" aria-hidden="true">
        {evse.soc !== null && <SocBar soc={evse.soc} minimum={evse.minimumSoc} target={evse.targetSoc} />}
      </div>
      <div role="gridcell" class="right">
        {time(evse.readyBy, language)}
      </div>
      <div role="gridcell" class="why">
        <WhyText evse={evse} language={language} texts={texts} />
      </div>
      <div role="gridcell" class={`right age ${stale ? 'old' : ''}`} title={stale ? texts.stale : undefined}>
        {plugged && evse.measuredAt !== null ? age(now - evse.measuredAt, language) : NO_VALUE}
      </div>
    </div>
  )
}

/** The reason; what needs a person comes before it. */
function WhyText({ evse, language, texts }: { evse: LiveEvse; language: Language; texts: Texts }) {
  const alarm = evse.alarms[0]
  if (alarm !== undefined) return <span>{sentence(alarm, language)}</span>
  if (evse.why === null) return <span class="quiet">{texts.noCarPlugged}</span>
  const icon = whyIcon(evse)
  return (
    <>
      <span class={icon.tone}>
        <Icon name={icon.name} />
      </span>
      <span>{sentence(evse.why, language)}</span>
    </>
  )
}

function whyIcon(evse: LiveEvse): { readonly name: IconName; readonly tone: string } {
  const { group } = groupOf(evse)
  switch (group) {
    case 'charge':
    case 'discharge':
      return { name: 'plan', tone: 'quiet' }
    case 'wait':
      return { name: 'wait', tone: 'quiet' }
    case 'limit':
      return { name: 'limit', tone: 'limit' }
    case 'activation':
      return { name: 'activation', tone: 'tso' }
    case 'operator':
      return { name: 'operator', tone: 'ink' }
    case 'readyBy':
    case 'driver':
      return { name: 'car', tone: 'quiet' }
    case 'schedule':
      return { name: 'plan', tone: 'quiet' }
    case 'unknown':
      return { name: 'plug', tone: 'quiet' }
  }
}

export function StateIcon({ state, texts }: { state: EvseState; texts: Texts }) {
  const title = texts.states[state]
  switch (state) {
    case 'alarm':
      return <AlarmIcon title={title} />
    case 'warning':
      return <WarningIcon title={title} />
    case 'offline':
      return <Icon name="offline" title={title} />
    case 'charging':
      return (
        <span class="charge">
          <Icon name="charge" title={title} />
        </span>
      )
    case 'discharging':
      return (
        <span class="discharge">
          <Icon name="discharge" title={title} />
        </span>
      )
    case 'waiting':
      return (
        <span class="quiet">
          <Icon name="wait" title={title} />
        </span>
      )
    case 'free':
      return (
        <span class="quiet">
          <Icon name="free" title={title} />
        </span>
      )
  }
}

function PowerBar({ ordered, measured, reach }: { ordered: number | null; measured: number | null; reach: number }) {
  const at = (watts: number) => 50 + (Math.max(-reach, Math.min(reach, watts)) / reach) * 50
  return (
    <div class="power-bar">
      <i class="zero" />
      {measured === null ? (
        ordered !== null &&
        ordered !== 0 && (
          <i class="missing" style={{ left: `${Math.min(50, at(ordered))}%`, width: `${Math.abs(at(ordered) - 50)}%` }} />
        )
      ) : (
        <i
          class={measured < 0 ? 'fill discharge' : 'fill charge'}
          style={{ left: `${Math.min(50, at(measured))}%`, width: `${Math.abs(at(measured) - 50)}%` }}
        />
      )}
      {ordered !== null && <i class="set" style={{ left: `${at(ordered)}%` }} />}
    </div>
  )
}

function SocBar({ soc, minimum, target }: { soc: number; minimum: number | null; target: number | null }) {
  return (
    <div class="soc-bar">
      <i class={`fill ${minimum !== null && soc < minimum ? 'below' : ''}`} style={{ width: `${soc * 100}%` }} />
      {minimum !== null && <i class="minimum" style={{ left: `${minimum * 100}%` }} />}
      {target !== null && <i class="target" style={{ left: `${target * 100}%` }} />}
    </div>
  )
}

/** Whether an EVSE belongs to those that `a` jumps to. */
export function needsPerson(evse: LiveEvse): boolean {
  return isAbnormal(stateOf(evse))
}
