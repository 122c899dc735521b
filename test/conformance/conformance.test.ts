// The page of promises is never stale, and no promise is said to be kept that no test cites.
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { citationsIn, citationsUnder, type Citation } from './cited-ids.ts'
import { contradictions, PAGE_FILE, pageOf } from './conformance.ts'
import { IDS, parsePromises, readPromises, type Promised } from './promises.ts'

const root = resolve(import.meta.dirname, '../..')
const [promises, citations] = [readPromises(root), citationsUnder(root, 'test')]

describe('promises about faults and security', () => {
  it('agree with the tests that cite them', () => {
    expect(contradictions(promises, citations)).toEqual([])
  })

  it('stand on the page as they are; to renew it: npm run conformance', () => {
    expect(readFileSync(join(root, PAGE_FILE), 'utf8')).toBe(pageOf(promises, citations))
  })

  it('are 38 about faults, 10 invariants and 28 about security', () => {
    expect(promises.map(({ id }) => id)).toEqual(IDS)
    expect(IDS).toHaveLength(76)
  })
})

const kept: readonly Promised[] = IDS.map((id) => ({ id, state: 'open', promise: 'p', missing: 'm' }))
const stated = (id: string, state: Promised['state']) => kept.map((one) => (one.id === id ? { ...one, state } : one))
const cites = (id: string): Citation => ({ id, file: 'test/a.test.ts', title: `does it (${id})` })

describe('what does not fit together', () => {
  it.each([
    ['a test that cites what nobody promised', kept, [cites('F39')], /a\.test\.ts cites F39/],
    ['a promise said to be whole without a test', stated('F1', 'whole'), [], /F1 .*\(whole\).*no test/],
    ['a promise said to be kept in part without a test', stated('S2', 'part'), [], /S2 .*\(part\).*no test/],
    ['an open promise with a test', kept, [cites('I3')], /I3 .*open.*a\.test\.ts/],
    ['a missing promise', kept.slice(1), [], /F1 has no promise/],
    ['a promise given twice', [...kept, kept[0]!], [], /F1 is promised twice/],
    ['a promise of another numbering', [...kept, { ...kept[0]!, id: 'F99' }], [], /F99 .*no such id/],
  ])('%s is told', (_, list, found, told) => {
    expect(contradictions(list, found)).toEqual([expect.stringMatching(told)])
  })

  it('is nothing where every state is true', () => {
    expect(contradictions(stated('F1', 'part'), [cites('F1')])).toEqual([])
  })
})

describe('citations', () => {
  const idsIn = (source: string) => citationsIn('x.test.ts', source).map(({ id }) => id)

  it('are found in titles of describe, it and test, however they are called', () => {
    expect(idsIn("it('a (F1)', () => {})")).toEqual(['F1'])
    expect(idsIn("test.each([['(F9)']] as const)(`b (F2, I3) ${1 + 1}`, () => {})")).toEqual(['F2', 'I3'])
    expect(idsIn('describe.skipIf(no !== null)(`S4: c${no === null ? "" : `: ${no}`}`, () => {})')).toEqual(['S4'])
    expect(idsIn("it.each`a|b\n${1}|${2}`('d (F5)', () => {})")).toEqual(['F5'])
  })

  it('carry the titles above them', () => {
    const source = "describe('outer (F1)', () => { for (const x of [1]) it(`inner ${x} (F2)`, async () => {}) })"
    expect(citationsIn('x.test.ts', source)).toEqual([
      { id: 'F1', file: 'x.test.ts', title: 'outer (F1)' },
      { id: 'F2', file: 'x.test.ts', title: 'outer (F1) › inner … (F2)' },
    ])
  })

  it('are none in comments, code, skipped tests and names of other things', () => {
    expect(idsIn("// it('F1')\nconst id = 'F1'; expect('F2').toBe('F3')")).toEqual([])
    expect(idsIn("it.skip('F4', () => {}); describe.skip('F5', () => { it('F6', () => {}) }); it.todo('F7')")).toEqual([])
    expect(idsIn("it('S2/1, HAT-F1, K28.FR.13, LPC-911, V2X.05, F123 and F1.5', () => {})")).toEqual([])
  })
})

describe('the file of promises', () => {
  const HEAD = 'id;state;promise;missing\n'

  it('is read line by line', () => {
    expect(parsePromises(`${HEAD}F1;part;a, b;c\nF2;whole;d;\n`)).toEqual([
      { id: 'F1', state: 'part', promise: 'a, b', missing: 'c' },
      { id: 'F2', state: 'whole', promise: 'd', missing: '' },
    ])
  })

  it.each([
    ['F1;part;a', /csv:2: must have four fields/],
    ['F1;half;a;b', /csv:2: the state is whole, part, open, not half/],
    ['F1;part;a;', /csv:2: what is missing/],
    ['F1;whole;a;b', /csv:2: what is missing/],
    [`F1;open;${'x'.repeat(141)};b`, /csv:2: the promise has 1 to 140 characters, not 141/],
  ])('is refused with the line that is wrong: %s', (line, message) => {
    expect(() => parsePromises(HEAD + line)).toThrow(message)
  })
})
