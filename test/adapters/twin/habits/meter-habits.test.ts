import { describe, expect, it } from 'vitest'
import { events, habitScene, MINUTE, numbers, profileFor, readings, type Kind } from './habit-scene.ts'

const IMPORT = 'Energy.Active.Import.Register'
const POWER = 'Power.Active.Import'
const KINDS: readonly Kind[] = ['1.6', '201-ac', 'bpt-dc']

describe.each(KINDS)('meters of %s stations', (kind) => {
  it('contexts-mixed: register and power of the begin stand beside those of now, in any order', async () => {
    const scene = await habitScene(kind, ['contexts-mixed'])
    await scene.pass(20 * MINUTE)
    const seen = readings(scene)
    expect(seen.length).toBeGreaterThan(15)
    const begin = seen.map((values) => values.filter((value) => value.context === 'Transaction.Begin'))
    expect(begin.every((values) => numbers(values, IMPORT)[0] === 0 && numbers(values, POWER)[0] === 0)).toBe(true)
    const now = seen.at(-1)!.filter((value) => value.context !== 'Transaction.Begin')
    expect(numbers(now, IMPORT)[0]).toBeCloseTo(scene.twin.sessions()[0]!.importedWh, -3)
    const firsts = new Set(
      seen.map((values) => values.find((value) => value.measurand === IMPORT)!.context === 'Transaction.Begin'),
    )
    expect(firsts.size).toBe(2)
  })

  it('zeros-differ: samples count the session, start and end the life of the meter', async () => {
    const scene = await habitScene(kind, ['zeros-differ'])
    await scene.pass(9 * 60 * MINUTE)
    const [session] = scene.twin.sessions()
    expect(session!.endedAt).not.toBeNull()
    expect(session!.importedWh).toBeGreaterThan(5_000)
    const [first, last] =
      kind === '1.6'
        ? [
            Number(scene.csms.of('StartTransaction')[0]!.payload.meterStart),
            Number(scene.csms.of('StopTransaction')[0]!.payload.meterStop),
          ]
        : ((['Started', 'Ended'] as const).map((type) => {
            const { meterValue } = events(scene).find(({ eventType }) => eventType === type)!
            return numbers(meterValue![0]!.sampledValue, IMPORT)[0]!
          }) as [number, number])
    expect(first).toBeGreaterThan(90_000)
    expect(Math.abs(last - first - session!.importedWh)).toBeLessThan(1)
    const register = readings(scene).map((values) => numbers(values, IMPORT)[0]!)
    expect(register[0]).toBeLessThan(300)
    expect(Math.max(...register)).toBeLessThanOrEqual(session!.importedWh)
  })

  it('register-jump: single absurd registers among true ones', async () => {
    const scene = await habitScene(kind, ['register-jump'])
    await scene.pass(120 * MINUTE)
    const register = readings(scene).map((values) => numbers(values, IMPORT)[0]!)
    const truth = scene.twin.cars()[0]!.importedWh
    const absurd = register.filter((wh, i) => i > 5 && (wh > truth + 1 || wh < register[0]!))
    expect(absurd.length).toBeGreaterThan(1)
    expect(absurd.length).toBeLessThan(register.length / 4)
  })

  it('power-untold: power only when it has changed', async () => {
    const scene = await habitScene(kind, ['power-untold'])
    await scene.pass(20 * MINUTE)
    await scene.ask(...profileFor(scene, [0]))
    await scene.pass(5 * MINUTE)
    const told = readings(scene).map((values) => numbers(values, POWER))
    expect(told.filter(({ length }) => length > 0).length).toBeLessThan(8)
    expect(told.flat().some((watts) => watts > 10_000)).toBe(true)
    expect(told.at(-1)).toEqual([])
    expect(readings(scene).every((values) => numbers(values, IMPORT).length === 1)).toBe(true)
  })

  it('ampere-only: currents and voltages that make the power', async () => {
    const scene = await habitScene(kind, ['ampere-only'])
    await scene.pass(10 * MINUTE)
    const last = readings(scene).at(-1)!
    expect(last.some(({ measurand }) => measurand!.startsWith('Power'))).toBe(false)
    const volts = numbers(last, 'Voltage')
    const watts = numbers(last, 'Current.Import').reduce((sum, amps, i) => sum + amps * volts[i]!, 0)
    expect(Math.abs(watts - scene.twin.cars()[0]!.power)).toBeLessThan(150)
    expect(volts).toHaveLength(kind === 'bpt-dc' ? 1 : 3)
  })

  it('register-only: nothing but registers, and the settings say so', async () => {
    const scene = await habitScene(kind, ['register-only'])
    await scene.pass(10 * MINUTE)
    const seen = new Set(readings(scene).flatMap((values) => values.map(({ measurand }) => measurand!)))
    expect([...seen].every((measurand) => measurand.endsWith('.Register'))).toBe(true)
    const answer =
      kind === '1.6'
        ? await scene.ask('GetConfiguration', { key: ['MeterValuesSampledData'] })
        : await scene.ask('GetVariables', {
            getVariableData: [{ component: { name: 'SampledDataCtrlr' }, variable: { name: 'TxUpdatedMeasurands' } }],
          })
    expect(JSON.stringify(answer)).toContain(IMPORT)
    expect(JSON.stringify(answer)).not.toContain('Power')
  })

  it('locations: Inlet, Outlet and EV, and the Outlet is true', async () => {
    const scene = await habitScene(kind, ['locations'])
    await scene.pass(10 * MINUTE)
    const last = readings(scene)
      .at(-1)!
      .filter(({ measurand }) => measurand === IMPORT)
    expect(last.map(({ location }) => location).sort()).toEqual(['EV', 'Inlet', 'Outlet'])
    const at = (place: string) => Number(last.find(({ location }) => location === place)!.value)
    expect(at('EV')).toBeLessThan(at('Outlet'))
    expect(at('Inlet')).toBeGreaterThan(at('Outlet'))
  })

  it('kwh: thousands in the unit or as a multiplier, exact to the watt-hour', async () => {
    const scene = await habitScene(kind, ['kwh'])
    await scene.pass(10 * MINUTE)
    const register = readings(scene)
      .at(-1)!
      .find(({ measurand }) => measurand === IMPORT)!
    const { unit, multiplier = 0 } = register.unitOfMeasure ?? { unit: register.unit, multiplier: 0 }
    expect([unit, multiplier]).toEqual(multiplier === 3 ? ['Wh', 3] : ['kWh', 0])
    expect(Number(register.value)).toBeLessThan(2.5)
    expect(String(register.value)).toMatch(/\.\d/)
  })

  it('measures-nothing: no values, and the events keep their numbers', async () => {
    const scene = await habitScene(kind, ['measures-nothing'])
    await scene.pass(9 * 60 * MINUTE)
    expect(readings(scene)).toEqual([])
    if (kind === '1.6')
      expect([
        scene.csms.of('StartTransaction')[0]!.payload.meterStart,
        scene.csms.of('StopTransaction')[0]!.payload.meterStop,
      ]).toEqual([0, 0])
    else {
      const { transactionId } = events(scene)[0]!.transactionInfo
      const mine = events(scene).filter(({ transactionInfo }) => transactionInfo.transactionId === transactionId)
      expect(mine.map(({ seqNo }) => seqNo)).toEqual(mine.map((_, i) => i))
    }
    expect(scene.twin.sessions()[0]!.importedWh).toBeGreaterThan(5_000)
  })
})
