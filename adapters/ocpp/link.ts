// One connected station: its messages become events for the core, the core's orders become its messages.
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { StationId } from '../../domain/registry/identity.ts'
import type { OrderContent } from '../../domain/orders/order.ts'
import type { ReceiveStationEvent } from '../../domain/ports/charge-points.ts'
import type { OrderRefusal } from '../../domain/ports/controllables.ts'
import type { AskedCommand, CommandAnswer } from '../../domain/ports/station-commands.ts'
import { isSecretVariable } from '../../domain/registry/station-command.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { Result } from '../../domain/result.ts'
import type { Power } from '../../domain/units.ts'
import type { Channel } from '../wire/in-flight.ts'
import { commandAnswer, commandMessage } from './command-message.ts'
import { COMMANDS } from './commands.ts'
import { askStation, type Inquire } from './ask-station.ts'
import { askForHeartbeat } from './blocks/provisioning.ts'
import { DIALECT_TABLES } from './dialects/dialects.ts'
import { FRAME_CHARACTERS_MAX } from './frame-log.ts'
import { tokenFilter, type Pseudonym } from './hide-tokens.ts'
import { messageHandler } from './message-handler.ts'
import { cut } from './oddities.ts'
import { profileInstaller, type Confirmation } from './profile-installer.ts'
import type { Dialect } from './rpc/frame.ts'
import { paceSocket } from './rpc/pace.ts'
import { openRpc, type Rpc } from './rpc/rpc.ts'
import type { StationRecord } from './station-record.ts'

export interface LinkOptions {
  readonly station: StationId
  readonly socket: WebSocket
  /** What the socket reads from. */
  readonly raw: Duplex
  readonly dialect: Dialect
  readonly clock: Clock
  readonly record: StationRecord
  readonly receive: ReceiveStationEvent
  readonly pseudonym: Pseudonym
  readonly callTimeoutMs: number
  /** What ids of our messages begin with: another one for each start of this process, at most 20 characters. */
  readonly idPrefix: string
  readonly evseOf: (transaction: string) => number | null
  readonly channel?: Channel
  /** Called for each frame. */
  readonly onFrame: (direction: 'in' | 'out') => void
  /** It is sent away through no fault of its own: what it told could not be recorded. */
  readonly onSentAway: () => void
  /** It sends faster than it is listened to. */
  readonly onSlow: () => void
  /** Something of ours went wrong; where a frame led to it the connection has been closed. */
  readonly onFailure: (error: Error) => void
}
export interface Link {
  readonly dialect: Dialect
  readonly since: number
  order(content: OrderContent, evse: number): Promise<Confirmation>
  renew(content: OrderContent, evse: number): Promise<Confirmation>
  setDefault(evse: number, limit: Power): Promise<Result<null, OrderRefusal>>
  start(evse: number, token: string): Promise<Result<null, OrderRefusal>>
  stop(transaction: string): Promise<Result<null, OrderRefusal>>
  /** Asks what a person wants of it; always answers. */
  command(command: AskedCommand): Promise<CommandAnswer>
  /** Asks something whose answer says more than that it was taken. */
  readonly inquire: Inquire
  /** A text the station gave outside of its messages, without tokens. */
  cleaned(text: string): string
  /** Makes the station ask for the time, where it can be made to. */
  tellTime(): void
  /** Since when the socket is read, in passed time; null while it is not, because too much waits. */
  readSince(): number | null
  close(code: number, reason: string): void
}

/** Joins one socket to the core until it closes. */
export function openLink(options: LinkOptions): Link {
  const { station, socket, clock, record, dialect } = options
  const { inbound, charging, transactions } = DIALECT_TABLES[dialect]
  const tokens = tokenFilter(options.pseudonym, record.tokens)
  // A new connection may be a new station behind the same name: nothing is taken to be in place.
  record.installed.clear()
  const pace = paceSocket({
    socket,
    raw: options.raw,
    clock,
    allowance: record.allowance,
    key: `ocpp pace ${station}`,
    mayPause: options.channel === undefined,
    onSlow: options.onSlow,
    onFlood() {
      // The farewell goes out; nothing more is read.
      socket.pause()
      rpc.close(1008, 'too many messages')
    },
  })
  const handle = messageHandler({
    station,
    inbound,
    clock,
    memory: record,
    tokens,
    receive: options.receive,
    evseOf: options.evseOf,
    charge: pace.charge,
    onLost() {
      options.onSentAway()
      rpc.close(1013, 'try again later')
    },
    afterwards: (messages) => void installer.deliver(messages).catch(options.onFailure),
  })
  const rpc: Rpc = openRpc({
    socket,
    dialect,
    clock,
    // Unique over restarts of this process as well: some stations remember the ids they answered.
    nextMessageId: () => `${options.idPrefix}${++record.messageNumber}`,
    callTimeoutMs: options.callTimeoutMs,
    answered: record.answered,
    ...(options.channel === undefined ? {} : { channel: options.channel }),
    handle,
    onFrame(direction, text) {
      // What stations tell is masked when somebody looks: that is seldom, and costs as much as to read it. What we send may hold passwords of our making.
      const isRaw = direction === 'in' && text.length <= FRAME_CHARACTERS_MAX
      record.log.add(clock.now(), direction, isRaw ? text : tokens.frame(text), isRaw)
      options.onFrame(direction)
    },
    onBadFrame: () => void record.badFrames++,
    lenience: {
      shorten: (text, charactersMax) => cut(tokens.text(text), charactersMax),
      onOddity: (kind, where) => record.oddities.add(kind, tokens.text(where), clock.now()),
    },
    pace,
    onFailure: options.onFailure,
  })
  const { ask, inquire } = askStation(rpc.call, tokens)
  const installer = profileInstaller({ charging, ask, record, clock })

  return {
    dialect,
    since: clock.now(),
    order: installer.order,
    renew: installer.renew,
    setDefault: (evse, limit) => ask(charging.defaultLimit(evse, limit)),
    start(evse, token) {
      tokens.know(token)
      return ask(transactions.start(evse, token, ++record.requestNumber))
    },
    stop: (transaction) => ask(transactions.stop(transaction)),
    async command(command) {
      // Whatever the station repeats of them is found and hidden.
      if (command.kind === 'start') tokens.know(command.token)
      if (command.kind === 'set-configuration' && isSecretVariable(command.variable)) tokens.know(command.value)
      const message = commandMessage(COMMANDS[dialect], command, ++record.requestNumber)
      if (typeof message === 'string') return { outcome: 'unsupported', detail: message }
      return commandAnswer(await rpc.call(message.action, message.payload), message, tokens)
    },
    inquire,
    cleaned: tokens.text,
    tellTime: () => void ask(askForHeartbeat).catch(options.onFailure),
    readSince: pace.readSince,
    close: rpc.close,
  }
}
