// The same instance solved by HiGHS: how far bound and plan really are from the optimum, and how much longer a general solver takes.
import { coordinate } from '../../../domain/planning/fleet/coordinate.ts'
import { ALONE, createMember, createWork } from '../../../domain/planning/fleet/team.ts'
import { fleetOracle } from '../../domain/planning/fleet/fleet-oracle.ts'
import { instance, type InstanceOptions } from './instance.ts'

/** Figures of the comparison; both times include the building of the model from the same columns. `ourSeconds` is that of a warm plan. */
export async function againstHighs(options: InstanceOptions, ourSeconds: number): Promise<Record<string, number>> {
  const solve = await fleetOracle()
  const { fleet, coupling } = instance(options)
  console.error(`HiGHS solves ${options.vehicles} cars`)
  const optimum = solve(fleet, coupling)
  const certificate = coordinate(createMember(createWork(fleet, coupling), 0, 1, ALONE), { seed: options.seed, warm: false })
  const before =
    certificate.bound + certificate.gapBeforePolish * Math.max(Math.abs(certificate.bound), 0.01 * certificate.turnover)
  const scale = Math.abs(optimum.cost)
  return {
    highsSeconds: optimum.elapsedMs / 1e3,
    ratioToHighs: optimum.elapsedMs / 1e3 / ourSeconds,
    trueGapBeforePolish: (before - optimum.cost) / scale,
    trueGap: (certificate.value - optimum.cost) / scale,
    boundBelowOptimum: certificate.bound <= optimum.cost + 1e-7 * scale ? 1 : 0,
  }
}
