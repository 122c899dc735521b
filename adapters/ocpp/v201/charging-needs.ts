// What a car wants, as 2.0.1 and 2.1 stations pass it on, in the domain's words.
import type { ChargingNeeds } from '../../../domain/fleet/session.ts'
import { share, wattHours, watts, type Energy, type Power, type Soc } from '../../../domain/units.ts'
import { instantOr } from '../instant.ts'

export interface WireNeeds {
  readonly requestedEnergyTransfer: string
  readonly departureTime?: string
  readonly acChargingParameters?: {
    readonly energyAmount: number
    readonly evMinCurrent: number
    readonly evMaxCurrent: number
    readonly evMaxVoltage: number
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

/** Needs in W, Wh and shares; discharge at most 0, what is missing or senseless is null. */
export function chargingNeeds(needs: WireNeeds, now: number): ChargingNeeds {
  const {
    requestedEnergyTransfer: transfer,
    acChargingParameters: ac,
    dcChargingParameters: dc,
    v2xChargingParameters: v2x,
  } = needs
  const departure = instantOr(needs.departureTime, Number.NaN)
  const phases = transfer === 'AC_single_phase' ? 1 : transfer === 'AC_two_phase' ? 2 : 3
  const discharge = v2x?.maxDischargePower === undefined ? null : watts(-Math.abs(v2x.maxDischargePower))
  const bidirectional = transfer.includes('BPT') && discharge !== null && discharge < 0
  return {
    departure: Number.isFinite(departure) && departure > now ? departure : null,
    // A capacity of nothing is no capacity.
    capacity: dc?.evEnergyCapacity === undefined || dc.evEnergyCapacity <= 0 ? null : wattHours(dc.evEnergyCapacity),
    soc: percent(dc?.stateOfCharge),
    energyWanted: energyWanted(v2x?.evTargetEnergyRequest ?? dc?.energyAmount ?? ac?.energyAmount),
    targetSoc: percent(v2x?.targetSoC),
    minimumSoc: null,
    chargeMin:
      v2x?.minChargePower === undefined
        ? ac === undefined
          ? null
          : watts(ac.evMinCurrent * AC_VOLTS * phases)
        : watts(v2x.minChargePower),
    chargeMax: smallest(v2x?.maxChargePower, dc?.evMaxPower, ac === undefined ? undefined : ac.evMaxCurrent * AC_VOLTS * phases),
    dischargeMax: bidirectional ? discharge : null,
    bidirectional,
    phases,
  }
}

function energyWanted(value: number | undefined): Energy | null {
  return value === undefined || value < 0 ? null : wattHours(value)
}
function percent(value: number | undefined): Soc | null {
  return value === undefined || value < 0 || value > 100 ? null : share(value / 100)
}
function smallest(...values: readonly (number | undefined)[]): Power | null {
  const known = values.filter((value) => value !== undefined && value > 0) as number[]
  return known.length === 0 ? null : watts(Math.min(...known))
}
