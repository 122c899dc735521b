// Commands by hand: a person asks something of a station, says why, and is told what came of it.
import { z } from 'zod'
import type { CommandRefusal, CommandView } from '../../../domain/ports/answers/by-hand.ts'
import type { KeptCommand } from '../../../domain/facts/station-by-hand.ts'
import { id, type StationId } from '../../../domain/registry/identity.ts'
import { TRIGGERED_MESSAGES, type StationCommand, type VariableName } from '../../../domain/registry/station-command.ts'
import { ROLES } from '../../../domain/registry/asker.ts'
import { isPrintable } from '../../wire/printable.ts'
import { problem } from '../../wire/problem.ts'
import type { RestPorts } from '../ports.ts'
import { DISPATCHERS, OPERATORS, route, type Route } from '../route.ts'
import { name } from '../trader/portfolio-path.ts'
import { instant, instantOf, instantOrNull } from '../wire-values.ts'
import { assertWritable, fromJournal } from './store-access.ts'

const VARIABLES_MAX = 50
/** The longest value of any version (2.x, SetVariableData). */
const VALUE_CHARACTERS_MAX = 2_500

export const reason = z
  .string()
  // Before the ends are cut off, where line ends would vanish unseen.
  .refine(isPrintable, { error: 'text without control characters' })
  .trim()
  .min(3)
  .max(200)
  .meta({ description: 'Why; kept in the journal', example: 'ticket 4711: hangs' })
const evse = z.int().min(1).max(999).meta({ description: 'Number of the EVSE at its station; the connector in OCPP 1.6' })
const evseOrAll = evse.nullable().default(null).meta({ description: 'Null for the station as a whole' })
const text = z.string().min(1).max(50)
const variable = z
  .strictObject({
    component: text.nullable().default(null).meta({ description: 'OCPP 2.x; null in 1.6, which knows plain keys' }),
    componentInstance: text.nullable().default(null),
    evse: evse.nullable().default(null),
    variable: text.meta({ example: 'HeartbeatInterval' }),
    instance: text.nullable().default(null),
  })
  .meta({ id: 'StationVariable' })
const newCommand = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('reset'), evse: evseOrAll, mode: z.enum(['soft', 'hard']).default('soft'), reason }),
    z.strictObject({ kind: z.literal('unlock'), evse, connector: z.int().min(1).max(99).default(1), reason }),
    z.strictObject({ kind: z.literal('trigger'), message: z.enum(TRIGGERED_MESSAGES), evse: evseOrAll, reason }),
    z.strictObject({ kind: z.literal('availability'), evse: evseOrAll, operative: z.boolean(), reason }),
    z.strictObject({
      kind: z.literal('start'),
      evse,
      token: z.string().min(1).max(255).meta({ description: 'As it stands on the card; it is passed on and kept nowhere' }),
      reason,
    }),
    z.strictObject({ kind: z.literal('stop'), evse, reason }),
    z.strictObject({ kind: z.literal('get-configuration'), variables: z.array(variable).max(VARIABLES_MAX).default([]), reason }),
    z.strictObject({ kind: z.literal('set-configuration'), variable, value: z.string().max(VALUE_CHARACTERS_MAX), reason }),
  ])
  .meta({ id: 'NewStationCommand' })

const command = z
  .strictObject({
    command: z.string(),
    kind: z.string(),
    evse: z.int().nullable(),
    asked: z.string().meta({ description: 'What was asked, in words; secrets and tokens are left out' }),
    reason: z.string(),
    by: z.string(),
    role: z.enum(ROLES),
    askedAt: instant,
    outcome: z
      .enum(['accepted', 'rejected', 'no-answer', 'unsupported'])
      .nullable()
      .meta({ description: 'Null while it is asked' }),
    detail: z.string().meta({ description: 'The station’s own word for it, without tokens and secrets' }),
    endedAt: instant.nullable(),
    values: z
      .array(
        z.strictObject({
          ...variable.shape,
          value: z.string().nullable(),
          readOnly: z.boolean().nullable(),
          status: z.string().nullable().meta({ description: 'What the station says where it gives no value' }),
        }),
      )
      .nullable()
      .meta({ description: 'Settings that were asked for; not kept for long' }),
  })
  .meta({ id: 'StationCommand' })
const receipt = z.strictObject({ ...command.shape, isRepeated: z.boolean() }).meta({ id: 'StationCommandReceipt' })

export const stationPath = z.strictObject({
  station: z.string().min(1).max(255).meta({ description: 'Identity of the station', example: 'HAT-0417' }),
})
const commandPath = stationPath.extend({
  command: name.meta({ description: 'Made by whoever asks; the same again is the same command' }),
})

/** Routes of commands by hand. */
export function stationCommandRoutes(ports: Pick<RestPorts, 'health' | 'byHand'>): readonly Route[] {
  return [putCommand(ports), getCommand(ports), listCommands(ports)]
}

