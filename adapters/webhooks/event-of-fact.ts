// Which facts of the journal become events, and in which words. A new event is one entry here and its name in the port.
import type { Fact } from '../../domain/facts/fact.ts'
import type { WebhookEvent } from '../../domain/trading/webhook.ts'
import { instantText, startOf, type Slot } from '../../domain/time/slot.ts'
import type { ToldChange } from '../../domain/signals/signal-change.ts'
import type { Portfolio } from '../../domain/trading/schedule.ts'
import { inEuros, inEurPerMWh, inWattHours, type Money } from '../../domain/units.ts'

export interface PushEvent {
  readonly type: WebhookEvent
  /** What it is about. */
  readonly of: { readonly portfolio: Portfolio } | { readonly signal: Pick<ToldChange, 'sender' | 'tenant'> }
  readonly data: Readonly<Record<string, unknown>>
}

type FactOf<Kind extends Fact['kind']> = Extract<Fact, { kind: Kind }>
type Writers = { readonly [Kind in Fact['kind']]?: (fact: FactOf<Kind>) => PushEvent | null }

const WRITERS: Writers = {
  'schedule-received': ({ schedule: { portfolio, day, version, message } }) =>
    event('schedule.accepted', portfolio, { day: day.date, version, message }),
  'schedule-refused': ({ portfolio, date, version, message, refusal }) =>
    event('schedule.refused', portfolio, { day: date, version, message, reason: refusal.kind }),
  'fleet-planned': ({ balanceGroup, controlArea, isKept, firstSlot, powerWatts, cars, gap }) =>
    isKept
      ? null
      : event(
          'fleet-plan.published',
          { balanceGroup, controlArea },
          { cars, gap, start: instantText(startOf(firstSlot as Slot)), powerW: powerWatts },
        ),
  'retrade-proposed': ({ proposal: { portfolio, market, quotesAsOf, at, lot, gain, gainMax, trades } }) =>
    event('retrade.proposed', portfolio, {
      market,
      quotesAsOf: instantText(quotesAsOf),
      computedAt: instantText(at),
      lotWh: inWattHours(lot),
      gain: moneyText(gain),
      gainMax: moneyText(gainMax),
      slots: trades
        .filter(({ change }) => change !== 0)
        .map(({ slot, change, quote }) => ({
          start: instantText(startOf(slot)),
          changeWh: inWattHours(change),
          priceEurPerMWh: inEurPerMWh(change > 0 ? quote.ask : quote.bid).toFixed(2),
        })),
    }),
  'limit-compensated': ({ signal, version, balanceGroup, controlArea, cars, notDrawnWh, slots }) =>
    event('limit.compensated', { balanceGroup, controlArea }, { signal, version, cars, notDrawnWh, slots: slotsOf(slots) }),
  'signal-told': (told) => ({ type: `signal.${told.change}`, of: { signal: told }, data: changeData(told) }),
}

/** A change of a signal as it is told. */
function changeData({
  kind: _kind,
  tenant: _tenant,
  change: _change,
  orderedWatts,
  measuredWatts,
  min,
  max,
  ...told
}: FactOf<'signal-told'>) {
  const orNull = (instant: number | null) => (instant === null ? null : instantText(instant))
  return {
    ...told,
    at: instantText(told.at),
    from: instantText(told.from),
    until: orNull(told.until),
    issuedAt: instantText(told.issuedAt),
    receivedAt: instantText(told.receivedAt),
    firstOrderAt: orNull(told.firstOrderAt),
    lastConfirmedAt: orNull(told.lastConfirmedAt),
    minW: min,
    maxW: max,
    orderedW: orderedWatts,
    measuredW: measuredWatts,
  }
}

/** Quarter-hours as they are told. */
function slotsOf(slots: FactOf<'limit-compensated'>['slots']): readonly object[] {
  return slots.map(({ slot, ...energy }) => ({ start: instantText(startOf(slot)), ...energy }))
}

/** The event a fact is told as; null for facts nobody is told. */
export function eventOfFact(fact: Fact): PushEvent | null {
  const writer = WRITERS[fact.kind] as ((fact: Fact) => PushEvent | null) | undefined
  return writer?.(fact) ?? null
}

function event(type: WebhookEvent, portfolio: Portfolio, data: PushEvent['data']): PushEvent {
  return { type, of: { portfolio }, data: { ...portfolio, ...data } }
}

function moneyText(money: Money): { readonly amount: string; readonly currency: 'EUR' } {
  return { amount: inEuros(money).toFixed(2), currency: 'EUR' }
}
