// What a station writes otherwise than its protocol has it, and what was taken all the same.

/** How a message was not as it should be. */
export const ODDITY_KINDS = [
  'text-too-long',
  'number-as-text',
  'text-as-number',
  'other-type',
  'null-for-absent',
  'unknown-field',
  'letter-case',
  'unknown-value',
  'missing-part',
  'part-left-out',
  'list-length',
] as const
export type OddityKind = (typeof ODDITY_KINDS)[number]

/** One kind of oddity of a station, since this process started. */
export interface StationOddity {
  readonly kind: OddityKind
  /** Messages in which it was found. */
  readonly count: number
  /** Epoch ms. */
  readonly lastAt: number
  /** Action and place in the newest of them, such as `StatusNotification errorCode`. */
  readonly where: string
}
