import { describe, expect, it } from 'vitest'
import { events, habitScene, MINUTE, numbers, profileFor, readings, type HabitScene, type Kind } from './habit-scene.ts'

const KINDS: readonly Kind[] = ['1.6', '201-ac', 'bpt-ac']
async function setting(scene: HabitScene, key16: string, name2: string): Promise<string | undefined> {
  if (scene.config.dialect === 'ocpp1.6') {
    const answer = (await scene.ask('GetConfiguration', { key: [key16] })) as { configurationKey: { value: string }[] }
    return answer.configurationKey[0]?.value
  }
  const [component, variable] = name2.split('.')
  const answer = (await scene.ask('GetVariables', {
    getVariableData: [{ component: { name: component }, variable: { name: variable } }],
  })) as { getVariableResult: { attributeValue: string }[] }
  return answer.getVariableResult[0]?.attributeValue
}
async function status(
  scene: HabitScene,
  ...order: Parameters<typeof profileFor> extends [unknown, ...infer Rest] ? Rest : never
) {
  return (await scene.ask(...profileFor(scene, ...order)))?.status
}

describe.each(KINDS)('profiles of %s stations', (kind) => {
  it('ampere-limits: only A, said in the settings, followed and told back in A', async () => {
    const scene = await habitScene(kind, ['ampere-limits'])
    await scene.pass(5 * MINUTE)
    expect(await status(scene, [5_000])).toBe('Rejected')
    expect(await status(scene, [10], { unit: 'A' })).toBe('Accepted')
    expect(await setting(scene, 'ChargingScheduleAllowedChargingRateUnit', 'SmartChargingCtrlr.RateUnit')).toMatch(
      /^(A|Current)$/,
    )
    await scene.pass(MINUTE)
    expect(scene.twin.cars()[0]!.power).toBe(6_900)
    const composite = await scene.ask('GetCompositeSchedule', {
      [kind === '1.6' ? 'connectorId' : 'evseId']: 1,
      duration: 600,
    })
    expect(JSON.stringify(composite)).toContain('"chargingRateUnit":"A"')
    expect(JSON.stringify(composite)).toContain('"limit":10')
  })

  it('few-periods: no more than the settings say', async () => {
    const scene = await habitScene(kind, ['few-periods'])
    const most = Number(await setting(scene, 'ChargingScheduleMaxPeriods', 'SmartChargingCtrlr.PeriodsPerSchedule'))
    expect([3, 6, 10, 24]).toContain(most)
    const limits = Array.from({ length: most + 1 }, (_, i) => 5_000 + i)
    expect(await status(scene, limits)).toBe('Rejected')
    expect(await status(scene, limits.slice(1))).toBe('Accepted')
  })

  it('no-tx-profile, no-stack, integer-limits and rejects-all refuse what they do not know', async () => {
    const purpose = await habitScene(kind, ['no-tx-profile'])
    expect(await status(purpose, [5_000])).toBe('Rejected')
    expect(await status(purpose, [5_000], { purpose: 'TxDefaultProfile' })).toBe('Accepted')
    const levels = await habitScene(kind, ['no-stack'])
    expect(await status(levels, [5_000], { stackLevel: 1 })).toBe('Rejected')
    expect(await status(levels, [5_000], { stackLevel: 0 })).toBe('Accepted')
    expect(await setting(levels, 'ChargeProfileMaxStackLevel', 'SmartChargingCtrlr.ProfileStackLevel')).toBe('0')
    const whole = await habitScene(kind, ['integer-limits'])
    expect(await status(whole, [5_000.5])).toBe('Rejected')
    expect(await status(whole, [5_000])).toBe('Accepted')
    const none = await habitScene(kind, ['rejects-all'])
    expect(await status(none, [5_000], { purpose: 'TxDefaultProfile' })).toBe('Rejected')
  })

  it('zero-ends: nothing to charge ends the transaction; a remote start begins another', async () => {
    const scene = await habitScene(kind, ['zero-ends'])
    await scene.pass(5 * MINUTE)
    expect(await status(scene, [0])).toBe('Accepted')
    await scene.pass(2 * MINUTE)
    const car = scene.twin.cars()[0]!
    expect([car.plugged, car.transaction]).toEqual([true, null])
    if (kind === '1.6') {
      expect(scene.csms.of('StopTransaction')[0]!.payload.reason).toBe('Other')
      expect(scene.csms.of('StatusNotification').at(-1)!.payload.status).toBe('Finishing')
    } else expect(events(scene).at(-1)).toMatchObject({ eventType: 'Ended', transactionInfo: { stoppedReason: 'Other' } })
    const { token } = scene.config
    const started =
      kind === '1.6'
        ? await scene.ask('RemoteStartTransaction', { idTag: token.toLowerCase() })
        : await scene.ask('RequestStartTransaction', { remoteStartId: 1, idToken: { idToken: token, type: 'eMAID' } })
    expect(started).toMatchObject({ status: 'Accepted' })
    await scene.pass(5_000)
    expect(scene.twin.cars()[0]!.transaction).not.toBeNull()
  })

  it('zero-suspends-long: it takes 10 to 20 minutes to charge again', async () => {
    const scene = await habitScene(kind, ['zero-suspends-long'])
    await scene.pass(30 * MINUTE)
    expect(scene.twin.cars()[0]!.power).toBeGreaterThan(4_000)
    await status(scene, [0])
    await scene.pass(2 * MINUTE)
    expect(scene.twin.cars()[0]!.power).toBe(0)
    expect(await status(scene, [11_000])).toBe('Accepted')
    await scene.pass(9 * MINUTE)
    expect(scene.twin.cars()[0]!.power).toBe(0)
    await scene.pass(12 * MINUTE)
    expect(scene.twin.cars()[0]!.power).toBeGreaterThan(4_000)
  })

  it('says-accepted-does-nothing: accepted, and charging goes on', async () => {
    const scene = await habitScene(kind, ['says-accepted-does-nothing'])
    expect(await status(scene, [0])).toBe('Accepted')
    await scene.pass(5 * MINUTE)
    expect(numbers(readings(scene).at(-1)!, 'Power.Active.Import')[0]).toBeGreaterThan(10_000)
  })

  it('never-answers: silence; slow-answers: done 5 to 25 seconds later', async () => {
    const silent = await habitScene(kind, ['never-answers'])
    const unheard = silent.csms.tell(...profileFor(silent, [0]))
    await silent.pass(5 * MINUTE)
    expect(silent.csms.answers.get(unheard)).toBeUndefined()
    expect(silent.twin.cars()[0]!.power).toBeGreaterThan(10_000)
    const slow = await habitScene(kind, ['slow-answers'])
    const asked = slow.now()
    const id = slow.csms.tell(...profileFor(slow, [0]))
    await slow.pass(MINUTE)
    const { at, payload } = slow.csms.answers.get(id)!
    expect(payload).toEqual({ status: 'Accepted' })
    expect(at - asked).toBeGreaterThanOrEqual(5_000)
    expect(at - asked).toBeLessThanOrEqual(25_000)
  })
})

