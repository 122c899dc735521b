// `gegenstrom forecast backtest`: how well would departures, energies and arrivals have been foretold, beside naive baselines? Works offline on one file.
import { Option, type Command } from 'commander'
import { readSessionCsv } from '../../adapters/session-files/session-csv.ts'
import type { FileSession } from '../../adapters/session-files/session.ts'
import { readTrondheim } from '../../adapters/session-files/trondheim.ts'
import { MARKET_ZONE } from '../../domain/time/zone-offset.ts'
import { backtestForecasts, type Backtest, type BacktestQuestion, type MethodScore } from '../offline/forecast-backtest.ts'
import { exitError, usageExit, type CommandIo } from './exit.ts'
import { readInput } from './input-file.ts'
import { wholeWithin } from './number-option.ts'
import { sessionComplaints } from './offline-input.ts'
import { progressBar } from './progress-bar.ts'

interface ForecastOptions {
  readonly sessions: string
  readonly format: 'csv' | 'trondheim'
  readonly warmUpDays: number
  readonly json: boolean
}

/** Adds the command to a program. Ends with 0 when scored, 1 when data is wrong or too short to score, 2 when called wrongly. */
export function forecastCommand(program: Command, io: CommandIo): void {
  const output = { writeOut: io.stdout, writeErr: io.stderr }
  const group = program.command('forecast').description('forecasts of departures, energies and arrivals')
  group.exitOverride(usageExit).configureOutput(output)
  group
    .command('backtest')
    .description('forecast past sessions day by day from what was known before, and score it beside naive baselines')
    .requiredOption('--sessions <file>', 'charging sessions, one a row; vehicle names the user')
    .addOption(new Option('--format <format>', 'how the file is written').choices(['csv', 'trondheim']).default('csv'))
    .option('--warm-up-days <days>', 'days at the beginning that are learnt from but not scored', wholeWithin(1, 3_650), 28)
    .option('--json', 'print one JSON object', false)
    .addHelpText(
      'after',
      '\nExample:\n  gegenstrom forecast backtest --sessions sessions.csv\n\nMethod and measures: docs/forecasts.md.\n',
    )
    .exitOverride(usageExit)
    .configureOutput(output)
    .action((options: ForecastOptions) => runBacktest(options, io))
}

async function runBacktest(options: ForecastOptions, io: CommandIo): Promise<void> {
  const sessions = readSessions(options, await readInput(options.sessions)).map((session) => ({
    user: session.vehicle,
    pluggedAt: session.pluggedAt,
    unpluggedAt: session.unpluggedAt,
    energy: session.energy,
  }))
  const bar = progressBar(io, 'forecasting', sessions.length)
  const result = backtestForecasts(sessions, { zone: MARKET_ZONE, warmUpDays: options.warmUpDays, onProgress: bar.update })
  bar.done()
  if (result.scoredSessions === 0)
    throw exitError(1, `${options.sessions}: no session after the first ${options.warmUpDays} days; lower --warm-up-days`)
  io.stdout(options.json ? `${JSON.stringify(jsonOf(result), null, 2)}\n` : textOf(result))
}

function readSessions({ sessions: file, format }: ForecastOptions, bytes: Uint8Array): readonly FileSession[] {
  if (format === 'csv') {
    const read = readSessionCsv(bytes)
    if (!read.ok) throw exitError(1, sessionComplaints(file, read.refusal))
    return read.value
  }
  const read = readTrondheim(bytes, { from: null, to: null, shiftDays: 0 })
  if (!read.ok) throw exitError(1, sessionComplaints(file, read.refusal))
  return read.value.sessions
}

function jsonOf({ questions, ...rest }: Backtest): unknown {
  return {
    ...rest,
    questions: questions.map(({ scores, ...question }) => ({
      ...question,
      scores: scores.map(({ method, isPoint, pinball, meanAbsolute, within90, within80, within50, logLikelihood }) => ({
        method,
        pinball: rounded(pinball),
        mean_absolute_error: rounded(meanAbsolute),
        within_5_95: isPoint ? null : rounded(within90),
        within_25_75: isPoint ? null : rounded(within50),
        within_10_90: within80 === null ? null : rounded(within80),
        log_likelihood: logLikelihood === null ? null : rounded(logLikelihood),
      })),
    })),
  }
}

function textOf(result: Backtest): string {
  const { sessions, users, scoredSessions, scoredFrom, scoredTo } = result
  const head = `${sessions} sessions of ${users} users; ${scoredSessions} scored from ${scoredFrom} to ${scoredTo}, each from what was over before its day\n`
  return [head, ...result.questions.filter(({ cases }) => cases > 0).map(questionText)].join('\n')
}

function questionText({ question, unit, cases, scores }: BacktestQuestion): string {
  const head = `${question} (${unit}, ${cases} cases)`.padEnd(44)
  const row = ({ method, pinball, meanAbsolute, isPoint, within90, within80, within50, logLikelihood }: MethodScore) =>
    `  ${method.padEnd(42)}${cell(pinball.toFixed(2))}${cell(meanAbsolute.toFixed(2))}${cell(isPoint ? '-' : share(within90))}${cell(within80 === null ? '-' : share(within80))}${cell(isPoint ? '-' : share(within50))}${cell(logLikelihood === null ? '-' : logLikelihood.toFixed(3))}\n`
  return `${head}${['pinball', 'mean abs', '5-95 %', '10-90 %', '25-75 %', 'log lik'].map(cell).join('')}\n${scores.map(row).join('')}`
}

function cell(text: string): string {
  return text.padStart(10)
}
function share(value: number): string {
  return `${(value * 100).toFixed(1)} %`
}
function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000
}
