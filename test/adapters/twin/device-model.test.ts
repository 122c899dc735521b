import { describe, expect, it } from 'vitest'
import { habitScene, MINUTE, type HabitScene } from './habits/habit-scene.ts'

interface ReportItem {
  readonly component: { readonly name: string; readonly evse?: object }
  readonly variable: { readonly name: string; readonly instance?: string }
  readonly variableAttribute: readonly { readonly value: string; readonly mutability: string }[]
  readonly variableCharacteristics: { readonly dataType: string }
}
function reported({ csms }: HabitScene): ReportItem[] {
  return csms.of('NotifyReport').flatMap(({ payload }) => payload.reportData as ReportItem[])
}
const named = (component: string, variable: string) => ({ component: { name: component }, variable: { name: variable } })

describe('the device model of 2.x', () => {
  it('is reported in parts after the answer [B07]', async () => {
    const scene = await habitScene('bpt-ac', [])
    expect(await scene.ask('GetBaseReport', { requestId: 5, reportBase: 'FullInventory' })).toEqual({ status: 'Accepted' })
    await scene.pass(1_000)
    const parts = scene.csms.of('NotifyReport').map(({ payload }) => payload)
    expect(parts.length).toBeGreaterThan(1)
    expect(parts.map(({ requestId, seqNo, tbc }) => [requestId, seqNo, tbc])).toEqual(
      parts.map((_, i) => [5, i, i < parts.length - 1]),
    )
    const names = reported(scene).map(({ component, variable }) => `${component.name}.${variable.name}`)
    for (const name of [
      'SmartChargingCtrlr.RateUnit',
      'SmartChargingCtrlr.PeriodsPerSchedule',
      'SmartChargingCtrlr.ProfileStackLevel',
      'SmartChargingCtrlr.Phases3to1',
      'SmartChargingCtrlr.LimitChangeSignificance',
      'SmartChargingCtrlr.SupportsDynamicProfiles',
      'V2XChargingCtrlr.SupportedOperationModes',
      'ClockCtrlr.DateTime',
      'SampledDataCtrlr.TxUpdatedMeasurands',
      'AlignedDataCtrlr.Interval',
    ])
      expect(names).toContain(name)
    const state = reported(scene).find(
      ({ component, variable }) => component.name === 'EVSE' && variable.name === 'AvailabilityState',
    )!
    expect([state.component.evse, state.variableAttribute[0]]).toEqual([
      { id: 1 },
      { type: 'Actual', value: 'Occupied', mutability: 'ReadOnly' },
    ])
  })

  it('is asked in part [B08]: a component, what can be written, or nothing', async () => {
    const scene = await habitScene('201-ac', ['ampere-limits'])
    await scene.ask('GetReport', { requestId: 6, componentVariable: [named('SmartChargingCtrlr', 'RateUnit')] })
    await scene.pass(1_000)
    expect(reported(scene)).toHaveLength(1)
    expect(reported(scene)[0]!.variableAttribute[0]!.value).toBe('A')
    expect(await scene.ask('GetReport', { requestId: 7, componentCriteria: ['Problem'] })).toEqual({ status: 'EmptyResultSet' })
    await scene.ask('GetBaseReport', { requestId: 8, reportBase: 'ConfigurationInventory' })
    await scene.pass(1_000)
    expect(
      reported(scene)
        .slice(1)
        .every(({ variableAttribute }) => variableAttribute[0]!.mutability === 'ReadWrite'),
    ).toBe(true)
  })

  it('is read and written [B05], [B06]; another interval of readings counts at once', async () => {
    const scene = await habitScene('201-ac', [])
    const asked = await scene.ask('GetVariables', {
      getVariableData: [
        named('ClockCtrlr', 'DateTime'),
        named('SmartChargingCtrlr', 'Nothing'),
        named('Toaster', 'Heat'),
        { ...named('SmartChargingCtrlr', 'RateUnit'), attributeType: 'MaxSet' },
        { component: { name: 'DeviceDataCtrlr' }, variable: { name: 'ItemsPerMessage', instance: 'GetVariables' } },
      ],
    })
    const results = asked!.getVariableResult as { attributeStatus: string; attributeValue?: string }[]
    expect(results.map(({ attributeStatus }) => attributeStatus)).toEqual([
      'Accepted',
      'UnknownVariable',
      'UnknownComponent',
      'NotSupportedAttributeType',
      'Accepted',
    ])
    expect(Math.abs(Date.parse(results[0]!.attributeValue!) - scene.now())).toBeLessThan(10)
    const set = await scene.ask('SetVariables', {
      setVariableData: [
        { ...named('SampledDataCtrlr', 'TxUpdatedInterval'), attributeValue: '10' },
        { ...named('OCPPCommCtrlr', 'HeartbeatInterval'), attributeValue: 'often' },
        { ...named('SmartChargingCtrlr', 'RateUnit'), attributeValue: 'W' },
      ],
    })
    expect((set!.setVariableResult as { attributeStatus: string }[]).map((one) => one.attributeStatus)).toEqual([
      'Accepted',
      'Rejected',
      'Rejected',
    ])
    const before = scene.csms.of('TransactionEvent').length
    await scene.pass(MINUTE)
    expect(scene.csms.of('TransactionEvent').length - before).toBeGreaterThanOrEqual(5)
  })
})

