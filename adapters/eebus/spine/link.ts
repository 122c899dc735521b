// One connection with another device: it finds out what that is made of, answers it, tells it of changes, and asks it on our behalf.
import type { Clock } from '../../../domain/ports/clock.ts'
import { child, type PlainObject } from '../eebus-json.ts'
import { isSameFeature, NODE_MANAGEMENT, type FeatureAddress } from './address.ts'
import { writeCommand, type Command, type Filter } from './command.ts'
import { readDatagram, resultCommand, writeDatagram, type Header, type OutgoingHeader } from './datagram.ts'
import { handle, type Answer, type LinkPart } from './incoming.ts'
import { lateAnswers } from './late-answers.ts'
import { isNodeManagement, type FeatureRef, type LocalDevice } from './local-device.ts'
import { managementOf, type Management } from './management.ts'
import { entityChange, tieRequest, useCaseData, type Tie } from './node-management.ts'
import { discovered, UNKNOWN_DEVICE, withUseCases, type RemoteDevice } from './remote-device.ts'
import { answerOfResult, requests, RESPONSE_MAX_MS, type SpineAnswer } from './requests.ts'

export interface LinkOptions {
  readonly device: LocalDevice
  /** What the connection is called: the other end's SKI. */
  readonly from: string
  readonly clock: Clock
  /** A payload for SHIP; false where it could not be sent. */
  readonly send: (payload: PlainObject) => boolean
  /** The other end says nothing that can be answered; the connection is of no use. */
  readonly close: (reason: string) => void
  /** It has described itself, anew or for the first time. */
  readonly onDiscovered?: (link: SpineLink) => void
  /** A reply or a notify with data of one of its features. */
  readonly onData?: (link: SpineLink, from: FeatureAddress, command: Command) => void
  /** It has subscribed or bound something of ours, or has given that up. */
  readonly onTies?: (link: SpineLink) => void
}

export interface SpineLink {
  readonly from: string
  remote(): RemoteDevice
  /** Which of its features have bound one of ours. */
  bindings(): readonly Tie[]
  subscriptions(): readonly Tie[]
  receive(payload: PlainObject): void
  read(source: FeatureRef, destination: FeatureAddress, name: string): Promise<SpineAnswer>
  write(
    source: FeatureRef,
    destination: FeatureAddress,
    command: Pick<Command, 'name' | 'data'> & { filters?: readonly Filter[] },
  ): Promise<SpineAnswer>
  subscribe(source: FeatureRef, destination: FeatureAddress, type: string): Promise<SpineAnswer>
  bind(source: FeatureRef, destination: FeatureAddress, type: string): Promise<SpineAnswer>
  ended(): void
}

/** Without an answer to our first question we ask again after these waits, and then at the last of them. */
const RETRY_MS = [30_000, 300_000, 900_000] as const
const CHANGES = [{ kind: 'partial', selectors: {}, elements: {} }] as const
const OWN_MANAGEMENT: FeatureRef = { entity: NODE_MANAGEMENT.entity, id: NODE_MANAGEMENT.feature }

