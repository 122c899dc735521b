// `gegenstrom plan`: what would real charging sessions have cost at once, smart and both ways? Works offline on two CSV files.
import type { Command } from 'commander'
import { renderPlanReport } from '../../adapters/report/plan-report.ts'
import { linearProgramme } from '../../domain/planning/car/linear-programme.ts'
import { planOffline, planOne, type OfflineSession, type OfflineSettings } from '../offline/plan-offline.ts'
import { exitError, usageExit, type CommandIo } from './exit.ts'
import { readInput, writeOutput } from './input-file.ts'
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
import { planReportOf } from './plan-report-of.ts'
import { wholeWithin } from './number-option.ts'
import { summaryJson, summaryText, type WrittenProgramme } from './plan-summary.ts'
import { progressBar } from './progress-bar.ts'

export interface PlanOptions extends OfflineOptions {
  readonly report?: string
  readonly lp?: string
  readonly lpSessions: number
  readonly json: boolean
}

/** Adds the command to a program. Ends with 0 when planned, 1 when data is wrong or prices are missing, 2 when called wrongly. */
export function planCommand(program: Command, io: CommandIo): void {
  const plan = program
    .command('plan')
    .description('plan recorded charging sessions with known prices: at once, smart, and both ways')
  withOfflineOptions(plan)
    .option('--report <file>', 'write a report as one HTML file')
    .option('--lp <file>', 'write the very problem as a linear programme (CPLEX LP format) that any solver reads')
    .option('--lp-sessions <count>', 'only the first sessions are written', wholeWithin(1, 100_000), 1_000)
    .option('--json', 'print one JSON object', false)
    .addHelpText('after', EXAMPLES)
    .exitOverride(usageExit)
    .configureOutput({ writeOut: io.stdout, writeErr: io.stderr })
    .action((options: PlanOptions) => runPlan(options, io))
}

const EXAMPLES = `
Examples:
  gegenstrom plan --prices prices.csv --sessions sessions.csv
  gegenstrom plan --prices prices.csv --sessions sessions.csv --fee-ct-per-kwh 12 --report plan.html
  gegenstrom plan --prices prices.csv --sessions sessions.csv --allow-gaps --json
  gegenstrom plan --prices prices.csv --sessions sessions.csv --lp plan.lp --lp-sessions 20

The columns of both files are described in docs/file-formats.md; gegenstrom import makes them from other formats.
`

async function runPlan(options: PlanOptions, io: CommandIo): Promise<void> {
  const curve = readPrices(options.prices, await readInput(options.prices))
  const sessions = readSessions(options.sessions, await readInput(options.sessions), options.efficiency)
  const settings = settingsOf(options, curve)
  const bar = progressBar(io, 'planning', sessions.length)
  const planned = planOffline(sessions, { ...settings, onProgress: bar.update })
  bar.done()
  if (!planned.ok) throw exitError(1, missingPrices(options.prices, planned.refusal.gaps))
  if (options.report !== undefined)
    await writeOutput(options.report, renderPlanReport(planReportOf(planned.value, settings, options, commandLine(options))))
  const lp = options.lp === undefined ? null : await writeProgramme(options.lp, sessions.slice(0, options.lpSessions), settings)
  io.stdout(options.json ? summaryJson(planned.value, options, lp) : summaryText(planned.value, options, lp))
}

/** Writes the problems of sessions and tells the cost that a solver must find. */
async function writeProgramme(
  file: string,
  sessions: readonly OfflineSession[],
  settings: OfflineSettings,
): Promise<WrittenProgramme> {
  const planned = sessions.map((session) => planOne(session, settings))
  await writeOutput(file, linearProgramme(planned.map(({ problem }) => problem)))
  const total = planned.reduce((sum, { outcomes }) => sum + outcomes.bidirectional.cost.total, 0)
  return { file, sessions: sessions.length, objective: total }
}

/** The call as one would repeat it; defaults are spelt out, for they are part of the result. */
function commandLine(options: PlanOptions): string {
  const words = [
    'gegenstrom plan',
    ...offlineWords(options),
    ...(options.report === undefined ? [] : [`--report ${shellWord(options.report)}`]),
    ...(options.lp === undefined ? [] : [`--lp ${shellWord(options.lp)} --lp-sessions ${options.lpSessions}`]),
  ]
  return words.join(' ')
}
