// MGCP between a grid connection point and a monitoring appliance of ours: what is published, what is taken over, and what is not.
import { describe, expect, it } from 'vitest'
import { KEY_VALUES } from '../../../../adapters/eebus/use-cases/key-values.ts'
import {
  gridConnectionPoint,
  MGCP,
  MGCP_MEASURANDS,
  tellCurtailment,
} from '../../../../adapters/eebus/use-cases/monitoring-of-grid-connection-point.ts'
import { ENTITY, ignores, measuredPair, registers, takesOver } from './measured-pair.ts'
import { START } from './pair.ts'

const SETTING = {
  useCase: MGCP,
  measurands: MGCP_MEASURANDS,
  entityType: 'GridConnectionPointOfPremises',
  announced: gridConnectionPoint(ENTITY),
  parts: [KEY_VALUES],
} as const
const connectionPoint = () => measuredPair(SETTING)

describe('the grid connection point', () => {
  it('ATC_MGCP_COM_PT_GCPPolling_001: answers each of five readings, none later than 120 s', async () => {
    const peer = await connectionPoint()
    for (let round = 1; round <= 5; round += 1) {
      await peer.tell({ power: { value: round * 100 } })
      await peer.pass(30_000)
      expect(await peer.published('power')).toBe(round * 100)
    }
  })
  it('ATC_MGCP_COM_PT_GCPNotification_001: pushes five changes at once, and says nothing where nothing has changed', async () => {
    const peer = await connectionPoint()
    const before = peer.valueMessages().length
    for (let round = 1; round <= 5; round += 1) await peer.tell({ power: { value: round } })
    expect(peer.valueMessages()).toHaveLength(before + 5)
    expect(peer.valueMessages().every(({ at }) => at === START)).toBe(true)
    await peer.tell({ power: { value: 5 } })
    expect(peer.valueMessages()).toHaveLength(before + 5)
  })
  it('ATC_MGCP_SCE1_PT_GCPPowerLimitFactor_001: publishes the share that PV systems may feed in, in percent', async () => {
    const peer = await connectionPoint()
    tellCurtailment(peer.unit, ENTITY, 60)
    const configuration = { entity: ENTITY, id: 24 }
    expect(peer.unit.data(configuration, 'deviceConfigurationKeyValueDescriptionListData')).toEqual({
      deviceConfigurationKeyValueDescriptionData: [
        { keyId: 40, keyName: 'pvCurtailmentLimitFactor', valueType: 'scaledNumber', unit: 'pct' },
      ],
    })
    expect(peer.unit.data(configuration, 'deviceConfigurationKeyValueListData')).toEqual({
      deviceConfigurationKeyValueData: [
        { keyId: 40, value: { scaledNumber: { number: 60, scale: 0 } }, isValueChangeable: false },
      ],
    })
  })
  it('ATC_MGCP_SCE2_PT_GCPTotalActivePower_001: publishes total power, positive when consuming, negative when producing', async () => {
    const peer = await connectionPoint()
    for (const value of [7_400, 0, -10_900]) {
      await peer.tell({ power: { value } })
      expect(await peer.published('power')).toBe(value)
    }
    expect(peer.unit.data({ entity: ENTITY, id: 7 }, 'electricalConnectionDescriptionListData')).toMatchObject({
      electricalConnectionDescriptionData: [{ positiveEnergyDirection: 'consume' }],
    })
  })
  it('ATC_MGCP_SCE3_PT_GCPTotalFeedInEnergy_001, ATC_MGCP_SCE4_PT_GCPTotalConsumedEnergy_001: while the house consumes one counter runs and the other stands still', async () => {
    const peer = await connectionPoint()
    const meter = registers()
    const tell = () =>
      peer.tell({ 'energy-consumed': { value: meter.wh.consumed }, 'energy-fed-in': { value: meter.wh.produced } })
    await tell()
    meter.run(3_000, 0.5)
    await tell()
    expect(await peer.published('energy-consumed')).toBe(1_201_500)
    expect(await peer.published('energy-fed-in')).toBe(45_000)
  })
  it('ATC_MGCP_SCE3_PT_GCPTotalFeedInEnergy_002, ATC_MGCP_SCE4_PT_GCPTotalConsumedEnergy_002: while it feeds in it is the other way round', async () => {
    const peer = await connectionPoint()
    const meter = registers()
    meter.run(-3_000, 0.5)
    await peer.tell({ 'energy-consumed': { value: meter.wh.consumed }, 'energy-fed-in': { value: meter.wh.produced } })
    expect(await peer.published('energy-consumed')).toBe(1_200_000)
    expect(await peer.published('energy-fed-in')).toBe(46_500)
  })
  it('ATC_MGCP_SCE5_PT_GCPActiveACCurrent_001, ATC_MGCP_SCE5_PT_GCPActiveACCurrent_002, ATC_MGCP_SCE5_PT_GCPActiveACCurrent_003: publishes the current of each phase with its sign', async () => {
    const peer = await connectionPoint()
    await peer.tell({ 'current-a': { value: 16 }, 'current-b': { value: -6.5 }, 'current-c': { value: 0.25 } })
    expect(await peer.published('current-a')).toBe(16)
    expect(await peer.published('current-b')).toBe(-6.5)
    expect(await peer.published('current-c')).toBe(0.25)
  })
  it('ATC_MGCP_SCE6_PT_GCPACVoltage_001, ATC_MGCP_SCE6_PT_GCPACVoltage_002, ATC_MGCP_SCE6_PT_GCPACVoltage_003, ATC_MGCP_SCE6_PT_GCPACVoltage_004, ATC_MGCP_SCE6_PT_GCPACVoltage_005, ATC_MGCP_SCE6_PT_GCPACVoltage_006: publishes voltages to neutral and between phases, the same in both directions', async () => {
    const peer = await connectionPoint()
    const volts = {
      'voltage-a': 230,
      'voltage-b': 231,
      'voltage-c': 229,
      'voltage-ab': 399,
      'voltage-bc': 400,
      'voltage-ca': 398,
    }
    const names = Object.keys(volts) as (keyof typeof volts)[]
    for (const power of [5_000, -5_000]) {
      await peer.tell({ power: { value: power } })
      for (const name of names) await peer.tell({ [name]: { value: volts[name] } })
      for (const name of names) expect(await peer.published(name)).toBe(volts[name])
    }
    expect(peer.voltagePlaces()).toEqual([
      ['a', 'neutral'],
      ['b', 'neutral'],
      ['c', 'neutral'],
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'a'],
    ])
  })
  it('ATC_MGCP_SCE7_PT_GCPFrequency_001: publishes the frequency, the same in both directions', async () => {
    const peer = await connectionPoint()
    for (const power of [5_000, -5_000]) {
      await peer.tell({ power: { value: power }, frequency: { value: 49.98 } })
      expect(await peer.published('frequency')).toBeCloseTo(49.98, 9)
    }
  })
})

