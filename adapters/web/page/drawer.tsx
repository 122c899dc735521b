// One EVSE in full: power, the ladder of authorities behind it, the order in force, the plan of its car, and the driver's wish.
import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { LiveEvse, LivePool } from '../live-snapshot.ts'
import { ask, type EvseDetail, type OrderDetail, type PlanDetail, type SessionDetail, type StationDetail } from './api.ts'
import { CarPlan } from './car-plan.tsx'
import { directionOf, isStale, stateOf } from './evse-state.ts'
import { age, kilowatts, NO_VALUE, number, percent, time, timeSeconds, withUnit } from './format.ts'
import { Ladder } from './ladder.tsx'
import { Oddities } from './oddities.tsx'
import type { Language, Texts } from './language.ts'
import { sentence } from './sentences.ts'
import { StationActions } from './station-actions.tsx'
import { StateIcon } from './station-row.tsx'
import { WishForm } from './wish-form.tsx'

interface DrawerProps {
  readonly evse: LiveEvse
  readonly pool: LivePool
  readonly live: boolean
  readonly language: Language
  readonly texts: Texts
  readonly onClose: () => void
}
interface EvseProps {
  readonly own: EvseDetail | null
  readonly evse: LiveEvse
  readonly language: Language
  readonly texts: Texts
}
interface Details {
  readonly station: StationDetail | null
  readonly session: { readonly value: SessionDetail; readonly etag: string } | null
  readonly plan: PlanDetail | null
}
const REFRESH_MS = 2_000
const NOTHING: Details = { station: null, session: null, plan: null }

export function Drawer({ evse, pool, live, language, texts, onClose }: DrawerProps) {
  const [details, setDetails] = useState<Details>(NOTHING)

  async function load(): Promise<void> {
    const id = evse.session === null ? null : encodeURIComponent(evse.session)
    const [station, session, plan] = await Promise.all([
      ask<StationDetail>(`/v1/stations/${encodeURIComponent(evse.station)}`),
      id === null ? null : ask<SessionDetail>(`/v1/sessions/${id}`),
      id === null ? null : ask<PlanDetail>(`/v1/sessions/${id}/plan`),
    ])
    setDetails({
      station: station.ok ? station.value : null,
      session: session?.ok === true && session.etag !== null ? { value: session.value, etag: session.etag } : null,
      plan: plan?.ok === true ? plan.value : null,
    })
  }
  useEffect(() => {
    setDetails(NOTHING)
    void load()
    const timer = window.setInterval(() => void load(), REFRESH_MS)
    return () => window.clearInterval(timer)
  }, [evse.evse, evse.session])

  const own = details.station?.evses.find(({ id }) => id === evse.evse) ?? null
  const stale = isStale(evse.measuredAt, pool.now, pool.speed)
  const { station } = details
  return (
    <section class="panel drawer" id="drawer" aria-label={evse.evse}>
      <div class="panel-head">
        <h2>
          <StateIcon state={stateOf(evse)} texts={texts} /> {evse.evse}
        </h2>
        <span class="hint">
          {[station?.vendor, station?.model, station?.dialect?.replace('ocpp', 'OCPP ')].filter(Boolean).join(' · ')}
        </span>
        <button type="button" class="plain" onClick={onClose} aria-label={texts.close}>
          <kbd>Esc</kbd>
        </button>
      </div>
      <div class="scroll">
        <p class={`big ${stale ? 'stale' : ''}`}>
          <span class={`value ${directionOf(evse)}`}>
            {evse.session === null ? NO_VALUE : kilowatts(evse.measuredW, language)}
          </span>
          <span class="unit"> kW</span>
          <span class="beside">
            {texts.set} <b>{kilowatts(evse.orderedW, language)}</b>
            {evse.soc !== null && (
              <>
                {' '}
                · SoC <b>{percent(evse.soc, language)}</b>
                {evse.socEstimated ? ` (${texts.estimated})` : ''}
              </>
            )}
          </span>
          <span class={`when ${stale ? 'old' : ''}`}>
            {evse.measuredAt === null ? '' : texts.ago(age(pool.now - evse.measuredAt, language))}
          </span>
        </p>
        {evse.alarms.map((alarm) => (
          <p key={alarm} class="alarm-line">
            <StateIcon state={stateOf(evse)} texts={texts} /> {sentence(alarm, language)}
          </p>
        ))}
        <Why own={own} evse={evse} language={language} texts={texts} />
        {own !== null && evse.session !== null && <OrderTimes own={own} evse={evse} language={language} texts={texts} />}
        {details.plan !== null && (
          <>
            <h3>
              {texts.carPlan} <span class="hint">{time(Date.parse(details.plan.issuedAt), language)}</span>
            </h3>
            <CarPlan plan={details.plan} now={pool.now} language={language} texts={texts} />
          </>
        )}
        {details.session !== null && (
          <WishForm
            key={details.session.value.id}
            session={details.session.value}
            etag={details.session.etag}
            now={pool.now}
            locked={!live}
            language={language}
            texts={texts}
            onChanged={() => void load()}
          />
        )}
        <StationActions
          station={evse.station}
          evse={evse.evse}
          dialect={station?.dialect ?? null}
          locked={!live}
          language={language}
          texts={texts}
        />
        {station !== null && <Oddities list={station.oddities} language={language} texts={texts} />}
      </div>
    </section>
  )
}

/** The reason of the power, and the authorities behind it. */
function Why({ own, evse, language, texts }: EvseProps) {
  if (evse.why === null) return <p class="sentence">{texts.noCarPlugged}.</p>
  return (
    <>
      <h3>
        {texts.why} <span class="hint">{texts.precedence}</span>
      </h3>
      {own?.why != null && <Ladder rungs={own.why.ladder} measured={evse.measuredW} language={language} texts={texts} />}
      <p class="sentence">{capital(sentence(own?.why?.sentence ?? evse.why, language))}.</p>
    </>
  )
}

/** When the order was given, taken and followed, and when it ends by itself. */
function OrderTimes({ own, evse, language, texts }: { own: EvseDetail; evse: LiveEvse; language: Language; texts: Texts }) {
  const order = own.order
  if (order === null) return <p class="order-end">{texts.noOrder}</p>
  const issued = Date.parse(order.issuedAt)
  const since = (at: number) => withUnit(number((at - issued) / 1000, language, 2, true), 's')
  return (
    <>
      <dl class="order">
        <Fact name={texts.orderIssued}>{timeSeconds(issued, language)}</Fact>
        <Fact name={stateWord(order, texts)}>{order.stateAt === null ? NO_VALUE : since(Date.parse(order.stateAt))}</Fact>
        <Fact name={texts.orderMeasured}>{timeSeconds(evse.measuredAt, language)}</Fact>
      </dl>
      <p class="order-end" id="lease">
        {order.state === 'ended'
          ? texts.ended(texts.outcomes[order.outcome ?? ''] ?? order.outcome ?? '')
          : `${texts.endsByItself(timeSeconds(Date.parse(order.leaseUntil), language))} · ${texts.renewed}`}
      </p>
    </>
  )
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function stateWord({ state }: OrderDetail, texts: Texts): string {
  return {
    issued: texts.orderConfirmed,
    confirmed: texts.orderConfirmed,
    followed: texts.orderFollowed,
    ended: texts.orderEnded,
  }[state]
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
