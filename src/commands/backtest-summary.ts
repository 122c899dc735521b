// What `backtest` prints and what its report shows: EUR, kWh, kW and shares instead of the planner's own units.
import type { BacktestReport } from '../../adapters/report/backtest-report.ts'
import type { DepartureReport } from '../../adapters/report/departure-charts.ts'
import { valueAt } from '../../domain/time/series.ts'
import { slot } from '../../domain/time/slot.ts'
import { inEuros, microCents } from '../../domain/units.ts'
import { worthOf, type Backtest, type ForecastReplays, type Replay } from '../offline/backtest.ts'
import type { OfflinePlan, OfflineSettings, StrategySums } from '../offline/plan-offline.ts'
import type { BacktestOptions } from './backtest.ts'

/** One line of JSON. Money in EUR with six decimals; costs are money plus wear. */
export function backtestJson({ foresight, replay, forecast, days }: Backtest): string {
  const immediate = worthOf(foresight.totals.immediate)
  const smart = worthOf(foresight.totals.smart)
  const lived = worthOf(replay.totals)
  return `${JSON.stringify({
    sessions: foresight.sessions.length,
    vehicles: foresight.vehicles,
    regret: rounded(replay.regret, 6),
    missedDepartures: replay.missedDepartures,
    unreachable: foresight.unreachable,
    savingEur: { immediate: eur(immediate - lived), smart: eur(smart - lived) },
    regretForecast: forecast === null ? null : rounded(forecast.chance.regret, 6),
    missedForecast: forecast === null ? null : missedJson(forecast.chance),
    ...(forecast === null ? {} : forecastJson(foresight, forecast)),
    costEur: {
      immediate: eur(immediate),
      smart: eur(smart),
      backtest: eur(lived),
      foresight: eur(worthOf(foresight.totals.bidirectional)),
    },
    wearEur: eur(replay.totals.wear),
    cycles: rounded(cyclesOf(foresight, replay.totals), 3),
    chargedKwh: rounded(replay.totals.charged / 1_000, 3),
    dischargedKwh: rounded(replay.totals.discharged / 1_000, 3),
    decisions: replay.sessions.reduce((sum, { decisions }) => sum + decisions, 0),
    gaps: foresight.gaps.map(({ date, slots }) => ({ date, slots })),
    days: days.map(({ date, sessions, cost, regret }) => ({
      date,
      sessions,
      costEur: {
        immediate: eur(cost.immediate),
        smart: eur(cost.smart),
        backtest: eur(cost.replay),
        foresight: eur(cost.bidirectional),
      },
      regret: regret === null ? null : rounded(regret, 4),
    })),
    feeRegime: 'none',
  })}\n`
}

function forecastJson(foresight: OfflinePlan, { chance, quantile, weeks, reliability, causes }: ForecastReplays) {
  const saving = ({ totals }: Replay) => eur(worthOf(foresight.totals.immediate) - worthOf(totals))
  return {
    savingForecastEur: saving(chance),
    oneQuantile: { regret: rounded(quantile.regret, 6), savingEur: saving(quantile), missed: missedJson(quantile) },
    weeks: weeks.map(({ date, sessions, regret }) => ({
      date,
      sessions,
      regret: regret.chance === null ? null : rounded(regret.chance, 4),
      regretOneQuantile: regret.quantile === null ? null : rounded(regret.quantile, 4),
    })),
    regretByCause: Object.fromEntries(Object.entries(causes).map(([cause, regret]) => [cause, rounded(regret, 6)])),
    within80: rounded(reliability.within80, 4),
    reliability: reliability.left.map(({ share, came }) => ({ share, came: rounded(came, 4) })),
  }
}

function missedJson(replay: Replay) {
  const kwh = missingWh(replay) / 1_000
  return {
    departures: replay.missedDepartures,
    kwh: rounded(kwh, 3),
    shareOfCharged: rounded(shareMissing(replay), 4),
  }
}

/** A table and what is to be said about it. */
export function backtestText({ foresight, replay, forecast }: Backtest, report: string | undefined): string {
  const row = (name: string, { cost, wear, charged, discharged }: StrategySums, more = '') =>
    `${name.padEnd(20)}${[cost / 1e8, wear / 1e8, (cost + wear) / 1e8].map((value) => value.toFixed(2).padStart(12)).join('')}${[charged / 1e3, discharged / 1e3].map((value) => value.toFixed(1).padStart(13)).join('')}${more}`
  const lines = [
    `sessions ${foresight.sessions.length}, cars ${foresight.vehicles}, plans ${replay.sessions.reduce((sum, one) => sum + one.decisions, 0)}, fee regime none`,
    '',
    `${''.padEnd(20)}${['money EUR', 'wear EUR', 'both EUR'].map((text) => text.padStart(12)).join('')}${['charged kWh', 'fed back kWh'].map((text) => text.padStart(13)).join('')}`,
    row('at once', foresight.totals.immediate),
    row('smart, foresight', foresight.totals.smart),
    row('both, as lived', replay.totals),
    ...(forecast === null ? [] : [row('  forecast', forecast.chance.totals), row('  one quantile', forecast.quantile.totals)]),
    row('both, foresight', foresight.totals.bidirectional),
    '',
    `regret ${(replay.regret * 100).toFixed(2)} % of the saving of perfect foresight; missed departures ${replay.missedDepartures}; targets out of reach ${foresight.unreachable}`,
    ...(forecast === null ? [] : ['', ...forecastText(forecast)]),
    ...(foresight.gaps.length === 0 ? [] : [`no price, hence no power, on ${foresight.gaps.map(({ date }) => date).join(', ')}`]),
    ...(report === undefined ? [] : [`report: ${report}`]),
  ]
  return `${lines.join('\n')}\n`
}

