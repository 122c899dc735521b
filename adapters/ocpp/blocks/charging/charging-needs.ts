// What a car wants, as 2.0.1 and 2.1 stations pass it on, in the domain's words.
import type { ChargingNeeds } from '../../../../domain/registry/session.ts'
import {
  CAPACITY_RANGE,
  CURRENT_RANGE,
  PERCENT_RANGE,
  POWER_RANGE,
  REQUEST_RANGE,
} from '../../../../domain/telemetry/physical-range.ts'
import { share, wattHours, watts, type Power, type Soc } from '../../../../domain/units.ts'
import { instantOf, wireInstant } from '../../instant.ts'
import { possibleNumbers, type Impossible } from '../../possible-number.ts'

export interface WireNeeds {
  readonly requestedEnergyTransfer: string
  readonly departureTime?: string
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
  }
  /** 2.1. */
  readonly v2xChargingParameters?: {
    readonly minChargePower?: number
    readonly maxChargePower?: number
    readonly maxDischargePower?: number
    readonly evTargetEnergyRequest?: number
    readonly evMaxEnergyRequest?: number
    readonly targetSoC?: number
  }
}

const AC_VOLTS = 230
/** A departure further away is a slip of the pen. */
const AHEAD_MAX_MS = 14 * 86_400_000

/** Needs in W, Wh and shares; discharge at most 0, what is missing or senseless is null. What cannot be is told to `impossible`. */
export function chargingNeeds(needs: WireNeeds, now: number, impossible: Impossible): ChargingNeeds {
  const told = possibleNumbers(impossible)
  const { requestedEnergyTransfer: transfer } = needs
  const ac = needs.acChargingParameters ?? {}
  const dc = needs.dcChargingParameters ?? {}
  const v2x = needs.v2xChargingParameters ?? {}
  const phases = transfer === 'AC_single_phase' ? 1 : transfer === 'AC_two_phase' ? 2 : 3
  const currentMin = told('evMinCurrent', ac.evMinCurrent, CURRENT_RANGE)
  const currentMax = told('evMaxCurrent', ac.evMaxCurrent, CURRENT_RANGE)
  const most = told('maxDischargePower', v2x.maxDischargePower, POWER_RANGE)
  const discharge = most === null ? null : watts(-Math.abs(most))
  const bidirectional = transfer.includes('BPT') && discharge !== null && discharge < 0
  const least = told('minChargePower', v2x.minChargePower, POWER_RANGE)
  // A capacity of nothing is no capacity.
  const capacity = dc.evEnergyCapacity === 0 ? null : told('evEnergyCapacity', dc.evEnergyCapacity, CAPACITY_RANGE)
  const wanted =
    told('evTargetEnergyRequest', v2x.evTargetEnergyRequest, REQUEST_RANGE) ??
    told('energyAmount', dc.energyAmount ?? ac.energyAmount, REQUEST_RANGE)
  return {
    departure: departureOf(needs.departureTime, now, impossible),
    capacity: capacity === null ? null : wattHours(capacity),
    soc: shareOf(told('stateOfCharge', dc.stateOfCharge, PERCENT_RANGE)),
    energyWanted: wanted === null || wanted < 0 ? null : wattHours(wanted),
    targetSoc: shareOf(told('targetSoC', v2x.targetSoC, PERCENT_RANGE)),
    minimumSoc: null,
    chargeMin: least !== null ? wattsFromZero(least) : currentMin === null ? null : wattsFromZero(currentMin * AC_VOLTS * phases),
    chargeMax: smallest(
      told('maxChargePower', v2x.maxChargePower, POWER_RANGE),
      told('evMaxPower', dc.evMaxPower, POWER_RANGE),
      currentMax === null ? null : currentMax * AC_VOLTS * phases,
    ),
    dischargeMax: bidirectional ? discharge : null,
    bidirectional,
    phases,
  }
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
