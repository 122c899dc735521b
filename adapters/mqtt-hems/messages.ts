// What energy managers write, message by message: the schemas that validate are the ones the documentation is generated from. Members nobody knows are ignored.
import { z } from 'zod'
import { HEMS_ASSET_KINDS } from '../../domain/facts/hems.ts'
import { isPrintable } from '../wire/printable.ts'
import { parseInstant } from '../wire/rfc3339.ts'

/** A gigawatt: more than any house has. */
const WATTS_MAX = 1e9
export const SAMPLES_MAX = 500
export const ASSETS_MAX = 50

const text = (most: number) => z.string().min(1).max(most).refine(isPrintable, { error: 'has characters that cannot be shown' })
const name = text(128).refine((one) => !/[/+#]/.test(one), { error: 'has a character that no topic can hold' })
const watts = z.number().min(-WATTS_MAX).max(WATTS_MAX).transform(Math.round)
const most = z.number().min(0).max(WATTS_MAX).transform(Math.round).nullish()
const wattHours = z.number().min(0).max(1e12).transform(Math.round).nullish()
export const instant = z
  .string()
  .max(40)
  .transform((of, context) => {
    const at = parseInstant(of)
    if (at === null) context.addIssue({ code: 'custom', message: 'is an instant with offset such as 2026-01-31T12:30:00Z' })
    return at ?? 0
  })
  .meta({ format: 'date-time' })

const presence = z.object({
  online: z.boolean().meta({ description: 'The will says false; it counts after 30 s without a true' }),
})
const capabilities = z.object({
  vendor: text(100),
  model: text(100).nullish(),
  firmware: text(100).nullish(),
  assets: z
    .array(
      z.object({
        id: name.meta({ description: 'Stands in the topic of its telemetry' }),
        kind: z.enum(HEMS_ASSET_KINDS),
        chargeMaxW: most,
        dischargeMaxW: most,
        capacityWh: most,
        station: name.nullish().meta({ description: 'The station of the registry that it is, with one EVSE, where we lead it' }),
        follows: z.enum(['setpoint', 'limit']).default('setpoint'),
      }),
    )
    .max(ASSETS_MAX)
    .refine((assets) => new Set(assets.map(({ id }) => id)).size === assets.length, { error: 'names an asset twice' }),
})
const sample = z.object({
  ts: instant,
  powerW: watts.meta({ description: 'Taking from the grid or charging is positive' }),
  reactiveVar: watts.nullish(),
  importWh: wattHours.meta({ description: 'Register of what was taken' }),
  exportWh: wattHours.meta({ description: 'Register of what was given' }),
  socPercent: z.number().min(0).max(100).nullish(),
})
const telemetry = z.object({
  seq: z.int().min(0).meta({ description: 'Rises with every message of an asset; one that does not rise is a repetition' }),
  run: text(64).default('').meta({ description: 'Another one where `seq` begins anew, such as the instant of the start' }),
  samples: z.array(sample).min(1).max(SAMPLES_MAX),
  session: z
    .object({ id: text(36), token: text(255).nullish(), since: instant.nullish() })
    .nullish()
    .meta({ description: 'Who is plugged in at an asset that we lead; null for nobody, left out where nothing has changed' }),
})
const heartbeat = z.object({ ts: instant.optional() })
const acknowledgement = {
  result: z.enum(['accepted', 'rejected']),
  reason: text(200).nullish(),
  appliedAt: instant.nullish(),
  measuredW: watts.nullish(),
}
const limitAck = z.object({ limitId: text(200), ...acknowledgement })
const scheduleAck = z.object({ revision: z.int().min(0), ...acknowledgement })
const share = z.number().min(0).max(100).nullish()
const requirement = z.object({
  asset: name,
  departure: instant.nullish(),
  minSocPercent: share,
  targetSocPercent: share,
  energyWh: wattHours.meta({ description: 'Still wanted until the departure' }),
})
const offer = z.object({
  asOf: instant.meta({ description: 'When it was foreseen; an older one changes nothing' }),
  from: instant.meta({ description: 'Begin of the first quarter-hour' }),
  baselineW: z
    .array(watts)
    .min(1)
    .max(384)
    .meta({ description: 'What the house takes by quarter-hour without what we lead; generation is negative' }),
})
const call = z.object({
  correlationId: text(64)
    .refine((one) => !/[/+#]/.test(one), { error: 'has a character that no topic can hold' })
    .nullish()
    .meta({ description: 'For MQTT 3.1.1: the answer comes under `rpc/METHOD/reply/CORRELATIONID`' }),
})
const localLimit = z.object({
  active: z.boolean(),
  valueW: watts.nullish().meta({ description: 'Of consumption at least 0, of production at most 0; needed where it is active' }),
  since: instant.optional(),
  until: instant.nullish().meta({ description: 'Left out or null: until it is told otherwise' }),
  origin: z.enum(['control-box', 'relay', 'ripple-control', 'other']).default('other'),
  measuredW: watts.nullish(),
})

/** Every message an energy manager writes, by its topic below the site. */
export const HEMS_MESSAGES = {
  presence: { schema: presence, isNamed: false, isRetained: true, says: 'Whether the energy manager is there; also its will' },
  capabilities: { schema: capabilities, isNamed: false, isRetained: true, says: 'What stands behind the energy manager' },
  telemetry: { schema: telemetry, isNamed: true, isRetained: false, says: 'What was measured of an asset, in batches' },
  'heartbeat/site': {
    schema: heartbeat,
    isNamed: false,
    isRetained: false,
    says: 'Once a minute at least; after 120 s of silence the site is counted on no more',
  },
  'limit/ack': { schema: limitAck, isNamed: false, isRetained: false, says: 'What became of a limit' },
  'schedule/ack': { schema: scheduleAck, isNamed: false, isRetained: false, says: 'What became of a schedule, by its revision' },
  'user/requirement': {
    schema: requirement,
    isNamed: false,
    isRetained: false,
    says: 'What whoever uses an asset wants until when',
  },
  'flex/offer': {
    schema: offer,
    isNamed: false,
    isRetained: false,
    says: 'What the house is foreseen to take beside its assets',
  },
  rpc: { schema: call, isNamed: true, isRetained: false, says: 'A question: `time`, `limits` or `standing`' },
  'limit/local/consumption': {
    schema: localLimit,
    isNamed: false,
    isRetained: true,
    says: 'A limit of what is taken that came to the site by another way',
  },
  'limit/local/production': {
    schema: localLimit,
    isNamed: false,
    isRetained: true,
    says: 'A limit of what is given that came to the site by another way',
  },
} as const satisfies Record<string, MessageKind>

interface MessageKind {
  readonly schema: z.ZodType
  /** An asset or a method stands behind it in the topic. */
  readonly isNamed: boolean
  readonly isRetained: boolean
  readonly says: string
}
export type HemsMessageName = keyof typeof HEMS_MESSAGES
/** A message as it was read. */
export type HemsMessage = {
  readonly [Name in HemsMessageName]: { readonly name: Name; readonly body: z.output<(typeof HEMS_MESSAGES)[Name]['schema']> }
}[HemsMessageName]
