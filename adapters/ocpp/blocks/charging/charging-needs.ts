// What a car wants, as 2.0.1 and 2.1 stations pass it on, in the domain's words.
import type { ChargingNeeds } from '../../../../domain/registry/session.ts'
import {
  CAPACITY_RANGE,
  CURRENT_RANGE,
  PERCENT_RANGE,
  POWER_RANGE,
  REQUEST_RANGE,
  VOLTAGE_RANGE,
} from '../../../../domain/telemetry/physical-range.ts'
import { share, wattHours, watts, type Power, type Soc } from '../../../../domain/units.ts'
import { instantOf, wireInstant } from '../../instant.ts'
import { possibleNumbers, type Impossible } from '../../possible-number.ts'

/** What a car and its station tell of one transaction; 2.0.1 has no `v2xChargingParameters` and no `controlMode`. */
export interface WireNeeds {
  readonly requestedEnergyTransfer: string
  readonly departureTime?: string
  readonly controlMode?: string
  readonly acChargingParameters?: {
    readonly energyAmount?: number
    readonly evMinCurrent?: number
    readonly evMaxCurrent?: number
  }
  readonly dcChargingParameters?: {
    readonly stateOfCharge?: number
    readonly evEnergyCapacity?: number
    readonly energyAmount?: number
    readonly evMaxPower?: number
    readonly evMaxCurrent?: number
    readonly evMaxVoltage?: number
  }
  readonly v2xChargingParameters?: Partial<Readonly<Record<V2xField, number>>>
}
type ByPhase<Name extends string> = Name | `${Name}_L2` | `${Name}_L3`
type V2xPower = 'minChargePower' | 'maxChargePower' | 'minDischargePower' | 'maxDischargePower'
type V2xField =
  | ByPhase<V2xPower>
  | 'minChargeCurrent'
  | 'maxChargeCurrent'
  | 'minDischargeCurrent'
  | 'maxDischargeCurrent'
  | 'minVoltage'
  | 'maxVoltage'
  | 'evTargetEnergyRequest'
  | 'evMinEnergyRequest'
  | 'evMaxEnergyRequest'
  | 'evMinV2XEnergyRequest'
  | 'evMaxV2XEnergyRequest'
  | 'targetSoC'

const AC_VOLTS = 230
/** A departure further away is a slip of the pen. */
const AHEAD_MAX_MS = 14 * 86_400_000

type Told = ReturnType<typeof possibleNumbers>

/** Needs in W, Wh and shares; discharge at most 0, what is missing or senseless is null. What cannot be is told to `impossible`. */
export function chargingNeeds(needs: WireNeeds, now: number, impossible: Impossible): ChargingNeeds {
  const told = possibleNumbers(impossible)
  const { requestedEnergyTransfer: transfer } = needs
  const phases = transfer === 'AC_single_phase' ? 1 : transfer === 'AC_two_phase' ? 2 : 3
  const { chargeMin, chargeMax } = chargePowers(needs, phases, told)
  const given = dischargePowers(needs, phases, told)
  const bidirectional = transfer.includes('BPT') && given.most !== null && given.most < 0
  const energies = energiesOf(needs, told)
  return {
    departure: departureOf(needs.departureTime, now, impossible),
    ...energies,
    chargeMin,
    chargeMax,
    dischargeMax: bidirectional ? given.most : null,
    dischargeMin: bidirectional ? given.least : null,
    bidirectional,
    phases,
    control: needs.controlMode === 'ScheduledControl' ? 'scheduled' : needs.controlMode === 'DynamicControl' ? 'dynamic' : null,
  }
}

/** How full it is, how full it wants to be, and how empty it may become. */
function energiesOf(
  { acChargingParameters: ac = {}, dcChargingParameters: dc = {}, v2xChargingParameters: v2x = {} }: WireNeeds,
  told: Told,
) {
  const energy = (field: keyof typeof v2x) => {
    const value = told(field, v2x[field], REQUEST_RANGE)
    return value === null ? null : wattHours(value)
  }
  // A capacity of nothing is no capacity.
  const capacity = dc.evEnergyCapacity === 0 ? null : told('evEnergyCapacity', dc.evEnergyCapacity, CAPACITY_RANGE)
  const soc = shareOf(told('stateOfCharge', dc.stateOfCharge, PERCENT_RANGE))
  const wanted = energy('evTargetEnergyRequest') ?? told('energyAmount', dc.energyAmount ?? ac.energyAmount, REQUEST_RANGE)
  const [energyMin, cycleEnergyMin] = [energy('evMinEnergyRequest'), energy('evMinV2XEnergyRequest')]
  return {
    capacity: capacity === null ? null : wattHours(capacity),
    soc,
    energyWanted: wanted === null || wanted < 0 ? null : wattHours(wanted),
    targetSoc: shareOf(told('targetSoC', v2x.targetSoC, PERCENT_RANGE)),
    minimumSoc: minimumOf(soc, capacity, [energyMin, cycleEnergyMin]),
    energyMin,
    energyMax: energy('evMaxEnergyRequest'),
    cycleEnergyMin,
    cycleEnergyMax: energy('evMaxV2XEnergyRequest'),
  }
}

