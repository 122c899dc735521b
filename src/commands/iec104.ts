// `gegenstrom iec104`: the list of points for a transmission system operator, a station by itself, and a control centre for trials.
import { readFileSync } from 'node:fs'
import { InvalidArgumentError, type Command } from 'commander'
import type { Iec104Tls } from '../../adapters/iec104/station/tls.ts'
import { duration } from './duration-option.ts'
import { exitError, usageExit, type CommandIo } from './exit.ts'
import { runCentre, type CentreCommandOptions } from './iec104-centre.ts'
import { printPoints } from './iec104-points.ts'
import { serveStation, type StationCommandOptions } from './iec104-station.ts'
import { numberWithin, wholeWithin } from './number-option.ts'

const MEGAWATTS_MAX = 10_000
const STATION_MAX = 65_534

/** The files a connection is made with. */
export interface TlsFileOptions {
  readonly plain: boolean
  readonly cert?: string
  readonly key?: string
  readonly ca?: string
  readonly crl?: string
}

/** Adds the commands to a program. End with 0 when done or stopped, 1 when refused or unreachable, 2 when called wrongly. */
export function iec104Command(program: Command, io: CommandIo): void {
  const output = { writeOut: io.stdout, writeErr: io.stderr }
  const group = program
    .command('iec104')
    .description('control centres over IEC 60870-5-104: the points, a station by itself, a centre for trials')
    .exitOverride(usageExit)
    .configureOutput(output)
  const add = (name: string, description: string, example: string) =>
    group
      .command(name)
      .description(description)
      .addHelpText('after', `\nExample:\n  $ gegenstrom iec104 ${example}\n`)
      .exitOverride(usageExit)
      .configureOutput(output)
  const withTls = (command: Command) =>
    command
      .option('--plain', 'in clear, for a lab', false)
      .option('--cert <file>', 'our certificate, PEM')
      .option('--key <file>', 'its private key, PEM')
      .option('--ca <file>', 'authority of the other end, PEM')
      .option('--crl <file>', 'what that authority has revoked, PEM')
  add('points', 'print the points of each pool', 'points --file iec104.json --table')
    .option('--file <file>', 'pools and centres as JSON, as in IEC104_FILE; without it one pool at common address 1')
    .option('--table', 'print a table for documents instead of JSON', false)
    .action(({ file, table }: { readonly file?: string; readonly table: boolean }) => printPoints(file, table, io))
  withTls(add('serve', 'a station with one played pool, which follows its set-points', 'serve --port 2404 --plain'))
    .option('--port <n>', 'port to listen on; 0 takes any', wholeWithin(0, 65_535), 2_404)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--station <n>', 'common address', wholeWithin(1, STATION_MAX), 1)
    .option('--max-mw <n>', 'set-points beyond are refused', numberWithin(0, MEGAWATTS_MAX), 1)
    .option('--for <duration>', 'how long, as 30m; without it until stopped', duration)
    .action((options: StationCommandOptions & TlsFileOptions) => serveStation(options, tlsOf(options), io))
  withTls(
    add('centre', 'a control centre: interrogate, command, watch', 'centre --connect 127.0.0.1:2404 --plain --set-point 0.5'),
  )
    .requiredOption('--connect <host:port>', 'the station', hostPort)
    .option('--station <n>', 'common address', wholeWithin(1, STATION_MAX), 1)
    .option('--set-point <megawatts>', 'power to be commanded; feed-in positive', numberWithin(-MEGAWATTS_MAX, MEGAWATTS_MAX))
    .option('--repeat <duration>', 'send the set-point again so often, as 4s', duration)
    .option('--participation <state>', 'on or off: selected, then executed', onOff)
    .option('--for <duration>', 'how long to watch', duration, 2_000)
    .action((options: CentreCommandOptions & TlsFileOptions) => runCentre(options, tlsOf(options), io))
}

function tlsOf({ plain, cert, key, ca, crl }: TlsFileOptions): Iec104Tls | null {
  if (plain) return null
  if (cert === undefined || key === undefined || ca === undefined)
    throw exitError(2, 'both ends show certificates: give --cert, --key and --ca; in a lab give --plain')
  try {
    const files = { cert: readFileSync(cert), key: readFileSync(key), ca: readFileSync(ca) }
    return crl === undefined ? files : { ...files, crl: readFileSync(crl) }
  } catch (error) {
    throw exitError(2, (error as Error).message)
  }
}

function hostPort(text: string): { readonly host: string; readonly port: number } {
  const found = /^(?<host>.+):(?<port>\d{1,5})$/.exec(text)?.groups
  const port = Number(found?.['port'])
  if (found === undefined || port < 1 || port > 65_535) throw new InvalidArgumentError('give HOST:PORT, as 127.0.0.1:2404.')
  return { host: found['host']!.replace(/^\[|\]$/g, ''), port }
}

function onOff(text: string): boolean {
  if (text !== 'on' && text !== 'off') throw new InvalidArgumentError('give on or off.')
  return text === 'on'
}
