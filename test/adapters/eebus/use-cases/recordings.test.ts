// Devices of the market as they were recorded describing themselves: whoever takes part in a use case is found, and what such devices publish is read.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { child, type PlainObject } from '../../../../adapters/eebus/eebus-json.ts'
import { spineLink } from '../../../../adapters/eebus/spine/link.ts'
import { EVCEM } from '../../../../adapters/eebus/use-cases/ev-charging-electricity.ts'
import { EVSOC } from '../../../../adapters/eebus/use-cases/ev-state-of-charge.ts'
import { EVSECC } from '../../../../adapters/eebus/use-cases/evse-commissioning.ts'
import { clientRef } from '../../../../adapters/eebus/use-cases/features.ts'
import { CEVC } from '../../../../adapters/eebus/use-cases/coordinated-charging.ts'
import { OPEV, OSCEV } from '../../../../adapters/eebus/use-cases/current-curtailment.ts'
import { MGCP } from '../../../../adapters/eebus/use-cases/monitoring-of-grid-connection-point.ts'
import { MPC } from '../../../../adapters/eebus/use-cases/monitoring-of-power-consumption.ts'
import { watch } from '../../../../adapters/eebus/use-cases/watch.ts'
import { manualClock } from '../../../../src/run/clock.ts'
import { ALL, EVCC, managerDevice } from './house-pair.ts'
import { START } from './pair.ts'

