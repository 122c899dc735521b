// What is published for energy managers, message by message, for the documentation and for tests that hold what is sent against it.
import { z } from 'zod'

const instant = z.string().meta({ format: 'date-time' })
const watts = z.int()
const limit = z.object({
  id: z.string().meta({ description: 'Stands in the answer as `limitId`; `none` where nothing limits' }),
  active: z.boolean(),
  valueW: watts.nullable().meta({ description: 'Of consumption at least 0, of production at most 0' }),
  validFrom: instant.nullable(),
  validUntil: instant.nullable().meta({ description: 'Null holds until it is told otherwise' }),
  origin: z.string().nullable(),
  reference: z.string().nullable(),
  pmin14aW: watts.optional().meta({ description: 'Least power that §14a EnWG leaves to the connection' }),
  failsafeW: watts.nullable().meta({ description: 'Holds after `failsafeAfterSeconds` without a heartbeat of ours' }),
  failsafeAfterSeconds: z.int(),
})
const schedule = z.object({
  id: z.string(),
  revision: z.int().meta({ description: 'Rises with every change; an older one never counts' }),
  issuedAt: instant,
  validUntil: instant.meta({ description: 'From here on `after` holds; the message is cleared then' }),
  assets: z.array(
    z.object({
      asset: z.string(),
      order: z.string(),
      reason: z.string(),
      setpoint: z
        .object({ powerW: watts, until: instant })
        .nullable()
        .meta({ description: 'The power to keep until then; afterwards, and where there is none, the slots hold' }),
      slots: z
        .array(z.object({ from: instant, maxW: watts }))
        .meta({ description: 'Quarter-hours without a gap: what may be taken at most, and nothing may be given' }),
      after: z.object({ maxW: watts }),
    }),
  ),
})
const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  instance: z.string(),
  reason: z.string().optional(),
  errors: z.array(z.object({ pointer: z.string().optional(), detail: z.string() })).optional(),
})
const reply = z.object({
  correlationId: z.string().nullable(),
  result: z.record(z.string(), z.unknown()).optional(),
  problem: problem.optional(),
})

/** Every message we write, by its topic below the site; a name in braces stands for what is in its place. */
export const PUBLISHED = {
  'limit/consumption': { schema: limit, isRetained: true, qos: 1, says: 'What may be taken at the connection now' },
  'limit/production': { schema: limit, isRetained: true, qos: 1, says: 'What may be given at the connection now' },
  schedule: { schema: schedule, isRetained: true, qos: 1, says: 'What the assets are to do; empty leaves them to the house' },
  'heartbeat/backend': { schema: z.object({ ts: instant }), isRetained: false, qos: 0, says: 'Once a minute at least' },
  'telemetry/{asset}/durable': {
    schema: z.object({ run: z.string(), seq: z.int() }),
    isRetained: true,
    qos: 1,
    says: 'The last batch of an asset that is on our disk',
  },
  'rpc/{method}/reply/{correlationId}': { schema: reply, isRetained: false, qos: 1, says: 'The answer to a call' },
  problems: {
    schema: z.object({ about: z.string(), problem }),
    isRetained: false,
    qos: 1,
    says: 'What was wrong with a message of the house (RFC 9457)',
  },
} as const satisfies Record<
  string,
  { readonly schema: z.ZodType; readonly isRetained: boolean; readonly qos: 0 | 1; readonly says: string }
>
