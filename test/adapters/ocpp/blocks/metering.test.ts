// Metered values in every version: unit, multiplier and sign.
import { afterEach, describe, expect, it } from 'vitest'
import { AT, exchange, hangUp, reading } from './exchange.ts'

afterEach(hangUp)

describe('metered values', () => {
  const v16 = (...values: readonly string[]) =>
    `"MeterValues",{"connectorId":2,"transactionId":7,"meterValue":[{${AT},"sampledValue":[${values.join(',')}]}]}`
  const v2 = (...values: readonly string[]) =>
    `"MeterValues",{"evseId":2,"meterValue":[{${AT},"sampledValue":[${values.join(',')}]}]}`
  it.each([
    [
      'ocpp1.6',
      v16('{"value":"11000"}', '{"value":"-0.0","measurand":"Power.Active.Import","unit":"kW"}'),
      { imported: 11_000, power: 0 },
    ],
    ['ocpp1.6', v16('{"value":"11.25","unit":"kWh"}'), { imported: 11_250 }],
    ['ocpp1.6', v16('{"value":"7.4","measurand":"Power.Active.Import","unit":"kW"}'), { power: 7_400 }],
    ['ocpp1.6', v16('{"value":"3700","measurand":"Power.Active.Export","unit":"W"}'), { power: -3_700 }],
    ['ocpp1.6', v16('{"value":"55","measurand":"SoC","unit":"Percent"}'), { soc: 0.55 }],
    ['ocpp2.0.1', v2('{"value":7.4,"measurand":"Power.Active.Import","unitOfMeasure":{"unit":"kW"}}'), { power: 7_400 }],
    [
      'ocpp2.0.1',
      v2('{"value":74,"measurand":"Power.Active.Import","unitOfMeasure":{"unit":"W","multiplier":2}}'),
      { power: 7_400 },
    ],
    ['ocpp2.1', v2('{"value":-9000,"measurand":"Power.Active.Import"}'), { power: -9_000 }],
    ['ocpp2.1', v2('{"value":9,"measurand":"Power.Active.Export","unitOfMeasure":{"unit":"kW"}}'), { power: -9_000 }],
    [
      'ocpp2.1',
      v2('{"value":1.5,"measurand":"Energy.Active.Export.Register","unitOfMeasure":{"unit":"kWh"}}'),
      { exported: 1_500 },
    ],
  ] as const)('%s: %s', async (dialect, call, expected) => {
    const { events, answer } = await exchange(dialect, call)
    const transaction = dialect === 'ocpp1.6' ? '7' : null
    expect(events).toEqual([{ kind: 'readings', readings: [{ ...reading, transaction, ...expected }] }])
    expect(answer).toEqual({})
  })
})
