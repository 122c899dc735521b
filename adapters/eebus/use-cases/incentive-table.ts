// A table of incentives: what energy costs in each slot from now on, one tariff with one tier.
import { child, isObject, items, type Plain, type PlainObject } from '../eebus-json.ts'
import { readDuration, writeDuration } from '../spine/duration.ts'
import { readScaled, writeScaled } from '../spine/scaled-number.ts'
import { listed } from './measurand.ts'
import { STRETCHES_MAX, type Lasting } from './time-series.ts'

export const INCENTIVES = 'incentiveTableData'
export const INCENTIVE_DESCRIPTION = 'incentiveTableDescriptionData'
export const INCENTIVE_CONSTRAINTS = 'incentiveTableConstraintsData'

/** The tariff that takes incentives; null where none is described. */
export function describedTariff(data: PlainObject | undefined): { readonly id: number; readonly isWriteable: boolean } | null {
  const all = listed(data, 'incentiveTableDescription')
    .map((one) => one['tariffDescription'])
    .filter(isObject)
  const found = all.find((one) => one['scopeType'] === 'simpleIncentiveTable') ?? all[0]
  const id = found?.['tariffId']
  return typeof id === 'number' ? { id, isWriteable: found?.['tariffWriteable'] === true } : null
}

/** How many slots it holds at most; null where it is not said. */
export function incentiveSlotsMax(data: PlainObject | undefined): number | null {
  const [first] = listed(data, 'incentiveTableConstraints')
  const count = child(first?.['incentiveSlotConstraints'], 'slotCountMax')
  return typeof count === 'number' && Number.isInteger(count) && count > 0 ? count : null
}

/** What the values mean: cost in EUR per kWh for any power. */
export function describeIncentives(tariffId: number): PlainObject {
  return {
    incentiveTableDescription: [
      {
        tariffDescription: { tariffId, scopeType: 'simpleIncentiveTable' },
        tier: [
          {
            tierDescription: { tierId: 0, tierType: 'dynamicCost' },
            boundaryDescription: [{ boundaryId: 0, boundaryType: 'powerBoundary', boundaryUnit: 'W' }],
            incentiveDescription: [{ incentiveId: 0, incentiveType: 'absoluteCost', currency: 'EUR' }],
          },
        ],
      },
    ],
  }
}

/** Prices in EUR per kWh, one after the other from now on. */
export function writeIncentives(tariffId: number, prices: readonly Lasting<number>[]): PlainObject {
  let start = 0
  const incentiveSlot = prices.map(({ ms, value }, index): PlainObject => {
    const [from, until] = [start, start + ms]
    start = until
    return {
      timeInterval: {
        startTime: { relative: writeDuration(from) },
        endTime: index === prices.length - 1 ? { relative: writeDuration(until) } : undefined,
      },
      tier: [
        {
          tier: { tierId: 0 },
          boundary: [{ boundaryId: 0, lowerBoundaryValue: writeScaled(0) }],
          incentive: [{ incentiveId: 0, value: writeScaled(value) }],
        },
      ],
    }
  })
  return { incentiveTable: [{ tariff: { tariffId }, incentiveSlot }] }
}

/** Prices in EUR per kWh out of a table; null where a slot has no start that rises, no end or no price. */
export function readIncentives(data: PlainObject | undefined): readonly Lasting<number>[] | null {
  const [table] = listed(data, 'incentiveTable')
  const slots = items(table?.['incentiveSlot']).filter(isObject)
  if (slots.length === 0 || slots.length > STRETCHES_MAX) return null
  const prices: Lasting<number>[] = []
  for (const [index, slot] of slots.entries()) {
    const from = relative(child(slot['timeInterval'], 'startTime'))
    const until =
      relative(child(slots[index + 1]?.['timeInterval'], 'startTime')) ?? relative(child(slot['timeInterval'], 'endTime'))
    const [tier] = items(slot['tier'])
    const [incentive] = items(child(tier, 'incentive'))
    const value = readScaled(child(incentive, 'value'))
    if (from === null || until === null || until <= from || value === null) return null
    prices.push({ ms: until - from, value })
  }
  return prices
}

function relative(value: Plain | undefined): number | null {
  return readDuration(child(value, 'relative'))
}
