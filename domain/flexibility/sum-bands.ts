// The flexibility of a site, a pool or a portfolio: the sum of its cars, narrowed by what bounds them together.
import { later, SLOT_HOURS, type Slot } from '../time/slot.ts'
import type { Band } from './band.ts'

/** Power bounds upon several cars together, W by step from `first`; beyond their end nothing is bounded. */
export interface JointLimits {
  readonly first: Slot
  readonly powerMin: Float64Array
  readonly powerMax: Float64Array
}

/**
 * The band of several cars together, each following its own; who has left counts with what was taken until then. Joint limits narrow the powers and with them the outer pair.
 * Where they contradict what the cars need, the limits win, and of two that cross the cap on taking. `first` is taken where there are no bands.
 */
export function sumBands(bands: readonly Band[], first: Slot, limits: readonly JointLimits[] = []): Band {
  const [head] = bands
  const from = bands.reduce((least, band) => (band.first < least ? band.first : least), head?.first ?? first)
  const steps = bands.reduce((most, band) => Math.max(most, band.first - from + band.powerMin.length), 0)
  const stepHours = head?.stepHours ?? SLOT_HOURS
  const add = (series: (band: Band) => Float64Array, isCumulated: boolean) => {
    const total = new Float64Array(steps)
    for (const band of bands) {
      const values = series(band)
      const offset = band.first - from
      values.forEach((value, t) => (total[t + offset]! += value))
      if (isCumulated) for (let t = offset + values.length; t < steps; t++) total[t]! += values.at(-1) ?? 0
    }
    return total
  }
  const sum: Band = {
    first: from,
    stepHours,
    powerMin: add(({ powerMin }) => powerMin, false),
    powerMax: add(({ powerMax }) => powerMax, false),
    energyMin: add(({ energyMin }) => energyMin, true),
    energyMax: add(({ energyMax }) => energyMax, true),
    offerMin: add(({ offerMin }) => offerMin, true),
    offerMax: add(({ offerMax }) => offerMax, true),
    isDeliverable: bands.every(({ isDeliverable }) => isDeliverable),
  }
  return limits.reduce(narrowed, sum)
}

/** Powers that differ by less are the same, W. */
const NEGLIGIBLE_W = 1e-6

function narrowed(band: Band, limits: JointLimits): Band {
  const { powerMin, powerMax, energyMin, energyMax, offerMin, offerMax } = copied(band)
  let { isDeliverable } = band
  let before = { energyMin: 0, energyMax: 0, offerMin: 0, offerMax: 0, ownMin: 0, ownMax: 0 }
  for (let t = 0; t < powerMin.length; t++) {
    const at = later(band.first, t) - limits.first
    const most = limits.powerMax[at] ?? Infinity
    const least = Math.min(limits.powerMin[at] ?? -Infinity, most)
    const within = (power: number) => Math.min(Math.max(power, least), most)
    powerMin[t] = within(powerMin[t]!)
    powerMax[t] = within(powerMax[t]!)
    const [givenMost, takenMost] = [powerMin[t]! * band.stepHours, powerMax[t]! * band.stepHours]
    energyMax[t] = Math.min(energyMax[t]!, before.energyMax + takenMost)
    energyMin[t] = Math.min(Math.max(energyMin[t]!, before.energyMin + givenMost), energyMax[t]!)
    const [ownMin, ownMax] = [offerMin[t]!, offerMax[t]!]
    const offered = [(ownMin - before.ownMin) / band.stepHours, (ownMax - before.ownMax) / band.stepHours] as const
    if (offered.some((power) => Math.abs(within(power) - power) > NEGLIGIBLE_W)) isDeliverable = false
    // What a limit holds back is made up for as soon as there is room.
    const cut = (own: number, last: number) => last + within((own - last) / band.stepHours) * band.stepHours
    offerMin[t] = cut(ownMin, before.offerMin)
    offerMax[t] = cut(ownMax, before.offerMax)
    before = {
      energyMin: energyMin[t]!,
      energyMax: energyMax[t]!,
      offerMin: offerMin[t]!,
      offerMax: offerMax[t]!,
      ownMin,
      ownMax,
    }
  }
  return { ...band, powerMin, powerMax, energyMin, energyMax, offerMin, offerMax, isDeliverable }
}

function copied({ powerMin, powerMax, energyMin, energyMax, offerMin, offerMax }: Band) {
  return {
    powerMin: powerMin.slice(),
    powerMax: powerMax.slice(),
    energyMin: energyMin.slice(),
    energyMax: energyMax.slice(),
    offerMin: offerMin.slice(),
    offerMax: offerMax.slice(),
  }
}
