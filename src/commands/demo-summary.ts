// What three simulated days say side by side: the keys of the JSON (docs/demo.md) and the same in plain words.
import type { DayFigures, DayResult } from '../demo/simulated-day.ts'

export interface DemoSpan {
  readonly seed: string
  readonly stations: number
  /** Epoch ms. */
  readonly from: number
  readonly until: number
}
/** The day that counts, and what it is compared with. */
export interface ComparedDays {
  readonly immediate: DayFigures
  readonly smart: DayFigures
  readonly bidirectional: DayResult
}
export type DemoSummary = ReturnType<typeof summarize>

const DAY_MS = 86_400_000

/** Compares the same day with three strategies. */
export function summarize(span: DemoSpan, results: ComparedDays) {
  const { immediate, smart, bidirectional: both } = results
  const carDays = (span.stations * (span.until - span.from)) / DAY_MS
  const saving = (dear: DayFigures, cheap: DayFigures) => {
    const eur = dear.totalEur - cheap.totalEur
    return { eur: round(eur, 4), eurPerCarAndDay: round(eur / carDays, 4) }
  }
  const each = <T>(of: (result: DayFigures) => T) => ({ immediate: of(immediate), smart: of(smart), bidirectional: of(both) })
  return {
    seed: span.seed,
    stations: span.stations,
    from: new Date(span.from).toISOString(),
    until: new Date(span.until).toISOString(),
    simulation: true,
    feeRegime: 'relief',
    totals: {
      immediateEur: round(immediate.totalEur, 4),
      smartEur: round(smart.totalEur, 4),
      bidirectionalEur: round(both.totalEur, 4),
    },
    savings: {
      smartVsImmediate: saving(immediate, smart),
      bidirectionalVsImmediate: saving(immediate, both),
      bidirectionalVsSmart: saving(smart, both),
    },
    metered: each(({ boughtEur, soldEur, chargedKwh, dischargedKwh, unpricedKwh, stored }) => ({
      boughtEur: round(boughtEur, 4),
      soldEur: round(soldEur, 4),
      chargedKwh: round(chargedKwh, 3),
      dischargedKwh: round(dischargedKwh, 3),
      unpricedKwh: round(unpricedKwh, 3),
      storedAtEndKwh: round(stored.endKwh, 3),
    })),
    stored: each(({ stored, storedEur }) => ({
      startKwh: round(stored.startKwh, 3),
      endKwh: round(stored.endKwh, 3),
      changeKwh: round(stored.changeKwh, 3),
      changeEur: round(storedEur, 4),
      drivenKwh: round(stored.drivenKwh, 3),
      lostKwh: round(stored.lostKwh, 3),
    })),
    value: { storedEurMwh: round(both.meanBuyEurMwh, 2), basis: 'mean buy price of the simulated time, fees and taxes included' },
    prices: {
      meanEurMwh: round(both.meanSpotEurMwh, 2),
      chargedMeanEurMwh: both.chargedMeanEurMwh === null ? null : round(both.chargedMeanEurMwh, 2),
      dischargedMeanEurMwh: both.dischargedMeanEurMwh === null ? null : round(both.dischargedMeanEurMwh, 2),
      meanBuyEurMwh: round(both.meanBuyEurMwh, 2),
    },
    departures: both.departures,
    departuresOf: { immediate: immediate.departures, smart: smart.departures },
    plans: both.plans,
    sessions: both.sessions,
    orders: both.orders,
    ocpp: { messages: both.messages },
    booked: {
      stations: both.booked.stations,
      sessions: both.booked.sessions,
      worstWh: round(both.booked.worstWh, 2),
      off: both.booked.off.map(inWholeCents),
      offSessions: both.booked.offSessions.map(({ startedAt, endedAt, ...session }) => ({
        ...inWholeCents(session),
        startedAt: new Date(startedAt).toISOString(),
        endedAt: endedAt === null ? null : new Date(endedAt).toISOString(),
      })),
      untold: both.booked.untold.map(inWholeCents),
    },
    journal: both.journal,
  }
}

/** Energies to a hundredth of a watt-hour. */
function inWholeCents<Of extends { readonly importedWh: number; readonly exportedWh: number }>(of: Of): Of {
  return { ...of, importedWh: round(of.importedWh, 2), exportedWh: round(of.exportedWh, 2) }
}

const SHORT_SPAN =
  '  A span of less than a day, or one that ends while it is dear, says little about feeding back: what was given is bought back after its end, and counts here at the mean price.'

