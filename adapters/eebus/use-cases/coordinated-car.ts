// CEVC, coordinated charging, the end of the car or of the energy manager before it: tells what is needed, takes limits and prices, and tells what is planned.
import type { Clock } from '../../../domain/ports/clock.ts'
import { isWithin, POWER_RANGE } from '../../../domain/telemetry/physical-range.ts'
import { isObject, items, type PlainObject } from '../eebus-json.ts'
import { writeDuration } from '../spine/duration.ts'
import { ERROR_NUMBER } from '../spine/datagram.ts'
import type { LocalDevice, UseCaseSpec, Write, WriteOutcome } from '../spine/local-device.ts'
import { writeScaled } from '../spine/scaled-number.ts'
import { CEVC_NAME, CEVC_VERSION, SERIES, SERIES_CONSTRAINTS, SERIES_DESCRIPTIONS } from './coordinated-charging.ts'
import { readable, serverRef, setItems, writable, type Served } from './features.ts'
import { INCENTIVE_CONSTRAINTS, INCENTIVE_DESCRIPTION, INCENTIVES, readIncentives } from './incentive-table.ts'
import { stretches, writeSlots, type Lasting, type Stretch } from './time-series.ts'

const [LIMITS_ID, PLAN_ID, DEMAND_ID, TARIFF_ID] = [1, 2, 3, 1]

/** What a car needs for it. */
export const COORDINATED: Served = {
  TimeSeries: [readable(SERIES_DESCRIPTIONS), readable(SERIES_CONSTRAINTS), writable(SERIES)],
  IncentiveTable: [writable(INCENTIVE_DESCRIPTION), readable(INCENTIVE_CONSTRAINTS), writable(INCENTIVES)],
}
/** What a car announces. */
export function cevcCar(entity: readonly number[]): UseCaseSpec {
  return { entity, actor: 'EV', name: CEVC_NAME, version: CEVC_VERSION, scenarios: [1, 2, 3, 4, 5, 6, 7, 8] }
}

export interface CoordinatedCarOptions {
  readonly device: LocalDevice
  readonly entity: readonly number[]
  readonly clock: Clock
  /** Slots that limits and prices may have at most. */
  readonly slotsMax: number
  /** W that may be taken, in time, as somebody has written them; judged already. */
  readonly onLimits?: (limits: readonly Stretch[]) => void
  /** EUR per kWh from now on. */
  readonly onPrices?: (prices: readonly Lasting<number>[]) => void
}
export interface CoordinatedCar {
  /** Wh that must, should and could go into it, until ms from now; without them it charges at once. */
  tellDemand(demand: {
    readonly minimum: number
    readonly optimum: number
    readonly maximum: number
    readonly ms: number | null
  }): void
  /** W, one after the other from now on. */
  tellPlan(plan: readonly Lasting<number>[]): void
}

