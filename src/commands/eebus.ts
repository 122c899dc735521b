// `gegenstrom eebus`: either end of LPC and LPP by itself, to be paired with devices of others or with each other; devices that are watched and a played house.
import { InvalidArgumentError, Option, type Command } from 'commander'
import { FAILSAFE_DURATION_MAX_MS, FAILSAFE_DURATION_MIN_MS } from '../../domain/limitation/limit.ts'
import { shipIdentity } from '../files/ship-identity.ts'
import { duration } from './duration-option.ts'
import { guard, type GuardOptions } from './eebus-guard.ts'
import { hems, type HemsOptions } from './eebus-hems.ts'
import { eebusHouse } from './eebus-house.ts'
import { homeOf, mqttUrl, shipUrl, skiOption } from './eebus-options.ts'
import { eebusTrust } from './eebus-trust.ts'
import { eebusWatch } from './eebus-watch.ts'
import { usageExit, type CommandIo } from './exit.ts'
import { wholeWithin } from './number-option.ts'

const WATTS_MAX = 100_000_000
/** SHIP's usual port. */
const PORT = 4_712

/** Adds the commands to a program. End with 0 when stopped, 1 when a port cannot be opened, 2 when called wrongly. */
export function eebusCommand(program: Command, io: CommandIo): void {
  const output = { writeOut: io.stdout, writeErr: io.stderr }
  const group = program
    .command('eebus')
    .description('devices over EEBUS: limits of power (LPC, LPP) at either end, devices that are watched, a played house')
  group.exitOverride(usageExit).configureOutput(output)
  const add = (name: string, description: string, example: string) =>
    group
      .command(name)
      .description(description)
      .addOption(homeOption())
      .addHelpText('after', `\nExample:\n  $ gegenstrom eebus ${example}\n`)
      .exitOverride(usageExit)
      .configureOutput(output)
  add('ski', 'print the SKI others have to trust; made at the first call', 'ski').action(({ home }: Home) =>
    io.stdout(`${shipIdentity(homeOf(home), Date.now()).ski}\n`),
  )
  eebusTrust(group, io)
  add('hems', 'an energy manager that a guard limits', 'hems --trust 0123…cdef --consumption-w 11000 --failsafe-w 4200')
    .option('--port <n>', 'port to listen on; 0 takes any', wholeWithin(0, 65_535), PORT)
    .option('--host <address>', 'address to listen on (default: all)')
    .addOption(trustOption().default([], 'nobody'))
    .option('--consumption-w <watts>', 'contractual maximum of consumption that is published', powers)
    .option('--production-w <watts>', 'contractual maximum of production; with it production can be limited too', powers)
    .option('--failsafe-w <watts>', 'consumption while no guard is heard', powers, 4_200)
    .option('--failsafe-production-w <watts>', 'production while no guard is heard', powers, 0)
    .option('--mqtt <url>', 'be limited over this broker instead; user, password and certificates by MQTT_…', mqttUrl)
    .option('--tenant <id>', 'whose site it manages, with --mqtt')
    .option('--site <id>', 'which site it manages, with --mqtt')
    .option('--announce', 'tell the local network by mDNS that it is there', false)
    .option('--for <duration>', 'how long, as 30m; without it until stopped', duration)
    .option('--json', 'a JSON object an event, also on a terminal', false)
    .action((options: HemsOptions & Home) => hems({ ...options, home: homeOf(options.home) }, io))
  add('guard', 'a guard that limits a device', 'guard --connect wss://192.168.1.20:4712/ship/ --trust 0123…cdef --limit-w 4200')
    .requiredOption('--connect <url>', 'the device, as wss://HOST:PORT/ship/', shipUrl)
    .requiredOption('--trust <ski>', 'SKI of the device', skiOption)
    .option('--limit-w <watts>', 'limit of consumption', powers)
    .option('--production-w <watts>', 'limit of production, without a sign', powers)
    .option('--duration <duration>', 'how long the limits hold, as 2h; without it until further notice', duration)
    .option('--failsafe-w <watts>', 'failsafe limit to be written', powers)
    .option('--failsafe-duration <duration>', 'failsafe duration to be written, 2h to 24h', failsafeDuration)
    .option('--for <duration>', 'how long, as 30m; without it until stopped', duration)
    .option('--json', 'a JSON object an event, also on a terminal', false)
    .action((options: GuardOptions & Home) => guard({ ...options, home: homeOf(options.home) }, io))
  eebusWatch(group, io)
  eebusHouse(group, io)
}

interface Home {
  readonly home?: string
}
const powers = wholeWithin(0, WATTS_MAX)
function failsafeDuration(text: string): number {
  const ms = duration(text)
  if (ms < FAILSAFE_DURATION_MIN_MS || ms > FAILSAFE_DURATION_MAX_MS) throw new InvalidArgumentError('From 2h to 24h.')
  return ms
}

function homeOption(): Option {
  return new Option('--home <folder>', 'folder of our key, one for each end (default: GEGENSTROM_HOME)')
}
function trustOption(): Option {
  return new Option('--trust <ski>', 'SKI of a guard, beside those of `eebus trust`; several times for several').argParser(
    (text, before: unknown) => [...(Array.isArray(before) ? (before as string[]) : []), skiOption(text)],
  )
}
