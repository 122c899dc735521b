// A house with a meter, PV, a charging station and a car, as one EEBUS device with all use cases: for trying things out and for tests.
import type { Clock } from '../../../domain/ports/clock.ts'
import type { Command } from '../spine/command.ts'
import type { FeatureAddress } from '../spine/address.ts'
import type { SpineLink } from '../spine/link.ts'
import { localDevice, type LocalDevice } from '../spine/local-device.ts'
import { cheapestPlan } from './cheapest-plan.ts'
import { coordinatedCar, COORDINATED, cevcCar, type CoordinatedCar } from './coordinated-car.ts'
import { CURTAILED, CURTAILED_USE_CASES, curtailedCar, type CurtailedCar } from './curtailed-car.ts'
import type { Currents } from './curtailment-rules.ts'
import { EVCC_SERVED, evccCar, tellCar } from './ev-commissioning.ts'
import { EVCEM_MEASURANDS, evcemCar } from './ev-charging-electricity.ts'
import { EVSECC_SERVED, evseccStation } from './evse-commissioning.ts'
import { EVSOC_MEASURANDS, EVSOC_SERVED, evsocCar, tellCapacity } from './ev-state-of-charge.ts'
import { clientFeatures, clientRef, entityFor } from './features.ts'
import { KEY_VALUES } from './key-values.ts'
import { tellManufacturer } from './manufacturer.ts'
import { MEASURED, measuring } from './measured.ts'
import { gridConnectionPoint, MGCP_MEASURANDS, tellCurtailment } from './monitoring-of-grid-connection-point.ts'
import { monitoredUnit, MPC_MEASURANDS } from './monitoring-of-power-consumption.ts'
import { tellOperatingState } from './operating-state.ts'
import { PULSE, type PulseValues } from './pulse.ts'
import type { Lasting, Stretch } from './time-series.ts'
import { watch } from './watch.ts'

/** Where the parts of the house are. */
export const HOUSE = { connection: [2], sun: [3], station: [4], car: [4, 1] } as const
const VOLTS = 230
const PERMITTED = { min: 6, max: 16, fallback: 0 } as const
const CAR = { capacity: 64_000, power: 11_040, identification: '04A2B3C4D5E680' } as const
const MS_PER_HOUR = 3_600_000

export interface PlayedHouseOptions {
  readonly address: string
  readonly clock: Clock
  /** A. */
  readonly fuse?: number
  readonly failsafe?: number
  /** Slots that the car takes at most. */
  readonly slotsMax?: number
}
export interface HouseNow {
  /** W that the house takes beside the car, and that its PV gives. */
  readonly load: number
  readonly sun: number
  /** A by phase that the car takes, at most what it may. */
  readonly car: Currents
  /** 0 to 1. */
  readonly soc: number
}
export interface PlayedHouse {
  readonly device: LocalDevice
  readonly curtailed: CurtailedCar
  readonly coordinated: CoordinatedCar
  /** What it has been told and what it plans, one after the other. */
  prices(): readonly Lasting<number>[]
  plan(): readonly Lasting<number>[]
  /** Tells what a demand of so many Wh within so many ms is, and plans by the prices that are known. */
  need(energy: number, ms: number): void
  /** The car comes or leaves. */
  setPlugged(isPlugged: boolean): void
  /** Tells all its values. */
  tell(now: HouseNow): void
  /** What runs on a link: hears the heartbeats of whoever limits the car. */
  on(link: SpineLink): { discovered(): void; take(from: FeatureAddress, command: Command): void; stop(): void }
}

