// What is asked of a station.

/** One message to the station, and what its answer means. */
export interface Outbound {
  readonly action: string
  readonly payload: object
  /** A status that is as good as `Accepted`. */
  readonly alsoFine?: string
  /** Sent instead when a station does not take this purpose of profile. */
  readonly otherwise?: Outbound
}

/** A message whose answer says more than that it was taken. */
export interface Question<Value> extends Outbound {
  /** The status of the answer is part of what it says, not a refusal. */
  readonly isAnyStatusFine?: boolean
  /** Reads an answer that fits its schema. */
  readonly read: (answer: object) => Value
}
