// The exact optimum of one storage: a backward dynamic programme over sorted slopes instead of a linear programme, without allocation.
//
// State is the energy e in the battery (Wh), decision the change y of it in a step. The value function V(e), the least cost from a step to the end, is convex and
// piecewise linear; it is kept as a list of segments in rising slope. One step back is an infimal convolution with the step cost, which means: insert the mirrored
// step cost into the list (slope minus the charging price left of its place, minus the discharging price right of it) and move what lies beside it. Bounds cut
// both ends, a soft floor lowers the slopes below it. Remembered are only two levels a step, "charge up to" and "discharge down to"; the forward pass reads the plan
// off them. Among plans of equal cost it takes the one that keeps more energy in the battery: charge early, discharge late.

/** Input and output arrays of the kernel; one workspace serves any number of storages one after the other. Energies Wh, slopes ct/MWh of stored energy. */
export interface Kernel {
  readonly stepsMax: number
  /** In: what one more stored Wh costs by step. At least the discharge slope wherever both directions are open. */
  readonly chargeSlope: Float64Array
  /** In: what a Wh taken out earns by step. */
  readonly dischargeSlope: Float64Array
  /** In: bounds of the change of stored energy by step; they may exclude 0. */
  readonly changeMin: Float64Array
  readonly changeMax: Float64Array
  /** In: bounds of the stored energy after the step. */
  readonly energyMin: Float64Array
  readonly energyMax: Float64Array
  /** In: energy used by driving in the step. */
  readonly drive: Float64Array
  /** In: what a Wh missing to the soft floor after the step costs, ct/MWh; 0 for nothing. */
  readonly floorPrice: Float64Array
  /** Out: change of stored energy by step. */
  readonly change: Float64Array
  /** Out: stored energy after the step. */
  readonly energy: Float64Array
  /** Out: below this level (before the step, driving deducted) the step charges. */
  readonly chargeTo: Float64Array
  /** Out: above this level the step discharges. */
  readonly dischargeTo: Float64Array
  /** Slope of each segment, rising; the list lives between two indices and grows on both sides. */
  readonly slopes: Float64Array
  /** Energy at the right end of each segment. */
  readonly ends: Float64Array
}

/** What does not depend on the step. */
export interface KernelEnds {
  /** Energy in the battery before the first step, Wh. */
  readonly start: number
  /** Value of a Wh left at the end, ct/MWh. */
  readonly terminalPrice: number
  /** Soft floor after every step, Wh; what falling below it costs stands by step in the kernel. */
  readonly reserveLevel: number
}

/** A workspace for problems of up to `stepsMax` steps. */
export function createKernel(stepsMax: number): Kernel {
  const array = () => new Float64Array(stepsMax)
  // A step adds at most one segment on the left, one on the right and one where the soft floor splits a segment.
  const room = 4 * stepsMax + 8
  return {
    stepsMax,
    chargeSlope: array(),
    dischargeSlope: array(),
    changeMin: array(),
    changeMax: array(),
    energyMin: array(),
    energyMax: array(),
    drive: array(),
    floorPrice: array(),
    change: array(),
    energy: array(),
    chargeTo: array(),
    dischargeTo: array(),
    slopes: new Float64Array(room),
    ends: new Float64Array(room),
  }
}

/** Finds the cheapest plan for the input in the workspace and returns its cost in micro-cents. The bounds must leave a way (see viability). */
export function solve(kernel: Kernel, steps: number, ends: KernelEnds): number {
  findLevels(kernel, steps, ends)
  return followLevels(kernel, steps, ends)
}