/** What the car holds once the energy to its least is in it, or may at least hold when so much is taken out; null where nobody can tell. */
function minimumOf(soc: Soc | null, capacity: number | null, requests: readonly (number | null)[]): Soc | null {
  const known = requests.filter((one) => one !== null)
  if (soc === null || capacity === null || known.length === 0) return null
  // In whole percents, so that a minimum does not creep with the digits of a state of charge.
  const percent = Math.ceil((soc + Math.max(...known) / capacity) * 100 - 1e-6)
  return share(Math.min(100, Math.max(0, percent)) / 100)
}

/** Powers of single conductors are summed; currents count by the voltage they flow at, and the smallest of all bounds holds. */
function chargePowers(needs: WireNeeds, phases: number, told: Told): Pick<ChargingNeeds, 'chargeMin' | 'chargeMax'> {
  const { acChargingParameters: ac = {}, dcChargingParameters: dc = {}, v2xChargingParameters: v2x = {} } = needs
  const amperes = (name: string, value: number | undefined) => told(name, value, CURRENT_RANGE)
  const acPower = (current: number | null) => (current === null ? null : current * AC_VOLTS * phases)
  const least =
    powerOf(v2x, 'minChargePower', told) ??
    v2xCurrentPower(needs, 'minChargeCurrent', 'minVoltage', phases, told) ??
    acPower(amperes('evMinCurrent', ac.evMinCurrent))
  const [dcAmperes, dcVolts] = [amperes('evMaxCurrent', dc.evMaxCurrent), told('evMaxVoltage', dc.evMaxVoltage, VOLTAGE_RANGE)]
  return {
    chargeMin: least === null ? null : wattsFromZero(least),
    chargeMax: smallest(
      powerOf(v2x, 'maxChargePower', told) ?? v2xCurrentPower(needs, 'maxChargeCurrent', 'maxVoltage', phases, told),
      told('evMaxPower', dc.evMaxPower, POWER_RANGE),
      dcAmperes === null || dcVolts === null ? null : dcAmperes * dcVolts,
      acPower(amperes('evMaxCurrent', ac.evMaxCurrent)),
    ),
  }
}

/** At most 0: cars disagree on the sign of what they give. */
function dischargePowers(needs: WireNeeds, phases: number, told: Told) {
  const { v2xChargingParameters: v2x = {} } = needs
  const given = (power: number | null): Power | null => (power === null ? null : watts(-Math.abs(power)))
  return {
    most: given(
      powerOf(v2x, 'maxDischargePower', told) ?? v2xCurrentPower(needs, 'maxDischargeCurrent', 'maxVoltage', phases, told),
    ),
    least: given(
      powerOf(v2x, 'minDischargePower', told) ?? v2xCurrentPower(needs, 'minDischargeCurrent', 'minVoltage', phases, told),
    ),
  }
}

/** The first field is the first conductor where the others are given, and all of them where not. */
function powerOf(v2x: NonNullable<WireNeeds['v2xChargingParameters']>, field: V2xPower, told: Told): number | null {
  const parts = ([field, `${field}_L2`, `${field}_L3`] as const).map((name) => told(name, v2x[name], POWER_RANGE))
  if (parts.every((part) => part === null)) return null
  return parts.reduce<number>((sum, part) => sum + Math.abs(part ?? 0), 0)
}

/** The voltage of a direct current is what the car names; that of an alternating one is that of the grid. */
function v2xCurrentPower(
  needs: WireNeeds,
  current: V2xField,
  voltage: 'minVoltage' | 'maxVoltage',
  phases: number,
  told: Told,
): number | null {
  const { v2xChargingParameters: v2x = {}, requestedEnergyTransfer: transfer } = needs
  const amperes = told(current, v2x[current], CURRENT_RANGE)
  if (amperes === null) return null
  if (transfer.startsWith('AC')) return Math.abs(amperes) * AC_VOLTS * phases
  const volts = told(voltage, v2x[voltage], VOLTAGE_RANGE)
  return volts === null ? null : Math.abs(amperes) * volts
}

/** What lies in the past is no departure, and what lies weeks ahead no wish. */
function departureOf(text: string | undefined, now: number, impossible: Impossible): number | null {
  const departure = instantOf(text)
  if (departure === null || departure <= now) return null
  if (departure <= now + AHEAD_MAX_MS) return departure
  // As we write it: the station's own text may be of any length, and hold anything.
  impossible(`departureTime ${wireInstant(departure)}`)
  return null
}
function shareOf(percent: number | null): Soc | null {
  return percent === null ? null : share(percent / 100)
}
/** A least power is at least nothing. */
function wattsFromZero(value: number): Power {
  return watts(Math.max(0, value))
}
function smallest(...values: readonly (number | null)[]): Power | null {
  const known = values.filter((value) => value !== null && value > 0) as number[]
  return known.length === 0 ? null : watts(Math.min(...known))
}
