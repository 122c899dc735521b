// MPC between a monitored unit and a monitoring appliance of ours: what is published, what is taken over, and what is not.
import { describe, expect, it } from 'vitest'
import { monitoredUnit, MPC, MPC_MEASURANDS } from '../../../../adapters/eebus/use-cases/monitoring-of-power-consumption.ts'
import { ENTITY, ignores, measuredPair, registers, takesOver } from './measured-pair.ts'
import { START } from './pair.ts'

const SETTING = {
  useCase: MPC,
  measurands: MPC_MEASURANDS,
  entityType: 'SubMeterElectricity',
  announced: monitoredUnit(ENTITY),
} as const
const monitored = () => measuredPair(SETTING)

describe('the monitored unit', () => {
  it('ATC_MPC_COM_PT_MUPolling_001: answers each of five readings, none later than 120 s', async () => {
    const peer = await monitored()
    for (let round = 1; round <= 5; round += 1) {
      await peer.tell({ power: { value: round * 100 } })
      await peer.pass(30_000)
      expect(await peer.published('power')).toBe(round * 100)
    }
  })
  it('ATC_MPC_COM_PT_MUNotification_001: pushes five changes at once, and says nothing where nothing has changed', async () => {
    const peer = await monitored()
    const before = peer.valueMessages().length
    for (let round = 1; round <= 5; round += 1) await peer.tell({ power: { value: round } })
    expect(peer.valueMessages()).toHaveLength(before + 5)
    expect(peer.valueMessages().every(({ at }) => at === START)).toBe(true)
    await peer.tell({ power: { value: 5 } })
    expect(peer.valueMessages()).toHaveLength(before + 5)
  })
  it('ATC_MPC_SCE1_PT_MUTotalActivePower_001: publishes total power, positive when consuming, negative when producing', async () => {
    const peer = await monitored()
    for (const value of [7_400, 0, -10_900]) {
      await peer.tell({ power: { value } })
      expect(await peer.published('power')).toBe(value)
    }
    expect(peer.unit.data({ entity: ENTITY, id: 7 }, 'electricalConnectionDescriptionListData')).toEqual({
      electricalConnectionDescriptionData: [
        { electricalConnectionId: 0, powerSupplyType: 'ac', acConnectedPhases: 3, positiveEnergyDirection: 'consume' },
      ],
    })
  })
  it('ATC_MPC_SCE1_PT_MUPhaseActivePower_001, ATC_MPC_SCE1_PT_MUPhaseActivePower_002, ATC_MPC_SCE1_PT_MUPhaseActivePower_003: publishes the power of each phase with its sign', async () => {
    const peer = await monitored()
    await peer.tell({ 'power-a': { value: 2_300 }, 'power-b': { value: -460 }, 'power-c': { value: 0.5 } })
    expect(await peer.published('power-a')).toBe(2_300)
    expect(await peer.published('power-b')).toBe(-460)
    expect(await peer.published('power-c')).toBe(0.5)
  })
  it('ATC_MPC_SCE2_PT_MUTotalConsumedEnergy_001, ATC_MPC_SCE2_PT_MUTotalProducedEnergy_001: while it consumes one counter runs and the other stands still', async () => {
    const peer = await monitored()
    const meter = registers()
    const tell = () =>
      peer.tell({ 'energy-consumed': { value: meter.wh.consumed }, 'energy-produced': { value: meter.wh.produced } })
    await tell()
    meter.run(3_000, 0.5)
    await tell()
    expect(await peer.published('energy-consumed')).toBe(1_201_500)
    expect(await peer.published('energy-produced')).toBe(45_000)
  })
  it('ATC_MPC_SCE2_PT_MUTotalConsumedEnergy_002, ATC_MPC_SCE2_PT_MUTotalProducedEnergy_002: while it produces it is the other way round', async () => {
    const peer = await monitored()
    const meter = registers()
    meter.run(-3_000, 0.5)
    await peer.tell({ 'energy-consumed': { value: meter.wh.consumed }, 'energy-produced': { value: meter.wh.produced } })
    expect(await peer.published('energy-consumed')).toBe(1_200_000)
    expect(await peer.published('energy-produced')).toBe(46_500)
  })
  it('ATC_MPC_SCE3_PT_MUActiveACCurrent_001, ATC_MPC_SCE3_PT_MUActiveACCurrent_002, ATC_MPC_SCE3_PT_MUActiveACCurrent_003: publishes the current of each phase with its sign', async () => {
    const peer = await monitored()
    await peer.tell({ 'current-a': { value: 16 }, 'current-b': { value: -6.5 }, 'current-c': { value: 0.25 } })
    expect(await peer.published('current-a')).toBe(16)
    expect(await peer.published('current-b')).toBe(-6.5)
    expect(await peer.published('current-c')).toBe(0.25)
  })
  it('ATC_MPC_SCE4_PT_MUACVoltage_001, ATC_MPC_SCE4_PT_MUACVoltage_002, ATC_MPC_SCE4_PT_MUACVoltage_003, ATC_MPC_SCE4_PT_MUACVoltage_004, ATC_MPC_SCE4_PT_MUACVoltage_005, ATC_MPC_SCE4_PT_MUACVoltage_006: publishes voltages to neutral and between phases, the same in both directions', async () => {
    const peer = await monitored()
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
  it('ATC_MPC_SCE5_PT_MUFrequency_001: publishes the frequency, the same in both directions', async () => {
    const peer = await monitored()
    for (const power of [5_000, -5_000]) {
      await peer.tell({ power: { value: power }, frequency: { value: 49.98 } })
      expect(await peer.published('frequency')).toBeCloseTo(49.98, 9)
    }
  })
})

describe('the monitoring appliance', () => {
  it('ATC_MPC_COM_PT_MAPolling_001: reads again once a minute what nobody tells it', async () => {
    const peer = await monitored()
    await peer.tell({ power: { value: 900 } })
    const before = peer.valueMessages().length
    await peer.pass(360_000)
    const polled = peer.valueMessages().slice(before)
    expect(polled.length).toBeGreaterThanOrEqual(5)
    expect(polled.every(({ at }, index) => index === 0 || at - polled[index - 1]!.at <= 120_000)).toBe(true)
    expect(peer.value('power')).toBe(900)
  })
  it('ATC_MPC_COM_PT_MANotification_001: takes in what is pushed without asking', async () => {
    const peer = await monitored()
    for (let round = 1; round <= 5; round += 1) {
      await peer.tell({ power: { value: -round } })
      expect(peer.value('power')).toBe(-round)
    }
    expect(peer.clock.now()).toBe(START)
    expect(peer.told.at(-1)).toMatchObject({ useCase: 'MPC', partner: { entity: ENTITY }, values: { faults: {} } })
  })

  it('ATC_MPC_SCE1_PT_MATotalActivePower_001: takes over total power', () => takesOver(SETTING, ['power'], [11_000, -4_600]))
  it('ATC_MPC_SCE1_NT_MATotalActivePower_002: ignores total power that is out of range or an error', () =>
    ignores(SETTING, ['power'], [11_000, 1]))
  it('ATC_MPC_SCE1_PT_MAPhaseActivePower_001, ATC_MPC_SCE1_PT_MAPhaseActivePower_003, ATC_MPC_SCE1_PT_MAPhaseActivePower_005: takes over the power of each phase', () =>
    takesOver(SETTING, ['power-a', 'power-b', 'power-c'], [3_680, -2_300]))
  it('ATC_MPC_SCE1_NT_MAPhaseActivePower_002, ATC_MPC_SCE1_NT_MAPhaseActivePower_004, ATC_MPC_SCE1_NT_MAPhaseActivePower_006: ignores the power of each phase that does not count', () =>
    ignores(SETTING, ['power-a', 'power-b', 'power-c'], [3_680, 1]))
  it('ATC_MPC_SCE2_PT_MATotalConsumedEnergy_001, ATC_MPC_SCE2_PT_MATotalProducedEnergy_001: takes over both energies', () =>
    takesOver(SETTING, ['energy-consumed', 'energy-produced'], [12_345.5, 12_346]))
  it('ATC_MPC_SCE2_NT_MATotalConsumedEnergy_002, ATC_MPC_SCE2_NT_MATotalProducedEnergy_002: ignores energies that do not count', () =>
    ignores(SETTING, ['energy-consumed', 'energy-produced'], [12_345, 0]))
  it('ATC_MPC_SCE3_PT_MAActiveACCurrent_001, ATC_MPC_SCE3_PT_MAActiveACCurrent_003, ATC_MPC_SCE3_PT_MAActiveACCurrent_005: takes over the current of each phase', () =>
    takesOver(SETTING, ['current-a', 'current-b', 'current-c'], [16, -6.5]))
  it('ATC_MPC_SCE3_NT_MAActiveACCurrent_002, ATC_MPC_SCE3_NT_MAActiveACCurrent_004, ATC_MPC_SCE3_NT_MAActiveACCurrent_006: ignores the current of each phase that does not count', () =>
    ignores(SETTING, ['current-a', 'current-b', 'current-c'], [16, 0]))
  it('ATC_MPC_SCE4_PT_MAACVoltage_001, ATC_MPC_SCE4_PT_MAACVoltage_003, ATC_MPC_SCE4_PT_MAACVoltage_005: takes over the voltages to neutral', () =>
    takesOver(SETTING, ['voltage-a', 'voltage-b', 'voltage-c'], [230.5, 229]))
  it('ATC_MPC_SCE4_NT_MAACVoltage_002, ATC_MPC_SCE4_NT_MAACVoltage_004, ATC_MPC_SCE4_NT_MAACVoltage_006: ignores voltages to neutral that do not count', () =>
    ignores(SETTING, ['voltage-a', 'voltage-b', 'voltage-c'], [230, 0]))
  it('ATC_MPC_SCE4_PT_MAACVoltage_007, ATC_MPC_SCE4_PT_MAACVoltage_009, ATC_MPC_SCE4_PT_MAACVoltage_011: takes over the voltages between phases', () =>
    takesOver(SETTING, ['voltage-ab', 'voltage-bc', 'voltage-ca'], [399.5, 401]))
  it('ATC_MPC_SCE4_NT_MAACVoltage_008, ATC_MPC_SCE4_NT_MAACVoltage_010, ATC_MPC_SCE4_NT_MAACVoltage_012: ignores voltages between phases that do not count', () =>
    ignores(SETTING, ['voltage-ab', 'voltage-bc', 'voltage-ca'], [400, 0]))
  it('ATC_MPC_SCE5_PT_MAFrequency_001: takes over the frequency', () => takesOver(SETTING, ['frequency'], [49.95, 50.01]))
  it('ATC_MPC_SCE5_NT_MAFrequency_002: ignores a frequency that is out of range or an error', () =>
    ignores(SETTING, ['frequency'], [50, 0]))

  it('keeps an old value for as long as it may be one, and drops it then', async () => {
    const peer = await monitored()
    await peer.tell({ power: { value: 2_000 }, frequency: { value: 50 } })
    await peer.tell({ power: { value: 1, state: 'error' } })
    await peer.pass(100_000)
    expect(peer.value('power')).toBe(2_000)
    await peer.pass(40_000)
    // The other one is still heard of.
    expect(peer.value('power')).toBeUndefined()
    expect(peer.value('frequency')).toBe(50)
    peer.cut()
    await peer.pass(200_000)
    expect(peer.values()).toEqual({ values: {}, faults: {} })
  })
  it('drops everything when the link is over', async () => {
    const peer = await monitored()
    await peer.tell({ power: { value: 2_000 } })
    peer.watch.stop()
    expect(peer.told.at(-1)).toMatchObject({ useCase: 'MPC', values: null })
    expect(peer.watch.all()).toEqual([])
  })
})
