// Before a station is led it has booted; then it is asked what it can do, and orders take the form it takes.
import { afterEach, describe, expect, it, vi } from 'vitest'
import { METER_SETTINGS } from '../../../adapters/ocpp/blocks/meter-settings.ts'
import type { StationKnowledge } from '../../../adapters/ocpp/station-knowledge.ts'
import type { Dialect } from '../../../adapters/ocpp/rpc/frame.ts'
import { inFlight } from '../../../adapters/wire/in-flight.ts'
import type { KnownAbilities } from '../../../domain/live/abilities.ts'
import type { Abilities } from '../../../domain/registry/abilities.ts'
import { slotAt } from '../../../domain/time/slot.ts'
import { watts } from '../../../domain/units.ts'
import { manualClock, type ManualClock } from '../../../src/run/clock.ts'
import { evse, openLab, orderContent, rawStation, TEN, type Lab, type RawStation } from './ocpp-lab.ts'

type Payload = Record<string, unknown>
type Rule = (action: string, payload: Payload) => object

let lab: Lab
let clock: ManualClock
let station: RawStation
let sent: (readonly [string, Payload])[] = []
const ST1 = evse('ST1')
const DIALECTS = ['ocpp1.6', 'ocpp2.0.1', 'ocpp2.1'] as const
const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 30))

afterEach(async () => {
  station.socket.terminate()
  await lab.close()
})

async function connected(
  dialect: Dialect,
  rule: Rule,
  known: Partial<KnownAbilities> = {},
  more: Partial<StationKnowledge> = {},
) {
  clock = manualClock(TEN)
  sent = []
  const knowledge: StationKnowledge = {
    known: () => ({ hasBooted: false, abilities: null, form: null, ...known }),
    phases: () => 3,
    car: () => null,
    priceAt: () => null,
    ...more,
  }
  lab = await openLab({ clock, learning: { knowledge, meters: METER_SETTINGS }, evseOf: () => 1, inFlight: inFlight() })
  station = await rawStation(lab, 'ST1', dialect)
  station.socket.on('message', (data) => {
    const [type, id, action, payload] = JSON.parse((data as Buffer).toString()) as readonly [number, string, string, Payload]
    if (type !== 2) return void sent.push(['answer', {}])
    sent.push([action, payload])
    station.send([3, id, rule(action, payload)])
  })
}
async function boots(dialect: Dialect): Promise<void> {
  station.send([
    2,
    'boot',
    'BootNotification',
    dialect === 'ocpp1.6'
      ? { chargePointVendor: 'Acme', chargePointModel: 'M' }
      : { reason: 'PowerUp', chargingStation: { vendorName: 'Acme', model: 'M' } },
  ])
  await lab.event('booted')
  await pause()
}
async function pass(ms: number): Promise<void> {
  await clock.runUntil(clock.now() + ms, pause)
}
const actions = () => sent.map(([action]) => action).filter((action) => action !== 'answer')
const taking: Rule = (action, payload) => {
  if (action === 'GetConfiguration')
    return {
      configurationKey: ((payload['key'] as string[] | undefined) ?? []).map((key) => ({
        key,
        readonly: false,
        value: KEYS[key] ?? '',
      })),
    }
  if (action === 'GetVariables')
    return {
      getVariableResult: (payload['getVariableData'] as { component: { name: string }; variable: { name: string } }[]).map(
        (one) => {
          const value = VARIABLES[`${one.component.name}.${one.variable.name}`]
          return value === undefined
            ? { ...one, attributeStatus: 'UnknownVariable' }
            : { ...one, attributeStatus: 'Accepted', attributeValue: value }
        },
      ),
    }
  if (action === 'SetVariables')
    return {
      setVariableResult: (payload['setVariableData'] as { component: object; variable: object }[]).map(
        ({ component, variable }) => ({ component, variable, attributeStatus: 'RebootRequired' }),
      ),
    }
  return { status: 'Accepted' }
}
const KEYS: Record<string, string> = {
  SupportedFeatureProfiles: 'Core,SmartCharging',
  ChargeProfileMaxStackLevel: '3',
  ChargingScheduleAllowedChargingRateUnit: 'Current',
  ChargingScheduleMaxPeriods: '6',
  MaxChargingProfilesInstalled: '4',
  ConnectorSwitch3to1PhaseSupported: 'false',
  MeterValueSampleInterval: '900',
  MeterValuesSampledData: 'Energy.Active.Import.Register',
  ClockAlignedDataInterval: '0',
}
const VARIABLES: Record<string, string> = {
  'SmartChargingCtrlr.RateUnit': 'A,W',
  'SmartChargingCtrlr.ProfileStackLevel': '8',
  'SmartChargingCtrlr.PeriodsPerSchedule': '24',
  'SmartChargingCtrlr.SupportsDynamicProfiles': 'false',
  'SampledDataCtrlr.TxUpdatedInterval': '0',
  'SampledDataCtrlr.TxUpdatedMeasurands': 'Energy.Active.Import.Register,Voltage',
}
const LEARNT: Abilities = {
  rateUnits: ['W'],
  stackLevelMax: 8,
  periodsMax: null,
  profilesMax: null,
  smartCharging: true,
  purposes: null,
  dynamicProfiles: null,
  phaseSwitching: null,
  givesBack: null,
  operationModes: null,
  meterIntervalSeconds: 60,
  measurands: [],
  clockIntervalSeconds: null,
  timeSource: null,
  needsReboot: false,
  refused: [],
}

