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
