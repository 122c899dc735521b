// The plan in force for a session: power by quarter-hour, the prices it was made for, and what could not be met.
import { z } from 'zod'
import type { Plan } from '../../../domain/planning/plan.ts'
import type { GridLimitView } from '../../../domain/ports/answers/plans.ts'
import { inWatts } from '../../../domain/units.ts'
import { later } from '../../../domain/time/slot.ts'
import { problem } from '../../wire/problem.ts'
import type { RestPorts } from '../ports.ts'
import { OPERATORS_AND_DRIVERS, route, type Route } from '../route.ts'
import { knownSession, sessionPath } from './sessions.ts'
import { fromStore } from '../operator/store-access.ts'
import {
  energy,
  energyOf,
  exactPrice,
  instant,
  instantOf,
  instantOrNull,
  money,
  moneyOf,
  power,
  price,
  slotStart,
} from '../wire-values.ts'

const plan = z
  .strictObject({
    session: z.string(),
    evse: z.string(),
    vehicle: z.string().nullable(),
    strategy: z.enum(['immediate', 'smart', 'bidirectional']),
    issuedAt: instant,
    feeRegime: z.string(),
    degraded: z.boolean().meta({ description: 'Something was missing and replaced by a cautious assumption' }),
    inputHash: z.string().meta({ description: 'Fingerprint of everything the plan was made from' }),
    certificate: z
      .strictObject({
        scope: z.enum(['car', 'car-at-fleet-prices', 'fleet']).meta({ description: 'What the figures are about' }),
        cars: z.int(),
        value: money,
        bound: money.nullable().meta({ description: 'No plan of the scope costs less' }),
        gap: z.number().nullable().meta({ description: 'How far the plan can be from the best, as a share' }),
        sweeps: z.int(),
        seed: z.int(),
      })
      .nullable(),
    objective: z.strictObject({ energy: money, wear: money, breaches: money, terminal: money }),
    gridLimit: z
      .strictObject({
        subject: z.string(),
        authority: z.string(),
        reference: z.string(),
        from: instant,
        until: instant.nullable(),
        maxW: power,
        missingWh: energy.nullable().meta({ description: 'What will be missing to the target, for whatever reason' }),
        sentence: z.string().meta({
          description: 'For the driver: who limits what until when, and what that means for the time the car is wanted',
        }),
      })
      .nullable()
      .meta({ description: 'The limit of a grid operator the car comes under before it is wanted; null where there is none' }),
    breaches: z.array(
      z.strictObject({
        kind: z.enum(['target', 'minimum', 'reserve', 'power', 'capacity']),
        missingWh: energy,
        at: instant,
        cause: z.string(),
      }),
    ),
    slots: z.array(
      z.strictObject({
        start: instant,
        powerW: power,
        storedWh: energy.nullable().meta({ description: 'Energy in the battery at the end of the quarter-hour' }),
        buy: price.nullable(),
        sell: price.nullable(),
        worth: price.nullable().meta({ description: 'Marginal worth of stored energy, EUR per MWh' }),
        because: z
          .string()
          .nullable()
          .meta({ description: 'Why the quarter-hour is as it is; null where a plan was cut or merged' }),
        boundBy: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'Plan' })

/** The plan in force of a session. */
export function planRoutes(ports: Pick<RestPorts, 'plans' | 'sessions'>): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/sessions/{session}/plan',
      access: OPERATORS_AND_DRIVERS,
      tag: 'Plans',
      summary: 'The plan in force for a session',
      pathSchema: sessionPath,
      answerSchema: plan,
      problems: ['not-found', 'unavailable'],
      async handle({ asker, path }) {
        const session = await knownSession(ports, asker, path.session)
        const found = await fromStore(ports.plans.plan(asker, session.id))
        if (found === null) throw problem('not-found', `session ${path.session} has no plan yet`)
        return { body: planBody(found, await ports.plans.gridLimit(asker, session.id)) }
      },
    }),
  ]
}

function planBody(of: Plan, limit: GridLimitView | null): z.output<typeof plan> {
  const { energy, wear, breaches, terminal } = of.objective
  return {
    session: of.session,
    evse: of.evse,
    vehicle: of.vehicle,
    strategy: of.strategy,
    issuedAt: instantOf(of.issuedAt),
    feeRegime: of.feeRegime,
    degraded: of.degraded,
    inputHash: of.inputHash,
    certificate:
      of.certificate === null
        ? null
        : {
            ...of.certificate,
            value: moneyOf(of.certificate.value),
            bound: of.certificate.bound === null ? null : moneyOf(of.certificate.bound),
          },
    objective: { energy: moneyOf(energy), wear: moneyOf(wear), breaches: moneyOf(breaches), terminal: moneyOf(terminal) },
    gridLimit: limit === null ? null : gridLimitBody(limit),
    breaches: of.breaches.map(({ kind, missing, slot, cause }) => ({
      kind,
      missingWh: energyOf(missing),
      at: slotStart(slot),
      cause,
    })),
    slots: of.power.values.map((value, i) => ({
      start: slotStart(later(of.power.first, i)),
      powerW: value,
      storedWh: of.stored[i] ?? null,
      buy: priceText(of.buy[i]),
      sell: priceText(of.sell[i]),
      worth: priceText(of.shadowPrice[i]),
      because: of.reasons?.[i]?.because ?? null,
      boundBy: of.reasons?.[i]?.boundBy ?? null,
    })),
  }
}

function gridLimitBody({ subject, authority, reference, from, until, max, missing, sentence }: GridLimitView) {
  return {
    subject,
    authority,
    reference,
    from: instantOf(from),
    until: instantOrNull(until),
    maxW: inWatts(max),
    missingWh: missing === null ? null : energyOf(missing),
    sentence,
  }
}

function priceText(ctPerMWh: number | null | undefined): string | null {
  return ctPerMWh === null || ctPerMWh === undefined || !Number.isFinite(ctPerMWh) ? null : exactPrice(ctPerMWh)
}
