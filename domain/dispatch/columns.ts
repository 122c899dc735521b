// What allocation reads of all cars at once, by the index of their EVSE: plain arrays, whatever the fleet's size.

export interface DispatchColumns {
  /** 1 where a plugged car with a plan stands. */
  readonly isIn: Uint8Array
  /** What its plan means now, W. */
  readonly planned: Float64Array
  /** Its band after the phases of its site, and what it would like within it, W. */
  readonly low: Float64Array
  readonly high: Float64Array
  readonly wanted: Float64Array
  /** What its pool gives it, W, and what of that its site was looked at with last. */
  readonly granted: Float64Array
  readonly placed: Float64Array
}

/** Columns for so many EVSEs, all empty. */
export function dispatchColumns(size: number): DispatchColumns {
  const column = () => new Float64Array(size)
  return {
    isIn: new Uint8Array(size),
    planned: column(),
    low: column(),
    high: column(),
    wanted: column(),
    granted: column(),
    placed: column(),
  }
}
