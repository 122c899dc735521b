// Figures out of many measured times.

/** The value below which this share of ascending values lies; 0 where there are none. */
export function quantile(ascending: readonly number[], share: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(share * ascending.length))] ?? 0
}

/** How many orders it took until all stations together were told no more than a limit for good, from what they were told after each, W; null where they never were. */
export function ordersToLimit(toldW: readonly number[], limitW: number): number | null {
  const enough = toldW.findLastIndex((watts) => watts > limitW) + 2
  return enough <= toldW.length ? enough : null
}