describe('the monitoring appliance', () => {
  it('ATC_MGCP_COM_PT_MAPolling_001: reads again once a minute what nobody tells it', async () => {
    const peer = await connectionPoint()
    await peer.tell({ power: { value: 900 } })
    const before = peer.valueMessages().length
    await peer.pass(360_000)
    const polled = peer.valueMessages().slice(before)
    expect(polled.length).toBeGreaterThanOrEqual(5)
    expect(polled.every(({ at }, index) => index === 0 || at - polled[index - 1]!.at <= 120_000)).toBe(true)
    expect(peer.value('power')).toBe(900)
  })
  it('ATC_MGCP_COM_PT_MANotification_001: takes in what is pushed without asking', async () => {
    const peer = await connectionPoint()
    for (let round = 1; round <= 5; round += 1) {
      await peer.tell({ power: { value: -round } })
      expect(peer.value('power')).toBe(-round)
    }
    expect(peer.clock.now()).toBe(START)
  })
  it('ATC_MGCP_SCE1_PT_MAPowerLimitFactor_001: reads the share that PV systems may feed in, and none that is no share', async () => {
    const peer = await connectionPoint()
    expect(peer.values().curtailmentPercent).toBeNull()
    for (const [told, known] of [
      [70, 70],
      [0, 0],
      [62.5, 62.5],
      [170, null],
      [-1, null],
    ] as const) {
      tellCurtailment(peer.unit, ENTITY, told)
      await peer.settle()
      expect(peer.values().curtailmentPercent).toBe(known)
    }
  })

  it('ATC_MGCP_SCE2_PT_MATotalActivePower_001: takes over total power', () => takesOver(SETTING, ['power'], [11_000, -4_600]))
  it('ATC_MGCP_SCE2_NT_MATotalActivePower_002: ignores total power that is out of range or an error', () =>
    ignores(SETTING, ['power'], [11_000, 1]))
  it('ATC_MGCP_SCE3_PT_MATotalFeedInEnergy_001, ATC_MGCP_SCE4_PT_MATotalConsumedEnergy_001: takes over both energies', () =>
    takesOver(SETTING, ['energy-fed-in', 'energy-consumed'], [12_345.5, 12_346]))
  it('ATC_MGCP_SCE3_NT_MATotalFeedInEnergy_002, ATC_MGCP_SCE4_NT_MATotalConsumedEnergy_002: ignores energies that do not count', () =>
    ignores(SETTING, ['energy-fed-in', 'energy-consumed'], [12_345, 0]))
  it('ATC_MGCP_SCE5_PT_MAActiveACCurrent_001, ATC_MGCP_SCE5_PT_MAActiveACCurrent_003, ATC_MGCP_SCE5_PT_MAActiveACCurrent_005: takes over the current of each phase', () =>
    takesOver(SETTING, ['current-a', 'current-b', 'current-c'], [16, -6.5]))
  it('ATC_MGCP_SCE5_NT_MAActiveACCurrent_002, ATC_MGCP_SCE5_NT_MAActiveACCurrent_004, ATC_MGCP_SCE5_NT_MAActiveACCurrent_006: ignores the current of each phase that does not count', () =>
    ignores(SETTING, ['current-a', 'current-b', 'current-c'], [16, 0]))
  it('ATC_MGCP_SCE6_PT_MAACVoltage_001, ATC_MGCP_SCE6_PT_MAACVoltage_003, ATC_MGCP_SCE6_PT_MAACVoltage_005: takes over the voltages to neutral', () =>
    takesOver(SETTING, ['voltage-a', 'voltage-b', 'voltage-c'], [230.5, 229]))
  it('ATC_MGCP_SCE6_NT_MAACVoltage_002, ATC_MGCP_SCE6_NT_MAACVoltage_004, ATC_MGCP_SCE6_NT_MAACVoltage_006: ignores voltages to neutral that do not count', () =>
    ignores(SETTING, ['voltage-a', 'voltage-b', 'voltage-c'], [230, 0]))
  it('ATC_MGCP_SCE6_PT_MAACVoltage_007, ATC_MGCP_SCE6_PT_MAACVoltage_009, ATC_MGCP_SCE6_PT_MAACVoltage_011: takes over the voltages between phases', () =>
    takesOver(SETTING, ['voltage-ab', 'voltage-bc', 'voltage-ca'], [399.5, 401]))
  it('ATC_MGCP_SCE6_NT_MAACVoltage_008, ATC_MGCP_SCE6_NT_MAACVoltage_010, ATC_MGCP_SCE6_NT_MAACVoltage_012: ignores voltages between phases that do not count', () =>
    ignores(SETTING, ['voltage-ab', 'voltage-bc', 'voltage-ca'], [400, 0]))
  it('ATC_MGCP_SCE7_PT_MAFrequency_001: takes over the frequency', () => takesOver(SETTING, ['frequency'], [49.95, 50.01]))
  it('ATC_MGCP_SCE7_NT_MAFrequency_002: ignores a frequency that is out of range or an error', () =>
    ignores(SETTING, ['frequency'], [50, 0]))
})
