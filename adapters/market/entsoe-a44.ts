// Reads ENTSO-E price documents (Publication_MarketDocument, type A44). They hold several series for the same hours: SDAC is sequence 1, EXAA sequence 2.
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import type { PriceCurve } from '../../domain/signals/price.ts'
import { slotAt } from '../../domain/time/slot.ts'
import { refused, type Result } from '../../domain/result.ts'
import type { PriceRefusal } from '../../domain/signals/price-refusal.ts'
import { decodeText } from '../wire/csv-rows.ts'
import { parseInstant } from '../wire/rfc3339.ts'
import { biddingZone } from './bidding-zone.ts'
import {
  decimal,
  excerpt,
  priceCollector,
  type PriceCollector,
  type PriceDocument,
  type PriceExpectation,
} from './price-document.ts'

const MARKETS: Readonly<Record<number, string>> = { 1: 'SDAC', 2: 'EXAA' }
const RESOLUTION_MINUTES: Readonly<Record<string, number>> = { PT15M: 15, PT30M: 30, PT60M: 60, PT1H: 60 }
const SEQUENCE = 'classificationSequence_AttributeInstanceComponent.position'

/** An element: text, or elements by name. Elements that may repeat are always lists. */
type Element = string | { readonly [name: string]: Element | readonly Element[] }

const parser = new XMLParser({
  ignoreAttributes: true,
  parseTagValue: false,
  processEntities: false,
  removeNSPrefix: true,
  isArray: (name) => name === 'TimeSeries' || name === 'Period' || name === 'Point' || name === 'Reason',
})

/** Reads one sequence of an A44 document; the hours for which that sequence is missing are gaps, never another sequence's prices. Without any price of it: refused, saying what the document holds instead. */
export function readEntsoeA44(
  document: PriceDocument,
  expected: PriceExpectation & { readonly sequence?: number },
): Result<PriceCurve, PriceRefusal> {
  const root = parse(document)
  if (!root.ok) return root
  const publication = root.value
  if (text(publication, 'type') !== 'A44') return malformed('type', 'A44', excerpt(text(publication, 'type')))
  const sequence = expected.sequence ?? 1
  const whole = interval(publication, 'period.timeInterval')
  if (whole === null)
    return malformed('period.timeInterval', 'start and end in UTC', excerpt(child(publication, 'period.timeInterval')))
  const all = list(publication, 'TimeSeries')
  // Zones with one auction carry no sequence at all; beside a sequence, a series without one belongs to nobody.
  const isClassified = all.some((series) => text(series, SEQUENCE) !== '')
  const collector = priceCollector(expected.range)
  let [from, until] = [whole.from, whole.until]
  for (const [i, series] of all.entries()) {
    const place = `TimeSeries ${i + 1}`
    const contract = text(series, 'contract_MarketAgreement.type')
    if (contract !== '' && contract !== 'A01') continue
    if (isClassified ? text(series, SEQUENCE) !== String(sequence) : sequence !== 1) continue
    const refusal = unitRefusal(series, expected.zone, place)
    if (refusal !== null) return refused(refusal)
    const curveType = text(series, 'curveType') || 'A01'
    if (curveType !== 'A01' && curveType !== 'A03') return malformed(`${place}, curveType`, 'A01 or A03', excerpt(curveType))
    for (const [j, period] of list(series, 'Period').entries()) {
      const taken = takePeriod(collector, period, curveType, `${place}, Period ${j + 1}`)
      if (!taken.ok) return taken
      from = Math.min(from, taken.value.from)
      until = Math.max(until, taken.value.until)
    }
  }
  const about = {
    zone: expected.zone,
    market: marketOf(sequence),
    source: 'entsoe',
    emptyReason: emptyReason(document.location, sequence, all),
  }
  return collector.curve(document, about, slotAt(from), slotAt(until))
}

function marketOf(sequence: number): string {
  return MARKETS[sequence] ?? `sequence-${sequence}`
}

/** What a document without the prices asked for holds instead. */
function emptyReason(location: string, sequence: number, all: readonly Element[]): string {
  const wanted = `${location} holds no price of ${sequence === 1 ? 'the coupled day-ahead auction ' : ''}${marketOf(sequence)} (sequence ${sequence})`
  const others = new Set(
    all.map((series) => {
      const [contract, other] = [text(series, 'contract_MarketAgreement.type'), text(series, SEQUENCE)]
      if (contract !== '' && contract !== 'A01') return `contract ${contract.slice(0, 20)}`
      if (other === '') return 'series without sequence'
      return /^\d{1,3}$/.test(other) ? `${marketOf(Number(other))} (sequence ${other})` : 'series of unknown sequence'
    }),
  )
  if (others.size === 0) return `${wanted}: it holds no TimeSeries at all`
  const isEmpty = others.has(`${marketOf(sequence)} (sequence ${sequence})`)
  return isEmpty ? wanted : `${wanted}, only ${[...others].slice(0, 5).join(', ')}`
}

