// `gegenstrom eebus hems`: an energy manager by itself, which a guard limits over EEBUS (Controllable System of LPC and LPP).
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { LimitedParts } from '../../adapters/eebus/use-cases/system-data.ts'
import { failsafeDuration, failsafeLimit, startSystem } from '../../domain/limitation/controllable-system.ts'
import type { Direction } from '../../domain/limitation/limit.ts'
import { limitedDevice } from '../../domain/limitation/limited-device.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import { watts } from '../../domain/units.ts'
import { openMqttSystem } from '../compose/mqtt-eebus.ts'
import { openEebus } from '../compose/open-eebus.ts'
import { brokerProblem } from '../config.ts'
import { failsafeFile, type FailsafeFile } from '../files/kept-failsafe.ts'
import { hostClock } from '../run/clock.ts'
import { limitedPart, type RunningLimitedPart } from '../run/limitation/limited-part.ts'
import { eventLines, standingOfSystem, type Tell } from './eebus-lines.ts'
import { exitError, type CommandIo } from './exit.ts'
import { brokerOf } from './grid-doors.ts'
import { lastResort } from './last-resort.ts'
import { configOrExit } from './config-or-exit.ts'
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
  /** Limited over this broker instead, as the manager of a site of a tenant. */
  readonly mqtt?: string
  readonly tenant?: string
  readonly site?: string
  readonly for?: number
  readonly json: boolean
}

/** Runs until it is stopped. */
export async function hems(options: HemsOptions, io: CommandIo): Promise<void> {
  const { home } = options
  const clock = hostClock()
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
  const running = [parts.consume, parts.produce].filter((one) => one !== null)
  const around = { clock, parts, tell }
  const opened = await open(options, around).catch((error: Error) => {
    clock.stop()
    throw error
  })
  for (const one of running) tell('ready', standingOfSystem(one.system(), clock.elapsed()), opened.facts)
  const uncover = lastResort({ note: (_, error) => tell('failure', null, { reason: String(error) }) })
  await untilSignal(options.for ?? null)
  await opened.stop()
  for (const one of running) one.stop()
  clock.stop()
  uncover()
}

interface Opened {
  readonly facts: Readonly<Record<string, string | number>>
  stop(): Promise<void>
}
type Opening = Pick<Around, 'clock' | 'tell'> & { readonly parts: LimitedParts }

/** The way by which guards reach it. */
async function open(options: HemsOptions, around: Opening): Promise<Opened> {
  return options.mqtt === undefined ? openShip(options, around) : openMqtt(options.mqtt, options, around)
}
async function openShip({ home, ...options }: HemsOptions, { clock, parts, tell }: Opening): Promise<Opened> {
  const opened = await openEebus({
    home,
    port: options.port,
    ...(options.host === undefined ? {} : { host: options.host }),
    isAnnounced: options.announce,
    always: () => options.trust,
    clock,
    partsOf: () => parts,
    hint: (ski) => `to let it in: gegenstrom eebus trust ${ski} --home ${home}`,
    tell: (event, facts) => tell(event, null, facts),
  })
  return { facts: { ski: opened.ski, port: opened.port }, stop: opened.stop }
}
function openMqtt(url: string, { tenant, site }: HemsOptions, { clock, parts, tell }: Opening): Opened {
  if (tenant === undefined || site === undefined) throw exitError(2, 'of which site? give --tenant and --site with --mqtt')
  // User, password and certificates as for the service.
  const config = { ...configOrExit(), MQTT_URL: url }
  const problem = brokerProblem(config)
  if (problem !== null) throw exitError(2, problem)
  const name = `hems-${createHash('sha256').update(`${tenant}/${site}`).digest('hex').slice(0, 16)}`
  const post = openMqttSystem({
    broker: brokerOf(config)!,
    clientId: `gegenstrom-${name}`,
    prefix: config.MQTT_EEBUS_TOPIC,
    place: { tenant, site },
    node: name,
    clock,
    parts,
    tell: (event, facts) => tell(event, null, facts),
  })
  return { facts: { tenant, site }, stop: post.stop }
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
