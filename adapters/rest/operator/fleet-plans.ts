// Plans made for whole portfolios, with what ties their cars, what that is worth by quarter-hour, and how far the plan can be from the best one.
import { z } from 'zod'
import type { FleetPlanView } from '../../../domain/ports/answers/plans.ts'
import { later } from '../../../domain/time/slot.ts'
import type { RestPorts } from '../ports.ts'
import { route, TRADERS_AND_VIEWERS, type Route } from '../route.ts'
import { exactPrice, instant, instantOf, money, moneyOf, power, price, slotStart } from '../wire-values.ts'

const fleetPlan = z
  .strictObject({
    balanceGroup: z.string(),
    controlArea: z.string(),
    issuedAt: instant,
    cars: z.int(),
    isKept: z
      .boolean()
      .meta({ description: 'The plans in force stay, because new ones would hardly be better; value and gap are theirs' }),
    certificate: z.strictObject({
      value: money,
      bound: money.meta({ description: 'No plan costs less' }),
      gap: z.number().meta({ description: '(value - bound) / max(|bound|, 1 % of the money turned over by charging at once)' }),
      gapBeforePolish: z.number(),
      sweeps: z.int(),
      polishes: z.int(),
      seed: z.int(),
      inputHash: z.string(),
    }),
    missed: z.strictObject({ cars: z.int(), energyWh: z.number() }),
    excess: z.strictObject({ row: z.string(), at: instant, powerW: power }).nullable(),
    slots: z.array(
      z.strictObject({
        start: instant,
        powerW: power,
        expectedW: power.nullable().meta({ description: 'What cars that are not there yet are foreseen to take' }),
      }),
    ),
    rows: z.array(
      z.strictObject({
        name: z.string(),
        kind: z.enum(['soft', 'most', 'least']).meta({ description: 'soft is paid for, most and least are never exceeded' }),
        price: z.array(price).meta({ description: 'What one more MWh in the quarter-hour is worth there, EUR per MWh' }),
      }),
    ),
  })
  .meta({ id: 'FleetPlan' })

/** The last plan of every portfolio whose cars something ties together. */
export function fleetPlanRoutes(ports: Pick<RestPorts, 'plans'>): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/fleet-plans',
      access: TRADERS_AND_VIEWERS,
      tag: 'Plans',
      summary: 'Plans made for whole portfolios, with their certificates',
      answerSchema: z.strictObject({ items: z.array(fleetPlan) }),
      handle: ({ asker }) => ({ body: { items: ports.plans.fleetPlans(asker).map(bodyOf) } }),
    }),
  ]
}

function bodyOf(of: FleetPlanView): z.output<typeof fleetPlan> {
  const { gap, gapBeforePolish, sweeps, polishes, seed, inputHash } = of
  return {
    balanceGroup: of.balanceGroup,
    controlArea: of.controlArea,
    issuedAt: instantOf(of.issuedAt),
    cars: of.cars,
    isKept: of.isKept,
    certificate: { value: moneyOf(of.value), bound: moneyOf(of.bound), gap, gapBeforePolish, sweeps, polishes, seed, inputHash },
    missed: { cars: of.missed.cars, energyWh: of.missed.energy },
    excess: of.excess === null ? null : { row: of.excess.row, at: slotStart(of.excess.slot), powerW: of.excess.power },
    slots: of.power.map((value, t) => ({
      start: slotStart(later(of.first, t)),
      powerW: value,
      expectedW: of.expected?.[t] ?? null,
    })),
    rows: of.rows.map(({ name, kind, price: prices }) => ({ name, kind, price: prices.map(exactPrice) })),
  }
}
