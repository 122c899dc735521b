// The energy manager of a dimmed night's house: limited by the control box over EEBUS as a Controllable System, it shares what it has between heat pump, battery and cars, and limits the cars as their guard, to whom it tells what its meter says.
import type { NodeIdentity } from '../../adapters/eebus/ship/certificate.ts'
import { trustStore } from '../../adapters/eebus/ship/trust-store.ts'
import { METERED, playedMeter } from '../../adapters/eebus/use-cases/played-meter.ts'
import { household, type HouseholdNow } from '../../adapters/twin/household.ts'
import type { InFlight } from '../../adapters/wire/in-flight.ts'
import { ceiling, startSystem } from '../../domain/limitation/controllable-system.ts'
import { guardSettings, startGuard } from '../../domain/limitation/energy-guard.ts'
import { limitedDevice } from '../../domain/limitation/limited-device.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import { assert } from '../../domain/result.ts'
import { watts } from '../../domain/units.ts'
import { eebusGuard, eebusSystem } from '../compose/eebus.ts'
import { guidedPart } from '../run/limitation/guided-part.ts'
import { limitedPart } from '../run/limitation/limited-part.ts'
import type { GuidedSystem } from './dimming-box.ts'

export interface HemsOptions {
  readonly seed: string
  readonly identity: NodeIdentity
  /** SKI of the control box. */
  readonly box: string
  readonly clock: Clock
  readonly work: InFlight
  /** What the cars of the house take, W. */
  readonly carsW: () => number
}
/** What the house takes at its connection, W, and of what it is made up. */
export interface HouseTruth extends HouseholdNow {
  readonly cars: number
  readonly connection: number
}
export interface Hems {
  /** Waits for the control box; resolves with its port. */
  listen(): Promise<number>
  /** Guides the cars of its house at whoever leads them. */
  guide(cars: GuidedSystem): Promise<void>
  now(): HouseTruth
  /** What holds at its connection, W; null for nothing. */
  limitW(): number | null
  stop(): Promise<void>
}

export const HEMS_FAILSAFE_W = 6_000
const NOMINAL_W = 34_500
const CYCLE_MS = 10_000
/** Its meter is told about so often. */
const METER_MS = 60_000

/** An energy manager that knows nobody yet: its failsafe limit holds. */
export function hems({ seed, identity, box, clock, work, carsW }: HemsOptions): Hems {
  const device = limitedDevice({
    direction: 'consume',
    role: 'energy-manager',
    nominalMax: watts(NOMINAL_W),
    failsafeLimit: watts(HEMS_FAILSAFE_W),
  })
  assert(device.ok, 'the house can be limited')
  const house = household({ seed, from: clock.now() })
  const limited = limitedPart({ clock, name: 'hems', system: startSystem(device.value, clock.elapsed()) })
  const guided = guidedPart({ clock, name: 'hems cars', guard: startGuard(guardSettings('consume', watts(0)), clock.elapsed()) })
  const system = eebusSystem({
    identity,
    trust: trustStore([box]),
    clock,
    random: () => 0,
    inFlight: work,
    partsOf: () => ({ consume: limited, produce: null }),
  })
  let guard: ReturnType<typeof eebusGuard> | null = null
  let meter: ReturnType<typeof playedMeter> | null = null
  let told: number | null | undefined
  let cancel = () => {}

  /** Its contract allows more than house and cars could take. */
  function limitW(): number | null {
    const { by, power } = ceiling(limited.system(), clock.elapsed())
    return by === 'none' || by === 'nominal-maximum' ? null : power
  }
  function manage(): void {
    const most = limitW()
    house.limit(most)
    house.pass(clock.now(), carsW())
    if (most === told) return
    told = most
    const share = most === null ? 0 : house.shareOfCars(most)
    guided.take({ kind: 'want-limit', limit: { isActive: most !== null, value: watts(share), durationMs: null } })
  }
  function now(): HouseTruth {
    const cars = carsW()
    const of = house.at(clock.now(), cars)
    return { ...of, cars, connection: of.load + of.sun + of.heatPump + of.battery + cars }
  }
  function cycle(): void {
    manage()
    if (clock.now() % METER_MS < CYCLE_MS) meter?.tell(now(), clock.now())
    cancel = clock.after(CYCLE_MS, 'hems', cycle)
  }
  limited.listen({ changed: manage, beat() {} })
  cycle()
  return {
    listen: () => system.listen(0, '127.0.0.1'),
    async guide({ ski, port }) {
      guard = eebusGuard({
        identity,
        trust: trustStore([ski]),
        clock,
        random: () => 0,
        inFlight: work,
        partsOf: () => ({ consume: guided, produce: null }),
        serves: { ...METERED, onDevice: (device) => void (meter = playedMeter(device)) },
      })
      guard.call(`wss://127.0.0.1:${port}/ship/`, ski)
      await work.idle()
    },
    now,
    limitW,
    async stop() {
      cancel()
      limited.stop()
      guided.stop()
      await guard?.close()
      await system.close()
    },
  }
}
