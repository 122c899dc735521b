// The AsyncAPI document: checked in, never stale, and everything the page for vendors shows is what it says.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { asyncApiDocument } from '../../../adapters/mqtt-hems/async-api.ts'
import { readMessage } from '../../../adapters/mqtt-hems/read-message.ts'
import { hemsTopics } from '../../../adapters/mqtt-hems/topics.ts'

const docs = resolve(import.meta.dirname, '../../../docs')
const document = asyncApiDocument() as {
  readonly channels: Readonly<Record<string, { readonly address: string }>>
  readonly components: { readonly schemas: Readonly<Record<string, object>> }
}
/** Every message that the page shows with `mosquitto_pub`. */
const shown = [
  ...readFileSync(resolve(docs, 'hems-mqtt.md'), 'utf8').matchAll(/-t "?\$SITE\/([\w/-]+)"? -m (["'])(.+?)\2$/gm),
].map(([, topic, , body]) => ({
  topic: topic!,
  body: body!.replaceAll('\\"', '"').replaceAll('$now', '2026-01-15T21:00:00Z').replaceAll('$REVISION', '1'),
}))

describe('AsyncAPI', () => {
  it('is the document in docs/api/asyncapi.json; to renew it: gegenstrom asyncapi > docs/api/asyncapi.json', () => {
    expect(JSON.parse(readFileSync(resolve(docs, 'api/asyncapi.json'), 'utf8'))).toEqual(JSON.parse(JSON.stringify(document)))
  })

  it('has references that lead somewhere, and a name of its own for every topic', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path!.split('/'))
    expect(references.length).toBeGreaterThan(40)
    const dangling = references.filter(
      (path) => path.reduce<unknown>((of, part) => (of as Record<string, unknown> | undefined)?.[part], document) === undefined,
    )
    expect(dangling).toEqual([])
    const addresses = Object.values(document.channels).map(({ address }) => address)
    expect(new Set(addresses).size).toBe(addresses.length)
  })

  it('every schema is one, and what the page shows is valid by the document and by the door', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false })
    const checks = new Map(Object.entries(document.components.schemas).map(([name, schema]) => [name, ajv.compile(schema)]))
    expect(shown.length).toBeGreaterThan(5)
    for (const { topic, body } of shown) {
      const of = hemsTopics('ta/v1').read(`ta/v1/tenant/site/${topic}`)!
      const read = readMessage(of.message, Buffer.from(body))
      expect(read, `${topic} ${body}`).toMatchObject({ ok: true })
      const [name] = Object.entries(document.channels).find(([, { address }]) =>
        new RegExp(`^${address.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(`ta/v1/tenant/site/${topic}`),
      )!
      expect(checks.get(name)!(JSON.parse(body)), `${topic} ${body}`).toBe(true)
    }
  })
})
