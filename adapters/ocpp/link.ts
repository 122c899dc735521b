// One connected station: its messages become events for the core, the core's orders become its messages.
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { StationId } from '../../domain/registry/identity.ts'
import type { OrderContent } from '../../domain/orders/order.ts'
import type { ReceiveStationEvent, StationEvent } from '../../domain/ports/charge-points.ts'
import type { OrderRefusal } from '../../domain/ports/controllables.ts'
import type { AskedCommand, CommandAnswer } from '../../domain/ports/station-commands.ts'
import { isSecretVariable } from '../../domain/registry/station-command.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { Result } from '../../domain/result.ts'
import type { Power } from '../../domain/units.ts'
import type { Channel } from '../wire/in-flight.ts'
import { askStation, type Ask, type Inquire } from './ask-station.ts'
import { noteVolts, tellsVolts } from './blocks/charging/measured-volts.ts'
import { METER_SETTINGS, type MeterSettings } from './blocks/meter-settings.ts'
import { commandAnswer, commandMessage } from './command-message.ts'
import { COMMANDS } from './commands.ts'
import { askForHeartbeat } from './blocks/provisioning.ts'
import { DIALECT_TABLES } from './dialects/dialects.ts'
import { FRAME_CHARACTERS_MAX } from './frame-log.ts'
import { tokenFilter, type Pseudonym, type TokenFilter } from './hide-tokens.ts'
import type { EventBody } from './inbound.ts'
import type { Inquiries } from './inquiries.ts'
import { learning } from './learning.ts'
import { messageHandler } from './message-handler.ts'
import { notePresented, onceFor, tokenToResume } from './presented-tokens.ts'
import { cut } from './oddities.ts'
import { profileInstaller, type Confirmation } from './profile-installer.ts'
import { isResult, type Dialect } from './rpc/frame.ts'
import { paceSocket } from './rpc/pace.ts'
import { openRpc, type Rpc } from './rpc/rpc.ts'
import { NOTHING_KNOWN, type StationKnowledge } from './station-knowledge.ts'
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
  /** Left out, stations are taken as they come: nothing is asked of them. */
  readonly learning?: {
    readonly knowledge: StationKnowledge
    readonly inquiries: Inquiries
    readonly meters: MeterSettings
  }
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
  /** Begins again with the car that is known by a pseudonym. */
  resume(evse: number, hidden: string): Promise<Result<null, OrderRefusal>>
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
  const { inbound, transactions } = DIALECT_TABLES[dialect]
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
    noted: (event, payload) => notePresented(record.presented, event, payload, tokens.hidden),
    receive: options.receive,
    evseOf: options.evseOf,
    charge: pace.charge,
    onLost() {
      options.onSentAway()
      rpc.close(1013, 'try again later')
    },
    onBoot: (isAccepted) => leading.booted(isAccepted),
    deliver: (messages) => void installer.deliver(messages).catch(options.onFailure),
  })
  const rpc: Rpc = openRpc({
    socket,
    raw: options.raw,
    dialect,
    clock,
    // Unique over restarts of this process as well: some stations remember the ids they answered.
    nextMessageId: () => `${options.idPrefix}${++record.messageNumber}`,
    callTimeoutMs: options.callTimeoutMs,
    answered: record.answered,
    ...(options.channel === undefined ? {} : { channel: options.channel }),
    handle(action, payload) {
      leading.heard(action)
      // What it was told before it may have forgotten.
      if (action === 'BootNotification') record.installed.clear()
      if ('meterValue' in payload && tellsVolts(payload) && tellsAmperes()) noteVolts(record, payload, clock.elapsed())
      return handle(action, payload)
    },
    onFrame(direction, text) {
      // What stations tell, and what they hear of it, is masked when somebody looks: that is seldom, and costs as much as to read it. What we ask may hold passwords
      // of our making.
      const isRaw = (direction === 'in' || isResult(text)) && text.length <= FRAME_CHARACTERS_MAX
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
  const { leading, installer, tellsAmperes } = leadership(options, { ask, inquire, tokens })
  const stop = () => {
    leading.stop()
    installer.stop()
  }
  socket.on('close', stop)

  return {
    dialect,
    since: clock.now(),
    order: installer.order,
    renew: installer.renew,
    setDefault: installer.setDefault,
    resume(evse, hidden) {
      const number = ++record.requestNumber
      const made = () => options.pseudonym(onceFor(station, number))
      return leading.lead(transactions.start(evse, tokenToResume(record.presented, evse, hidden, { tokens, made }), number))
    },
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
    close(code, reason) {
      stop()
      rpc.close(code, reason)
    },
  }
}

/** What leads a station over this connection: when it may be led, what it can follow, and what it has taken. */
function leadership(
  options: LinkOptions,
  { ask, inquire, tokens }: { readonly ask: Ask; readonly inquire: Inquire; readonly tokens: TokenFilter },
) {
  const { station, clock, record, dialect, onFailure } = options
  const { charging, learn } = DIALECT_TABLES[dialect]
  const knowledge = options.learning?.knowledge ?? NOTHING_KNOWN
  const tell = async (event: EventBody) =>
    options.receive({ station, receivedAt: clock.now(), ...tokens.event(event) } as StationEvent)
  const leading = learning({
    station,
    clock,
    record,
    ask,
    inquire,
    learn,
    knowledge,
    inquiries: options.learning?.inquiries ?? null,
    meters: options.learning?.meters ?? METER_SETTINGS,
    tell,
    // As if it had connected in this moment: everything is told to it anew.
    onUsable: () => void tell({ kind: 'connected', dialect }).catch(() => {}),
    onFailure,
  })
  const installer = profileInstaller({
    station,
    charging,
    ask: leading.lead,
    record,
    clock,
    knowledge,
    isKnownSession: (transaction) => options.evseOf(transaction) !== null,
    // It is learnt again with the next order where it could not be recorded.
    onForm: (form) => void tell({ kind: 'form-taken', form }).catch(() => {}),
    onFailure,
  })
  return {
    leading,
    installer,
    /** Amperes follow from a voltage; who is led in watts need not be looked at for one. */
    tellsAmperes(): boolean {
      const { abilities = null, form = null } = knowledge.known(station) ?? {}
      return (record.form ?? form)?.unit === 'A' || abilities?.rateUnits?.includes('W') === false
    },
  }
}
