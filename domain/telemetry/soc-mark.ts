// A state of charge at an instant, and what a meter leaves possible of it afterwards.
import type { Flow } from './energy-flow.ts'

/** What is taken for its battery: the smallest and the largest capacity that registry and car name, Wh, and the efficiency one way. */
export interface Battery {
  readonly smallestWh: number
  readonly largestWh: number
  readonly efficiency: number
}
/** A state of charge with what had flowed by then. */
export interface Mark extends Flow {
  readonly soc: number
  /** Epoch ms. */
  readonly at: number
  /** The same as it was stamped, by the clock that stamps the registers or by ours; null once that clock was set back. */
  readonly stamp: number | null
  readonly isOurs: boolean
  /** Nobody knew at that time what had flowed: what flowed until the meter was read next is in no sum. */
  readonly isLoose: boolean
}
/** Shares of the capacity. The resolution of what cars tell: */
const RESOLUTION = 0.01
/** A car uses some of its own, for warmth before it leaves and by standing: what it tells lower than its meter says is no lie yet. */
const OWN_USE = 0.03
const WARMTH_WATTS = 2_000
const WARMTH_HOURS = 1
const STANDING_WATTS = 100
/** Losses and the ageing of batteries: share of what has moved by which a word may be off. */
const SLACK = 0.2
/** Word and meter are compared after this movement of the capacity. */
const AGREED_MIN = 0.005
/** Moved together: the word by this much of what the meter says. */
const RATIO = [0.75, 1.33] as const
/** Efficiency is known to this much: the margin of what is certain, as a share of what has moved. */
const EFFICIENCY_MARGIN = 0.02

/** The lowest state of charge that follows from a mark and what has flowed since: registry's efficiency, least inflow, most outflow. May lie below 0. */
export function lowestAt(from: Mark, flow: Flow, { smallestWh, largestWh, efficiency }: Battery): number {
  const into = ((flow.inLeast - from.inLeast) * efficiency) / largestWh
  const out = (flow.outMost - from.outMost) / efficiency / smallestWh
  return from.soc + into - out
}

/** What the efficiency leaves uncertain since a mark, as a share of the capacity. */
export function marginSince(from: Mark, flow: Flow, battery: Battery): number {
  return EFFICIENCY_MARGIN * moved(from, flow, battery)
}

/** Whether a word can follow from an earlier one and what has flowed between them. */
export function fits(from: Mark, to: Mark, battery: Battery): boolean {
  const hours = Math.max(0, to.at - from.at) / 3_600_000
  const ownWh = WARMTH_WATTS * Math.min(hours, WARMTH_HOURS) + STANDING_WATTS * hours
  const down = RESOLUTION + OWN_USE + ownWh / battery.smallestWh + SLACK * moved(from, to, battery)
  return to.soc <= highestAt(from, to, battery) && to.soc >= lowestAt(from, to, battery) - down
}

/** The highest state of charge that a mark and what has flowed since leave possible, with what cars, meters and losses leave uncertain. */
export function highestAt(from: Mark, flow: Flow, battery: Battery): number {
  const { smallestWh, largestWh, efficiency } = battery
  const into = ((flow.inMost - from.inMost) * efficiency) / smallestWh
  const out = (flow.outLeast - from.outLeast) / efficiency / largestWh
  return from.soc + into - out + RESOLUTION + SLACK * moved(from, flow, battery)
}

/** Everything that has moved since a mark, both ways, as a share of the capacity. */
export function moved(from: Mark, flow: Flow, { smallestWh, efficiency }: Battery): number {
  const into = Math.abs(flow.inMost - from.inMost) * efficiency
  return (into + Math.abs(flow.outMost - from.outMost) / efficiency) / smallestWh
}

/** Share of the capacity by which word and meter have moved in the right proportion; 0 where they have not, or by too little. */
export function agreement(from: Mark, to: Mark, { smallestWh, largestWh, efficiency }: Battery): number {
  const capacity = (smallestWh + largestWh) / 2
  const into = ((to.inLeast + to.inMost - from.inLeast - from.inMost) / 2) * efficiency
  const out = (to.outLeast + to.outMost - from.outLeast - from.outMost) / 2 / efficiency
  const expected = (into - out) / capacity
  if (Math.abs(expected) < AGREED_MIN) return 0
  const ratio = (to.soc - from.soc) / expected
  return ratio >= RATIO[0] && ratio <= RATIO[1] ? Math.abs(expected) : 0
}
