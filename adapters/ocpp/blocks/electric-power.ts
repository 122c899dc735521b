// Active power from currents and voltages, for meters that tell no power.
import { CURRENT_RANGE, isWithin, VOLTAGE_RANGE } from '../../../domain/telemetry/physical-range.ts'
import { totalOf, valueIn } from './sample-table.ts'
import { QUANTITY } from './sampled-value.ts'

export interface ElectricPower {
  /** W, positive into the car. */
  readonly power: number
  readonly byPhase: readonly [number, number, number] | null
  /** No voltage was told: it was taken to be the nominal one. */
  readonly isEstimated: boolean
}

/** Between phase and neutral in European low-voltage grids, V. */
const NOMINAL_VOLTS = 230
const SQRT3 = Math.sqrt(3)
/** A voltage by phase above it is meant from phase to phase, V. */
const TO_NEUTRAL_MAX = 300

/** Power of the sample in the table; null without currents, or where one cannot be. */
export function electricPower(): ElectricPower | null {
  const byPhase = [1, 2, 3].map((place) => currentIn(place))
  if (byPhase.every((amps) => amps === null)) return direct()
  const powers: (number | null)[] = []
  let isEstimated = false
  for (let i = 0; i < 3; i++) {
    const amps = byPhase[i]!
    if (amps === null) {
      powers.push(null)
      continue
    }
    if (!isWithin(CURRENT_RANGE, amps)) return null
    const volts = voltsOf(i + 1)
    isEstimated ||= volts === null && amps !== 0
    powers.push(amps * (volts ?? NOMINAL_VOLTS))
  }
  const [one, two, three] = powers as [number | null, number | null, number | null]
  return {
    power: (one ?? 0) + (two ?? 0) + (three ?? 0),
    byPhase: one === null || two === null || three === null ? null : [one, two, three],
    isEstimated,
  }
}

/** One current for all: of a cable with direct current, or the sum of the phases. */
function direct(): ElectricPower | null {
  const amps = currentIn(0)
  if (amps === null || !isWithin(CURRENT_RANGE, amps)) return null
  const told = checked(valueIn(QUANTITY.voltage, 0))
  const volts = told ?? voltsOf(1)
  return { power: amps * (volts ?? NOMINAL_VOLTS), byPhase: null, isEstimated: volts === null && amps !== 0 }
}

/** Import less export, A; null where neither is told. */
function currentIn(place: number): number | null {
  const into = valueIn(QUANTITY.currentIn, place)
  const out = valueIn(QUANTITY.currentOut, place)
  return into === null && out === null ? null : (into ?? 0) - Math.abs(out ?? 0)
}

/** From phase to neutral, V: its own, what is known between phases, or that of the others; null where none is told. */
function voltsOf(place: number): number | null {
  const own = checked(valueIn(QUANTITY.voltage, place))
  if (own !== null) return toNeutral(own)
  let [sum, count] = [0, 0]
  for (let between = 4; between <= 6; between++) {
    const volts = checked(valueIn(QUANTITY.voltage, between))
    if (volts === null) continue
    sum += volts / SQRT3
    count++
  }
  if (count > 0) return sum / count
  for (let other = 1; other <= 3; other++) {
    const volts = checked(valueIn(QUANTITY.voltage, other))
    if (volts === null) continue
    sum += toNeutral(volts)
    count++
  }
  if (count > 0) return sum / count
  const all = checked(totalOf(QUANTITY.voltage))
  return all === null ? null : toNeutral(all)
}

/** A phase that carries nothing may be told without voltage; nothing flows from 0 V. */
function checked(volts: number | null): number | null {
  return volts !== null && volts > 0 && isWithin(VOLTAGE_RANGE, volts) ? volts : null
}
function toNeutral(volts: number): number {
  return volts > TO_NEUTRAL_MAX ? volts / SQRT3 : volts
}
