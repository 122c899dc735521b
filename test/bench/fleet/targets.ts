// What the fleet benchmark is held to. Gaps, violations and ratios to work on the same machine count; seconds are shown beside their reference.
import type { Target } from '../run.ts'
import type { InstanceOptions } from './instance.ts'

/** Bounds of figures by size of the fleet. */
export function targetsFor({ model, vehicles, caps }: InstanceOptions): Record<string, Target> {
  const implementable = { violations: { atMost: 0 }, excessWatts: { atMost: 0 } }
  if (caps) return { ...implementable, poolSlotsBinding: { atLeast: 8 }, gap: { atMost: gapWithCaps(vehicles) } }
  if (vehicles >= 1_000_000) return { ...implementable, gap: { atMost: 0.001 }, coldPeakMegabytes: { atMost: 1_500 } }
  if (vehicles >= 100_000 && model === 'simple')
    return {
      ...implementable,
      gap: { atMost: 0.001 },
      replanGap: { atMost: 0.0012 },
      coldRatio: { atMost: 17 },
      warmRatio: { atMost: 13 },
      replanRatio: { atMost: 8 },
      eventLoopP99Ms: { atMost: 20 },
    }
  if (vehicles >= 10_000) return { ...implementable, gap: { atMost: 0.0012 }, replanGap: { atMost: 0.0015 } }
  if (vehicles >= 1_000)
    return { ...implementable, gapBeforePolish: { atMost: 0.0012 }, gap: { atMost: 0.0025 }, replanGap: { atMost: 0.005 } }
  return vehicles >= 50 ? { ...implementable, gap: { atMost: 0.015 } } : implementable
}

/** Seconds on the machine the figures were first measured on: two cores, two threads. */
export function referencesFor({ model, vehicles, caps }: InstanceOptions): Record<string, Target> {
  if (model === 'rich') return vehicles === 10_000 ? { coldSeconds: { atMost: 10 } } : {}
  if (caps || vehicles < 1_000) return {}
  const [cold, warm, replan] =
    vehicles >= 1_000_000
      ? [45, NaN, NaN]
      : vehicles >= 100_000
        ? [4.5, 3.5, 2.2]
        : vehicles >= 10_000
          ? [1.2, 0.6, 0.4]
          : [0.6, 0.25, 0.1]
  if (Number.isNaN(warm)) return { coldSeconds: { atMost: cold! } }
  return { coldSeconds: { atMost: cold! }, warmSeconds: { atMost: warm! }, replanSeconds: { atMost: replan! } }
}

function gapWithCaps(vehicles: number): number {
  return vehicles >= 100_000 ? 0.002 : vehicles >= 10_000 ? 0.003 : vehicles >= 1_000 ? 0.005 : 0.02
}
