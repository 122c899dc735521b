// What the use cases of an energy manager say together of its house: powers in our sign and units, and its cars.
import type { HouseCar, HouseReading } from '../../../domain/ports/house-reading.ts'
import type { SiteId } from '../../../domain/registry/identity.ts'
import type { SiteLoad } from '../../../domain/signals/site-load.ts'
import { slotAt } from '../../../domain/time/slot.ts'
import { share, wattHours, watts, type Energy, type Power } from '../../../domain/units.ts'
import type { ClientUseCase } from './client-use-case.ts'
import { CEVC } from './coordinated-charging.ts'
import { EVCEM, type EvcemValues } from './ev-charging-electricity.ts'
import { evcc } from './ev-commissioning.ts'
import { EVSOC } from './ev-state-of-charge.ts'
import { PHASES } from './measurand.ts'
import { MGCP, type MgcpValues } from './monitoring-of-grid-connection-point.ts'
import { MPC } from './monitoring-of-power-consumption.ts'
import type { Told } from './watch.ts'

/** Where nobody measures the voltage; V. */
const NOMINAL_VOLTS = 230

/** The house that is told of; with several connection points the first one is that of the house. */
export function houseReading(all: readonly Told[]): HouseReading {
  const [point] = toldOf(all, MGCP)
  const power = point?.values.values.power
  const cars = toldOf(all, EVCC).map(({ place }) => carAt(place, all, point?.values ?? null))
  const connection = power === undefined ? null : watts(power.value)
  const areCarsKnown = cars.every((car) => car.power !== null)
  return {
    at: power?.heardAt ?? null,
    measuredAt: power?.measuredAt ?? null,
    fault: point?.values.faults.power ?? null,
    hasMeter: point !== undefined,
    connection,
    besideCars:
      connection === null || !areCarsKnown ? null : cars.reduce<Power>((rest, car) => watts(rest - (car.power ?? 0)), connection),
    parts: toldOf(all, MPC).flatMap(({ place, kind, values }) => {
      const measured = values.values.power
      return measured === undefined ? [] : [{ place, kind, power: watts(measured.value), at: measured.heardAt }]
    }),
    cars,
  }
}

/** What is read now as the foresight that a site is told: it goes on like this for so many quarter-hours. Null where it is not known. */
export function loadOfSite(site: SiteId, { at, besideCars }: HouseReading, slots: number): SiteLoad | null {
  if (at === null || besideCars === null) return null
  return { site, asOf: at, first: slotAt(at), power: Array.from({ length: slots }, () => besideCars) }
}

/** It is told of by its name and its kind of values, whoever makes its pseudonyms. */
const EVCC = evcc((identification) => identification)

function toldOf<Values>(all: readonly Told[], useCase: ClientUseCase<Values>) {
  return all
    .filter((one) => one.useCase === useCase.short && one.values !== null)
    .map(({ partner, values }) => ({
      place: partner.entity.join('.'),
      kind: partner.entityType,
      values: values as Values,
    }))
}

function carAt(place: string, all: readonly Told[], point: MgcpValues | null): HouseCar {
  const at = <Values>(useCase: ClientUseCase<Values>) => toldOf(all, useCase).find((one) => one.place === place)?.values ?? null
  const [commissioning, electricity, battery, coordination] = [at(EVCC), at(EVCEM), at(EVSOC), at(CEVC)]
  const told = battery?.values['state-of-charge']
  const demand = coordination?.demand ?? null
  return {
    place,
    power: electricity === null ? null : powerOf(electricity, point),
    soc: told === undefined ? null : share(told.value / 100),
    socAt: told?.heardAt ?? null,
    capacity: energy(battery?.capacity),
    charging: commissioning?.charging ?? null,
    pseudonyms: (commissioning?.identifications ?? []).map(({ pseudonym }) => pseudonym),
    demand:
      demand === null ? null : { minimum: energy(demand.minimum), optimum: energy(demand.optimum), departure: demand.departure },
  }
}

/** Measured phase by phase, else by currents at the voltage of the house. */
function powerOf({ values }: EvcemValues, point: MgcpValues | null): Power | null {
  const phases = PHASES.flatMap((phase) => {
    const volts = point?.values[`voltage-${phase}`]?.value ?? NOMINAL_VOLTS
    const [power, current] = [values[`power-${phase}`]?.value, values[`current-${phase}`]?.value]
    return power !== undefined ? [power] : current !== undefined ? [current * volts] : []
  })
  return phases.length === 0 ? null : watts(phases.reduce((sum, power) => sum + power, 0))
}

function energy(value: number | null | undefined): Energy | null {
  return value === null || value === undefined ? null : wattHours(value)
}