/** The summary for people, a line a fact. */
export function demoInWords(summary: DemoSummary): string {
  const { totals, savings, departures, departuresOf, stored, prices, journal } = summary
  const hours = round((Date.parse(summary.until) - Date.parse(summary.from)) / 3_600_000, 2)
  return [
    `A simulation: ${summary.stations} stations with one car each, ${summary.sessions} sessions, ${hours} h from ${summary.from}. Seeded cars and prices, real OCPP messages, money from meter values.`,
    '',
    'What the same driving costs, three ways (bought - sold - what the cars hold more at the end than at the start):',
    costLine(summary, 'charging at once', totals.immediateEur, 'immediate'),
    costLine(summary, 'smart', totals.smartEur, 'smart'),
    costLine(summary, 'both ways', totals.bidirectionalEur, 'bidirectional'),
    '  At once: full power from plugging in until the target. Smart: charges when it is cheapest, ready by the same time. Both ways: also feeds back when it is dear.',
    '',
    'Saved:',
    savingLine('smart instead of at once', savings.smartVsImmediate),
    savingLine('both ways instead of at once', savings.bidirectionalVsImmediate),
    savingLine('both ways instead of smart', savings.bidirectionalVsSmart),
    ...(hours < 24 || savings.bidirectionalVsSmart.eur < 0 ? [SHORT_SPAN] : []),
    '',
    `Driven ${stored.bidirectional.drivenKwh.toFixed(1)} kWh; what the cars hold more or less is valued at ${ct(summary.value.storedEurMwh)} ct/kWh, the mean buy price of the simulated time.`,
    `Day-ahead price: mean ${ct(prices.meanEurMwh)} ct/kWh; both ways charged at ${ct(prices.chargedMeanEurMwh)} and fed back at ${ct(prices.dischargedMeanEurMwh)}. Fees and taxes come on top.`,
    `Fee regime "${summary.feeRegime}": grid fee and levies on energy that is fed back are refunded, without VAT; an assumption, not legal advice.`,
    '',
    `Departures: ${departures.met} met, ${departures.missed} missed (at once ${departuresOf.immediate.missed}, smart ${departuresOf.smart.missed} missed).`,
    certificateLine(summary),
    ...bookedLines(summary),
    `Journal: ${journal.entries} entries of ${summary.ocpp.messages} OCPP messages, hash chain ${journal.verified ? 'verified' : 'BROKEN'}; it lay in a temporary folder and is deleted.`,
    'To see it live: npm run demo (without --for and --speed).',
    '',
  ].join('\n')
}

function costLine({ metered, stored }: DemoSummary, name: string, total: number, strategy: keyof ComparedDays): string {
  const { boughtEur, soldEur } = metered[strategy]
  const { changeKwh, changeEur } = stored[strategy]
  const parts = `bought ${money(boughtEur)}, sold ${money(soldEur)}, stored ${changeKwh < 0 ? '' : '+'}${changeKwh.toFixed(1)} kWh = ${money(changeEur)}`
  return `  ${name.padEnd(17)}${money(total).padStart(9)} EUR   ${parts}`
}

function savingLine(name: string, { eur, eurPerCarAndDay }: { readonly eur: number; readonly eurPerCarAndDay: number }): string {
  return `  ${name.padEnd(29)}${money(eur).padStart(9)} EUR   ${money(eurPerCarAndDay)} per car and day`
}

function certificateLine({ plans: { plans, certified, worstEur } }: DemoSummary): string {
  if (worstEur === null) return `Certificate: none, ${plans === 0 ? 'no car had to be planned' : 'all plans charge at once'}.`
  // Rounded up: the promise is "at most".
  const worst = (Math.ceil(worstEur * 10_000) / 10_000).toFixed(4)
  const others = plans === certified ? '' : ` The other ${plans - certified} charge at once, for their time had come.`
  return `Certificate: ${certified} of ${plans} plans carry a lower bound that no plan can undercut; none costs over ${worst} EUR more than its bound.${others}`
}

const UNTOLD_WORDS = {
  unmetered: 'its messages tell no energy at all',
  'begin-lost': 'the begin was never told, and no register before it',
  pending: 'its last readings are yet to come, or were a mistake',
} as const

/** Nothing where every session's energy is booked as its meter counted it. */
function bookedLines({ booked: { off, offSessions, untold, stations, sessions } }: DemoSummary): string[] {
  const lines: string[] = []
  if (off.length > 0) lines.push(`Booked otherwise than counted: ${off.length} of ${stations} stations.`, ...off.map(offLine))
  if (offSessions.length > 0) {
    lines.push(`Booked otherwise than counted: ${offSessions.length} of ${sessions} sessions.`)
    for (const session of offSessions) lines.push(`${offLine(session)}; from ${session.startedAt} to ${session.endedAt ?? 'now'}`)
  }
  if (untold.length > 0) {
    lines.push('Not booked, for nobody told it:')
    for (const { station, reason, importedWh, exportedWh, sessions: count } of untold)
      lines.push(
        `  ${station}: charged ${importedWh.toFixed(0)} Wh, fed back ${exportedWh.toFixed(0)} Wh in ${count === 1 ? '1 session' : `${count} sessions`}; ${UNTOLD_WORDS[reason]}`,
      )
  }
  return lines
}
function offLine({
  station,
  habits,
  importedWh,
  exportedWh,
}: DemoSummary['booked']['off'][number] | DemoSummary['booked']['offSessions'][number]): string {
  return `  ${station}: charged ${signed(importedWh)} Wh, fed back ${signed(exportedWh)} Wh${habits.length === 0 ? '' : `; ${habits.join(', ')}`}`
}
function signed(wh: number): string {
  return `${wh < 0 ? '' : '+'}${wh.toFixed(0)}`
}

/** EUR/MWh as ct/kWh. */
function ct(eurMwh: number | null): string {
  return eurMwh === null ? '-' : (eurMwh / 10).toFixed(2)
}
function money(eur: number): string {
  return round(eur, 2).toFixed(2)
}
/** Rounds half up; never minus zero. */
export function round(value: number, places: number): number {
  return Math.round(value * 10 ** places) / 10 ** places + 0
}
