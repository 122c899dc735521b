import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readEntsoeA44 } from '../../../adapters/market/entsoe-a44.ts'
import { DAY_AHEAD_RANGE, placeText, refusalSentence } from '../../../domain/signals/price-refusal.ts'
import { slotAt } from '../../../domain/time/slot.ts'

interface SeriesText {
  sequence?: number | null
  curve?: string
  currency?: string
  unit?: string
  zone?: string
  contract?: string
  periods?: readonly PeriodText[]
}
interface PeriodText {
  start?: string
  end?: string
  resolution?: string
  points?: readonly (readonly [number | string, number | string])[]
}
const period = ({
  start = '2025-10-05T22:00Z',
  end = '2025-10-05T23:00Z',
  resolution = 'PT15M',
  points = [[1, 10]],
}: PeriodText) =>
  `<Period><timeInterval><start>${start}</start><end>${end}</end></timeInterval><resolution>${resolution}</resolution>${points
    .map(([position, price]) => `<Point><position>${position}</position><price.amount>${price}</price.amount></Point>`)
    .join('')}</Period>`
const timeSeries = (text: SeriesText) =>
  `<TimeSeries><mRID>1</mRID><in_Domain.mRID codingScheme="A01">${text.zone ?? '10Y1001A1001A82H'}</in_Domain.mRID>
<contract_MarketAgreement.type>${text.contract ?? 'A01'}</contract_MarketAgreement.type>
<currency_Unit.name>${text.currency ?? 'EUR'}</currency_Unit.name><price_Measure_Unit.name>${text.unit ?? 'MWH'}</price_Measure_Unit.name>
${text.sequence === null ? '' : `<classificationSequence_AttributeInstanceComponent.position>${text.sequence ?? 1}</classificationSequence_AttributeInstanceComponent.position>`}
<curveType>${text.curve ?? 'A03'}</curveType>${(text.periods ?? [{}]).map(period).join('')}</TimeSeries>`
const publication = (...all: readonly SeriesText[]) =>
  `<?xml version="1.0" encoding="utf-8"?><Publication_MarketDocument xmlns="urn:iec62325.351:tc57wg16:451-3:publicationdocument:7:3"><type>A44</type>
<period.timeInterval><start>2025-10-05T22:00Z</start><end>2025-10-05T23:00Z</end></period.timeInterval>${all.map(timeSeries).join('')}</Publication_MarketDocument>`

const read = (xml: string, options: { zone?: string; sequence?: number } = {}) =>
  readEntsoeA44(
    { bytes: Buffer.from(xml), location: 'a44.xml', fetchedAt: 0 },
    { zone: 'DE-LU', range: DAY_AHEAD_RANGE, ...options },
  )
const values = (xml: string, options = {}) => {
  const result = read(xml, options)
  if (!result.ok) throw new Error(refusalSentence(result.refusal))
  return result.value.prices.values.map((price) => (price === null ? null : price / 100))
}
const complaint = (xml: string) => {
  const result = read(xml)
  if (result.ok) throw new Error('expected a refusal')
  return `${result.refusal.kind}, ${placeText(result.refusal)}: ${refusalSentence(result.refusal)}`
}

describe('curve types and resolutions', () => {
  test('A03: an omitted position repeats the one before, up to the end of the period', () => {
    expect(
      values(
        publication({
          periods: [
            {
              points: [
                [1, 10],
                [3, 20],
              ],
            },
          ],
        }),
      ),
    ).toEqual([10, 10, 20, 20])
  })
  test('A01: an omitted position is a gap', () => {
    expect(
      values(
        publication({
          curve: 'A01',
          periods: [
            {
              points: [
                [1, 10],
                [3, 20],
              ],
            },
          ],
        }),
      ),
    ).toEqual([10, null, 20, null])
  })
  test('A03: nothing before the first position is made up', () => {
    expect(values(publication({ periods: [{ points: [[3, 20]] }] }))).toEqual([null, null, 20, 20])
  })
  test('hours and half-hours spread over their quarter-hours, mixed in one series', () => {
    const periods = [
      { resolution: 'PT60M', points: [[1, 10]] as const },
      {
        start: '2025-10-05T23:00Z',
        end: '2025-10-06T00:00Z',
        resolution: 'PT30M',
        points: [
          [1, 20],
          [2, 30],
        ] as const,
      },
      {
        start: '2025-10-06T00:00Z',
        end: '2025-10-06T00:30Z',
        points: [
          [1, -40.55],
          [2, 50],
        ] as const,
      },
    ]
    expect(values(publication({ periods }))).toEqual([10, 10, 10, 10, 20, 20, 30, 30, -40.55, 50])
  })
})

