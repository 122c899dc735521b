// The codec between elements and the arrays of single-key objects that EEBUS writes.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeRoot, encodeData, encodeRoot, isSame, items, type PlainObject } from '../../../adapters/eebus/eebus-json.ts'
import { readFrame, writeDataFrame, writeFrame } from '../../../adapters/eebus/ship/frame.ts'

function decoded(text: string): PlainObject {
  const result = decodeRoot(text)
  if (!result.ok) throw new Error(result.refusal)
  return result.value
}
const inObject = (label: string) => ({ description: { label } })

describe('literal frames', () => {
  const FRAMES: readonly (readonly [string, PlainObject])[] = [
    ['{"connectionHello":[{"phase":"ready"},{"waiting":60000}]}', { connectionHello: { phase: 'ready', waiting: 60_000 } }],
    ['{"accessMethodsRequest":[]}', { accessMethodsRequest: {} }],
    [
      '{"messageProtocolHandshake":[{"handshakeType":"select"},{"version":[{"major":1},{"minor":0}]},{"formats":[{"format":["JSON-UTF8"]}]}]}',
      {
        messageProtocolHandshake: {
          handshakeType: 'select',
          version: { major: 1, minor: 0 },
          formats: { format: ['JSON-UTF8'] },
        },
      },
    ],
  ]
  it.each(FRAMES)('%s', (text, value) => {
    expect(encodeRoot(value)).toBe(text)
    expect(decoded(text)).toEqual(value)
    expect(encodeRoot(decoded(text))).toBe(text)
  })

  it('a write of a limit decodes and encodes to the same bytes, its payload a plain object', () => {
    const text =
      '{"data":[{"header":[{"protocolId":"ee1.0"}]},{"payload":{"datagram":[{"header":[{"specificationVersion":"1.3.0"},' +
      '{"addressSource":[{"device":"d:_i:EG"},{"entity":[1]},{"feature":2}]},{"addressDestination":[{"device":"d:_i:CS"},{"entity":[1]},{"feature":1}]},' +
      '{"msgCounter":17},{"cmdClassifier":"write"},{"ackRequest":true}]},{"payload":[{"cmd":[[{"function":"loadControlLimitListData"},' +
      '{"filter":[[{"cmdControl":[{"partial":[]}]}]]},{"loadControlLimitListData":[{"loadControlLimitData":[[{"limitId":0},{"isLimitActive":true},' +
      '{"value":[{"number":4200},{"scale":0}]}]]}]}]]}]}]}}]}'
    const frame = readFrame(Buffer.from(`\u0002${text}`))
    const data = (frame as unknown as { value: { root: { data: { payload: PlainObject } } } }).value.root.data
    expect(data.payload).toMatchObject({
      datagram: {
        header: { addressSource: { entity: [1] } },
        payload: {
          cmd: [
            { filter: [{ cmdControl: { partial: {} } }], loadControlLimitListData: { loadControlLimitData: [{ limitId: 0 }] } },
          ],
        },
      },
    })
    expect(Buffer.from(writeDataFrame(data.payload)).toString()).toBe(`\u0002${text}`)
  })

  it('reads the payload in both spellings', () => {
    const plain = decoded(
      '{"data":[{"header":[{"protocolId":"ee1.0"}]},{"payload":{"datagram":[{"header":[{"msgCounter":1}]}]}}]}',
    )
    const wrapped = decoded(
      '{"data":[{"header":[{"protocolId":"ee1.0"}]},{"payload":[{"datagram":[{"header":[{"msgCounter":1}]}]}]}]}',
    )
    expect(plain).toEqual(wrapped)
  })
})

