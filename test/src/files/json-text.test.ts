// JSON files are changed in one place only, whatever they look like, and complaints never repeat what stands in them.
import { anything, assert, dictionary, integer, json, oneof, property, string, stringMatching } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseJson, withMember } from '../../../src/files/json-text.ts'

describe('one member of a JSON text', () => {
  it.each([
    ['{}', '{\n"b":[1]\n}'],
    ['{"a":1}', '{"a":1,"b":[1]}'],
    ['{"b":null}', '{"b":[1]}'],
    ['{"b" : {"b":"}]"} , "a":1e3}', '{"b" : [1] , "a":1e3}'],
    ['{\n  "a": [\n    1.50\n  ]\n}\n', '{\n  "a": [\n    1.50\n  ],\n  "b": [\n    1\n  ]\n}\n'],
    ['{\n\t"b": 0,\n\t"a": "\\"b\\":2"\n}', '{\n\t"b": [\n\t\t1\n\t],\n\t"a": "\\"b\\":2"\n}'],
    ['\uFEFF{"a":"ü"}', '\uFEFF{"a":"ü","b":[1]}'],
  ])('is set and nothing else moves: %j', (before, after) => {
    expect(withMember(before, 'b', [1])).toBe(after)
  })

  it('is set in every JSON object, and all others stay what they were', () => {
    const value = oneof(
      json().map((text) => JSON.parse(text) as unknown),
      anything({ maxDepth: 0 }),
    )
    const indent = oneof(integer({ min: 0, max: 4 }), stringMatching(/^\t{1,2}$/))
    assert(
      property(dictionary(string(), value), indent, json(), (object, margin, added) => {
        const text = JSON.stringify(object, null, margin)
        const before = JSON.parse(text) as object
        const next = JSON.parse(withMember(text, 'apiKeys', JSON.parse(added))) as Record<string, unknown>
        expect(next).toEqual({ ...before, apiKeys: JSON.parse(added) as unknown })
      }),
    )
  })
})

describe('a JSON text that is none', () => {
  it('is refused with the place, without what stands there', () => {
    const broken = parseJson('{\n "passwords": {"HAT-1": "hunter2" "HAT-2": "secret"}}')
    expect(broken).toEqual({ ok: false, refusal: 'is not valid JSON (line 2, column 35)' })
    for (const text of ['secret', '{"a": secret}', '{"a":"secret', '']) {
      const refused = parseJson(text)
      expect(refused.ok ? '' : refused.refusal).toMatch(/^is not valid JSON/)
      expect(JSON.stringify(refused)).not.toContain('secret')
    }
  })
})