describe.each(DIALECTS)('a station of %s', (dialect) => {
  const transaction = dialect === 'ocpp1.6' ? '41' : 'T1'

  it('hears nothing before its boot has its answer, and is asked what it can do afterwards', async () => {
    await connected(dialect, taking)
    const order = await lab.server.order(orderContent(ST1, { transaction }))
    expect(order).toEqual({ ok: false, refusal: { kind: 'not-connected' } })
    await pass(5_000)
    expect(actions()).toEqual([])
    await boots(dialect)
    const led = lab.server.order(orderContent(ST1, { transaction }))
    expect((await led).ok).toBe(true)
    expect(sent.map(([action]) => action)).toEqual(['answer', 'SetChargingProfile'])
    await pass(40_000)
    const { abilities } = await lab.event('abilities')
    expect(new Set(actions().slice(1))).toEqual(
      new Set(dialect === 'ocpp1.6' ? ['GetConfiguration', 'ChangeConfiguration'] : ['GetVariables', 'SetVariables']),
    )
    const measurands = [
      'Energy.Active.Import.Register',
      ...(dialect === 'ocpp1.6' ? [] : ['Voltage']),
      'Energy.Active.Export.Register',
      'Power.Active.Import',
      'Power.Active.Export',
      'SoC',
    ]
    expect(abilities).toMatchObject(
      dialect === 'ocpp1.6'
        ? { rateUnits: ['A'], stackLevelMax: 3, periodsMax: 6, smartCharging: true, phaseSwitching: false, needsReboot: false }
        : {
            rateUnits: ['A', 'W'],
            stackLevelMax: 8,
            periodsMax: 24,
            dynamicProfiles: dialect === 'ocpp2.1' ? false : null,
            needsReboot: true,
          },
    )
    expect(abilities).toMatchObject({ meterIntervalSeconds: 60, measurands, refused: [] })
  })

  it('that connects again without a boot is led after a moment, or with its first message, and asked nothing', async () => {
    await connected(dialect, taking, { hasBooted: true, abilities: LEARNT })
    const led = lab.server.order(orderContent(ST1, { transaction }))
    await pass(1_000)
    expect(actions()).toEqual([])
    station.send([2, 'h', 'Heartbeat', {}])
    await lab.event('heartbeat')
    expect((await led).ok).toBe(true)
    await pass(60_000)
    expect(actions()).toEqual(['SetChargingProfile'])
  })

  it('that never booted is asked to, and led where it will not', async () => {
    await connected(dialect, (action, payload) =>
      action === 'TriggerMessage' ? { status: 'Rejected' } : taking(action, payload),
    )
    await pass(16_000)
    await vi.waitFor(() => expect(sent).toHaveLength(1))
    expect(sent).toEqual([['TriggerMessage', { requestedMessage: 'BootNotification' }]])
    // The core is told that it can be led from now on.
    await vi.waitFor(() => expect(lab.events.filter(({ kind }) => kind === 'connected')).toHaveLength(2))
    expect((await lab.server.order(orderContent(ST1, { transaction }))).ok).toBe(true)
  })

  it('is not set again to what it has refused, and settles for less', async () => {
    const refusing: Rule = (action, payload) => {
      if (action === 'ChangeConfiguration')
        return { status: String(payload['value']).includes('Power') ? 'Rejected' : 'Accepted' }
      if (action !== 'SetVariables') return taking(action, payload)
      const data = payload['setVariableData'] as { attributeValue: string }[]
      return {
        setVariableResult: data.map(({ attributeValue, ...one }) => ({
          ...one,
          attributeStatus: attributeValue.includes('Power') ? 'Rejected' : 'Accepted',
        })),
      }
    }
    await connected(dialect, refusing)
    await boots(dialect)
    await pass(40_000)
    const { abilities } = await lab.event('abilities')
    expect(abilities.measurands).toEqual(expect.arrayContaining(['Energy.Active.Import.Register', 'Voltage', 'Current.Import']))
    expect(abilities.refused.length).toBeGreaterThanOrEqual(2)
    station.socket.terminate()
    await lab.close()
    // The same station after its next boot, with the same values still in place.
    await connected(dialect, refusing, { hasBooted: true, abilities })
    await boots(dialect)
    await pass(40_000)
    const tried = sent.filter(([action]) => action === 'ChangeConfiguration' || action === 'SetVariables')
    for (const { value } of abilities.refused) expect(JSON.stringify(tried)).not.toContain(`"${value}"`)
  })

  it('is told amperes where it takes no watts, never more than planned by the voltage measured, and keeps to that', async () => {
    const amperes: Rule = (action, payload) =>
      action === 'SetChargingProfile' && JSON.stringify(payload).includes('"chargingRateUnit":"W"')
        ? { status: 'Rejected' }
        : { status: 'Accepted' }
    await connected(dialect, amperes, { hasBooted: true, abilities: { ...LEARNT, rateUnits: null } })
    await pass(3_000)
    expect((await lab.server.order(orderContent(ST1, { transaction }))).ok).toBe(true)
    expect((await lab.event('form-taken')).form).toMatchObject({ purpose: 'TxProfile', unit: 'A', stackLevel: 1 })
    const limits = () => [...JSON.stringify(sent.at(-1)![1]).matchAll(/"limit":([\d.]+)/g)].map(([, limit]) => Number(limit))
    expect(limits()).toEqual([15.9, 0, 10.7])
    sent = []
    const other = orderContent(ST1, { transaction, course: { first: slotAt(TEN), values: [7_400, 11_000].map(watts) } })
    expect((await lab.server.order(other)).ok).toBe(true)
    expect(actions()).toEqual(['SetChargingProfile'])
    const value = {
      timestamp: '2026-11-02T10:00:00Z',
      sampledValue: [{ value: dialect === 'ocpp1.6' ? '240' : 240, measurand: 'Voltage', phase: 'L1-N' }],
    }
    const measured = dialect === 'ocpp1.6' ? { connectorId: 1, meterValue: [value] } : { evseId: 1, meterValue: [value] }
    station.send([2, 'volts', 'MeterValues', measured])
    await pause()
    await lab.server.order(orderContent(ST1, { transaction }))
    expect(limits()).toEqual([15.2, 0, 10.2])
  })

  it('gets no more periods than it can hold, and the rest when its time comes', async () => {
    await connected(dialect, taking, { hasBooted: true, abilities: { ...LEARNT, periodsMax: 2 } })
    await pass(3_000)
    const course = { first: slotAt(TEN), values: [11_000, 4_000, 9_000, 8_000].map(watts) }
    expect((await lab.server.order(orderContent(ST1, { transaction, course }))).ok).toBe(true)
    const periods = () =>
      [...JSON.stringify(sent.at(-1)![1]).matchAll(/"startPeriod":(\d+),"limit":(\d+)/g)].map(([, start, limit]) => [
        Number(start),
        Number(limit),
      ])
    expect(periods()).toEqual([
      [0, 11_000],
      [900, 4_000],
    ])
    await pass(900_000)
    await vi.waitFor(() => expect(actions()).toEqual(['SetChargingProfile', 'SetChargingProfile']))
    expect(periods()).toEqual([
      [0, 4_000],
      [900, 8_000],
    ])
  })
})

