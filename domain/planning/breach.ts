// Turns bounds that gave way into breaches: how much energy is missing, in which slot, and which bound or fact is to blame.
import { inKilowatts, wattHours, watts } from '../units.ts'
import { instantText, later, startOf } from '../time/slot.ts'
import type { Breach } from './plan.ts'
import type { VehicleProblem } from './problem.ts'
import type { ReserveShortfall, Shortfall } from './shortfall.ts'

/** Breaches in the order of their slots; neighbouring steps of one kind become one breach with its largest missing energy (forced power: the sum). */
export function toBreaches(problem: VehicleProblem, shortfalls: readonly (Shortfall | ReserveShortfall)[]): readonly Breach[] {
  const breaches: Breach[] = []
  if (problem.start < problem.minimum) {
    const missing = wattHours(problem.minimum - problem.start)
    breaches.push({ kind: 'minimum', missing, slot: problem.first, cause: 'the car arrived below its minimum' })
  }
  const sorted = [...shortfalls].sort((a, b) => (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : a.step - b.step))
  for (let i = 0; i < sorted.length;) {
    const head = sorted[i]!
    let missing = head.missing
    let until = head.step + 1
    for (
      i++;
      i < sorted.length && sorted[i]!.kind === head.kind && sorted[i]!.step === until && head.kind !== 'target';
      i++, until++
    ) {
      missing = head.kind === 'power' ? missing + sorted[i]!.missing : Math.max(missing, sorted[i]!.missing)
    }
    breaches.push({
      kind: head.kind,
      missing: wattHours(missing),
      slot: later(problem.first, head.step),
      cause: causeOf(problem, head),
    })
  }
  return breaches.sort((a, b) => a.slot - b.slot)
}

function causeOf(problem: VehicleProblem, shortfall: Shortfall | ReserveShortfall): string {
  const { step } = shortfall
  switch (shortfall.kind) {
    case 'power':
      return problem.powerMax[step]! < 0
        ? `the battery may not give ${by(problem.powerMinBy?.[step] ?? problem.powerMaxBy?.[step])}`
        : `the battery is full ${by(problem.powerMinBy?.[step])}`
    case 'capacity':
      return problem.start > problem.energyMax[0]!
        ? 'the car arrived above its ceiling'
        : (problem.powerMinBy?.[step] ?? 'it cannot discharge fast enough')
    case 'reserve':
      return shortfall.chosen ? 'the prices make it cheaper than keeping it' : slowestBound(problem, step)
    case 'minimum':
      return problem.drive !== null && problem.drive[step]! > 0
        ? 'driving uses more than can be charged before'
        : slowestBound(problem, step)
    case 'target':
      return problem.targets.some((target) => target.step === step && target.energy > problem.energyMax[step]!)
        ? 'it lies above the highest allowed energy'
        : slowestBound(problem, step)
  }
}

function by(authority: string | null | undefined): string {
  return authority === null || authority === undefined ? 'enough' : `enough for ${authority}`
}

/** The named bound that took most charging energy away up to a step, with the time it held; where none did, the time at full power is simply too short. */
function slowestBound(problem: VehicleProblem, through: number): string {
  const { powerMax, powerMaxBy, first, stepHours } = problem
  let rating = 0
  for (let t = 0; t <= through; t++) rating = Math.max(rating, powerMax[t]!)
  const lost = new Map<string, { energy: number; from: number; until: number; power: number }>()
  let hours = 0
  for (let t = 0; t <= through; t++) {
    if (powerMax[t]! > 0) hours += stepHours
    const name = powerMaxBy?.[t] ?? null
    if (name === null || powerMax[t]! >= rating) continue
    const seen = lost.get(name) ?? { energy: 0, from: t, until: t, power: powerMax[t]! }
    const power = Math.min(seen.power, powerMax[t]!)
    lost.set(name, { energy: seen.energy + (rating - powerMax[t]!) * stepHours, from: seen.from, until: t + 1, power })
  }
  // The first of equals wins, in the order of time.
  const [worst] = [...lost].sort((a, b) => b[1].energy - a[1].energy)
  if (worst === undefined)
    return rating > 0 ? `${hours} h at ${kilowattText(rating)} are too short` : 'no charging is possible before'
  const [name, { from, until, power }] = worst
  return `${name} ${kilowattText(power)} from ${instantText(startOf(later(first, from)))} to ${instantText(startOf(later(first, until)))}`
}

/** Power in words, `4.2 kW`. */
export function kilowattText(power: number): string {
  return `${Math.round(inKilowatts(watts(power)) * 100) / 100} kW`
}
