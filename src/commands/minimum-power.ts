// `gegenstrom minimum-power`: what has to be left to a connection that is dimmed, by the devices behind it, with the calculation.
import { Option, type Command } from 'commander'
import {
  minimumPower,
  type ControlKind,
  type ControlledDevice,
  type ControlledKind,
  type CountingPolicy,
} from '../../domain/dimming/minimum-power.ts'
import { inWatts, watts } from '../../domain/units.ts'
import { exitError, usageExit, type CommandIo } from './exit.ts'
import { wholeWithin } from './number-option.ts'

interface MinimumOptions {
  readonly chargePoint: readonly number[]
  readonly heatPump: readonly number[]
  readonly airConditioning: readonly number[]
  readonly storage: readonly number[]
  readonly control: ControlKind
  readonly counting: CountingPolicy
  readonly json: boolean
}

const DEVICES_MAX = 1_000

/** Adds the command to a program. Ends with 0 when calculated, 2 when called wrongly. */
export function minimumPowerCommand(program: Command, io: CommandIo): void {
  const device = (flag: string, what: string) =>
    new Option(`--${flag} <watts...>`, `what each ${what} draws at most, W`).default([]).argParser(gathered)
  program
    .command('minimum-power')
    .description('what has to be left to a connection that is dimmed (§14a EnWG), with the calculation')
    .addOption(device('charge-point', 'charge point'))
    .addOption(device('heat-pump', 'heat pump with its heating rod'))
    .addOption(device('air-conditioning', 'air conditioning'))
    .addOption(device('storage', 'battery'))
    .addOption(
      new Option('--control <kind>', 'each device by itself, or an energy manager').choices(['direct', 'ems']).default('ems'),
    )
    .addOption(
      new Option('--counting <policy>', 'heat pumps and air conditioning each by itself, or all of a kind as one')
        .choices(['each', 'group'])
        .default('each'),
    )
    .option('--json', 'print one JSON object', false)
    .addHelpText('after', '\nExample:\n  gegenstrom minimum-power --charge-point 11000 11000 --heat-pump 14000\n')
    .exitOverride(usageExit)
    .configureOutput({ writeOut: io.stdout, writeErr: io.stderr })
    .action((options: MinimumOptions) => runMinimum(options, io))
}

const power = wholeWithin(1, 1_000_000)

function gathered(text: string, before: unknown): readonly number[] {
  return [...(before as readonly number[]), power(text)]
}

function runMinimum(options: MinimumOptions, io: CommandIo): void {
  const of = (kind: ControlledKind, powers: readonly number[]): readonly ControlledDevice[] =>
    powers.map((most) => ({ kind, power: watts(most) }))
  const devices = [
    ...of('charge-point', options.chargePoint),
    ...of('heat-pump', options.heatPump),
    ...of('air-conditioning', options.airConditioning),
    ...of('storage', options.storage),
  ]
  if (devices.length === 0 || devices.length > DEVICES_MAX) throw exitError(2, `name 1 to ${DEVICES_MAX} devices`)
  const found = minimumPower(devices, options.control, options.counting)
  if (!options.json) {
    const small = found.exempt.length === 0 ? '' : `, ${found.exempt.length} of at most 4.2 kW not counted`
    return void io.stdout(`${inWatts(found.power)} W  (${found.formula}; n = ${found.count}${small})\n`)
  }
  const { power: least, heatPumps, airConditioning, exempt, ...rest } = found
  const small = exempt.map(({ device: { kind, power: most }, why }) => ({ kind, powerW: inWatts(most), why }))
  const sums = { heatPumpsW: inWatts(heatPumps), airConditioningW: inWatts(airConditioning) }
  io.stdout(`${JSON.stringify({ powerW: inWatts(least), ...sums, exempt: small, ...rest })}\n`)
}