describe('a set-point', () => {
  const setpoint = { setpoint: watts(-9_000) }
  const profile = (payload: Payload) =>
    payload['chargingProfile'] as { chargingProfileKind: string; stackLevel: number; chargingSchedule: object[] }

  it.each([
    ['a station that knows no dynamic profiles', { abilities: { ...LEARNT, dynamicProfiles: false } }, {}],
    [
      'a car that keeps to schedules (K18)',
      { abilities: LEARNT },
      { car: () => ({ tuplesMax: null, isScheduled: true, isOlder: false, phases: 3 }) },
    ],
  ])('is a short schedule for %s, and renewed as one', async (_, known, more) => {
    await connected('ocpp2.1', taking, { hasBooted: true, ...known }, more)
    await pass(3_000)
    expect((await lab.server.order(orderContent(ST1, setpoint))).ok).toBe(true)
    expect((await lab.server.renew(orderContent(ST1, setpoint))).ok).toBe(true)
    expect(actions()).toEqual(['SetChargingProfile', 'SetChargingProfile', 'SetChargingProfile'])
    expect(profile(sent.at(-1)![1])).toMatchObject({
      chargingProfileKind: 'Absolute',
      stackLevel: 2,
      chargingSchedule: [
        { duration: 210, startSchedule: '2026-11-02T10:00:03.000Z', chargingSchedulePeriod: [{ setpoint: -9_000 }] },
      ],
    })
  })

  it('is offered as a schedule where the dynamic profile is refused', async () => {
    const rule: Rule = (action, payload) =>
      action === 'SetChargingProfile' && profile(payload).chargingProfileKind === 'Dynamic'
        ? { status: 'Rejected' }
        : { status: 'Accepted' }
    await connected('ocpp2.1', rule, { hasBooted: true, abilities: LEARNT })
    await pass(3_000)
    expect((await lab.server.order(orderContent(ST1, setpoint))).ok).toBe(true)
    expect((await lab.event('form-taken')).form).toMatchObject({ setpoint: 'absolute' })
  })

  it('lies one level lower where a station has two levels only', async () => {
    await connected('ocpp2.1', taking, { hasBooted: true, abilities: { ...LEARNT, stackLevelMax: 1 } })
    await pass(3_000)
    await lab.server.order(orderContent(ST1, setpoint))
    expect(sent.map(([, payload]) => profile(payload).stackLevel)).toEqual([0, 1])
  })
})

