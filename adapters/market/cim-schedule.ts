// A schedule as CIM Schedule_MarketDocument (IEC 62325-451-2). Quantities are never negative there: what cars take and what they give are two series.
//
// Element names and codes follow the published profile 5.0 as far as it is known to us; no counterpart has checked it yet (unverified).
import { XMLBuilder } from 'fast-xml-parser'
import type { ControlArea } from '../../domain/registry/registry.ts'
import { instantText, later, startOf } from '../../domain/time/slot.ts'
import type { Schedule } from '../../domain/trading/schedule.ts'

const NAMESPACE = 'urn:iec62325.351:tc57wg16:451-2:scheduledocument:5:0'
/** EIC codes of the four control areas. */
const AREA_CODES: Readonly<Record<ControlArea, string>> = {
  '50Hertz': '10YDE-VE-------2',
  Amprion: '10YDE-RWENET---I',
  TenneT: '10YDE-EON------1',
  TransnetBW: '10YDE-ENBW-----N',
}
/** Document A01: schedule of a balance responsible party, day ahead, in detail; series of blocks; EIC as coding scheme. */
const CODES = {
  document: 'A01',
  process: 'A01',
  detail: 'A01',
  consumption: 'A04',
  production: 'A01',
  activePower: '8716867000016',
  scheme: 'A01',
  blocks: 'A01',
} as const
const WATT_HOURS_PER_MEGAWATT_SLOT = 250_000

/** The whole document, made at epoch ms. Power in MW with six decimals: a quarter of a watt-hour in a quarter-hour is exactly one watt. */
export function writeCimSchedule({ portfolio, message, day, version, energy }: Schedule, now: number): string {
  const interval = { start: minute(startOf(day.first)), end: minute(startOf(later(day.first, day.slots))) }
  const coded = (text: string) => ({ '@_codingScheme': CODES.scheme, '#text': text })
  const area = AREA_CODES[portfolio.controlArea]
  const series = (number: number, businessType: string, sign: 1 | -1) => ({
    mRID: String(number),
    version: String(version),
    businessType,
    product: CODES.activePower,
    objectAggregation: 'A01',
    ...(sign === 1 ? { 'in_Domain.mRID': coded(area) } : { 'out_Domain.mRID': coded(area) }),
    'measurement_Unit.name': 'MAW',
    curveType: CODES.blocks,
    Period: {
      timeInterval: interval,
      resolution: 'PT15M',
      Point: energy.map((value, i) => ({ position: i + 1, quantity: megawatts(Math.max(0, sign * (value ?? 0))) })),
    },
  })
  const document = {
    '?xml': { '@_version': '1.0', '@_encoding': 'UTF-8' },
    Schedule_MarketDocument: {
      '@_xmlns': NAMESPACE,
      mRID: message,
      revisionNumber: String(version),
      type: CODES.document,
      'process.processType': CODES.process,
      'process.classificationType': CODES.detail,
      createdDateTime: instantText(Math.floor(now / 1_000) * 1_000),
      'schedule_Time_Period.timeInterval': interval,
      'domain.mRID': coded(area),
      'subject_MarketParticipant.mRID': coded(portfolio.balanceGroup),
      TimeSeries: [series(1, CODES.consumption, 1), series(2, CODES.production, -1)],
    },
  }
  return new XMLBuilder({ ignoreAttributes: false, format: true }).build(document) as string
}

/** Instants of this profile have no seconds. */
function minute(at: number): string {
  return `${instantText(at).slice(0, 16)}Z`
}
function megawatts(wattHours: number): string {
  return (wattHours / WATT_HOURS_PER_MEGAWATT_SLOT).toFixed(6)
}
