// The course of an order as a finite charging schedule, in the form its station takes.
import type { ProfileForm } from '../../../../domain/registry/abilities.ts'
import type { OrderContent } from '../../../../domain/orders/order.ts'
import { startOf } from '../../../../domain/time/slot.ts'
import { wireInstant } from '../../instant.ts'
import type { Outbound } from '../../outbound.ts'
import { wireCourse, type Manner, type WireCourse } from './manner.ts'
import { priceLevels } from './price-levels.ts'
import { wireRate } from './rate.ts'
import { profileIds, setProfileV16, setProfileV2 } from './profile.ts'

/** A message, and what of the course it holds. */
export interface CourseMessage {
  readonly message: Outbound
  readonly held: WireCourse
}

const SLOT_SECONDS = 900
/** Stretches of prices where a car did not say how many it takes: as many as 15118-2 lets it have. */
const PRICES_MAX = 12

/**
 * A station that takes neither profiles of a transaction nor a second level has one place only: the course lies where the limit is that holds without us,
 * and goes over into it instead of ending.
 */
export function isInPlaceOfDefault({ purpose, stackLevel }: ProfileForm): boolean {
  return purpose === 'TxDefaultProfile' && stackLevel === 0
}

function periodsOf({ periods, slots }: WireCourse, { form, electrics, fallback }: Manner): WireCourse['periods'] {
  if (!isInPlaceOfDefault(form) || fallback === null) return periods
  const after = { startPeriod: slots * SLOT_SECONDS, limit: wireRate(fallback, form, electrics) }
  return [...periods, after]
}

/** 1.6. */
export function courseProfileV16(content: OrderContent, evse: number, manner: Manner): CourseMessage {
  const { form } = manner
  const held = wireCourse(content, manner)
  const isDefault = isInPlaceOfDefault(form)
  const message = setProfileV16(evse, {
    chargingProfileId: isDefault ? profileIds(evse).fallback : profileIds(evse).course,
    // What is to hold for a transaction names it; what holds for whatever car comes next must not.
    ...(form.purpose === 'TxProfile' ? { transactionId: Number(content.transaction) } : {}),
    chargingProfilePurpose: form.purpose,
    stackLevel: form.stackLevel,
    chargingProfileKind: 'Absolute',
    chargingSchedule: {
      ...(isDefault ? {} : { duration: held.slots * SLOT_SECONDS }),
      startSchedule: wireInstant(startOf(held.first)),
      chargingRateUnit: form.unit,
      chargingSchedulePeriod: periodsOf(held, manner),
    },
  })
  return { message, held }
}

/**
 * 2.0.1 and 2.1: the course as an absolute schedule, K01.FR.120 where it is no transaction's. `mode` adds the operation mode where the version has one,
 * `prices` tells a car that plans by itself how dear the parts of the schedule are.
 */
export function courseProfileV2(
  content: OrderContent,
  evse: number,
  manner: Manner,
  { mode, prices }: { readonly mode: object; readonly prices: (held: WireCourse, manner: Manner, id: number) => object },
): CourseMessage {
  const { form } = manner
  const held = wireCourse(content, manner)
  const isDefault = isInPlaceOfDefault(form)
  const id = isDefault ? profileIds(evse).fallback : profileIds(evse).course
  const start = startOf(held.first)
  const message = setProfileV2(evse, {
    id,
    stackLevel: form.stackLevel,
    chargingProfilePurpose: form.purpose,
    ...(form.purpose === 'TxProfile' ? { transactionId: content.transaction } : {}),
    chargingProfileKind: 'Absolute',
    ...(isDefault ? {} : { validTo: wireInstant(start + held.slots * SLOT_SECONDS * 1_000) }),
    chargingSchedule: [
      {
        id,
        startSchedule: wireInstant(start),
        ...(isDefault ? {} : { duration: held.slots * SLOT_SECONDS }),
        chargingRateUnit: form.unit,
        chargingSchedulePeriod: periodsOf(held, manner).map((period) => ({ ...period, ...mode })),
        ...prices(held, manner, id),
      },
    ],
  })
  return { message, held }
}

/** How dear the parts of a schedule are, 2.0.1 (K15 to K17); nothing where no car asked or a price is missing. */
export function salesTariff(held: WireCourse, manner: Manner, id: number): object {
  const levels = levelsOf(held, manner)
  return levels === null
    ? {}
    : {
        salesTariff: {
          id,
          numEPriceLevels: new Set(levels.map(({ level }) => level)).size,
          salesTariffEntry: levels.map(({ from, slots, level }) => ({
            relativeTimeInterval: { start: from * SLOT_SECONDS, duration: slots * SLOT_SECONDS },
            ePriceLevel: level,
          })),
        },
      }
}

/** The same in 2.1 (K18, ISO 15118-20). What a driver pays is between him and who bills him, so no absolute price is told. */
export function priceLevelSchedule(held: WireCourse, manner: Manner, id: number): object {
  const levels = levelsOf(held, manner)
  return levels === null
    ? {}
    : {
        priceLevelSchedule: {
          timeAnchor: wireInstant(startOf(held.first)),
          priceScheduleId: id,
          numberOfPriceLevels: new Set(levels.map(({ level }) => level)).size,
          priceLevelScheduleEntries: levels.map(({ slots, level }) => ({ duration: slots * SLOT_SECONDS, priceLevel: level })),
        },
      }
}

function levelsOf({ first, slots }: WireCourse, { priceAt, tuplesMax }: Manner) {
  return priceAt === null ? null : priceLevels(first, slots, priceAt, tuplesMax ?? PRICES_MAX)
}
