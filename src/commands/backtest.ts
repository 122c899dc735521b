// `gegenstrom backtest`: what would past weeks have cost, decided day by day with only what was known at each moment?
import type { Command } from 'commander'
import { renderBacktestReport } from '../../adapters/report/backtest-report.ts'
import { emptyHistory } from '../../domain/forecast/history.ts'
import { learn } from '../../domain/forecast/learn.ts'
import { stayAt, type Stay } from '../../domain/forecast/stay.ts'
import { MARKET_ZONE } from '../../domain/time/zone-offset.ts'
import { dayOf } from '../../domain/time/delivery-day.ts'
import { slotAt } from '../../domain/time/slot.ts'
import { wattHours } from '../../domain/units.ts'
import { backtest, type ForecastStay } from '../offline/backtest.ts'
import type { OfflineSession } from '../offline/plan-offline.ts'
import { backtestJson, backtestReportOf, backtestText } from './backtest-summary.ts'
import { exitError, usageExit, type CommandIo } from './exit.ts'
import { readInput, writeOutput } from './input-file.ts'
import { localDate, numberWithin } from './number-option.ts'
import {
  missingPrices,
  offlineWords,
  readPrices,
  readSessions,
  settingsOf,
  shellWord,
  withOfflineOptions,
  type OfflineOptions,
} from './offline-input.ts'
import { progressBar } from './progress-bar.ts'

export interface BacktestOptions extends OfflineOptions {
  readonly from?: string
  readonly to?: string
  readonly missingCtPerKwh: number
  readonly report?: string
  readonly json: boolean
}

/** Adds the command to a program. Ends with 0 when replayed, 1 when data is wrong or prices are missing, 2 when called wrongly. */
export function backtestCommand(program: Command, io: CommandIo): void {
  const command = program
    .command('backtest')
    .description('replay past weeks day by day with only the knowledge of each moment, beside perfect foresight')
  withOfflineOptions(command)
    .option('--from <date>', 'first local date of plugging in; the whole file when left out', localDate)
    .option('--to <date>', 'last local date of plugging in', localDate)
    .option(
      '--missing-ct-per-kwh <ct>',
      'what a kWh costs that a car lacks because it left earlier than forecast',
      numberWithin(0, 1_000),
      60,
    )
    .option('--report <file>', 'write a report as one HTML file')
    .option('--json', 'print one JSON object', false)
    .addHelpText('after', HELP)
    .exitOverride(usageExit)
    .configureOutput({ writeOut: io.stdout, writeErr: io.stderr })
    .action((options: BacktestOptions) => runBacktest(options, io))
}

const HELP = `
Known at plug-in: state of charge, target, time of leaving. Prices of the next local day are known from 13:00. Regret is the share of the saving of perfect foresight
against charging at once, money plus wear, that is lost. With regretForecast the time of leaving is forecast too, from sessions that were over by then.

Examples:
  gegenstrom backtest --prices prices.csv --sessions sessions.csv
  gegenstrom backtest --prices prices.csv --sessions sessions.csv --from 2025-10-07 --to 2025-10-20 --allow-gaps --json
  gegenstrom backtest --prices prices.csv --sessions sessions.csv --report backtest.html
`

async function runBacktest(options: BacktestOptions, io: CommandIo): Promise<void> {
  const curve = readPrices(options.prices, await readInput(options.prices))
  const all = readSessions(options.sessions, await readInput(options.sessions), options.efficiency)
  const sessions = all.filter(({ pluggedAt }) => {
    const { date } = dayOf(slotAt(pluggedAt))
    return (options.from ?? date) <= date && date <= (options.to ?? date)
  })
  if (sessions.length === 0) throw exitError(1, `${options.sessions}: no session is plugged in between these dates`)
  const settings = settingsOf(options, curve)
  const bar = progressBar(io, 'replaying', 3 * sessions.length)
  let done = 0
  const replayed = backtest(sessions, {
    ...settings,
    missingPrice: options.missingCtPerKwh * 1_000,
    forecast: () => stayForecasts(all),
    onProgress: () => bar.update(++done),
  })
  bar.done()
  if (!replayed.ok) throw exitError(1, missingPrices(options.prices, replayed.refusal.gaps))
  if (options.report !== undefined)
    await writeOutput(
      options.report,
      renderBacktestReport(backtestReportOf(replayed.value, settings, options, commandLine(options))),
    )
  io.stdout(options.json ? backtestJson(replayed.value) : backtestText(replayed.value, options.report))
}

/** Departures as the users' past sessions tell them: for each session from those that were over when it began. */
export function stayForecasts(all: readonly OfflineSession[]): ForecastStay {
  const byEnd = [...all].sort((a, b) => a.unpluggedAt - b.unpluggedAt)
  const byBegin = [...all].sort((a, b) => a.pluggedAt - b.pluggedAt)
  let history = emptyHistory(MARKET_ZONE)
  let learnt = 0
  const stays = new Map<OfflineSession, Stay>()
  for (const session of byBegin) {
    for (; learnt < byEnd.length && byEnd[learnt]!.unpluggedAt <= session.pluggedAt; learnt++) {
      const { vehicle, pluggedAt, unpluggedAt, target, start } = byEnd[learnt]!
      history = learn(history, { user: vehicle, pluggedAt, unpluggedAt, energy: wattHours(Math.max(0, target - start)) })
    }
    const { vehicle, pluggedAt, target, start } = session
    stays.set(session, stayAt(history, { user: vehicle, pluggedAt, need: Math.max(0, target - start) }))
  }
  return (session) => stays.get(session)!
}

function commandLine(options: BacktestOptions): string {
  const words = [
    'gegenstrom backtest',
    ...offlineWords(options),
    ...(options.from === undefined ? [] : [`--from ${options.from}`]),
    ...(options.to === undefined ? [] : [`--to ${options.to}`]),
    `--missing-ct-per-kwh ${options.missingCtPerKwh}`,
    ...(options.report === undefined ? [] : [`--report ${shellWord(options.report)}`]),
  ]
  return words.join(' ')
}
