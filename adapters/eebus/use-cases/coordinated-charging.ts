// CEVC, coordinated charging, the end of whoever has the prices: what a car needs until when, what it may take, what energy costs, and what the car plans by that.
import { isWithin, POWER_RANGE, REQUEST_RANGE } from '../../../domain/telemetry/physical-range.ts'
import { ok, refused, type Result } from '../../../domain/result.ts'
import { isSame, type PlainObject } from '../eebus-json.ts'
import type { UseCaseSpec } from '../spine/local-device.ts'
import { writeScaled } from '../spine/scaled-number.ts'
import type { ToWrite } from './bound-writer.ts'
import type { ClientUseCase, Lookup } from './client-use-case.ts'
import {
  describedTariff,
  describeIncentives,
  INCENTIVE_CONSTRAINTS,
  INCENTIVE_DESCRIPTION,
  INCENTIVES,
  incentiveSlotsMax,
  writeIncentives,
} from './incentive-table.ts'
import { listed } from './measurand.ts'
import {
  describedSeries,
  fitted,
  seriesData,
  stretches,
  writeSlots,
  type Lasting,
  type SeriesType,
  type Stretch,
} from './time-series.ts'

export const CEVC_NAME = 'coordinatedEvCharging'
export const CEVC_VERSION = '1.0.1'
export const SERIES = 'timeSeriesListData'
export const SERIES_DESCRIPTIONS = 'timeSeriesDescriptionListData'
export const SERIES_CONSTRAINTS = 'timeSeriesConstraintsListData'

/** What a car needs. */
export interface ChargingDemand {
  /** Wh that must, should and could go into it; null where it does not say. */
  readonly minimum: number | null
  readonly optimum: number | null
  readonly maximum: number | null
  /** Epoch ms; null where it charges at once. */
  readonly departure: number | null
}
export interface PlannedPower {
  readonly from: number
  readonly until: number
  /** W. */
  readonly power: number
}
export interface CevcValues {
  /** Null where it has not told any. */
  readonly demand: ChargingDemand | null
  readonly plan: readonly PlannedPower[] | null
  /** Where limits and prices go; null where the car does not take any. */
  readonly limits: { readonly id: number; readonly isWriteable: boolean; readonly slotsMax: number | null } | null
  readonly tariff: { readonly id: number; readonly isWriteable: boolean; readonly slotsMax: number | null } | null
}

/** The end of whoever has the prices. */
export const CEVC: ClientUseCase<CevcValues> = {
  short: 'CEVC',
  name: CEVC_NAME,
  actors: ['EV'],
  entityTypes: ['EV'],
  needs: ['TimeSeries'],
  functions: {
    TimeSeries: [SERIES_DESCRIPTIONS, SERIES_CONSTRAINTS, SERIES],
    IncentiveTable: [INCENTIVE_DESCRIPTION, INCENTIVE_CONSTRAINTS, INCENTIVES],
  },
  reader() {
    const [demand, plan] = [sinceTold('singleDemand'), sinceTold('plan')]
    return (lookup) => ({
      demand: readDemand(demand(lookup)),
      plan: readPlan(plan(lookup)),
      limits: readLimits(lookup),
      tariff: readTariff(lookup),
    })
  },
}

interface ToldSeries {
  readonly data: PlainObject
  /** Epoch ms. */
  readonly at: number
}
/** Times from now on count from when a series was told as it is, not from when another one was. */
function sinceTold(type: SeriesType): (lookup: Lookup) => ToldSeries | null {
  let last: ToldSeries | null = null
  return (lookup) => {
    const series = describedSeries(lookup.data('TimeSeries', SERIES_DESCRIPTIONS), type)
    const heard = lookup.heard('TimeSeries', SERIES)
    const data = series === null ? undefined : seriesData(heard?.data, series.id)
    if (data === undefined || heard === null) last = null
    else if (last === null || !isSame(last.data, data)) last = { data, at: heard.at }
    return last
  }
}

/** The first slot says it; those behind it are empty wherever they have been seen. */
function readDemand(told: ToldSeries | null): ChargingDemand | null {
  const [first] = told === null ? [] : stretches(told.data, told.at)
  if (first === undefined) return null
  const energy = (value: number | null) => (value !== null && isWithin(REQUEST_RANGE, value) ? value : null)
  return { minimum: energy(first.min), optimum: energy(first.value), maximum: energy(first.max), departure: first.until }
}

/** Some tell the power as value, some as the most it will be. */
function readPlan(told: ToldSeries | null): readonly PlannedPower[] | null {
  if (told === null) return null
  return stretches(told.data, told.at).flatMap(({ from, until, value, max }: Stretch): PlannedPower[] => {
    const power = value ?? max
    return until === null || power === null || !isWithin(POWER_RANGE, power) ? [] : [{ from, until, power }]
  })
}

function readLimits(lookup: Lookup): CevcValues['limits'] {
  const series = describedSeries(lookup.data('TimeSeries', SERIES_DESCRIPTIONS), 'constraints')
  if (series === null) return null
  const count = listed(lookup.data('TimeSeries', SERIES_CONSTRAINTS), 'timeSeriesConstraintsData').find(
    (one) => one['timeSeriesId'] === series.id,
  )?.['slotCountMax']
  return { id: series.id, isWriteable: series.isWriteable, slotsMax: typeof count === 'number' && count > 0 ? count : null }
}

function readTariff(lookup: Lookup): CevcValues['tariff'] {
  const tariff = describedTariff(lookup.data('IncentiveTable', INCENTIVE_DESCRIPTION))
  return tariff === null ? null : { ...tariff, slotsMax: incentiveSlotsMax(lookup.data('IncentiveTable', INCENTIVE_CONSTRAINTS)) }
}

/** The write that limits a car's power, W, from now on; limits are put together downwards where it holds fewer of them. */
export function powerLimitsWrite(
  { limits }: CevcValues,
  courses: readonly Lasting<number>[],
): Result<ToWrite, 'not-taken' | 'nothing'> {
  if (limits === null || !limits.isWriteable) return refused('not-taken')
  if (courses.length === 0) return refused('nothing')
  const fewer = fitted(courses, limits.slotsMax ?? Infinity, 'least')
  const slots = writeSlots(
    fewer.map(({ ms, value }) => ({ ms, value: writeScaled(Math.max(0, value)) })),
    'maxValue',
  )
  return ok({ name: SERIES, data: { timeSeriesData: [{ timeSeriesId: limits.id, ...slots }] } })
}

/** The writes that tell a car what energy costs, EUR per kWh, from now on: what the values mean, and the values. */
export function pricesWrites(
  { tariff }: CevcValues,
  courses: readonly Lasting<number>[],
): Result<readonly ToWrite[], 'not-taken' | 'nothing'> {
  if (tariff === null || !tariff.isWriteable) return refused('not-taken')
  if (courses.length === 0) return refused('nothing')
  const prices = fitted(courses, tariff.slotsMax ?? Infinity, 'mean')
  return ok([
    { name: INCENTIVE_DESCRIPTION, data: describeIncentives(tariff.id), isWhole: true },
    { name: INCENTIVES, data: writeIncentives(tariff.id, prices), isWhole: true },
  ])
}

/** What whoever has the prices announces. */
export function cevcBroker(entity: readonly number[]): UseCaseSpec {
  return { entity, actor: 'EnergyBroker', name: CEVC_NAME, version: CEVC_VERSION, scenarios: [1, 2, 3, 4, 6, 8] }
}