describe('what only 2.x can say', () => {
  it('no-dynamic [K01.FR.121]: refused, and the device model says so', async () => {
    const scene = await habitScene('bpt-dc', ['no-dynamic'])
    const [action, payload] = profileFor(scene, [5_000]) as [string, { evseId: number; chargingProfile: object }]
    const dynamic = {
      ...payload.chargingProfile,
      chargingProfileKind: 'Dynamic',
      chargingSchedule: [
        {
          id: 1,
          chargingRateUnit: 'W',
          chargingSchedulePeriod: [{ startPeriod: 0, operationMode: 'CentralSetpoint', setpoint: 1_000 }],
        },
      ],
    }
    expect(await scene.ask(action, { evseId: 1, chargingProfile: dynamic })).toEqual({
      status: 'Rejected',
      statusInfo: { reasonCode: 'UnsupportedKind' },
    })
    expect(await setting(scene, '', 'SmartChargingCtrlr.SupportsDynamicProfiles')).toBe('false')
    expect(await scene.ask(action, payload)).toEqual({ status: 'Accepted' })
  })

  it('external-limit: told as critical for the grid, kept, and lifted', async () => {
    const scene = await habitScene('201-ac', ['external-limit'])
    await scene.pass(75 * MINUTE)
    const limits = scene.csms.of('NotifyChargingLimit')
    expect(limits[0]!.payload).toMatchObject({
      evseId: 1,
      chargingLimit: { chargingLimitSource: 'EMS', isGridCritical: true },
      chargingSchedule: [{ chargingRateUnit: 'W', chargingSchedulePeriod: [{ startPeriod: 0, limit: 4_200 }] }],
    })
    await scene.pass(60 * MINUTE)
    const [cleared] = scene.csms.of('ClearedChargingLimit')
    expect(cleared!.payload).toEqual({ chargingLimitSource: 'EMS', evseId: 1 })
    const during = scene.csms
      .of('TransactionEvent')
      .filter(({ at }) => at > limits[0]!.at + MINUTE && at < cleared!.at)
      .map(
        ({ payload }) =>
          numbers(
            (payload as unknown as ReturnType<typeof events>[number]).meterValue![0]!.sampledValue,
            'Power.Active.Import',
          )[0]!,
      )
    expect(during.length).toBeGreaterThan(5)
    expect(Math.max(...during)).toBeLessThan(4_300)
  })
})
