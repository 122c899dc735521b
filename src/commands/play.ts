// `gegenstrom play`: the other end of the doors of grid operators, to try an installation: one limit over the control API or a CLS channel, and what comes back.
import { readFileSync } from 'node:fs'
import { InvalidArgumentError, type Command } from 'commander'
import { clsPlayer } from '../../adapters/cls/player.ts'
import { partnerEnd } from '../../adapters/control-api/client.ts'
import { instantText } from '../../domain/time/slot.ts'
import { duration } from './duration-option.ts'
import { exitError, usageExit, type CommandIo } from './exit.ts'
import { wholeWithin } from './number-option.ts'
import { untilSignal } from './until-signal.ts'

interface PlayOptions {
  readonly connect: string
  readonly cert: string
  readonly key: string
  readonly ca: string
  readonly limitW: number
  readonly for: number
  readonly wait: number
}

const WATTS_MAX = 100_000_000
/** Answers that end a command. */
const FINAL = ['positiveAntwort', 'negativeAntwort']

/** Adds the commands to a program. End with 0 when the command was followed, 1 when it was refused or nobody answered, 2 when called wrongly. */
export function playCommand(program: Command, io: CommandIo): void {
  const output = { writeOut: io.stdout, writeErr: io.stderr }
  const group = program
    .command('play')
    .description('the grid operator’s end of its doors, to try an installation; prints JSON lines')
    .exitOverride(usageExit)
    .configureOutput(output)
  const add = (name: string, description: string) =>
    group
      .command(name)
      .description(description)
      .exitOverride(usageExit)
      .configureOutput(output)
      .requiredOption('--cert <file>', 'our certificate, PEM')
      .requiredOption('--key <file>', 'its private key, PEM')
      .requiredOption('--ca <file>', 'authority of the other end, PEM')
      .requiredOption('--limit-w <watts>', 'the limit, W', wholeWithin(0, WATTS_MAX))
      .option('--for <duration>', 'how long it holds', duration, 900_000)
      .option('--wait <duration>', 'how long answers are waited for', duration, 60_000)
  add('control-api', 'a command of the control API, and the call-backs that answer it')
    .requiredOption('--connect <url>', 'where it is served, without the path', httpsUrl)
    .requiredOption('--location <id>', 'NeLo-ID or SR-ID')
    .option(
      '--answer-port <n>',
      'port of this machine for the call-backs, as the other end has it for us',
      wholeWithin(0, 65_535),
      0,
    )
    .action((options: PlayOptions & { readonly location: string; readonly answerPort: number }) => playControlApi(options, io))
  add('cls', 'a limit over a CLS channel, and the feedback that comes back')
    .requiredOption('--connect <host:port>', 'where channels are served', hostPort)
    .requiredOption('--channel <id>', 'the channel')
    .action((options: PlayOptions & { readonly channel: string }) => playCls(options, io))
}

async function playControlApi(
  { connect, location, limitW, answerPort, ...options }: PlayOptions & { readonly location: string; readonly answerPort: number },
  io: CommandIo,
): Promise<void> {
  const end = await partnerEnd({ tls: filesOf(options), url: connect, port: answerPort, now: () => Date.now() })
  try {
    const from = Math.ceil(Date.now() / 1_000) * 1_000
    const sent = await end.limit(location, { watts: limitW, from, until: from + options.for })
    tell(io, { event: 'commanded', status: sent.status, error: sent.error, answersAt: end.url })
    if (sent.status !== 202) throw exitError(1, sent.error ?? `answered ${sent.status}: ${sent.body}`)
    const isFollowed = await heard(end.received, options.wait, ({ path, query }) => {
      tell(io, { event: path, ...query })
      return FINAL.includes(path) ? path === FINAL[0] : null
    })
    if (isFollowed !== true) throw exitError(1, isFollowed === null ? 'no final answer came' : 'the command was not followed')
  } finally {
    await end.close()
  }
}

async function playCls(
  { connect, channel, limitW, ...options }: PlayOptions & { readonly channel: string },
  io: CommandIo,
): Promise<void> {
  const [host, port] = splitHostPort(connect)!
  const player = await clsPlayer({ host, port, tls: filesOf(options) }).catch((error: Error) => {
    throw exitError(1, `the tunnel was refused: ${error.message}`)
  })
  try {
    tell(io, { event: 'tunnel', protocol: player.protocol, curve: player.curve })
    player.send({ type: 'open', scenario: 'HKS3', channel })
    const now = Date.now()
    const span = { issuedAt: instantText(now), from: instantText(now), until: instantText(now + options.for) }
    player.send({ type: 'limit', command: `play-${now}`, direction: 'consumption', maxW: limitW, ...span })
    const isTaken = await heard(player.heard, options.wait, (message) => {
      tell(io, message)
      return message['type'] === 'refused' ? false : message['type'] === 'feedback' ? true : null
    })
    if (isTaken !== true) throw exitError(1, isTaken === null ? 'no feedback came' : 'the limit was refused')
  } finally {
    player.close()
  }
}

/** Looks at what comes in until something is final, the time is over or Ctrl-C; null where nothing was. */
async function heard<One>(all: readonly One[], waitMs: number, look: (one: One) => boolean | null): Promise<boolean | null> {
  const end = performance.now() + waitMs
  for (let seen = 0; performance.now() < end;) {
    for (; seen < all.length; seen++) {
      const final = look(all[seen]!)
      if (final !== null) return final
    }
    if ((await untilSignal(LOOK_EVERY_MS)) === 'signal') return null
  }
  return null
}
const LOOK_EVERY_MS = 100

function filesOf({ cert, key, ca }: Pick<PlayOptions, 'cert' | 'key' | 'ca'>) {
  const read = (path: string) => {
    try {
      return readFileSync(path)
    } catch (error) {
      throw exitError(2, `${path}: ${(error as Error).message}`)
    }
  }
  return { cert: read(cert), key: read(key), ca: read(ca) }
}

function tell(io: CommandIo, event: object): void {
  io.stdout(`${JSON.stringify({ at: instantText(Date.now()), ...event })}\n`)
}

function httpsUrl(text: string): string {
  if (!URL.canParse(text) || new URL(text).protocol !== 'https:')
    throw new InvalidArgumentError('An address such as https://host:8444 is needed.')
  return text
}
function hostPort(text: string): string {
  if (splitHostPort(text) === null) throw new InvalidArgumentError('A host and a port such as localhost:8445 are needed.')
  return text
}
function splitHostPort(text: string): readonly [string, number] | null {
  const found = /^(.+):(\d{1,5})$/.exec(text)
  return found === null || Number(found[2]) > 65_535 ? null : [found[1]!, Number(found[2])]
}
