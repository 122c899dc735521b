// `gegenstrom eebus watch`: what another device is and what it says, as JSON lines.
import { resolve } from 'node:path'
import { InvalidArgumentError, type Command } from 'commander'
import { parseSki } from '../../adapters/eebus/ship/certificate.ts'
import { shipNode, type ShipNode } from '../../adapters/eebus/ship/node.ts'
import { trustStore } from '../../adapters/eebus/ship/trust-store.ts'
import { spineLink, type SpineLink } from '../../adapters/eebus/spine/link.ts'
import type { RemoteDevice } from '../../adapters/eebus/spine/remote-device.ts'
import { clientRef } from '../../adapters/eebus/use-cases/features.ts'
import { houseReading } from '../../adapters/eebus/use-cases/house.ts'
import { MONITOR_ENTITY, monitoredUseCases, monitorDevice } from '../../adapters/eebus/use-cases/monitor.ts'
import { watch } from '../../adapters/eebus/use-cases/watch.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import { instantText } from '../../domain/time/slot.ts'
import { pseudonyms } from '../files/pseudonyms.ts'
import { shipIdentity } from '../files/ship-identity.ts'
import { hostClock } from '../run/clock.ts'
import { duration } from './duration-option.ts'
import { usageExit, type CommandIo } from './exit.ts'
import { configOrExit } from './serve.ts'
import { untilSignal } from './until-signal.ts'

interface WatchOptions {
  readonly home?: string
  readonly connect: string
  readonly trust: string
  readonly for?: number
}

/** Adds `watch` to the group of EEBUS commands. Ends with 0 when stopped, 2 when called wrongly. */
export function eebusWatch(group: Command, io: CommandIo): void {
  group
    .command('watch')
    .description('print what another device is, and what it says of its house, its station and its car')
    .requiredOption('--connect <url>', 'the device, as wss://HOST:PORT/ship/', shipUrl)
    .requiredOption('--trust <ski>', 'SKI of the device', skiOption)
    .option('--home <folder>', 'folder of our key (default: GEGENSTROM_HOME)')
    .option('--for <duration>', 'how long, as 30m; without it until stopped', duration)
    .addHelpText('after', '\nExample:\n  $ gegenstrom eebus watch --connect wss://192.168.1.20:4712/ship/ --trust 0123…cdef\n')
    .exitOverride(usageExit)
    .configureOutput({ writeOut: io.stdout, writeErr: io.stderr })
    .action((options: WatchOptions) => run(options, io))
}

async function run({ home, connect, trust, for: forMs }: WatchOptions, io: CommandIo): Promise<void> {
  const clock = hostClock()
  const identity = shipIdentity(resolve(home ?? configOrExit().GEGENSTROM_HOME), clock.now())
  io.stderr(`our SKI is ${identity.ski}; the other end has to trust it\n`)
  const node: ShipNode = shipNode({
    identity,
    id: addressOf(identity.ski),
    clock,
    trust: trustStore([trust]),
    random: Math.random,
    onOpen: ({ peer, send, close }) => watching({ peer, send, close, clock, io, identity }),
    onEnd: (_, reason) => io.stderr(`no connection: ${reason}\n`),
  })
  node.call(connect, trust)
  await untilSignal(forMs ?? null)
  await node.close()
  clock.stop()
}

interface Watched {
  readonly peer: string
  readonly send: Parameters<typeof spineLink>[0]['send']
  readonly close: () => void
  readonly clock: Clock
  readonly io: CommandIo
  readonly identity: { readonly ski: string; readonly privateKeyPem: string }
}
/** A line for the device, one for each change of a partner, and one for each change of the house they make together. */
function watching({ peer, send, close, clock, io, identity }: Watched) {
  // Under a key of ours, so that they are the same next time and nobody else's.
  const useCases = monitoredUseCases(pseudonyms(identity.privateKeyPem))
  let [device, house] = ['', '']
  const line = (content: object) => io.stdout(`${JSON.stringify({ at: instantText(clock.now()), ...content })}\n`)
  const link: SpineLink = spineLink({
    device: monitorDevice(addressOf(identity.ski), useCases),
    from: peer,
    clock,
    send,
    close,
    onDiscovered() {
      const text = JSON.stringify(descriptionOf(link.remote()))
      if (text !== device) line({ device: descriptionOf(link.remote()) })
      device = text
      ours.discovered()
    },
    onData: (_, from, command) => ours.take(from, command),
  })
  const ours = watch({
    link,
    clock,
    useCases,
    clientFor: (type) => clientRef(MONITOR_ENTITY, type),
    onTold({ useCase, partner: { entity, entityType }, values }) {
      line({ useCase, entity, entityType, values })
      const { at: _, ...reading } = houseReading(ours.all())
      const text = JSON.stringify(reading)
      if (text !== house) line({ house: reading })
      house = text
    },
  })
  return {
    receive: link.receive,
    ended() {
      ours.stop()
      link.ended()
    },
  }
}

function descriptionOf({ address, type, entities, useCases }: RemoteDevice): object {
  return { address, type, entities, useCases }
}

function addressOf(ski: string): string {
  return `d:_n:Gegenstrom_${ski.slice(0, 16)}`
}

/** An SKI of 40 hex digits. */
export function skiOption(text: string): string {
  const found = parseSki(text)
  if (found === null) throw new InvalidArgumentError('an SKI has 40 hex digits')
  return found
}
function shipUrl(text: string): string {
  const url = URL.parse(text)
  if (url?.protocol !== 'wss:' || url.hostname === '')
    throw new InvalidArgumentError('an address such as wss://192.168.1.20:4712/ship/')
  return url.href
}
