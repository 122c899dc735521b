// `gegenstrom limitation`: how the connections that a guard may limit stand on a running server.
import type { Command } from 'commander'
import { askServer, refusalText, withServer, type ServerOptions } from './api-client.ts'
import { exitError, usageExit, type CommandIo } from './exit.ts'

interface LimitationOptions extends ServerOptions {
  readonly json: boolean
}
/** What the server says of one direction of a site, as far as it is shown. */
interface Told {
  readonly site: string
  readonly useCase: string
  readonly state: string
  readonly since: string
  readonly until: string | null
  readonly inForceW: number | null
  readonly ceiling: { readonly by: string; readonly powerW: number | null }
  readonly releasesAt: string | null
  readonly failsafeW: number
  readonly failsafeDurationSeconds: number
  readonly guard: string
  readonly by: string
  readonly lastHeartbeat: string | null
  readonly heartbeatAgeSeconds: number | null
  readonly nextDeadline: { readonly at: string; readonly why: string } | null
  readonly history: readonly {
    readonly at: string
    readonly from: string | null
    readonly to: string | null
    readonly requirement: string | null
    readonly cause: string
    readonly write: string | null
  }[]
}
interface Page {
  readonly limitations: readonly Told[]
}

const LISTED_MAX = 1_000
/** Further pages are left to the API. */
const PAGES_MAX = 100

/** Adds the commands to a program. End with 0 when done, 1 when the server refuses, 2 when called wrongly. */
export function limitationCommand(program: Command, io: CommandIo): void {
  const output = { writeOut: io.stdout, writeErr: io.stderr }
  const group = program.command('limitation').description('connections that a guard may limit (LPC, LPP) on a running server')
  group.exitOverride(usageExit).configureOutput(output)
  const add = (usage: string, description: string, example: string) =>
    withServer(group.command(usage).description(description))
      .option('--json', 'print one JSON object', false)
      .addHelpText(
        'after',
        `\nExample:\n  gegenstrom limitation ${example}\n\nThe key needs the role viewer, dispatcher or that of the guard.\n`,
      )
      .exitOverride(usageExit)
      .configureOutput(output)
  add('list', 'all of them, a line a direction', 'list').action((options: LimitationOptions) => list(options, io))
  add('show <site>', 'one site: what holds, until when, and what became of it lately', 'show home-17').action(
    (site: string, options: LimitationOptions) => show(site, options, io),
  )
}

async function list(options: LimitationOptions, io: CommandIo): Promise<void> {
  const found: Told[] = []
  let path: string | null = `/v1/limitations?limit=${LISTED_MAX}`
  for (let page = 0; path !== null && page < PAGES_MAX; page++) {
    const answer = await askServer(options, path)
    if (answer.status !== 200) throw exitError(1, refusalText(answer))
    found.push(...(JSON.parse(answer.text) as Page).limitations)
    path = answer.next
  }
  if (options.json) return void io.stdout(`${JSON.stringify({ limitations: found })}\n`)
  io.stdout(found.length === 0 ? 'no guard limits any site\n' : found.map(lineOf).join(''))
}

async function show(site: string, options: LimitationOptions, io: CommandIo): Promise<void> {
  const answer = await askServer(options, `/v1/sites/${encodeURIComponent(site)}/limitations`)
  if (answer.status !== 200) throw exitError(1, refusalText(answer))
  if (options.json) return void io.stdout(`${answer.text}\n`)
  const { limitations } = JSON.parse(answer.text) as Page
  io.stdout(limitations.length === 0 ? 'no guard limits this site\n' : limitations.map(textOf).join('\n'))
}

function lineOf(of: Told): string {
  const held = of.inForceW === null ? 'unlimited' : `held to ${of.inForceW} W`
  const end = of.until === null ? '' : ` until ${of.until}`
  const heard = of.heartbeatAgeSeconds === null ? 'never heard' : `heard ${Math.round(of.heartbeatAgeSeconds)} s ago`
  return `${of.site}  ${of.useCase}  ${of.state}  ${held}${end}; guard ${of.guard} (${of.by}) ${heard}\n`
}

function textOf(of: Told): string {
  const next = of.nextDeadline === null ? 'stays until something comes' : `${of.nextDeadline.at} ${of.nextDeadline.why}`
  const allowed = `${of.ceiling.by}${of.ceiling.powerW === null ? '' : `, ${of.ceiling.powerW} W`}`
  const release = of.releasesAt === null ? '' : `; the cars follow at ${of.releasesAt}`
  const lines = [
    `  since         ${of.since}`,
    `  ceiling       ${allowed}${release}`,
    `  failsafe      ${of.failsafeW} W for at least ${of.failsafeDurationSeconds / 3_600} h`,
    `  heartbeat     ${of.lastHeartbeat ?? 'none since the start'}`,
    `  next change   ${next}`,
    ...of.history.map(
      ({ at, from, to, requirement, cause, write }) =>
        `  ${at}  ${to === null ? `refused ${write}: ${cause}` : `${from} -> ${to}  ${requirement}  ${cause}`}`,
    ),
  ]
  return `${lineOf(of)}${lines.join('\n')}\n`
}