const RECORDED = join(process.env['GEGENSTROM_DATA'] ?? '', 'eebus-devices')
const settle = async () => {
  for (let turn = 0; turn < 12; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

function recorded(device: string, file: 'discovery-data' | 'usecase-data'): PlainObject {
  const root = JSON.parse(readFileSync(join(RECORDED, device, `${file}.json`), 'utf8')) as {
    data: { payload: { datagram: { payload: { cmd: PlainObject[] } } } }
  }
  return root.data.payload.datagram.payload.cmd[0]!
}

/** Answers as the recorded device would: it is what it was recorded to be, and says what stands in `data`, by entity, feature and function. */
async function watched(device: string, data: Readonly<Record<string, PlainObject>>) {
  const clock = manualClock(START)
  const asked: string[] = []
  let counter = 1_000
  const link = spineLink({
    device: managerDevice(),
    from: device,
    clock,
    close: (reason) => void Promise.reject(new Error(reason)),
    send(payload) {
      setImmediate(() => answer(payload))
      return true
    },
    onDiscovered: () => ours.discovered(),
    onData: (_, from, command) => ours.take(from, command),
  })
  const ours = watch({ link, clock, useCases: ALL, clientFor: (type) => clientRef([1], type), onTold: () => {} })
  function answer(payload: PlainObject): void {
    const header = child(payload['datagram'], 'header') as PlainObject
    const command = (child(child(payload['datagram'], 'payload'), 'cmd') as readonly PlainObject[])[0]!
    const [name] = Object.keys(command)
    const { entity, feature } = header['addressDestination'] as unknown as { entity: number[]; feature: number }
    const place = `${entity.join('.')}/${feature}`
    const isRead = header['cmdClassifier'] === 'read'
    if (isRead) asked.push(`${place} ${name}`)
    const replies: Readonly<Record<string, PlainObject | undefined>> = {
      nodeManagementDetailedDiscoveryData: recorded(device, 'discovery-data'),
      nodeManagementUseCaseData: recorded(device, 'usecase-data'),
    }
    const reply = replies[name!] ?? { [name!]: data[`${place} ${name}`] ?? {} }
    if (!isRead && header['cmdClassifier'] !== 'call') return
    counter += 1
    link.receive({
      datagram: {
        header: {
          specificationVersion: '1.3.0',
          addressSource: header['addressDestination'],
          addressDestination: header['addressSource'],
          msgCounter: counter,
          msgCounterReference: header['msgCounter'],
          cmdClassifier: isRead ? 'reply' : 'result',
        },
        payload: { cmd: [isRead ? reply : { resultData: { errorNumber: 0 } }] },
      },
    } as PlainObject)
  }
  await settle()
  return { ours, asked, found: ours.all().map(({ useCase, partner }) => `${useCase} ${partner.entity.join('.')}`) }
}

const number = (value: number, scale = 0) => ({ number: value, scale })
const described = (measurementId: number, measurementType: string, unit: string, scopeType: string) => ({
  measurementId,
  measurementType,
  commodityType: 'electricity',
  unit,
  scopeType,
})
const measured = (measurementId: number, value: PlainObject, more: PlainObject = {}) => ({
  measurementId,
  valueType: 'value',
  value,
  ...more,
})
const placed = (parameterId: number, measurementId: number, acMeasuredPhases: string, more: PlainObject = {}) => ({
  electricalConnectionId: 0,
  parameterId,
  measurementId,
  voltageType: 'ac',
  acMeasuredPhases,
  ...more,
})

/** Of a meter whose positive direction is as told. */
function meter(place: string, positiveEnergyDirection: 'consume' | 'produce', scopes: { taken: string; given: string }) {
  return {
    [`${place}/7 electricalConnectionDescriptionListData`]: {
      electricalConnectionDescriptionData: [{ electricalConnectionId: 0, powerSupplyType: 'ac', positiveEnergyDirection }],
    },
    [`${place}/7 electricalConnectionParameterDescriptionListData`]: {
      electricalConnectionParameterDescriptionData: [
        placed(1, 10, 'abc'),
        placed(2, 11, 'a', { acMeasuredInReferenceTo: 'neutral' }),
        placed(3, 12, 'a'),
        placed(4, 13, 'b', { acMeasuredInReferenceTo: 'c' }),
      ],
    },
    [`${place}/11 measurementDescriptionListData`]: {
      measurementDescriptionData: [
        described(10, 'power', 'W', 'acPowerTotal'),
        described(11, 'voltage', 'V', 'acVoltage'),
        described(12, 'current', 'A', 'acCurrent'),
        described(13, 'voltage', 'V', 'acVoltage'),
        described(14, 'energy', 'Wh', scopes.taken),
        described(15, 'energy', 'Wh', scopes.given),
        described(16, 'frequency', 'Hz', 'acFrequency'),
        described(17, 'temperature', 'degC', 'componentTemperature'),
      ],
    },
    [`${place}/11 measurementListData`]: {
      measurementData: [
        measured(10, number(-12_345, -1), { valueSource: 'measuredValue', valueState: 'normal' }),
        measured(11, number(2_301, -1)),
        measured(12, number(-5_250, -3), { timestamp: '2026-11-30T05:59:58.188Z' }),
        measured(13, number(3_995, -1)),
        measured(14, number(12_345_678)),
        // Some count what they give below zero.
        measured(15, number(-9_876_543)),
        measured(16, number(4_998, -2)),
        { measurementId: 10, valueType: 'maxValue', value: number(99_999) },
      ],
    },
  } satisfies Record<string, PlainObject>
}

const valuesIn = (values: unknown) =>
  Object.fromEntries(
    Object.entries((values as { values: Record<string, { value: number }> }).values).map(([name, { value }]) => [name, value]),
  )

describe.skipIf(!existsSync(RECORDED))('recorded devices', () => {
  it('KOSTAL Smart Energy Meter: MGCP at the connection point, MPC at the meter below', async () => {
    const data = {
      ...meter('6', 'consume', { taken: 'gridConsumption', given: 'gridFeedIn' }),
      ...meter('7', 'consume', { taken: 'acEnergyConsumed', given: 'acEnergyProduced' }),
      '6/24 deviceConfigurationKeyValueDescriptionListData': {
        deviceConfigurationKeyValueDescriptionData: [
          { keyId: 0, keyName: 'pvCurtailmentLimitFactor', valueType: 'scaledNumber', unit: 'pct' },
        ],
      },
      '6/24 deviceConfigurationKeyValueListData': {
        deviceConfigurationKeyValueData: [{ keyId: 0, value: { scaledNumber: number(70) } }],
      },
    }
    const { ours, found } = await watched('kostal_kostal-smart-energy-meter', data)
    expect(found).toEqual(['MGCP 6', 'MPC 7'])
    const mgcp = ours.valuesOf(MGCP)!
    expect(valuesIn(mgcp)).toEqual({
      power: -1_234.5,
      'voltage-a': 230.1,
      'current-a': -5.25,
      'voltage-bc': 399.5,
      'energy-consumed': 12_345_678,
      'energy-fed-in': 9_876_543,
      frequency: 49.98,
    })
    expect(mgcp.curtailmentPercent).toBe(70)
    expect(mgcp.values['current-a']!.measuredAt).toBe(Date.UTC(2026, 10, 30, 5, 59, 58, 188))
    expect(valuesIn(ours.valuesOf(MPC))).toMatchObject({ power: -1_234.5, 'energy-produced': 9_876_543 })
  })
  it('SMA Home Manager: MGCP at the connection point, also where producing counts as positive', async () => {
    const data = meter('9', 'produce', { taken: 'gridConsumption', given: 'gridFeedIn' })
    const { ours, found, asked } = await watched('sma_home-manager-2', data)
    expect(found).toEqual(['MGCP 9'])
    // Signs are turned for what has one, and for nothing else.
    expect(valuesIn(ours.valuesOf(MGCP))).toMatchObject({
      power: 1_234.5,
      'current-a': 5.25,
      'voltage-a': 230.1,
      'energy-fed-in': 9_876_543,
      'energy-consumed': 12_345_678,
    })
    expect(asked.filter((one) => one.startsWith('8/'))).toEqual([])
  })
  it('Elli Charger Connect Pro: the station and the car behind it, whose places the device does not name', async () => {
    const car = '1.1'
    const limit = (limitId: number, limitCategory: string, scopeType: string) => ({
      limitId,
      limitType: 'maxValueLimit',
      limitCategory,
      limitDirection: 'consume',
      measurementId: 1,
      unit: 'A',
      scopeType,
    })
    const data: Record<string, PlainObject> = {
      '1/4 deviceClassificationManufacturerData': { deviceName: 'Charger', brandName: 'Elli', serialNumber: 'S1' },
      '1/1000 deviceDiagnosisStateData': { operatingState: 'normalOperation' },
      [`${car}/5 deviceDiagnosisStateData`]: { operatingState: 'standby' },
      [`${car}/30 identificationListData`]: {
        identificationData: [{ identificationId: 0, identificationType: 'eui48', identificationValue: 'A0:B1:C2:D3:E4:F5' }],
      },
      [`${car}/24 deviceConfigurationKeyValueDescriptionListData`]: {
        deviceConfigurationKeyValueDescriptionData: [
          { keyId: 1, keyName: 'communicationsStandard', valueType: 'string' },
          { keyId: 2, keyName: 'asymmetricChargingSupported', valueType: 'boolean' },
        ],
      },
      [`${car}/24 deviceConfigurationKeyValueListData`]: {
        deviceConfigurationKeyValueData: [
          { keyId: 1, value: { string: 'iso15118-2ed1' } },
          { keyId: 2, value: { boolean: false } },
        ],
      },
      [`${car}/7 electricalConnectionDescriptionListData`]: {
        electricalConnectionDescriptionData: [
          { electricalConnectionId: 0, powerSupplyType: 'ac', acConnectedPhases: 1, positiveEnergyDirection: 'consume' },
        ],
      },
      [`${car}/7 electricalConnectionParameterDescriptionListData`]: {
        electricalConnectionParameterDescriptionData: [
          placed(1, 1, 'a'),
          placed(4, 4, 'a', { acMeasuredInReferenceTo: 'neutral' }),
          { electricalConnectionId: 0, parameterId: 8, scopeType: 'acPowerTotal' },
        ],
      },
      [`${car}/7 electricalConnectionPermittedValueSetListData`]: {
        electricalConnectionPermittedValueSetData: [
          {
            electricalConnectionId: 0,
            parameterId: 1,
            permittedValueSet: [{ value: [number(1, -1)], range: [{ min: number(6), max: number(10) }] }],
          },
          {
            electricalConnectionId: 0,
            parameterId: 8,
            permittedValueSet: [{ value: [number(0)], range: [{ min: number(1_384_200, -3), max: number(2_307) }] }],
          },
        ],
      },
      [`${car}/11 measurementDescriptionListData`]: {
        measurementDescriptionData: [
          described(1, 'current', 'A', 'acCurrent'),
          described(4, 'power', 'W', 'acPower'),
          described(7, 'energy', 'Wh', 'charge'),
          described(9, 'percentage', 'pct', 'stateOfCharge'),
        ],
      },
      [`${car}/11 measurementListData`]: {
        measurementData: [
          measured(1, number(5_009, -3), { timestamp: '2021-02-17T20:19:06.188Z', valueSource: 'measuredValue' }),
          measured(4, number(1_185), { valueSource: 'measuredValue' }),
          measured(7, number(18_250), { valueSource: 'calculatedValue' }),
          measured(9, number(625, -1)),
        ],
      },
      [`${car}/10 loadControlLimitDescriptionListData`]: {
        loadControlLimitDescriptionData: [
          limit(1, 'obligation', 'overloadProtection'),
          limit(2, 'recommendation', 'selfConsumption'),
        ],
      },
      [`${car}/10 loadControlLimitListData`]: {
        loadControlLimitData: [
          { limitId: 1, isLimitChangeable: true, isLimitActive: true, value: number(10) },
          { limitId: 2, isLimitChangeable: true, isLimitActive: false, value: number(0) },
        ],
      },
      [`${car}/26 timeSeriesDescriptionListData`]: {
        timeSeriesDescriptionData: [
          { timeSeriesId: 1, timeSeriesType: 'constraints', timeSeriesWriteable: true, updateRequired: true, unit: 'W' },
          { timeSeriesId: 2, timeSeriesType: 'plan', timeSeriesWriteable: false, unit: 'W' },
          { timeSeriesId: 3, timeSeriesType: 'singleDemand', timeSeriesWriteable: false, unit: 'Wh' },
        ],
      },
      [`${car}/26 timeSeriesConstraintsListData`]: { timeSeriesConstraintsData: [{ timeSeriesId: 1, slotCountMax: 29 }] },
      [`${car}/26 timeSeriesListData`]: {
        timeSeriesData: [
          { timeSeriesId: 1 },
          {
            timeSeriesId: 2,
            timePeriod: { startTime: 'PT0S' },
            timeSeriesSlot: [
              { timeSeriesSlotId: 0, duration: 'PT1H22M37S', maxValue: number(11_052) },
              { timeSeriesSlotId: 1, duration: 'PT19M43S', maxValue: number(6_526) },
              { timeSeriesSlotId: 2, duration: 'P1D', maxValue: number(0) },
            ],
          },
          {
            timeSeriesId: 3,
            timePeriod: { startTime: 'PT0S' },
            timeSeriesSlot: [{ timeSeriesSlotId: 1, value: number(16_200) }],
          },
        ],
      },
      [`${car}/28 incentiveTableDescriptionData`]: {
        incentiveTableDescription: [
          {
            tariffDescription: { tariffId: 1, tariffWriteable: true, updateRequired: false, scopeType: 'simpleIncentiveTable' },
          },
        ],
      },
      [`${car}/28 incentiveTableConstraintsData`]: {
        incentiveTableConstraints: [{ tariff: { tariffId: 1 }, incentiveSlotConstraints: { slotCountMax: 29 } }],
      },
    }
    const { ours, found } = await watched('elli_charger-connect-pro', data)
    // Nothing says that it takes part in EVSOC, but its car has what it takes.
    expect(found.sort()).toEqual(['CEVC 1.1', 'EVCC 1.1', 'EVCEM 1.1', 'EVSECC 1', 'EVSOC 1.1', 'OPEV 1.1', 'OSCEV 1.1'])
    expect(ours.valuesOf(EVSECC)).toEqual({
      manufacturer: { deviceName: 'Charger', brandName: 'Elli', serialNumber: 'S1' },
      state: 'normalOperation',
      errorCode: null,
    })
    expect(ours.valuesOf(EVCC)).toMatchObject({
      communicationStandard: 'iso15118-2ed1',
      isAsymmetric: false,
      identifications: [{ kind: 'eui48' }],
      power: { min: 1_384.2, max: 2_307, fallback: 0 },
      charging: 'paused',
      isAsleep: true,
    })
    const evcem = ours.valuesOf(EVCEM)!
    expect(valuesIn(evcem)).toEqual({ 'current-a': 5.009, 'power-a': 1_185, 'energy-charged': 18_250 })
    expect(evcem.phasesConnected).toBe(1)
    expect(valuesIn(ours.valuesOf(EVSOC))).toEqual({ 'state-of-charge': 62.5 })
    const permitted = { min: 6, max: 10, fallback: 0.1 }
    expect(ours.valuesOf(OPEV)).toEqual({
      limits: { a: { limitId: 1, isChangeable: true, isActive: true, current: 10, permitted } },
    })
    expect(ours.valuesOf(OSCEV)).toEqual({
      limits: { a: { limitId: 2, isChangeable: true, isActive: false, current: 0, permitted } },
    })
    const minute = 60_000
    expect(ours.valuesOf(CEVC)).toEqual({
      demand: { minimum: null, optimum: 16_200, maximum: null, departure: null },
      plan: [
        { from: START, until: START + 82 * minute + 37_000, power: 11_052 },
        { from: START + 82 * minute + 37_000, until: START + 102 * minute + 20_000, power: 6_526 },
        { from: START + 102 * minute + 20_000, until: START + 102 * minute + 20_000 + 1_440 * minute, power: 0 },
      ],
      limits: { id: 1, isWriteable: true, slotsMax: 29 },
      tariff: { id: 1, isWriteable: true, slotsMax: 29 },
    })
  })
})
