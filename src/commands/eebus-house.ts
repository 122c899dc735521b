// `gegenstrom eebus house`: a played house with a meter, PV, a charging station and a car, to try out whatever watches or limits one.
import { type Command } from 'commander'
import { shipNode } from '../../adapters/eebus/ship/node.ts'
import { trustStore } from '../../adapters/eebus/ship/trust-store.ts'
import { spineLink } from '../../adapters/eebus/spine/link.ts'
import { chargedSoc, playedHouse, type PlayedHouse } from '../../adapters/eebus/use-cases/played-house.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import { shipIdentity } from '../files/ship-identity.ts'
import { addressOf } from '../compose/eebus.ts'
import { hostClock } from '../run/clock.ts'
import { duration } from './duration-option.ts'
import { homeOf, shipUrl, skiOption } from './eebus-options.ts'
import { usageExit, type CommandIo } from './exit.ts'
import { wholeWithin } from './number-option.ts'
import { untilSignal } from './until-signal.ts'

interface HouseOptions {
  readonly home?: string
  readonly port: number
  readonly host?: string
  readonly connect?: string
  readonly trust: string
  readonly fuse: number
  readonly for?: number
}

const PORT = 4_712
const STEP_MS = 5_000
const [LOAD_W, SUN_W] = [650, 2_400]

/** Adds `house` to the group of EEBUS commands. Ends with 0 when stopped, 1 when the port cannot be opened, 2 when called wrongly. */
export function eebusHouse(group: Command, io: CommandIo): void {
  group
    .command('house')
    .description('a played house with meter, PV, charging station and car')
    .requiredOption('--trust <ski>', 'SKI of whoever may watch and limit it', skiOption)
    .option('--port <n>', 'port to listen on; 0 takes any', wholeWithin(0, 65_535), PORT)
    .option('--host <address>', 'address to listen on (default: all)')
    .option('--connect <url>', 'whom it calls, as wss://HOST:PORT/ship/, instead of waiting', shipUrl)
    .option('--home <folder>', 'folder of our key (default: GEGENSTROM_HOME)')
    .option('--fuse <amperes>', 'fuse of the charging station, by phase', wholeWithin(6, 63), 16)
    .option('--for <duration>', 'how long, as 30m; without it until stopped', duration)
    .addHelpText('after', '\nExample:\n  $ gegenstrom eebus house --trust 0123…cdef --home ./house\n')
    .exitOverride(usageExit)
    .configureOutput({ writeOut: io.stdout, writeErr: io.stderr })
    .action((options: HouseOptions) => run(options, io))
}

async function run(options: HouseOptions, io: CommandIo): Promise<void> {
  const clock = hostClock()
  const identity = shipIdentity(homeOf(options.home), clock.now())
  const address = addressOf(identity)
  const house = playedHouse({ address, clock, fuse: options.fuse })
  const node = shipNode({
    identity,
    id: address,
    clock,
    trust: trustStore([options.trust]),
    random: Math.random,
    onEnd: (_, reason) => io.stderr(`no connection: ${reason}\n`),
    onOpen({ peer, send, close }) {
      const link = spineLink({
        device: house.device,
        from: peer,
        clock,
        send,
        close: () => close(),
        onDiscovered: () => on.discovered(),
        onData: (_, from, command) => on.take(from, command),
      })
      const on = house.on(link)
      return {
        receive: link.receive,
        ended() {
          on.stop()
          link.ended()
        },
      }
    },
  })
  if (options.connect === undefined) {
    const port = await node.listen(options.port, options.host)
    io.stderr(`a house at port ${port}; its SKI is ${identity.ski}\n`)
  } else {
    node.call(options.connect, options.trust)
    io.stderr(`a house that calls ${options.connect}; its SKI is ${identity.ski}\n`)
  }
  const stop = living(house, clock)
  await untilSignal(options.for ?? null)
  stop()
  await node.close()
  clock.stop()
}

/** Its car needs 20 kWh within 8 h and charges with what it is recommended. Returns a way to stop. */
function living(house: PlayedHouse, clock: Clock): () => void {
  let soc = 0.4
  let cancel = () => {}
  house.need(20_000, 8 * 3_600_000)
  function step(): void {
    const car = house.curtailed.recommended()
    soc = chargedSoc(soc, car, STEP_MS)
    house.tell({ load: LOAD_W, sun: SUN_W, car, soc })
    cancel = clock.after(STEP_MS, 'played house', step)
  }
  step()
  return () => cancel()
}