describe('which series counts', () => {
  const sdac = { sequence: 1, periods: [{ points: [[1, 10]] as const }] }
  const exaa = { sequence: 2, periods: [{ points: [[1, 99]] as const }] }
  test('SDAC is sequence 1 wherever it stands', () => {
    expect(values(publication(exaa, sdac))).toEqual([10, 10, 10, 10])
    expect(values(publication(sdac, exaa), { sequence: 2 })).toEqual([99, 99, 99, 99])
    expect(read(publication(sdac, exaa), { sequence: 2 })).toMatchObject({ value: { market: 'EXAA' } })
  })
  test('hours without sequence 1 are gaps, never prices of EXAA', () => {
    const late = { sequence: 1, periods: [{ start: '2025-10-05T23:00Z', end: '2025-10-06T00:00Z', points: [[1, 10]] as const }] }
    expect(values(publication(exaa, late))).toEqual([null, null, null, null, 10, 10, 10, 10])
  })
  test.each([
    [
      'other auctions',
      publication(exaa),
      /^nothing, : .*coupled day-ahead auction SDAC \(sequence 1\), only EXAA \(sequence 2\)$/,
    ],
    [
      'no sequence beside one',
      publication(exaa, { ...sdac, sequence: null }),
      /only EXAA \(sequence 2\), series without sequence$/,
    ],
    ['an unknown sequence', publication({ ...exaa, sequence: 3 }), /only sequence-3 \(sequence 3\)$/],
    ['intraday auctions alone', publication({ ...sdac, contract: 'A07' }), /only contract A07$/],
    ['no series at all', publication(), /it holds no TimeSeries at all$/],
    ['series without points', publication({ ...sdac, periods: [] }), /no price of the coupled .*\(sequence 1\)$/],
    ['nothing', ' \n', /^nothing, : .*the document is empty/],
  ])('a document with %s says so', (_, xml, sentence) => expect(complaint(xml)).toMatch(sentence))
  test('zones with one auction carry no sequence', () => {
    expect(values(publication({ sequence: null }))).toEqual([10, 10, 10, 10])
  })
  test('intraday auctions in the same document are another market', () => {
    expect(values(publication(sdac, { ...exaa, sequence: 1, contract: 'A07' }))).toEqual([10, 10, 10, 10])
  })
  test('two series of one sequence may agree, but not contradict', () => {
    expect(values(publication(sdac, sdac))).toEqual([10, 10, 10, 10])
    expect(complaint(publication(sdac, { ...exaa, sequence: 1 }))).toMatch(
      /contradiction, TimeSeries 2, Period 1, position 1: .*10 and 99/,
    )
  })
})

describe('hours beside their quarter-hours', () => {
  const quarters = [[1, 10] as const, [2, 20] as const, [3, 30] as const, [4, 41] as const]
  const hour = (price: number, more = {}) => ({ resolution: 'PT60M', points: [[1, price] as const], ...more })
  test('the quarter-hours count where the hour is their mean, in either order and also with repeated positions', () => {
    expect(values(publication({ periods: [hour(25.25), { points: quarters }] }))).toEqual([10, 20, 30, 41])
    expect(values(publication({ periods: [{ points: quarters }] }, { periods: [hour(25.25)] }))).toEqual([10, 20, 30, 41])
    const two = { start: '2025-10-05T22:00Z', end: '2025-10-06T00:00Z' }
    expect(values(publication({ periods: [hour(10, two), { ...two, points: [[1, 10]] }] }))).toEqual(Array(8).fill(10))
  })
  test('an hour without quarter-hours stays an hour; of a hole in the quarter-hours it says nothing', () => {
    const two = { start: '2025-10-05T22:00Z', end: '2025-10-06T00:00Z' }
    const hours = hour(25.25, { ...two, points: [[1, 25.25] as const, [2, 7] as const] })
    expect(values(publication({ periods: [hours, { points: quarters }] }))).toEqual([10, 20, 30, 41, 7, 7, 7, 7])
    expect(values(publication({ curve: 'A01', periods: [hours, { points: quarters.slice(0, 3) }] }))).toEqual([
      10,
      20,
      30,
      null,
      7,
      7,
      7,
      7,
    ])
  })
  test('the earliest hour that contradicts is told with its instant', () => {
    const later = { start: '2025-10-05T23:00Z', end: '2025-10-06T00:00Z' }
    const xml = publication({
      periods: [hour(99, later), { ...later, points: quarters }, hour(25.5), { points: quarters }],
    })
    expect(complaint(xml)).toMatch(
      /Period 3, position 1: expected for the 60 minutes from 2025-10-05T22:00(:00)?Z the mean of the shorter steps within, 25.25 EUR\/MWh, found 25.5$/,
    )
  })
})

