// `gegenstrom eebus watch`: what another device is and what it says, as JSON lines.
import type { Command } from 'commander'
import { shipNode, type ShipNode } from '../../adapters/eebus/ship/node.ts'
import { trustStore } from '../../adapters/eebus/ship/trust-store.ts'
import { spineLink, type SpineLink } from '../../adapters/eebus/spine/link.ts'
import type { RemoteDevice } from '../../adapters/eebus/spine/remote-device.ts'
import { clientRef } from '../../adapters/eebus/use-cases/features.ts'
import { carManager, type CarWish } from '../../adapters/eebus/use-cases/car-manager.ts'
import { houseReading, loadOfSite } from '../../adapters/eebus/use-cases/house.ts'
import { MONITOR_ENTITY, monitoredUseCases, monitorDevice } from '../../adapters/eebus/use-cases/monitor.ts'
import { watch } from '../../adapters/eebus/use-cases/watch.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { HouseReading } from '../../domain/ports/house-reading.ts'
import { id } from '../../domain/registry/identity.ts'
import { instantText, startOf } from '../../domain/time/slot.ts'
import { addressOf } from '../compose/eebus.ts'
import { pseudonyms } from '../files/pseudonyms.ts'
import { shipIdentity } from '../files/ship-identity.ts'
import { hostClock } from '../run/clock.ts'
import { duration } from './duration-option.ts'
import { homeOf, shipUrl, skiOption } from './eebus-options.ts'
import { usageExit, type CommandIo } from './exit.ts'
import { readInput } from './input-file.ts'
import { numberWithin, wholeWithin } from './number-option.ts'
import { readPrices } from './offline-input.ts'
import { untilSignal } from './until-signal.ts'

interface WatchOptions {
  readonly home?: string
  readonly connect: string
  readonly trust: string
  readonly fuseA: number
  readonly currentA?: number
  readonly recommendA?: number
  readonly limitW?: number
  readonly prices?: string
  readonly site?: string
  readonly for?: number
}

/** Adds `watch` to the group of EEBUS commands. Ends with 0 when stopped, 2 when called wrongly. */
export function eebusWatch(group: Command, io: CommandIo): void {
  group
    .command('watch')
    .description('print what another device is, and what it says of its house, its station and its car')
    .requiredOption('--connect <url>', 'the device, as wss://HOST:PORT/ship/', shipUrl)
    .requiredOption('--trust <ski>', 'SKI of the device', skiOption)
    .option('--current-a <amperes>', 'hold its car to this current by phase (OPEV)', numberWithin(0, 80))
    .option('--recommend-a <amperes>', 'recommend this current by phase to its car (OSCEV)', numberWithin(0, 80))
    .option('--fuse-a <amperes>', 'never more by phase than this', numberWithin(6, 80), 16)
    .option('--limit-w <watts>', 'power that its car may plan with (CEVC)', wholeWithin(0, 1_000_000))
    .option('--prices <file>', 'tell its car what energy costs (CEVC): start,price_eur_mwh')
    .option('--site <id>', 'print what PUT /v1/sites/{site}/load takes as well, for the hour that begins')
    .option('--home <folder>', 'folder of our key (default: GEGENSTROM_HOME)')
    .option('--for <duration>', 'how long, as 30m; without it until stopped', duration)
    .addHelpText('after', '\nExample:\n  $ gegenstrom eebus watch --connect wss://192.168.1.20:4712/ship/ --trust 0123…cdef\n')
    .exitOverride(usageExit)
    .configureOutput({ writeOut: io.stdout, writeErr: io.stderr })
    .action((options: WatchOptions) => run(options, io))
}

async function run(options: WatchOptions, io: CommandIo): Promise<void> {
  const { home, connect, trust, for: forMs } = options
  const wish = await wishOf(options)
  const clock = hostClock()
  const identity = shipIdentity(homeOf(home), clock.now())
  io.stderr(`our SKI is ${identity.ski}; the other end has to trust it\n`)
  const node: ShipNode = shipNode({
    identity,
    id: addressOf(identity),
    clock,
    trust: trustStore([trust]),
    random: Math.random,
    onOpen: ({ peer, send, close }) => watching({ peer, send, close, clock, io, identity, wish, site: options.site ?? null }),
    onEnd: (_, reason) => io.stderr(`no connection: ${reason}\n`),
  })
  node.call(connect, trust)
  await untilSignal(forMs ?? null)
  await node.close()
  clock.stop()
}

/** Null where nothing is wished. */
async function wishOf({ fuseA, currentA, recommendA, limitW, prices }: WatchOptions): Promise<CarWish | null> {
  if ([currentA, recommendA, limitW, prices].every((one) => one === undefined)) return null
  return {
    fuse: fuseA,
    ...(currentA === undefined ? {} : { current: currentA }),
    ...(recommendA === undefined ? {} : { recommended: recommendA }),
    ...(limitW === undefined ? {} : { power: limitW }),
    ...(prices === undefined ? {} : { prices: readPrices(prices, await readInput(prices)).prices }),
  }
}

interface Watched {
  readonly peer: string
  readonly send: Parameters<typeof spineLink>[0]['send']
  readonly close: () => void
  readonly clock: Clock
  readonly io: CommandIo
  readonly identity: { readonly ski: string; readonly privateKeyPem: string }
  readonly wish: CarWish | null
  readonly site: string | null
}
/** A line for the device, one for each change of a partner, and one for each change of the house they make together. */
function watching({ peer, send, close, clock, io, identity, wish, site }: Watched) {
  // Under a key of ours, so that they are the same next time and nobody else's.
  const useCases = monitoredUseCases(pseudonyms(identity.privateKeyPem))
  let [device, house] = ['', '']
  const line = (content: object) => io.stdout(`${JSON.stringify({ at: instantText(clock.now()), ...content })}\n`)
  const own = monitorDevice(addressOf(identity), useCases)
  const clientFor = (type: string) => clientRef(MONITOR_ENTITY, type)
  const link: SpineLink = spineLink({
    device: own,
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
    clientFor,
    onTold(one) {
      const { useCase, partner, values } = one
      const { entity, entityType } = partner
      line({ useCase, entity, entityType, values })
      const all = houseReading(ours.all())
      const { at: _, ...reading } = all
      const text = JSON.stringify(reading)
      if (text !== house) {
        line({ house: reading })
        if (site !== null) tellLoad(line, site, all)
      }
      house = text
      manager?.told(one)
    },
  })
  const manager =
    wish === null
      ? null
      : carManager({
          link,
          clock,
          device: own,
          entity: MONITOR_ENTITY,
          clientFor,
          wish,
          onWritten: (written, entity, outcome) => line({ written, entity, outcome }),
        })
  return {
    receive: link.receive,
    ended() {
      manager?.stop()
      ours.stop()
      link.ended()
    },
  }
}

/** As the API takes it: four quarter-hours, which go on like now. */
function tellLoad(line: (content: object) => void, site: string, reading: HouseReading): void {
  const load = loadOfSite(id(site), reading, 4)
  if (load === null) return
  const { asOf, first, power } = load
  line({ site, load: { asOf: instantText(asOf), start: instantText(startOf(first)), powerW: power } })
}

function descriptionOf({ address, type, entities, useCases }: RemoteDevice): object {
  return { address, type, entities, useCases }
}
