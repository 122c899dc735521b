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
})
