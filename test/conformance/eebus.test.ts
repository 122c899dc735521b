// The page of the EEBUS cases is never stale, every id that a test cites exists, and what is not covered has a reason.
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { citationsIn, type Citation } from './cited-ids.ts'
import { EEBUS_FILE, eebusCitations, eebusContradictions, eebusIdsIn, eebusPage, FAMILIES, readEebusCases } from './eebus.ts'

const root = resolve(import.meta.dirname, '../..')
const [cases, citations] = [readEebusCases(root), eebusCitations(root)]

describe('the cases of EEBUS', () => {
  it('agree with the tests that cite them', () => {
    expect(eebusContradictions(cases, citations)).toEqual([])
  })

  it('stand on the page as they are; to renew it: npm run conformance', () => {
    expect(readFileSync(join(root, EEBUS_FILE), 'utf8')).toBe(eebusPage(cases, citations))
  })

  it.each(['ATC_LPC_', 'ATC_LPP_'])('are covered for %s: 47 of 51 at least, of the guard and of the device', (prefix) => {
    const cited = new Set(citations.map(({ id }) => id).filter((id) => id.startsWith(prefix)))
    expect(cited.size).toBeGreaterThanOrEqual(47)
    expect([...cited].filter((id) => id.includes('_EG')).length).toBeGreaterThanOrEqual(7)
  })
})

describe('what does not fit together', () => {
  const [first, ...others] = cases
  const cites = (id: string): Citation => ({ id, file: 'test/a.test.ts', title: id })

  it.each([
    ['a test that cites a case there is not', cases, [cites('ATC_LPC_COM_PT_CSInit_004')], /a\.test\.ts cites .*CSInit_004/],
    ['a case listed twice', [...cases, first!], [], /is listed twice/],
    ['a case that is missing', others, [], /LPC has 51 cases, and 50 are listed/],
  ])('%s is told', (_, list, more, told) => {
    expect(eebusContradictions(list, [...citations, ...more])).toContainEqual(expect.stringMatching(told))
  })

  it('a case without test and without reason is told', () => {
    const fewer = citations.filter(({ id }) => id !== 'ATC_LPP_COM_PT_CSInit_001')
    expect(eebusContradictions(cases, fewer)).toEqual(['ATC_LPP_COM_PT_CSInit_001 is cited by no test, and no reason is given'])
  })

  it('every case belongs to a family', () => {
    expect(cases.filter(({ id }) => !FAMILIES.some(({ prefix }) => id.startsWith(prefix)))).toEqual([])
  })
})

describe('ids in titles', () => {
  const idsIn = (source: string) => citationsIn('x.test.ts', source, eebusIdsIn).map(({ id }) => id)

  it('are whole, or of both directions where both run', () => {
    expect(idsIn("it('TC_SHIP_MDNS_001, ATC_MPC_COM_PT_MUPolling_001: a', () => {})")).toEqual([
      'TC_SHIP_MDNS_001',
      'ATC_MPC_COM_PT_MUPolling_001',
    ])
    expect(idsIn("describe.each(X)('$useCase', () => { it(`ATC_${u}_INS1_PT_CSTransition1_001: b`, () => {}) })")).toEqual([
      'ATC_LPC_INS1_PT_CSTransition1_001',
      'ATC_LPP_INS1_PT_CSTransition1_001',
    ])
  })

  it('count for none where nobody says that both run', () => {
    expect(idsIn('it(`ATC_${u}_COM_PT_CSInit_001: b`, () => {})')).toEqual(['ATC_…_COM_PT_CSInit_001'])
  })
})