/** A house whose car stands there and asks for nothing yet. */
export function playedHouse({ address, clock, fuse = 16, failsafe = 6, slotsMax = 96 }: PlayedHouseOptions): PlayedHouse {
  const device = deviceOf(address)
  const [connection, sun, evcem, evsoc] = [
    measuring({ device, entity: HOUSE.connection, measurands: MGCP_MEASURANDS }),
    measuring({ device, entity: HOUSE.sun, measurands: MPC_MEASURANDS }),
    measuring({ device, entity: HOUSE.car, measurands: EVCEM_MEASURANDS }),
    measuring({ device, entity: HOUSE.car, measurands: EVSOC_MEASURANDS, group: 1 }),
  ]
  configure(device)
  const curtailed = curtailedCar({ device, entity: HOUSE.car, clock, fuse, failsafe, permitted: PERMITTED })
  let [prices, limits, plan]: [readonly Lasting<number>[], readonly Stretch[], readonly Lasting<number>[]] = [[], [], []]
  let needed = { energy: 0, departure: 0 }
  const coordinated = coordinatedCar({
    device,
    entity: HOUSE.car,
    clock,
    slotsMax,
    onLimits(told) {
      limits = told
      planAgain()
    },
    onPrices(told) {
      prices = told
      planAgain()
    },
  })
  function planAgain(): void {
    if (needed.energy === 0 || prices.length === 0) return
    const { energy, departure } = needed
    plan = cheapestPlan({ from: clock.now(), prices, limits, energy, power: CAR.power, departure })
    coordinated.tellPlan(plan)
  }
  return {
    device,
    curtailed,
    coordinated,
    prices: () => prices,
    plan: () => plan,
    need(energy, ms) {
      needed = { energy, departure: clock.now() + ms }
      coordinated.tellDemand({ minimum: energy / 2, optimum: energy, maximum: energy * 1.5, ms })
      planAgain()
    },
    setPlugged(isPlugged) {
      if (!isPlugged) curtailed.replaced()
      device.setPresent(HOUSE.car, isPlugged)
    },
    tell({ load, sun: given, car, soc }) {
      const at = clock.now()
      const taken = (car.a + car.b + car.c) * VOLTS
      connection.tell({ power: { value: load - given + taken, at }, frequency: { value: 50, at } })
      sun.tell({ power: { value: 0 - given, at } })
      evcem.tell({
        'current-a': { value: car.a, at },
        'current-b': { value: car.b, at },
        'current-c': { value: car.c, at },
        'power-a': { value: car.a * VOLTS, at },
        'power-b': { value: car.b * VOLTS, at },
        'power-c': { value: car.c * VOLTS, at },
      })
      evsoc.tell({
        'state-of-charge': { value: soc * 100, at },
        'state-of-health': { value: 97, at },
        'travel-range': { value: soc * 400_000, at },
      })
      tellOperatingState(device, HOUSE.car, taken > 0 ? 'normalOperation' : 'standby')
    },
    on: (link) => heartbeatsOn(link, clock, curtailed),
  }
}

function heartbeatsOn(link: SpineLink, clock: Clock, curtailed: CurtailedCar) {
  const pulse = watch({
    link,
    clock,
    useCases: [PULSE],
    // The station hears for its cars: it stays.
    clientFor: (type) => clientRef(HOUSE.station, type),
    onTold: ({ values }) => curtailed.heard(link.from, values as PulseValues | null),
  })
  return {
    discovered: () => pulse.discovered(),
    take: pulse.take,
    stop() {
      pulse.stop()
      curtailed.heard(link.from, null)
    },
  }
}

function deviceOf(address: string): LocalDevice {
  const { connection, sun, station, car } = HOUSE
  return localDevice({
    address,
    type: 'EnergyManagementSystem',
    entities: [
      entityFor(connection, 'GridConnectionPointOfPremises', [MEASURED, KEY_VALUES]),
      entityFor(sun, 'SubMeterElectricity', [MEASURED]),
      entityFor(station, 'EVSE', EVSECC_SERVED, clientFeatures(['DeviceDiagnosis'])),
      entityFor(car, 'EV', [...EVCC_SERVED, MEASURED, EVSOC_SERVED, CURTAILED, COORDINATED], clientFeatures(['DeviceDiagnosis'])),
    ],
    useCases: [
      gridConnectionPoint(connection, [1, 2, 7]),
      monitoredUnit(sun, [1]),
      evseccStation(station),
      evccCar(car),
      evcemCar(car),
      evsocCar(car),
      ...CURTAILED_USE_CASES(car),
      cevcCar(car),
    ],
  })
}

function configure(device: LocalDevice): void {
  tellCurtailment(device, HOUSE.connection, 60)
  tellManufacturer(device, HOUSE.station, { deviceName: 'Played station', brandName: 'Gegenstrom', serialNumber: 'PLAYED-1' })
  tellOperatingState(device, HOUSE.station, 'normalOperation')
  tellManufacturer(device, HOUSE.car, { deviceName: 'Played car', brandName: 'Gegenstrom' })
  tellCar(device, HOUSE.car, {
    communicationStandard: 'iso15118-2ed2',
    isAsymmetric: false,
    identifications: [{ kind: 'eui48', value: CAR.identification }],
    power: { min: 4_140, max: CAR.power, fallback: 0 },
  })
  tellCapacity(device, HOUSE.car, CAR.capacity)
}

/** The state of charge of the car after it took so many A by phase for ms. */
export function chargedSoc(soc: number, { a, b, c }: Currents, ms: number): number {
  return Math.min(1, soc + ((a + b + c) * VOLTS * ms) / MS_PER_HOUR / CAR.capacity)
}
