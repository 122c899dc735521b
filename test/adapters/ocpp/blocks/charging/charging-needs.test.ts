// What a car needs, as 2.0.1 and 2.1 stations pass it on.
import { afterEach, describe, expect, it } from 'vitest'
import { exchange, hangUp } from '../exchange.ts'

afterEach(hangUp)

describe('what a car needs', () => {
  const needs = (transfer: string, more: string) =>
    `"NotifyEVChargingNeeds",{"evseId":2,"chargingNeeds":{"requestedEnergyTransfer":"${transfer}","departureTime":"2026-11-03T05:30:00Z",${more}}}`
  const departure = Date.UTC(2026, 10, 3, 5, 30)
  const AC = '"acChargingParameters":{"energyAmount":20000,"evMinCurrent":6,"evMaxCurrent":16,"evMaxVoltage":400}'
  const DC = (prefix: string) =>
    `"dcChargingParameters":{"evMaxCurrent":300,"evMaxVoltage":500,"${prefix}MaxPower":50000,"stateOfCharge":40,"evEnergyCapacity":60000}`
  it.each([
    [
      'ocpp2.0.1',
      needs('AC_three_phase', AC),
      { chargeMin: 4_140, chargeMax: 11_040, phases: 3, bidirectional: false, dischargeMax: null },
    ],
    ['ocpp2.0.1', needs('AC_single_phase', AC), { chargeMin: 1_380, chargeMax: 3_680, phases: 1, bidirectional: false }],
    ['ocpp2.0.1', needs('DC', DC('ev')), { chargeMax: 50_000, soc: 0.4, capacity: 60_000, bidirectional: false }],
    [
      'ocpp2.1',
      needs(
        'AC_BPT',
        '"v2xChargingParameters":{"minChargePower":1400,"maxChargePower":11000,"minDischargePower":1400,"maxDischargePower":10000,"targetSoC":80}',
      ),
      { chargeMin: 1_400, chargeMax: 11_000, dischargeMax: -10_000, bidirectional: true, targetSoc: 0.8 },
    ],
    // Cars disagree on the sign of what they can give; it is always given.
    [
      'ocpp2.1',
      needs('DC_BPT', '"v2xChargingParameters":{"maxChargePower":11000,"maxDischargePower":-10000}'),
      { dischargeMax: -10_000, bidirectional: true },
    ],
    // Single conductors are summed, both ways, and the least as well.
    [
      'ocpp2.1',
      needs(
        'AC_BPT',
        `"controlMode":"DynamicControl","v2xChargingParameters":{"minChargePower":400,"minChargePower_L2":400,"minChargePower_L3":400,
          "maxChargePower":3600,"maxChargePower_L2":3600,"maxChargePower_L3":3600,
          "minDischargePower":500,"maxDischargePower":3000,"maxDischargePower_L2":3000,"maxDischargePower_L3":3000}`,
      ),
      { chargeMin: 1_200, chargeMax: 10_800, dischargeMax: -9_000, dischargeMin: -500, control: 'dynamic' },
    ],
    // Currents count by the voltage they flow at: the car's for a direct current, the grid's for an alternating one.
    [
      'ocpp2.1',
      needs(
        'DC_BPT',
        '"v2xChargingParameters":{"maxChargeCurrent":50,"maxDischargeCurrent":25,"minVoltage":300,"maxVoltage":400}',
      ),
      { chargeMax: 20_000, dischargeMax: -10_000, control: null },
    ],
    ['ocpp2.0.1', needs('DC', '"dcChargingParameters":{"evMaxCurrent":100,"evMaxVoltage":400}'), { chargeMax: 40_000 }],
    // What the car wants kept: 40 % of 60 kWh and 6 kWh more, though for driving alone 3 kWh could go.
    [
      'ocpp2.1',
      needs(
        'DC_BPT',
        `"controlMode":"ScheduledControl",${DC('ev')},"v2xChargingParameters":{"maxDischargePower":10000,"evTargetEnergyRequest":20000,
          "evMinEnergyRequest":-3000,"evMaxEnergyRequest":30000,"evMinV2XEnergyRequest":6000,"evMaxV2XEnergyRequest":25000}`,
      ),
      {
        minimumSoc: 0.5,
        energyWanted: 20_000,
        energyMin: -3_000,
        energyMax: 30_000,
        cycleEnergyMin: 6_000,
        cycleEnergyMax: 25_000,
        control: 'scheduled',
        scheduleTuplesMax: null,
      },
    ],
    // A limit of nothing is no discharge, and a mode without the way back is none either.
    ['ocpp2.1', needs('DC_BPT', '"v2xChargingParameters":{"maxDischargePower":0}'), { dischargeMax: null, bidirectional: false }],
    ['ocpp2.1', needs('DC', '"v2xChargingParameters":{"maxDischargePower":10000}'), { dischargeMax: null, bidirectional: false }],
  ] as const)('%s: %s', async (dialect, call, expected) => {
    const { events, answer } = await exchange(dialect, call)
    expect(events).toMatchObject([{ kind: 'needs', evse: 2, transaction: null, needs: { departure, ...expected } }])
    expect(answer).toEqual({ status: 'Accepted' })
  })

  it.each([
    [{ accepted: true, processing: true }, 'Processing'],
    [{ accepted: true }, 'Accepted'],
    [{ accepted: false }, 'Rejected'],
  ] as const)('is answered %j with %s (Q01.FR.04, Q01.FR.07)', async (reply, status) => {
    const { answer } = await exchange('ocpp2.1', needs('AC_three_phase', AC), ({ kind }) =>
      kind === 'needs' ? reply : { accepted: true },
    )
    expect(answer).toEqual({ status })
  })

  it('says how many periods the car can hold', async () => {
    const call = '"NotifyEVChargingNeeds",{"evseId":2,"maxScheduleTuples":12,"chargingNeeds":{"requestedEnergyTransfer":"DC"}}'
    for (const dialect of ['ocpp2.0.1', 'ocpp2.1'] as const) {
      const { events } = await exchange(dialect, call)
      expect(events).toMatchObject([{ needs: { scheduleTuplesMax: 12 } }])
    }
  })
})
