// The times and windows of a connection, by their names in the standard.

export interface LinkSettings {
  /** t0: a connection has to be made within, ms. */
  readonly connectTimeoutMs: number
  /** t1: what is sent has to be acknowledged within, ms. */
  readonly acknowledgeTimeoutMs: number
  /** t2: what is received is acknowledged within, ms; less than t1. */
  readonly acknowledgeAfterMs: number
  /** t3: a connection over which nothing was heard for so long is tested, ms. */
  readonly testAfterMs: number
  /** k: numbered frames that may be sent without being acknowledged. */
  readonly unacknowledgedMax: number
  /** w: numbered frames after which is acknowledged at the latest; at most two thirds of k. */
  readonly acknowledgeEvery: number
}

/** What the standard recommends. */
export const LINK_SETTINGS: LinkSettings = {
  connectTimeoutMs: 30_000,
  acknowledgeTimeoutMs: 15_000,
  acknowledgeAfterMs: 10_000,
  testAfterMs: 20_000,
  unacknowledgedMax: 12,
  acknowledgeEvery: 8,
}

/** What is wrong with some settings, one sentence each. */
export function settingProblems(settings: LinkSettings): readonly string[] {
  const { acknowledgeTimeoutMs: t1, acknowledgeAfterMs: t2, unacknowledgedMax: k, acknowledgeEvery: w } = settings
  const problems: string[] = []
  if (t2 >= t1) problems.push(`t2 is ${t2} ms, it has to be less than t1, which is ${t1} ms`)
  if (k < 1 || k > 32_767) problems.push(`k is ${k}, it has to be 1 to 32767`)
  if (w < 1 || w > Math.max(1, (2 * k) / 3)) problems.push(`w is ${w}, it has to be 1 to two thirds of k, which is ${k}`)
  return problems
}