/** Begins at once to ask the other end what it is. */
export function spineLink(options: LinkOptions): SpineLink {
  const { device, clock, from } = options
  const asked = requests(clock)
  const management = managementOf(device, () => remote)
  let remote: RemoteDevice = UNKNOWN_DEVICE
  let counter = 0
  let isOver = false
  let stopDiscovery = () => {}

  function transmit(header: Omit<OutgoingHeader, 'counter'>, command: PlainObject): boolean {
    counter += 1
    return options.send(writeDatagram({ ...header, counter }, command))
  }
  function ask(source: FeatureRef, destination: FeatureAddress, classifier: 'read' | 'write' | 'call', command: PlainObject) {
    const to = remote.address === null ? destination : { ...destination, device: remote.address }
    const feature = remote.features.find(({ address }) => isSameFeature(address, destination))
    const header = { source: own(source), destination: to, classifier, wantsResult: classifier !== 'read' }
    return asked.ask(() => transmit(header, command), counter + 1, Math.max(RESPONSE_MAX_MS, feature?.responseMaxMs ?? 0))
  }
  function own({ entity, id }: FeatureRef): FeatureAddress {
    return { device: device.spec.address, entity, feature: id }
  }
  function reply(header: Header, answer: Answer): void {
    if (answer.kind === 'none' || isOver) return
    const to = {
      source: { ...header.destination, device: device.spec.address },
      destination: header.source,
      reference: header.counter,
    }
    if (answer.kind === 'reply') transmit({ ...to, classifier: 'reply' }, answer.command)
    else transmit({ ...to, classifier: 'result' }, resultCommand(answer.errorNumber, answer.text))
  }

  const late = lateAnswers({ clock, from, reply })
  const part: LinkPart = {
    device,
    from,
    isBound: management.isBound,
    mayWrite: late.mayWrite,
    ownData: management.data,
    call: management.call,
    told(header, command) {
      takeNote(header, command)
      if (!isOver) options.onData?.(link, header.source, command)
    },
    answered: (header, command) => void asked.settle(header.reference, answerIn(header, command)),
  }
  /** What it says about itself has effect before whoever asked for it hears of it. */
  function takeNote(header: Header, { name, data, filters }: Command): void {
    if (!isSameFeature(header.source, NODE_MANAGEMENT)) return
    if (name === 'nodeManagementUseCaseData') remote = withUseCases(remote, data)
    else if (name === 'nodeManagementDetailedDiscoveryData') {
      remote = discovered(remote, data, filters.length > 0)
      management.forgetGone()
    } else return
    options.onDiscovered?.(link)
  }

  const stopListening = device.onChange((ref, name, data) => {
    if (isNodeManagement(ref)) return
    for (const { client } of management.subscribers({ entity: ref.entity, feature: ref.id }))
      transmit({ source: own(ref), destination: theirs(client), classifier: 'notify' }, writeCommand(name, data))
  })
  const stopEntities = tellEntities(device, management, (client, command) =>
    transmit({ source: own(OWN_MANAGEMENT), destination: theirs(client), classifier: 'notify' }, command),
  )
  function theirs(client: FeatureAddress): FeatureAddress {
    return client.device !== undefined || remote.address === null ? client : { ...client, device: remote.address }
  }

  const link: SpineLink = {
    from,
    remote: () => remote,
    bindings: management.bindings,
    subscriptions: management.subscriptions,
    receive(payload) {
      if (isOver) return
      const datagram = readDatagram(payload)
      if (!datagram.ok) return options.close(datagram.refusal)
      const { header } = datagram.value
      const answer = handle(datagram.value, part)
      if (answer instanceof Promise) late.reply(header, answer)
      else reply(header, answer)
      if (!isOver && management.hasChanged()) options.onTies?.(link)
    },
    read: (source, destination, name) => ask(source, destination, 'read', writeCommand(name, {})),
    write: (source, destination, { name, data, filters }) => ask(source, destination, 'write', writeCommand(name, data, filters)),
    subscribe: (source, destination, type) => tie('subscription', source, destination, type),
    bind: (source, destination, type) => tie('binding', source, destination, type),
    ended() {
      isOver = true
      stopEntities()
      stopDiscovery()
      stopListening()
      late.end()
      asked.end()
    },
  }
  function tie(kind: 'subscription' | 'binding', source: FeatureRef, destination: FeatureAddress, type: string) {
    return ask(OWN_MANAGEMENT, NODE_MANAGEMENT, 'call', tieRequest(kind, own(source), theirs(destination), type))
  }
  stopDiscovery = keepDiscovering(link, clock)
  return link
}

/** The answer that a result or a reply is. */
function answerIn({ classifier }: Header, command: Command | null): SpineAnswer {
  const data = command?.data ?? {}
  return classifier === 'result'
    ? answerOfResult(child(data, 'errorNumber'), child(data, 'description'))
    : { ok: true, value: data }
}

/** Asks until the other end has said what it is, then for its use cases and to be told of changes. Returns a way to stop. */
function keepDiscovering(link: SpineLink, clock: Clock): () => void {
  let isStopped = false
  let cancelRetry = () => {}
  async function discover(attempt: number): Promise<void> {
    const answer = await link.read(OWN_MANAGEMENT, NODE_MANAGEMENT, 'nodeManagementDetailedDiscoveryData')
    if (isStopped) return
    if (answer.ok && link.remote().features.length > 0) {
      void link.subscribe(OWN_MANAGEMENT, NODE_MANAGEMENT, 'NodeManagement')
      void link.read(OWN_MANAGEMENT, NODE_MANAGEMENT, 'nodeManagementUseCaseData')
      return
    }
    // The wait for the answer is part of it.
    const hasWaited = !answer.ok && answer.refusal.kind === 'silence'
    const wait = RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)]! - (hasWaited ? RESPONSE_MAX_MS : 0)
    cancelRetry = clock.after(wait, `spine discovery ${link.from}`, () => void discover(attempt + 1))
  }
  void discover(0)
  return () => {
    isStopped = true
    cancelRetry()
  }
}

/** Tells those who have subscribed to node management what of ours comes and goes. Returns a way to stop. */
function tellEntities(device: LocalDevice, management: Management, tell: (client: FeatureAddress, command: PlainObject) => void) {
  return device.onEntities((changed, isPresent) => {
    management.forgetGone()
    const change = writeCommand('nodeManagementDetailedDiscoveryData', entityChange(device, changed, isPresent), CHANGES)
    const useCases = writeCommand('nodeManagementUseCaseData', useCaseData(device))
    for (const { client } of management.subscribers(NODE_MANAGEMENT)) for (const one of [change, useCases]) tell(client, one)
  })
}