/** Asks a station. */
function putCommand(ports: Pick<RestPorts, 'health' | 'byHand'>): Route {
  return route({
    method: 'put',
    path: '/v1/stations/{station}/commands/{command}',
    access: DISPATCHERS,
    tag: 'Stations',
    summary: 'Ask something of a station by hand; sent twice it is one command',
    description:
      'Who asked, in what role, why and what came of it stand in the journal. The answer comes with the outcome, after 20 s at the latest; `no-answer` means that nobody knows whether the station does it. Passwords of settings (`AuthorizationKey`, `BasicAuthPassword`) are shown nowhere; a password the station takes is the one it is let in with from then on.',
    pathSchema: commandPath,
    bodySchema: newCommand,
    answerSchema: receipt,
    problems: ['not-found', 'not-possible', 'version-conflict', 'unavailable'],
    async handle({ asker, path, body }) {
      assertWritable(ports)
      const { reason: why, ...asked } = body
      const station = id<StationId>(path.station)
      const wanted = { station, id: path.command, command: asked satisfies StationCommand, reason: why }
      const answer = await fromJournal(ports.byHand.command(asker, wanted))
      if (!answer.ok) throw commandProblem(answer.refusal, path.station)
      return { body: { ...commandBody(answer.value.command), isRepeated: answer.value.isRepeated } }
    },
  })
}

/** One command. */
function getCommand(ports: Pick<RestPorts, 'byHand'>): Route {
  return route({
    method: 'get',
    path: '/v1/stations/{station}/commands/{command}',
    access: OPERATORS,
    tag: 'Stations',
    summary: 'One of the last commands, and what came of it',
    pathSchema: commandPath,
    answerSchema: command,
    problems: ['not-found'],
    handle({ asker, path }) {
      const found = ports.byHand.commands(asker, id<StationId>(path.station))?.find((one) => one.id === path.command)
      if (found === undefined) throw problem('not-found', `station ${path.station} has no command ${path.command}`)
      return { body: commandBody(found) }
    },
  })
}

/** The last commands. */
function listCommands(ports: Pick<RestPorts, 'byHand'>): Route {
  return route({
    method: 'get',
    path: '/v1/stations/{station}/commands',
    access: OPERATORS,
    tag: 'Stations',
    summary: 'The last 20 commands by hand, the newest first',
    pathSchema: stationPath,
    answerSchema: z.strictObject({ commands: z.array(command) }),
    problems: ['not-found'],
    handle({ asker, path }) {
      const found = ports.byHand.commands(asker, id<StationId>(path.station))
      if (found === null) throw unknownStation(path.station)
      return { body: { commands: found.map(commandBody) } }
    },
  })
}

function commandBody(of: CommandView): z.output<typeof command> {
  return {
    command: of.id,
    kind: of.asked.kind,
    evse: 'evse' in of.asked ? of.asked.evse : null,
    asked: wordsOf(of.asked),
    reason: of.reason,
    by: of.by,
    role: of.role,
    askedAt: instantOf(of.askedAt),
    outcome: of.outcome,
    detail: of.detail,
    endedAt: instantOrNull(of.endedAt),
    values: of.values === null ? null : of.values.map((one) => ({ ...one })),
  }
}

/** A command in a few words. */
function wordsOf(asked: KeptCommand): string {
  switch (asked.kind) {
    case 'reset':
      return `reset ${asked.mode}`
    case 'trigger':
      return `trigger ${asked.message}`
    case 'availability':
      return asked.operative ? 'put into operation' : 'take out of operation'
    case 'get-configuration':
      return `read ${asked.variables.length === 0 ? 'all settings' : asked.variables.map(variableText).join(', ')}`
    case 'set-configuration':
      return `set ${variableText(asked.variable)} to ${asked.value ?? '***'}`
    default:
      return asked.kind
  }
}

function variableText({ component, componentInstance, evse: number, variable: of, instance }: VariableName): string {
  const part = (word: string, own: string | null) => (own === null ? word : `${word}[${own}]`)
  const place = component === null ? '' : `${part(component, componentInstance)}${number === null ? '' : `@${number}`}.`
  return `${place}${part(of, instance)}`
}

export function unknownStation(station: string): Error {
  return problem('not-found', `there is no station ${station}`)
}

/** Places of others are told about as little as possible. */
export function sharedStation(station: string): Error {
  return problem('not-possible', `${station} has places of others: only whoever runs all of it may do this`)
}

export function tooManyChanges(afterMs: number): Error {
  const seconds = Math.max(1, Math.ceil(afterMs / 1_000))
  return problem('too-many-requests', `more is done by hand here than can be taken at a time; try again in ${seconds} s`, {
    retryAfter: seconds,
  })
}

function commandProblem(refusal: CommandRefusal, station: string): Error {
  switch (refusal.kind) {
    case 'unknown-station':
      return unknownStation(station)
    case 'unknown-evse':
      return problem('not-found', `station ${station} has no EVSE ${refusal.evse}`)
    case 'shared':
      return sharedStation(station)
    case 'no-session':
      return problem('not-possible', `no session is open at ${station}/${refusal.evse}`, {
        errors: [{ pointer: '/evse', detail: 'nothing is open there' }],
      })
    case 'conflict':
      return problem('version-conflict', 'a command of this id is known with another content')
    case 'too-many':
      return tooManyChanges(refusal.afterMs)
    case 'weak-password':
      return problem(
        'not-possible',
        refusal.reason === 'too-short'
          ? 'a password of a station has at least 16 characters'
          : 'a password of a station is not made of what is printed on it',
        { errors: [{ pointer: '/value', detail: refusal.reason }] },
      )
  }
}
