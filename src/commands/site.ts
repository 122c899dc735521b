// `gegenstrom site`: plans a house with sun, cars, battery and heat pump behind one meter, and says how far the plan can be from the best one.
import type { Command } from 'commander'
import { explainRichStep } from '../../domain/planning/battery/rich-explanation.ts'
import { richProblem } from '../../domain/planning/battery/rich-problem.ts'
import { planSite, type SitePlan } from '../../domain/planning/site/plan-site.ts'
import { localTimeText } from '../../domain/time/delivery-day.ts'
import { valueAt } from '../../domain/time/series.ts'
import { instantText, later, startOf } from '../../domain/time/slot.ts'
import { ctPerKWh, inEuros, microCents } from '../../domain/units.ts'
import { usageExit, type CommandIo } from './exit.ts'
import { readInput } from './input-file.ts'
import { numberWithin } from './number-option.ts'
import { readPrices } from './offline-input.ts'
import { readSiteFile, type NamedSite } from './site-file.ts'

interface SiteOptions {
  readonly prices: string
  readonly feeCtPerKwh: number
  readonly sellFeeCtPerKwh: number
  readonly why: boolean
  readonly json: boolean
}

/** Adds the command to a program. Ends with 0 when planned, 1 when a file is wrong or a price is missing, 2 when called wrongly. */
export function siteCommand(program: Command, io: CommandIo): void {
  const cents = numberWithin(-1_000, 1_000)
  program
    .command('site <file>')
    .description('plan everything behind one meter together: house, sun, cars, battery, heat pump')
    .requiredOption('--prices <file>', 'day-ahead prices: start,price_eur_mwh')
    .option('--fee-ct-per-kwh <ct>', 'added to the price when buying', cents, 0)
    .option('--sell-fee-ct-per-kwh <ct>', 'taken off the price when feeding in', cents, 0)
    .option('--why', 'say of every storage and quarter-hour why it does what it does', false)
    .option('--json', 'print one JSON object', false)
    .addHelpText(
      'after',
      '\nExample:\n  gegenstrom site home.json --prices prices.csv --fee-ct-per-kwh 18\n\nThe file is described in docs/file-formats.md.\n',
    )
    .exitOverride(usageExit)
    .configureOutput({ writeOut: io.stdout, writeErr: io.stderr })
    .action((file: string, options: SiteOptions) => runSite(file, options, io))
}

async function runSite(file: string, options: SiteOptions, io: CommandIo): Promise<void> {
  const curve = readPrices(options.prices, await readInput(options.prices))
  const site = readSiteFile(file, await readInput(file), (slot) => {
    const spot = valueAt(curve.prices, slot) ?? null
    return spot === null ? null : { buy: spot + ctPerKWh(options.feeCtPerKwh), sell: spot - ctPerKWh(options.sellFeeCtPerKwh) }
  })
  const plan = planSite(site.problem)
  io.stdout(options.json ? jsonOf(site, plan) : textOf(site, plan, options.why))
}

function jsonOf({ first, names, load, problem }: NamedSite, plan: SitePlan): string {
  const storages = plan.storages.map(({ power, energy, shadowPrice, breaches }, i) => ({
    name: names[i],
    powerW: whole(power),
    storedWh: whole(energy),
    worthCtPerKWh: Array.from(shadowPrice, (price) => Math.round(price) / 1_000),
    breaches: breaches.map(({ kind, missing, slot, cause }) => ({
      kind,
      missingWh: missing,
      at: instantText(startOf(slot)),
      cause,
    })),
    why: whyOf(problem, plan, i),
  }))
  const figures = {
    start: instantText(startOf(first)),
    valueEur: eur(plan.value),
    boundEur: eur(plan.bound),
    gap: plan.gap,
    excessW: Math.ceil(plan.excess),
    houseW: whole(load),
    meterW: whole(plan.meter),
    storages,
  }
  return `${JSON.stringify(figures)}\n`
}

function textOf({ first, names, load, problem }: NamedSite, plan: SitePlan, withReasons: boolean): string {
  const cell = (text: string) => text.padStart(10)
  const kilowatts = (power: number) => cell((power / 1_000).toFixed(2))
  const rows = Array.from(plan.meter, (meter, t) =>
    [
      localTimeText(startOf(later(first, t))),
      cell((problem.buy[t]! / 1_000).toFixed(2)),
      kilowatts(load[t]!),
      ...plan.storages.map(({ power }) => kilowatts(power[t]!)),
      kilowatts(meter),
    ].join(' '),
  )
  const head = [
    'local',
    cell('ct/kWh'),
    cell('house kW'),
    ...names.map((name) => cell(name.slice(0, 10))),
    cell('meter kW'),
  ].join(' ')
  const breaches = plan.storages.flatMap(({ breaches: found }, i) =>
    found.map(({ kind, missing, cause }) => `${names[i]}: ${kind}: ${missing} Wh missing: ${cause}`),
  )
  const reasons = withReasons
    ? plan.storages.flatMap((_, i) => [
        '',
        `${names[i]}:`,
        ...whyOf(problem, plan, i).map((why, t) => `  ${localTimeText(startOf(later(first, t)))} ${why}`),
      ])
    : []
  return [
    head,
    ...rows,
    '',
    `cost against leaving everything at rest ${eur(plan.value).toFixed(2)} EUR, wear and comfort included; no plan costs less than ${eur(plan.bound).toFixed(2)} EUR (gap ${(100 * plan.gap).toFixed(3)} %)`,
    ...(plan.excess > 0
      ? [`the connection is exceeded by ${Math.ceil(plan.excess)} W: what is demanded does not fit through it`]
      : []),
    ...breaches,
    ...reasons,
    '',
  ].join('\n')
}

/** Every storage is explained against all others as they are planned. */
function whyOf({ storages, buy, sell, load }: NamedSite['problem'], plan: SitePlan, i: number): readonly string[] {
  const outcome = plan.storages[i]!
  const otherLoad = load.map(
    (power, t) => power + plan.storages.reduce((sum, other) => sum + (other === outcome ? 0 : other.power[t]!), 0),
  )
  const problem = richProblem({ ...storages[i]!, buy, sell, otherLoad })
  return Array.from(outcome.power, (_, t) => explainRichStep(problem, outcome, t))
}

function whole(values: Float64Array): readonly number[] {
  return Array.from(values, (value) => Math.round(value) + 0)
}
function eur(cost: number): number {
  return Math.round(inEuros(microCents(cost)) * 1e6) / 1e6 + 0
}