describe('a car that plans by itself', () => {
  const price = (slot: number) => (slot - slotAt(TEN)) * 10
  it.each([
    ['ocpp2.0.1', true, 'salesTariff'],
    ['ocpp2.1', true, 'salesTariff'],
    ['ocpp2.1', false, 'priceLevelSchedule'],
  ] as const)(
    'over %s (ISO 15118-2: %s) hears how dear its schedule is, in no more pieces than it takes',
    async (dialect, isOlder, field) => {
      await connected(
        dialect,
        taking,
        { hasBooted: true, abilities: LEARNT },
        {
          car: () => ({ tuplesMax: 3, isScheduled: true, isOlder, phases: 3 }),
          priceAt: price,
        },
      )
      await pass(3_000)
      expect((await lab.server.order(orderContent(ST1))).ok).toBe(true)
      const [schedule] = (sent[0]![1]['chargingProfile'] as { chargingSchedule: Payload[] }).chargingSchedule
      const told = schedule![field] as { salesTariffEntry?: object[]; priceLevelScheduleEntries?: object[] }
      const entries = (told.salesTariffEntry ?? told.priceLevelScheduleEntries)!
      expect(entries.length).toBeGreaterThan(1)
      expect(entries.length).toBeLessThanOrEqual(3)
      expect((schedule!['chargingSchedulePeriod'] as object[]).length).toBeLessThanOrEqual(3)
    },
  )

  it('goes without prices where its station does not take them', async () => {
    const rule: Rule = (_, payload) => ({ status: JSON.stringify(payload).includes('salesTariff') ? 'Rejected' : 'Accepted' })
    await connected(
      'ocpp2.0.1',
      rule,
      { hasBooted: true, abilities: LEARNT },
      {
        car: () => ({ tuplesMax: 3, isScheduled: true, isOlder: true, phases: 3 }),
        priceAt: price,
      },
    )
    await pass(3_000)
    expect((await lab.server.order(orderContent(ST1))).ok).toBe(true)
    expect(sent).toHaveLength(2)
  })
})
