// `gegenstrom eebus trust`, `untrust`, `list`: who is paired with us, at a running server or, with a folder, in its file.
import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import { parseSki, type Ski } from '../../adapters/eebus/ship/certificate.ts'
import { instantText } from '../../domain/time/slot.ts'
import { trustFileIn } from '../compose/open-eebus.ts'
import { addTrusted, readTrusted, removeTrusted } from '../files/eebus-trust-file.ts'
import { askServer, refusalText, withServer, type ApiAnswer, type ServerOptions } from './api-client.ts'
import { homeOf } from './eebus-options.ts'
import { exitError, usageExit, type CommandIo } from './exit.ts'

/** With a folder its file is meant, which `eebus hems` follows; without one the running server. */
interface Where extends ServerOptions {
  readonly home?: string
}
interface TrustOptions extends Where {
  readonly name: string
  readonly site?: string
  readonly reason: string
}
/** What the server says of a guard, as far as it is shown. */
interface Told {
  readonly ski: string
  readonly name: string
  readonly trusted: boolean
  readonly source: string
  readonly sites: readonly string[]
  readonly since: string | null
  readonly lastSeenAt: string | null
  readonly connectedSince: string | null
}
interface Waiting {
  readonly ski: string
  readonly address: string
  readonly lastSeenAt: string
  readonly waiting: boolean
}

const BY_COMMAND = 'by hand on the command line'

/** Adds the commands to the group. End with 0 when done, 1 when it is refused, 2 when called wrongly. */
export function eebusTrust(group: Command, io: CommandIo): void {
  const add = (usage: string, description: string, example: string) =>
    withServer(group.command(usage).description(description))
      .option('--home <folder>', 'the file in this folder instead of a running server: for `eebus hems`')
      .addHelpText('after', `\nExample:\n  $ gegenstrom eebus ${example}\n`)
      .exitOverride(usageExit)
      .configureOutput({ writeOut: io.stdout, writeErr: io.stderr })
  add('trust <ski>', 'pair with somebody: trust a key from now on', 'trust 0123…cdef --site home-17 --name "control box"')
    .option('--name <text>', 'who that is, for lists', partnerName, '')
    .option('--site <id>', 'the site it limits', partnerName)
    .option('--reason <text>', 'why; kept in the journal of the server', BY_COMMAND)
    .action((given: string, options: TrustOptions) => trust(skiOrExit(given), options, io))
  add('untrust <ski>', 'trust a key no longer', 'untrust 0123…cdef')
    .option('--reason <text>', 'why; kept in the journal of the server', BY_COMMAND)
    .action((given: string, options: Where & { readonly reason: string }) => untrust(skiOrExit(given), options, io))
  add('list', 'who is trusted, and who waits for it', 'list')
    .option('--json', 'print one JSON object', false)
    .action((options: Where & { readonly json: boolean }) => list(options, io))
}

async function trust(ski: Ski, options: TrustOptions, io: CommandIo): Promise<void> {
  const { home, name, site, reason } = options
  if (home !== undefined) {
    addTrusted(trustFileIn(homeOf(home)), { ski, name, site: site ?? null, since: instantText(Date.now()) })
    return io.stderr(`${ski} is trusted; what runs with this home takes it up within 2 s\n`)
  }
  if (site === undefined) throw exitError(2, 'which site does it limit? give --site; or --home for the file of `eebus hems`')
  await asked(options, `/v1/eebus/guards/${ski}`, { method: 'PUT', body: { site, name, reason } })
  io.stderr(`${ski} is trusted for ${site}\n`)
}

async function untrust(ski: Ski, options: Where & { readonly reason: string }, io: CommandIo): Promise<void> {
  const { home, reason } = options
  if (home === undefined) {
    await asked(options, `/v1/eebus/guards/${ski}?reason=${encodeURIComponent(reason)}`, { method: 'DELETE' })
    return io.stderr(`${ski} is trusted no longer\n`)
  }
  const file = trustFileIn(homeOf(home))
  if (!removeTrusted(file, ski)) throw exitError(1, `${ski} is not among those in ${file}`)
  io.stderr(`${ski} is trusted no longer; its connections end within 2 s\n`)
}

async function list(options: Where & { readonly json: boolean }, io: CommandIo): Promise<void> {
  const { home, json } = options
  if (home !== undefined) return listFile(homeOf(home), json, io)
  const { guards } = JSON.parse((await asked(options, '/v1/eebus/guards')).text) as { guards: readonly Told[] }
  const pending = await waitingOnes(options)
  if (json) return io.stdout(`${JSON.stringify({ guards, pending })}\n`)
  if (guards.length + pending.length === 0) io.stderr('nobody is trusted, and nobody knocks\n')
  io.stdout([...guards.map(guardLine), ...pending.map(waitingLine)].join(''))
}

/** None where the key may not see them. */
async function waitingOnes(options: ServerOptions): Promise<readonly Waiting[]> {
  const answer = await askServer(options, '/v1/eebus/pending-guards')
  if (answer.status === 403) return []
  if (answer.status !== 200) throw exitError(1, refusalText(answer))
  return (JSON.parse(answer.text) as { guards: readonly Waiting[] }).guards
}

async function asked(options: ServerOptions, path: string, how: Parameters<typeof askServer>[2] = {}): Promise<ApiAnswer> {
  const answer = await askServer(options, path, how)
  if (answer.status >= 300) throw exitError(1, refusalText(answer))
  return answer
}

function guardLine({ ski, name, trusted, source, sites, since, lastSeenAt, connectedSince }: Told): string {
  const stands = `${trusted ? 'trusted' : 'sent away'} (${source})${since === null ? '' : ` since ${since}`}`
  const place = sites.length === 0 ? 'no site' : sites.join(', ')
  const seen = lastSeenAt === null ? 'not seen since the start' : `seen ${lastSeenAt}`
  return `${ski}  ${stands}  ${place}  ${connectedSince === null ? seen : `connected since ${connectedSince}`}  ${name}\n`
}
function waitingLine({ ski, address, lastSeenAt, waiting }: Waiting): string {
  return `${ski}  ${waiting ? 'waits to be trusted' : 'was here'}  from ${address}  seen ${lastSeenAt}\n`
}

function listFile(home: string, isJson: boolean, io: CommandIo): void {
  const trusted = readTrusted(trustFileIn(home))
  if (isJson) return io.stdout(`${JSON.stringify({ trusted })}\n`)
  if (trusted.length === 0) io.stderr('nobody is trusted yet: `gegenstrom eebus trust SKI`\n')
  for (const { ski, name, site, since } of trusted)
    io.stdout(`${ski}  since ${since}${site === null ? '' : `  site ${site}`}  ${name}\n`)
}

function skiOrExit(text: string): Ski {
  const found = parseSki(text)
  if (found === null) throw exitError(2, 'an SKI has 40 hex digits')
  return found
}
function partnerName(text: string): string {
  if (!/^[\P{C}]{0,64}$/u.test(text)) throw new InvalidArgumentError('up to 64 printable characters')
  return text
}