describe('F17 refusals name the place', () => {
  test.each([
    ['currency', publication({ currency: 'PLN' }), /wrong-unit, TimeSeries 1, currency_Unit.name: expected EUR, found "PLN"/],
    ['unit', publication({ unit: 'KWH' }), /wrong-unit, TimeSeries 1, price_Measure_Unit.name/],
    ['zone', publication({ zone: '10YFR-RTE------C' }), /wrong-unit, .*expected DE-LU, found "FR"/],
    ['curve type', publication({ curve: 'A02' }), /curveType: expected A01 or A03/],
    ['resolution', publication({ periods: [{ resolution: 'P1D' }] }), /resolution: expected PT15M/],
    [
      'a position too many',
      publication({
        periods: [
          {
            points: [
              [1, 1],
              [5, 2],
            ],
          },
        ],
      }),
      /Point 2: expected a position from 2 to 4/,
    ],
    [
      'positions backwards',
      publication({
        periods: [
          {
            points: [
              [2, 1],
              [1, 2],
            ],
          },
        ],
      }),
      /Point 2: expected a position from 3 to 4/,
    ],
    ['no position', publication({ periods: [{ points: [['x', 1]] }] }), /Point 1: expected a position/],
    ['NaN', publication({ periods: [{ points: [[1, 'NaN']] }] }), /position 1, price.amount: expected a price, found "NaN"/],
    ['an hour and a bit', publication({ periods: [{ end: '2025-10-05T23:05Z' }] }), /a whole number of 15 minutes/],
    [
      'off the quarter-hour',
      publication({ periods: [{ start: '2025-10-05T22:05Z', end: '2025-10-05T23:05Z' }] }),
      /whole quarter-hours/,
    ],
    ['end before start', publication({ periods: [{ end: '2025-10-05T21:00Z' }] }), /timeInterval: expected start and end/],
    ['implausible', publication({ periods: [{ points: [[1, 55_350]] }] }), /quarantined, .*outside of -500 to 5000/],
    ['document type', publication({}).replace('<type>A44', '<type>A65'), /type: expected A44/],
    ['another document', '<GL_MarketDocument><type>A65</type></GL_MarketDocument>', /expected Publication_MarketDocument/],
    ['broken XML', '<Publication_MarketDocument><type>A44</Publication_MarketDocument>', /malformed, line 1/],
    ['no XML', 'hello', /malformed/],
    ['DOCTYPE', `<!DOCTYPE x [<!ENTITY a "b">]>${publication({})}`, /expected XML without document type/],
  ])('%s', (_, xml, sentence) => expect(complaint(xml)).toMatch(sentence))

  test('entities are not expanded', () => {
    expect(complaint(publication({ periods: [{ points: [[1, '&#49;']] }] }))).toMatch(/expected a price/)
  })
  test('deep nesting ends in a refusal', () => {
    expect(read('<a>'.repeat(20_000) + '</a>'.repeat(20_000)).ok).toBe(false)
  })
  test('"no data yet" is told as such', () => {
    const xml =
      '<Acknowledgement_MarketDocument><Reason><code>999</code><text>No matching data found</text></Reason></Acknowledgement_MarketDocument>'
    expect(complaint(xml)).toMatch(/nothing, : .*No matching data found/)
  })
})

const data = join(process.env['GEGENSTROM_DATA'] ?? '../shared/data', 'entsoe-a44')
describe.skipIf(!existsSync(data))('real documents (data needed)', () => {
  test('BE: three days of mixed resolution, A03 with 23 of 96 points, no sequence', () => {
    const result = read(readFileSync(join(data, 'BE_60M_15M_mix.xml'), 'utf8'), { zone: 'BE' })
    if (!result.ok) throw new Error(refusalSentence(result.refusal))
    const { first, values: prices } = result.value.prices
    expect(first).toBe(slotAt(Date.UTC(2024, 9, 5, 22)))
    expect(prices).toHaveLength(3 * 96)
    expect(prices.every((price) => price !== null)).toBe(true)
    expect(prices.slice(0, 9)).toEqual([5_535, 5_535, 5_535, 5_535, 4_422, 4_422, 4_422, 4_422, 4_032])
  })
  test('DE-LU: sequence 1 and EXAA overlap; each is read by itself', () => {
    const xml = readFileSync(join(data, 'DE_60M_15M_overlap.xml'), 'utf8')
    const [sdac, exaa] = [values(xml), values(xml, { sequence: 2 })]
    expect([sdac.length, exaa.length]).toEqual([192, 192])
    expect(sdac.slice(0, 5)).toEqual([67.04, 67.04, 67.04, 67.04, 63.97])
    expect(exaa).not.toEqual(sdac)
    expect(exaa.slice(0, 4)).not.toEqual([exaa[0], exaa[0], exaa[0], exaa[0]])
  })
})