function parse({ bytes }: PriceDocument): Result<Element, PriceRefusal> {
  const xml = decodeText(bytes)
  if (xml === null) return malformed('document', 'XML in UTF-8', 'other bytes')
  if (xml.trim() === '') return refused({ kind: 'nothing', reason: 'the document is empty' })
  // A document type may define entities that grow without bound; market documents have none.
  if (/<!DOCTYPE/i.test(xml)) return malformed('document', 'XML without document type', 'DOCTYPE')
  const valid = XMLValidator.validate(xml)
  if (valid !== true)
    return refused({ kind: 'malformed', place: { line: valid.err.line }, expected: 'well-formed XML', found: valid.err.msg })
  let root: Element
  try {
    root = parser.parse(xml) as Element
  } catch (error) {
    return malformed('document', 'well-formed XML', excerpt((error as Error).message))
  }
  const acknowledgement = child(root, 'Acknowledgement_MarketDocument')
  if (acknowledgement !== undefined) {
    const reason = list(acknowledgement, 'Reason')
      .map((each) => text(each, 'text'))
      .join('; ')
    return refused({ kind: 'nothing', reason: reason === '' ? 'no reason given' : reason.slice(0, 300) })
  }
  const publication = child(root, 'Publication_MarketDocument')
  return publication === undefined
    ? malformed('document', 'Publication_MarketDocument', excerpt(Object.keys(root).join(', ')))
    : { ok: true, value: publication }
}

function unitRefusal(series: Element, zone: string, place: string): PriceRefusal | null {
  const wanted: readonly (readonly [string, string, string])[] = [
    ['currency_Unit.name', 'EUR', text(series, 'currency_Unit.name')],
    ['price_Measure_Unit.name', 'MWH', text(series, 'price_Measure_Unit.name')],
    ['in_Domain.mRID', zone, biddingZone(text(series, 'in_Domain.mRID'))],
  ]
  for (const [name, expected, found] of wanted)
    if (found !== expected)
      return { kind: 'wrong-unit', place: { position: `${place}, ${name}` }, expected, found: excerpt(found) }
  return null
}

/** Takes the points of one period. With curve type A03 a position that is left out repeats the one before, up to the end; with A01 it is a gap. */
function takePeriod(
  collector: PriceCollector,
  period: Element,
  curveType: 'A01' | 'A03',
  place: string,
): Result<{ from: number; until: number }, PriceRefusal> {
  const span = interval(period, 'timeInterval')
  if (span === null) return malformed(`${place}, timeInterval`, 'start and end in UTC', excerpt(child(period, 'timeInterval')))
  const minutes = RESOLUTION_MINUTES[text(period, 'resolution')]
  if (minutes === undefined)
    return malformed(`${place}, resolution`, 'PT15M, PT30M or PT60M', excerpt(text(period, 'resolution')))
  const step = minutes * 60_000
  const count = (span.until - span.from) / step
  if (!Number.isInteger(count) || count < 1)
    return malformed(
      `${place}, timeInterval`,
      `a whole number of ${minutes} minutes`,
      `${(span.until - span.from) / 60_000} minutes`,
    )
  const points = list(period, 'Point')
  let next = 1
  for (const [k, point] of points.entries()) {
    const position = text(point, 'position')
    const number = /^\d{1,6}$/.test(position) ? Number(position) : 0
    if (number < next || number > count)
      return malformed(`${place}, Point ${k + 1}`, `a position from ${next} to ${count}`, excerpt(position))
    const amount = text(point, 'price.amount')
    const price = decimal(amount)
    if (price === null) return malformed(`${place}, position ${number}, price.amount`, 'a price', excerpt(amount))
    const following = points[k + 1]
    const until = curveType === 'A01' ? number + 1 : following === undefined ? count + 1 : Number(text(following, 'position'))
    next = number + 1
    // A following position that is no number is refused in its own turn.
    if (!(until > number && until <= count + 1)) continue
    const at = { position: `${place}, position ${number}` }
    const refusal = collector.add(span.from + (number - 1) * step, span.from + (until - 1) * step, price, at, step)
    if (refusal !== null) return refused(refusal)
  }
  return { ok: true, value: span }
}

function interval(parent: Element, name: string): { from: number; until: number } | null {
  const element = child(parent, name)
  if (element === undefined) return null
  const from = parseInstant(text(element, 'start'))
  const until = parseInstant(text(element, 'end'))
  return from === null || until === null || until <= from || until - from > 370 * 86_400_000 ? null : { from, until }
}

function child(parent: Element, name: string): Element | undefined {
  if (typeof parent === 'string' || !Object.hasOwn(parent, name)) return undefined
  const found = parent[name]!
  return Array.isArray(found) ? (found[0] as Element) : (found as Element)
}
function text(parent: Element, name: string): string {
  const found = child(parent, name)
  return typeof found === 'string' ? found.trim() : ''
}
function list(parent: Element, name: string): readonly Element[] {
  if (typeof parent === 'string' || !Object.hasOwn(parent, name)) return []
  const found = parent[name]!
  return (Array.isArray(found) ? found : [found]) as readonly Element[]
}
function malformed(position: string, expected: string, found: string): Result<never, PriceRefusal> {
  return refused({ kind: 'malformed', place: { position }, expected, found })
}