describe('the configuration of 1.6', () => {
  it('is read as a whole or by key, and written where it can be', async () => {
    const scene = await habitScene('1.6', [])
    const all = (await scene.ask('GetConfiguration', {})) as { configurationKey: { key: string }[]; unknownKey: string[] }
    expect(all.configurationKey.map(({ key }) => key)).toEqual(
      expect.arrayContaining(['ChargingScheduleAllowedChargingRateUnit', 'SupportedFeatureProfiles', 'MeterValueSampleInterval']),
    )
    expect(await scene.ask('GetConfiguration', { key: ['ChargingScheduleMaxPeriods', 'Toaster'] })).toEqual({
      configurationKey: [{ key: 'ChargingScheduleMaxPeriods', readonly: true, value: '1024' }],
      unknownKey: ['Toaster'],
    })
    const change = async (key: string, value: string) => (await scene.ask('ChangeConfiguration', { key, value }))?.status
    expect(await change('MeterValueSampleInterval', '10')).toBe('Accepted')
    expect(await change('MeterValueSampleInterval', '-1')).toBe('Rejected')
    expect(await change('NumberOfConnectors', '2')).toBe('Rejected')
    expect(await change('Toaster', '1')).toBe('NotSupported')
    const before = scene.csms.of('MeterValues').length
    await scene.pass(MINUTE)
    expect(scene.csms.of('MeterValues').length - before).toBeGreaterThanOrEqual(5)
  })
})

describe('commands about availability and connectors', () => {
  it.each(['1.6', '201-ac', 'bpt-dc'] as const)('%s: inoperative after the transaction, and back', async (kind) => {
    const scene = await habitScene(kind, [])
    const change = (type: string) =>
      scene.ask('ChangeAvailability', kind === '1.6' ? { connectorId: 0, type } : { operationalStatus: type })
    const field = kind === '1.6' ? 'status' : 'connectorStatus'
    expect(await change('Inoperative')).toEqual({ status: 'Scheduled' })
    const { transaction } = scene.twin.cars()[0]!
    if (kind === '1.6') await scene.ask('RemoteStopTransaction', { transactionId: Number(transaction) })
    else {
      expect(await scene.ask('UnlockConnector', { evseId: 1, connectorId: 1 })).toEqual({
        status: 'OngoingAuthorizedTransaction',
      })
      await scene.ask('RequestStopTransaction', { transactionId: transaction })
    }
    await scene.pass(3_000)
    expect(scene.csms.of('StatusNotification').at(-1)!.payload[field]).toBe('Unavailable')
    const { token } = scene.config
    const start = () =>
      kind === '1.6'
        ? scene.ask('RemoteStartTransaction', { idTag: token })
        : scene.ask('RequestStartTransaction', { remoteStartId: 1, idToken: { idToken: token, type: 'eMAID' } })
    expect(await start()).toMatchObject({ status: 'Rejected' })
    expect(await change('Operative')).toEqual({ status: 'Accepted' })
    await scene.pass(1_000)
    expect(scene.csms.of('StatusNotification').at(-1)!.payload[field]).toBe(kind === '1.6' ? 'Charging' : 'Occupied')
    expect(await start()).toMatchObject({ status: 'Accepted' })
  })
})
