// `gegenstrom eebus hems`: an energy manager by itself, which a guard limits over EEBUS (Controllable System of LPC and LPP).
import { join } from 'node:path'
import { announce } from '../../adapters/eebus/ship/announce.ts'
import { trustStore } from '../../adapters/eebus/ship/trust-store.ts'
import { failsafeDuration, failsafeLimit, startSystem } from '../../domain/limitation/controllable-system.ts'
import type { Direction } from '../../domain/limitation/limit.ts'
import { limitedDevice } from '../../domain/limitation/limited-device.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import { watts } from '../../domain/units.ts'
import { addressOf, eebusSystem } from '../compose/eebus.ts'
import { followTrusted } from '../files/eebus-trust-file.ts'
import { failsafeFile, type FailsafeFile } from '../files/kept-failsafe.ts'
import { shipIdentity } from '../files/ship-identity.ts'
import { hostClock } from '../run/clock.ts'
import { limitedPart, type RunningLimitedPart } from '../run/limitation/limited-part.ts'
import { eventLines, standingOfSystem, type Tell } from './eebus-lines.ts'
import { exitError, type CommandIo } from './exit.ts'
import { trustFileIn } from './eebus-trust.ts'
import { lastResort } from './last-resort.ts'
import { untilSignal } from './until-signal.ts'

export interface HemsOptions {
  readonly home: string
  readonly port: number
  readonly host?: string
  readonly trust: readonly string[]
  readonly consumptionW?: number
  readonly productionW?: number
  readonly failsafeW: number
  readonly failsafeProductionW: number
  readonly announce: boolean
  readonly for?: number
  readonly json: boolean
}

/** Runs until it is stopped. */
export async function hems(options: HemsOptions, io: CommandIo): Promise<void> {
  const { home } = options
  const clock = hostClock()
  const identity = shipIdentity(home, clock.now())
  const tell = eventLines(io, clock, options.json)
  const kept = failsafeFile(join(home, 'eebus-failsafe.json'))
  const parts = {
    consume: part(
      'consume',
      { nominalMax: options.consumptionW ?? null, failsafeLimit: options.failsafeW },
      { clock, kept, tell },
    ),
    produce:
      options.productionW === undefined
        ? null
        : part('produce', { nominalMax: options.productionW, failsafeLimit: options.failsafeProductionW }, { clock, kept, tell }),
  }
  const trust = trustStore(options.trust, 'wait')
  const node = eebusSystem({
    identity,
    clock,
    trust,
    partsOf: () => parts,
    onOpen: (ski) => tell('connected', null, { peer: ski }),
    onEnd: (ski, reason) => tell('disconnected', null, { peer: ski, reason }),
    onStranger: (ski) => tell('stranger-waits', null, { peer: ski, hint: `to let it in: gegenstrom eebus trust ${ski}` }),
  })
  const port = await node.listen(options.port, options.host).catch((error: NodeJS.ErrnoException) => {
    clock.stop()
    throw exitError(1, `port ${options.port}: ${error.code === 'EADDRINUSE' ? 'something listens there already' : error.message}`)
  })
  const running = [parts.consume, parts.produce].filter((one) => one !== null)
  for (const one of running) tell('ready', standingOfSystem(one.system(), clock.elapsed()), { ski: identity.ski, port })
  const hide = options.announce
    ? announce({ ski: identity.ski, id: addressOf(identity), port }, (reason) => tell('not-announced', null, { reason }))
    : async () => {}
  const stopFollowing = followTrusted({
    file: trustFileIn(home),
    always: options.trust,
    store: trust,
    clock,
    onFailure: (reason) => tell('trust-unreadable', null, { reason }),
  })
  const uncover = lastResort({ note: (_, error) => tell('failure', null, { reason: String(error) }) })
  await untilSignal(options.for ?? null)
  stopFollowing()
  await hide()
  await node.close()
  for (const one of running) one.stop()
  clock.stop()
  uncover()
}

interface Around {
  readonly clock: Clock
  readonly kept: FailsafeFile
  readonly tell: Tell
}
function part(
  direction: Direction,
  watt: { readonly nominalMax: number | null; readonly failsafeLimit: number },
  { clock, kept, tell }: Around,
): RunningLimitedPart {
  const device = limitedDevice({
    direction,
    role: 'energy-manager',
    nominalMax: watt.nominalMax === null ? null : watts(watt.nominalMax),
    failsafeLimit: watts(watt.failsafeLimit),
  })
  if (!device.ok) throw exitError(2, device.refusal)
  const running = limitedPart({
    clock,
    name: `eebus ${direction}`,
    system: startSystem(device.value, clock.elapsed(), kept.kept[direction]),
    async keep(before, { state }) {
      if (state.written !== before.written) kept.keep(direction, state.written)
    },
  })
  let last = running.system()
  running.listen({
    changed(system, changes) {
      const standing = standingOfSystem(system, clock.elapsed())
      for (const { cause, from, transition } of changes) tell(cause, standing, { from, transition })
      const isLimited = system.standing.name === 'limited' && last.standing.name === 'limited'
      if (isLimited && system.standing !== last.standing) tell('limit-changed', standing)
      if (system.written !== last.written)
        tell('failsafe-written', standing, { failsafeW: failsafeLimit(system), failsafeS: failsafeDuration(system) / 1_000 })
      last = system
    },
    beat() {},
  })
  return running
}
