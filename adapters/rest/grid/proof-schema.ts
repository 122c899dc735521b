// What a proof holds, for the description of the API.
import { z } from 'zod'
import { SIGNAL_ALARMS } from '../../../domain/ports/answers/signals.ts'
import { instant, power } from '../wire-values.ts'

const wh = z.int().meta({ description: 'Wh' })
const percent = z.number().min(0).max(100).nullable()
const compliance = z.strictObject({
  inForceSeconds: z.number(),
  withinSeconds: z.number().meta({ description: 'Of it, with what was measured within the limit and its tolerance' }),
  timePercent: percent,
  energyWh: wh,
  beyondWh: wh.meta({ description: 'Wh beyond the limit' }),
  energyPercent: percent,
})
const evidence = z.strictObject({
  sequence: z.int().min(1),
  kind: z.string(),
  at: instant,
  hash: z.string().regex(/^[0-9a-f]{64}$/),
})
const effects = {
  received: instant,
  validated: instant.meta({ description: 'Only what was found valid is recorded' }),
  begin: instant,
  firstOrder: instant.nullable(),
  lastOrder: instant.nullable().meta({ description: 'The last of those that left within a minute of the beginning' }),
  firstApplied: instant.nullable(),
  lastApplied: instant.nullable().meta({ description: 'When the last of these stations confirmed' }),
  measuredWithin: instant.nullable().meta({ description: 'When what was measured had fallen below the limit' }),
}
const bounds = { maxW: power.nullable(), minW: power.nullable() }
const endedBy = z.enum(['replaced', 'withdrawn', 'ended'])

export const proofSchema = z
  .strictObject({
    form: z.literal('gegenstrom-limit-proof/1'),
    signal: z.string(),
    state: z.enum(['scheduled', 'in-force', 'released']),
    sender: z.string(),
    authority: z.string(),
    reference: z.string(),
    through: instant.meta({ description: 'Instant of the last entry it rests on' }),
    instants: z.strictObject({ ...effects, released: instant.nullable() }).meta({ description: 'Of the first version' }),
    compliance,
    versions: z.array(
      z.strictObject({
        ...effects,
        ...bounds,
        version: z.int(),
        subjects: z.array(z.string()),
        toleranceW: z.int(),
        preventive: z.boolean(),
        alarms: z.array(z.enum(SIGNAL_ALARMS)),
        reference: z.string(),
        issued: instant,
        until: instant.nullable(),
        ended: instant.nullable(),
        endedBy: endedBy.nullable(),
        cars: z.int(),
        told: z.int(),
        applied: z.int(),
        compliance,
      }),
    ),
    release: z
      .strictObject({
        at: instant,
        by: endedBy,
        steps: z.array(z.strictObject({ subject: z.string(), from: instant, until: instant.nullable(), ...bounds })),
      })
      .nullable(),
    measured: z.strictObject({
      atReceiptW: power,
      everySeconds: z.number(),
      points: z.array(z.strictObject({ at: instant, meanW: power, ...bounds })),
      thinned: z.int().meta({ description: 'Readings left out because there were too many' }),
    }),
    notFollowed: z.array(
      z.strictObject({
        version: z.int(),
        evse: z.string(),
        why: z.enum(['not-connected', 'refused', 'silent', 'did-not-follow']),
        detail: z.string(),
      }),
    ),
    subjects: z.array(
      z.strictObject({
        subject: z.string(),
        evseCount: z.int(),
        evses: z.array(z.string()),
        minimumW: power.nullable().meta({ description: 'What §14a EnWG lets dim to' }),
        minimumFormulas: z.array(z.string()),
      }),
    ),
    notDrawn: z
      .strictObject({
        wh,
        cars: z.int(),
        quarterHours: z.array(z.strictObject({ start: instant, plannedWh: wh, measuredWh: wh, notDrawnWh: wh })),
      })
      .meta({ description: 'Energy that was planned before the limit came, less what was measured while it held' }),
    chain: z.strictObject({ node: z.string(), first: evidence, last: evidence, entries: z.array(evidence) }),
  })
  .meta({ id: 'LimitProof' })
