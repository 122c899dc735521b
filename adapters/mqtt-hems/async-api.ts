// The AsyncAPI document of the door of energy managers, from the schemas that validate what comes in and describe what goes out.
import { z } from 'zod'
import { HEMS_MESSAGES } from './messages.ts'
import { PUBLISHED } from './published.ts'

interface Described {
  readonly topic: string
  readonly schema: z.ZodType
  readonly io: 'input' | 'output'
  readonly isRetained: boolean
  readonly qos: 0 | 1
  readonly says: string
}
const NAMED: Readonly<Record<string, string>> = { telemetry: '{asset}', rpc: '{method}' }
const PARAMETERS: Readonly<Record<string, string>> = {
  tenant: 'The tenant of the site, as in the registry',
  site: 'The site, as in the registry',
  asset: 'The name of an asset at the house',
  method: 'time, limits or standing',
  correlationId: 'What the call has named',
}

/** AsyncAPI 3.0, plain JSON. `prefix` such as `ta/v1`. */
export function asyncApiDocument(prefix = 'ta/v1'): Readonly<Record<string, unknown>> {
  const written = Object.entries(HEMS_MESSAGES).map(([name, { schema, isNamed, isRetained, says }]): Described => {
    const topic = isNamed ? `${name}/${NAMED[name]!}` : name
    return { topic, schema, io: 'input', isRetained, qos: name === 'heartbeat/site' ? 0 : 1, says }
  })
  const published = Object.entries(PUBLISHED).map(([topic, of]): Described => ({ topic, io: 'output', ...of }))
  const all = [...written, ...published]
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Gegenstrom: energy managers over MQTT',
      version: '1.0.0',
      description: `MQTT 5 or 3.1.1. Everything lies below ${prefix}/{tenant}/{site}. Taking from the grid is positive; W, Wh, RFC 3339. Unknown members are ignored.`,
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    channels: Object.fromEntries(all.map((one) => [keyOf(one), channelOf(prefix, one)])),
    operations: Object.fromEntries(all.map((one) => [keyOf(one), operationOf(one)])),
    components: {
      messages: Object.fromEntries(all.map((one) => [keyOf(one), messageOf(one)])),
      schemas: Object.fromEntries(all.map((one) => [keyOf(one), schemaOf(one)])),
    },
  }
}

/** `limit/local/consumption` as `limitLocalConsumption`. */
function keyOf({ topic }: Described): string {
  const words = topic.replaceAll(/[{}]/g, '').split(/[/-]/)
  return words.map((word, i) => (i === 0 ? word : word[0]!.toUpperCase() + word.slice(1))).join('')
}
function channelOf(prefix: string, one: Described): object {
  const address = `${prefix}/{tenant}/{site}/${one.topic}`
  const names = [...address.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!)
  return {
    address,
    messages: { [keyOf(one)]: { $ref: `#/components/messages/${keyOf(one)}` } },
    parameters: Object.fromEntries(names.map((name) => [name, { description: PARAMETERS[name] }])),
  }
}
/** As seen by us: `receive` is what a house writes. */
function operationOf(one: Described): object {
  return {
    action: one.io === 'input' ? 'receive' : 'send',
    channel: { $ref: `#/channels/${keyOf(one)}` },
    summary: one.says,
    bindings: { mqtt: { qos: one.qos, retain: one.isRetained, bindingVersion: '0.2.0' } },
  }
}
function messageOf(one: Described): object {
  return { name: keyOf(one), summary: one.says, payload: { $ref: `#/components/schemas/${keyOf(one)}` } }
}
function schemaOf({ schema, io }: Described): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  return rest
}