function findLevels(kernel: Kernel, steps: number, { terminalPrice, reserveLevel }: KernelEnds): void {
  const { chargeSlope, dischargeSlope, changeMin, changeMax, energyMin, energyMax, drive, chargeTo, dischargeTo } = kernel
  const { floorPrice, slopes, ends } = kernel
  // Segments are [head, tail); segment i reaches from the end of the one before it (from `left` for the first) to ends[i].
  let head = steps + 2
  let tail = head
  let below = head
  let above = head
  let left = steps === 0 ? 0 : energyMin[steps - 1]!
  if (steps > 0 && energyMax[steps - 1]! > left) {
    slopes[tail] = -terminalPrice
    ends[tail++] = energyMax[steps - 1]!
  }
  for (let t = steps - 1; t >= 0; t--) {
    // Restrict to the bounds after this step.
    const low = energyMin[t]!
    const high = energyMax[t]!
    while (head < tail && ends[head]! <= low) left = ends[head++]!
    if (left < low) left = low
    while (head + 1 < tail && ends[tail - 2]! >= high) tail--
    if (head < tail && ends[tail - 1]! > high) ends[tail - 1] = high
    if (left >= high) {
      left = high
      tail = head
    }

    // A Wh below the soft floor costs its price.
    if (floorPrice[t]! > 0 && left < reserveLevel) tail = addFloor(kernel, head, tail, left, reserveLevel, floorPrice[t]!)

    // Insert the mirrored step cost. A step forced in one direction has a fixed part, which only moves the list, and a free part in that direction.
    const most = changeMax[t]!
    const least = changeMin[t]!
    const fixed = least > 0 ? least : most < 0 ? most : 0
    const up = most - fixed
    const down = fixed - least
    // A step in which nothing can be chosen, as while the car is away, leaves the list alone; its power does not depend on the levels.
    if (most > least) {
      const charge = -chargeSlope[t]!
      const discharge = -dischargeSlope[t]!
      // The places found in the step before are close, for prices change little from one step to the next.
      if (below < head) below = head
      else if (below > tail) below = tail
      while (below > head && slopes[below - 1]! > charge) below--
      while (below < tail && slopes[below]! <= charge) below++
      if (above < below) above = below
      else if (above > tail) above = tail
      while (above > below && slopes[above - 1]! > discharge) above--
      while (above < tail && slopes[above]! <= discharge) above++
      chargeTo[t] = below > head ? ends[below - 1]! : left
      dischargeTo[t] = above > head ? ends[above - 1]! : left
      if (down > 0) {
        if (above > head && discharge === slopes[above - 1]) for (let i = above - 1; i < tail; i++) ends[i]! += down
        else {
          for (let i = tail; i > above; i--) {
            slopes[i] = slopes[i - 1]!
            ends[i] = ends[i - 1]! + down
          }
          slopes[above] = discharge
          ends[above] = dischargeTo[t]! + down
          tail++
        }
      }
      if (up > 0) {
        if (below > head && charge === slopes[below - 1]) for (let i = head; i < below - 1; i++) ends[i]! -= up
        else {
          for (let i = head; i < below; i++) {
            slopes[i - 1] = slopes[i]!
            ends[i - 1] = ends[i]! - up
          }
          slopes[below - 1] = charge
          ends[below - 1] = chargeTo[t]!
          head--
        }
        left -= up
      }
    }
    const shift = drive[t]! - fixed
    if (shift !== 0) {
      left += shift
      for (let i = head; i < tail; i++) ends[i]! += shift
    }
  }
}

/** Lowers the slopes below the soft floor by its price, splitting the segment it lies in; returns the new tail. */
function addFloor({ slopes, ends }: Kernel, head: number, tail: number, left: number, level: number, price: number): number {
  let i = head
  while (i < tail && ends[i]! <= level) slopes[i++]! -= price
  if (i === tail || (i === head ? left : ends[i - 1]!) >= level) return tail
  for (let j = tail; j > i; j--) {
    slopes[j] = slopes[j - 1]!
    ends[j] = ends[j - 1]!
  }
  slopes[i]! -= price
  ends[i] = level
  return tail + 1
}

function followLevels(kernel: Kernel, steps: number, { start, terminalPrice, reserveLevel }: KernelEnds): number {
  const { chargeSlope, dischargeSlope, changeMin, changeMax, drive, floorPrice, chargeTo, dischargeTo, change, energy } = kernel
  let stored = start
  let cost = 0
  for (let t = 0; t < steps; t++) {
    const rested = stored - drive[t]!
    const up = chargeTo[t]! - rested
    const down = dischargeTo[t]! - rested
    let step = up > 0 ? up : down < 0 ? down : 0
    if (step > changeMax[t]!) step = changeMax[t]!
    if (step < changeMin[t]!) step = changeMin[t]!
    cost += step > 0 ? step * chargeSlope[t]! : step * dischargeSlope[t]!
    // Where a level was reached, take it as it is: adding the difference again would lose the last digits.
    stored = step === up ? chargeTo[t]! : step === down ? dischargeTo[t]! : rested + step
    if (stored < reserveLevel) cost += (reserveLevel - stored) * floorPrice[t]!
    change[t] = step
    energy[t] = stored
  }
  return cost - stored * terminalPrice
}