describe('what others get wrong', () => {
  it.each(['Keller [] 2', 'a},{b', '[{"x":1}]', '\\"},{\\"', '{}', '\u0000'])('leaves the string %j alone both ways', (label) => {
    expect(decoded(encodeRoot(inObject(label)))).toEqual(inObject(label))
  })

  it('never writes an empty list: whoever turns [] into {} would lose the message', () => {
    const text = encodeRoot({ featureInformation: { description: { supportedFunction: [], role: 'client' } } })
    expect(text).toBe('{"featureInformation":[{"description":[{"role":"client"}]}]}')
  })

  it('takes an empty list for what it is where one is expected', () => {
    expect(items(decoded('{"entry":[]}')['entry'])).toEqual([])
  })

  it('TC_SHIP_MSG_003: reads blanks, tabs and line breaks between all tokens', () => {
    const text = '\t{ "connectionHello" :\r\n [ { "phase" : "ready" } , \n{ "waiting"\t: 60000 } ] }\n '
    expect(decoded(text)).toEqual({ connectionHello: { phase: 'ready', waiting: 60_000 } })
  })

  it('trims zero bytes behind the JSON', () => {
    const frame = readFrame(Buffer.concat([writeFrame('control', { accessMethodsRequest: {} }), Buffer.alloc(3)]))
    expect(frame).toEqual({ ok: true, value: { kind: 'control', root: { accessMethodsRequest: {} } } })
  })
})

describe('refused with a reason', () => {
  const deep = (depth: number) => `{"a":${'['.repeat(depth)}1${']'.repeat(depth)}}`
  it.each([
    ['{', 'no JSON'],
    ['[1]', 'the root is no object'],
    ['"a"', 'the root is no object'],
    ['{"a":[{"b":1},{"b":2}]}', 'b is there twice'],
    ['{"a":[{"b":1},2]}', 'members and list items in one array'],
    ['{"a":[{"__proto__":[{"x":1}]}]}', 'a name that cannot be'],
    [deep(200), 'nested too deeply'],
  ])('%.60s', (text, reason) => {
    expect(decodeRoot(text)).toEqual({ ok: false, refusal: reason })
  })

  it('more than 100 KiB', () => {
    const long = writeFrame('control', { description: 'x'.repeat(100 * 1024) })
    expect(readFrame(long)).toEqual({ ok: false, refusal: { kind: 'unreadable', reason: 'larger than 100 KiB' } })
  })
})

describe('any element', () => {
  const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean())
  const name = fc.string({ minLength: 1, maxLength: 8 }).filter((name) => name !== '__proto__')
  const { element } = fc.letrec<{ element: PlainObject; value: PlainObject }>((tie) => ({
    element: fc.dictionary(name, tie('value'), { maxKeys: 4, noNullPrototype: true }) as fc.Arbitrary<PlainObject>,
    value: fc.oneof(
      { maxDepth: 4 },
      scalar as unknown as fc.Arbitrary<PlainObject>,
      fc.array(scalar, { minLength: 1, maxLength: 3 }) as unknown as fc.Arbitrary<PlainObject>,
      fc.array(tie('element'), { minLength: 1, maxLength: 3 }) as unknown as fc.Arbitrary<PlainObject>,
      tie('element'),
    ),
  }))
  it('comes back as it was', () => {
    fc.assert(
      fc.property(element, (value) => {
        expect(decoded(encodeRoot(value))).toEqual(value)
        expect(isSame(decoded(encodeRoot(value)), value)).toBe(true)
      }),
    )
  })
})

const devices = join(process.env['GEGENSTROM_DATA'] ?? '../shared/data', 'eebus-devices')
describe.skipIf(!existsSync(devices))('messages of real devices (set GEGENSTROM_DATA when skipped)', () => {
  const files = existsSync(devices)
    ? readdirSync(devices, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.json'))
    : []
  it('finds them', () => expect(files.length).toBeGreaterThanOrEqual(6))

  it.each(files)('%s comes back deep-equal, the order of its lists kept', (file) => {
    const value = JSON.parse(readFileSync(join(devices, file), 'utf8')) as { data: { payload: PlainObject } }
    const text = encodeData('ee1.0', value.data.payload)
    expect(decoded(text)).toEqual(value)
    // The same order of members too, and no empty list on the wire but for empty elements.
    expect(JSON.stringify(decoded(text))).toBe(JSON.stringify(value))
    expect(text.match(/\[\]/g)?.length ?? 0).toBe(JSON.stringify(value).match(/\{\}/g)?.length ?? 0)
  })
})