function forecastText({ chance, quantile, weeks, reliability, causes }: ForecastReplays): readonly string[] {
  const percent = (share: number) => `${(share * 100).toFixed(2)} %`
  const line = (name: string, replay: Replay) =>
    `${name.padEnd(20)}regret ${percent(replay.regret)}, ${replay.missedDepartures} cars lack ${(missingWh(replay) / 1_000).toFixed(1)} kWh, ${percent(shareMissing(replay))} of what was charged`
  const worst = weeks.slice(2).reduce((most, { regret }) => Math.max(most, regret.chance ?? 0), 0)
  return [
    'with departures forecast, what is missing paid:',
    line('  by chance', chance),
    line('  one quantile', quantile),
    '  at once             regret 100.00 %',
    `  by cause            prices ${percent(causes.price)}, times ${percent(causes.timing)}, missing energy ${percent(causes.missing)}, arrivals ${percent(causes.arrival)}`,
    ...(weeks.length > 2 ? [`  by week             at most ${percent(worst)} after the second`] : []),
    `  80 % intervals      hold ${percent(reliability.within80)} of departures`,
  ]
}

/** The data of the report. */
export function backtestReportOf(
  { foresight, replay, forecast, days }: Backtest,
  { buy }: OfflineSettings,
  options: BacktestOptions,
  command: string,
): BacktestReport {
  const first = foresight.power.bidirectional.first
  const length = foresight.power.bidirectional.values.length
  const kilowatts = (values: readonly number[]) => Array.from({ length }, (_, i) => (values[i] ?? 0) / 1_000)
  const sums = (of: StrategySums) => ({
    money: of.cost / 1e8,
    wear: of.wear / 1e8,
    charged: of.charged / 1e3,
    discharged: of.discharged / 1e3,
  })
  return {
    command,
    from: Math.min(...foresight.sessions.map(({ session }) => session.pluggedAt)),
    until: Math.max(...foresight.sessions.map(({ session }) => session.unpluggedAt)),
    sessions: foresight.sessions.length,
    vehicles: foresight.vehicles,
    regret: replay.regret,
    missedDepartures: replay.missedDepartures,
    unreachable: foresight.unreachable,
    forecast: forecast === null ? null : departureReportOf(forecast),
    totals: {
      immediate: sums(foresight.totals.immediate),
      smart: sums(foresight.totals.smart),
      lived: sums(replay.totals),
      foresight: sums(foresight.totals.bidirectional),
    },
    cycles: cyclesOf(foresight, replay.totals),
    fleet: {
      first,
      buy: Array.from({ length }, (_, i) => {
        const price = valueAt(buy, slot(first + i)) ?? null
        return price === null ? null : price / 1_000
      }),
      lived: kilowatts(replay.power.values),
      foresight: kilowatts(foresight.power.bidirectional.values),
    },
    days: days.map(({ date, cost, regret }) => ({
      date,
      cost: {
        immediate: cost.immediate / 1e8,
        smart: cost.smart / 1e8,
        lived: cost.replay / 1e8,
        foresight: cost.bidirectional / 1e8,
      },
      regret,
    })),
    missed: replay.sessions
      .filter(({ missing }) => missing > 1)
      .map(({ session, missing }) => ({
        session: session.session,
        vehicle: session.vehicle,
        unpluggedAt: session.unpluggedAt,
        missingKwh: missing / 1_000,
      })),
    gaps: foresight.gaps,
    assumptions: [
      'At plug-in the state of charge, the target and the time of leaving are known; with forecast departures the time of leaving is not.',
      'Forecast departures are known with the chance that earlier sessions give, none of which ended later than a car was plugged in; beside it one car in ten is taken to leave for certain when it has in one case of ten.',
      'Prices of the next local day are known from 13:00. A later price is taken to be the mean of the same quarter-hour on the last five days known.',
      'Each car is planned at plug-in and whenever prices have come; what was decided is carried out until then and paid at the real price.',
      'Regret is the share of what perfect foresight saves against charging at once, money plus wear, that is lost.',
      `Efficiency ${Math.round(options.efficiency * 1_000) / 10} % each way, wear ${options.wearCtPerKwh} ct per kWh of throughput, nothing is refunded for energy fed back.`,
    ],
  }
}

function departureReportOf({ chance, quantile, weeks, reliability, causes }: ForecastReplays): DepartureReport {
  const policy = (replay: Replay) => ({
    regret: replay.regret,
    missed: replay.missedDepartures,
    missingKwh: missingWh(replay) / 1_000,
    shareMissing: shareMissing(replay),
  })
  return { chance: policy(chance), quantile: policy(quantile), weeks, reliability, causes }
}

/** Equivalent full cycles of a mean battery: throughput by twice its capacity, summed over cars. */
function cyclesOf({ sessions }: Backtest['foresight'], { charged, discharged }: StrategySums): number {
  const capacities = new Map(sessions.map(({ session }) => [session.vehicle, session.capacity]))
  const mean = [...capacities.values()].reduce((sum, capacity) => sum + capacity, 0) / Math.max(1, capacities.size)
  return mean > 0 ? (charged + discharged) / 2 / mean : 0
}
function missingWh({ sessions }: Replay): number {
  return sessions.reduce((sum, { missing }) => sum + missing, 0)
}
function shareMissing(replay: Replay): number {
  return replay.totals.charged > 0 ? missingWh(replay) / replay.totals.charged : 0
}
function eur(microCentsSum: number): number {
  return rounded(inEuros(microCents(microCentsSum)), 6)
}
function rounded(value: number, places: number): number {
  return Math.round(value * 10 ** places) / 10 ** places + 0
}