/** Describes its series and its tariff at once. */
export function coordinatedCar(options: CoordinatedCarOptions): CoordinatedCar {
  const { device, entity, clock, slotsMax, onLimits, onPrices } = options
  const [series, table] = [serverRef(entity, 'TimeSeries'), serverRef(entity, 'IncentiveTable')]
  describe(device, entity, slotsMax)
  device.onWrite(series, SERIES, ({ written, result }: Write): WriteOutcome => {
    const [change, ...more] = items(written['timeSeriesData']).filter(isObject)
    if (change?.['timeSeriesId'] !== LIMITS_ID || more.length > 0) return refusal('limits can be written, and nothing else')
    const slots = items(change['timeSeriesSlot']).length
    const limits = stretches(change, clock.now())
    if (slots === 0 || slots > slotsMax) return refusal(`1 to ${slotsMax} slots are taken`)
    const isWhole = limits.length === slots && limits.every(({ until, max }) => until !== null && isLimit(max))
    if (!isWhole) return refusal('a slot without its time or its power')
    // What is written is stored first: what comes of it may change the same list.
    clock.after(0, 'eebus limits', () => onLimits?.(limits))
    return { isAccepted: true, stored: result }
  })
  device.onWrite(table, INCENTIVE_DESCRIPTION, ({ result }: Write): WriteOutcome => {
    const [first] = items(result['incentiveTableDescription']).filter(isObject)
    const tariff = first?.['tariffDescription']
    if (!isObject(tariff) || tariff['tariffId'] !== TARIFF_ID) return refusal('there is no such tariff')
    return { isAccepted: true, stored: described(first!) }
  })
  device.onWrite(table, INCENTIVES, ({ result }: Write): WriteOutcome => {
    const prices = readIncentives(result)
    if (prices === null) return refusal('a slot without its time or its price')
    if (prices.length > slotsMax) return refusal(`1 to ${slotsMax} slots are taken`)
    clock.after(0, 'eebus prices', () => onPrices?.(prices))
    return { isAccepted: true }
  })
  return {
    tellDemand({ minimum, optimum, maximum, ms }) {
      const slot: PlainObject = {
        timeSeriesSlotId: 0,
        duration: ms === null ? undefined : writeDuration(ms),
        value: writeScaled(optimum),
        minValue: writeScaled(minimum),
        maxValue: writeScaled(maximum),
      }
      setItems(device, series, SERIES, [{ timeSeriesId: DEMAND_ID, timePeriod: { startTime: 'PT0S' }, timeSeriesSlot: [slot] }])
    },
    tellPlan(plan) {
      const slots = writeSlots(
        plan.map(({ ms, value }) => ({ ms, value: writeScaled(value) })),
        'value',
      )
      setItems(device, series, SERIES, [{ timeSeriesId: PLAN_ID, ...slots }])
    },
  }
}

function isLimit(power: number | null): boolean {
  return power !== null && power >= 0 && isWithin(POWER_RANGE, power)
}

function describe(device: LocalDevice, entity: readonly number[], slotsMax: number): void {
  const [series, table] = [serverRef(entity, 'TimeSeries'), serverRef(entity, 'IncentiveTable')]
  setItems(device, series, SERIES_DESCRIPTIONS, [
    { timeSeriesId: LIMITS_ID, timeSeriesType: 'constraints', timeSeriesWriteable: true, updateRequired: false, unit: 'W' },
    { timeSeriesId: PLAN_ID, timeSeriesType: 'plan', timeSeriesWriteable: false, unit: 'W' },
    { timeSeriesId: DEMAND_ID, timeSeriesType: 'singleDemand', timeSeriesWriteable: false, unit: 'Wh' },
  ])
  setItems(device, series, SERIES_CONSTRAINTS, [{ timeSeriesId: LIMITS_ID, slotCountMax: slotsMax }])
  setItems(device, series, SERIES, [{ timeSeriesId: LIMITS_ID }])
  device.set(table, INCENTIVE_DESCRIPTION, described({}))
  device.set(table, INCENTIVE_CONSTRAINTS, {
    incentiveTableConstraints: [
      {
        tariff: { tariffId: TARIFF_ID },
        tariffConstraints: { maxTiersPerTariff: 1, maxBoundariesPerTier: 1, maxIncentivesPerTier: 1 },
        incentiveSlotConstraints: { slotCountMax: slotsMax },
      },
    ],
  })
}

/** What the values mean is for others to say, whether they may is ours. */
function described({ tier }: PlainObject): PlainObject {
  const tariffDescription: PlainObject = {
    tariffId: TARIFF_ID,
    tariffWriteable: true,
    updateRequired: false,
    scopeType: 'simpleIncentiveTable',
  }
  return { incentiveTableDescription: [{ tariffDescription, tier }] }
}

function refusal(text: string): WriteOutcome {
  return { isAccepted: false, errorNumber: ERROR_NUMBER.commandRejected, text }
}
