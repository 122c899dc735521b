// What is measured, as use cases name it: a quantity of a scope, on phases, in a unit, and what of that a device says.
import type { PhysicalRange } from '../../../domain/telemetry/physical-range.ts'
import {
  CURRENT_RANGE,
  isWithin,
  PERCENT_RANGE,
  POWER_RANGE,
  REGISTER_RANGE,
  VOLTAGE_RANGE,
} from '../../../domain/telemetry/physical-range.ts'
import { isObject, items, type PlainObject } from '../eebus-json.ts'
import { readScaled } from '../spine/scaled-number.ts'

export interface Measurand<Name extends string = string> {
  readonly name: Name
  /** Of its use case. */
  readonly scenario: number
  readonly kind: Kind
  readonly scope: string
  /** As SPINE names what is measured; null for what has no phases of its own. */
  readonly phases: string | null
  readonly reference: string | null
}
type Kind = 'power' | 'energy' | 'current' | 'voltage' | 'frequency' | 'percentage' | 'distance'

interface KindRules {
  readonly unit: string
  readonly range: PhysicalRange
  /** Positive takes from the grid; all others are at least 0. */
  readonly isSigned: boolean
}
/** By the measurement types of SPINE. */
export const KINDS: Readonly<Record<Kind, KindRules>> = {
  power: { unit: 'W', range: POWER_RANGE, isSigned: true },
  energy: { unit: 'Wh', range: REGISTER_RANGE, isSigned: false },
  current: { unit: 'A', range: CURRENT_RANGE, isSigned: true },
  voltage: { unit: 'V', range: VOLTAGE_RANGE, isSigned: false },
  frequency: { unit: 'Hz', range: { min: 0, max: 1_000 }, isSigned: false },
  percentage: { unit: 'pct', range: PERCENT_RANGE, isSigned: false },
  distance: { unit: 'm', range: { min: 0, max: 10e6 }, isSigned: false },
}

export type ValueSource = 'measuredValue' | 'calculatedValue' | 'empiricalValue'
/** As the device says, or `unreadable` where it is no number or one that cannot be. */
export type ValueState = 'normal' | 'outOfRange' | 'error' | 'unreadable'
export interface MeasuredValue {
  readonly state: ValueState
  /** In the unit of its kind, positive takes from the grid; null where it cannot be read. */
  readonly value: number | null
  /** Epoch ms as the device stamps it; null without a stamp. */
  readonly measuredAt: number | null
  readonly source: ValueSource | null
}
/** Data of the functions that belong together. */
export interface MeasurementData {
  readonly descriptions: PlainObject | undefined
  readonly values: PlainObject | undefined
  readonly connections: PlainObject | undefined
  readonly parameters: PlainObject | undefined
}

export const PHASES = ['a', 'b', 'c'] as const
export type Phase = (typeof PHASES)[number]
const PAIRS = [
  ['a', 'b'],
  ['b', 'c'],
  ['c', 'a'],
] as const

/** One measurand for each phase against neutral: `current-a`. */
export function byPhase<Name extends string>(
  name: Name,
  scenario: number,
  kind: Kind,
  scope: string,
): readonly Measurand<`${Name}-${Phase}`>[] {
  return PHASES.map((phase) => ({
    name: `${name}-${phase}` as const,
    scenario,
    kind,
    scope,
    phases: phase,
    reference: 'neutral',
  }))
}
/** The voltages between phases: `voltage-ab`, `voltage-bc`, `voltage-ca`. */
export function voltagesBetween(scenario: number): readonly Measurand<'voltage-ab' | 'voltage-bc' | 'voltage-ca'>[] {
  return PAIRS.map(([from, to]) => ({
    name: `voltage-${from}${to}` as 'voltage-ab' | 'voltage-bc' | 'voltage-ca',
    scenario,
    kind: 'voltage',
    scope: 'acVoltage',
    phases: from,
    reference: to,
  }))
}
/** One of the whole. */
export function total<Name extends string>(name: Name, scenario: number, kind: Kind, scope: string): Measurand<Name> {
  return { name, scenario, kind, scope, phases: null, reference: null }
}

/** What a device says of measurands, by their names; those it does not describe or does not tell are missing. */
export function measuredValues<Name extends string>(
  { descriptions, values, connections, parameters }: MeasurementData,
  measurands: readonly Measurand<Name>[],
): Partial<Record<Name, MeasuredValue>> {
  const told = byMeasurement(listed(values, 'measurementData'))
  const described = listed(descriptions, 'measurementDescriptionData')
  const placed = byMeasurement(listed(parameters, 'electricalConnectionParameterDescriptionData'))
  const producing = listed(connections, 'electricalConnectionDescriptionData')
    .filter((one) => one['positiveEnergyDirection'] === 'produce')
    .map((one) => one['electricalConnectionId'])
  const found: Partial<Record<Name, MeasuredValue>> = {}
  for (const description of described) {
    const id = description['measurementId']
    const [value, place] = [told.get(id), placed.get(id)]
    const measurand = measurands.find((one) => found[one.name] === undefined && isMeant(one, description, place))
    if (typeof id !== 'number' || value === undefined || measurand === undefined) continue
    const isTurned = place !== undefined && producing.includes(place['electricalConnectionId'])
    found[measurand.name] = measuredValue(value, measurand, isTurned)
  }
  return found
}

/** The items of a list of SPINE. */
export function listed(data: PlainObject | undefined, item: string): readonly PlainObject[] {
  return items(data?.[item]).filter(isObject)
}

/** The first of each counts. */
function byMeasurement(all: readonly PlainObject[]): ReadonlyMap<unknown, PlainObject> {
  return new Map(all.map((one) => [one['measurementId'], one] as const).toReversed())
}

function isMeant(
  { kind, scope, phases, reference }: Measurand,
  description: PlainObject,
  place: PlainObject | undefined,
): boolean {
  const fits = (name: string, wanted: string) => description[name] === undefined || description[name] === wanted
  const isQuantity = fits('measurementType', kind) && fits('commodityType', 'electricity') && fits('unit', KINDS[kind].unit)
  if (description['scopeType'] !== scope || !isQuantity) return false
  if (phases === null) return true
  const [measured, against] = [place?.['acMeasuredPhases'], place?.['acMeasuredInReferenceTo']]
  if (reference === 'neutral') return measured === phases && (against === undefined || against === 'neutral')
  const pair = [phases, reference]
  // Told as two phases, in either order, or as one that names both.
  if (against === undefined || against === 'neutral') return measured === pair.join('') || measured === pair.toReversed().join('')
  return pair.includes(String(measured)) && pair.includes(String(against)) && measured !== against
}

/** Energies that are given; some count them below zero. */
const GIVEN = new Set(['acEnergyProduced', 'gridFeedIn'])

function measuredValue(item: PlainObject, { kind, scope }: Measurand, isTurned: boolean): MeasuredValue {
  const { isSigned, range } = KINDS[kind]
  const number = readScaled(item['value'])
  const turned = number !== null && isSigned && isTurned ? 0 - number : number
  const value = turned !== null && GIVEN.has(scope) ? Math.abs(turned) : turned
  const state = item['valueState']
  const source = item['valueSource']
  const isReadable = value !== null && isWithin(range, value)
  return {
    // A state nobody knows is none to build on.
    state:
      state === 'outOfRange' ? state : state !== undefined && state !== 'normal' ? 'error' : isReadable ? 'normal' : 'unreadable',
    value: isReadable ? value : null,
    measuredAt: readInstant(item['timestamp']),
    source: source === 'measuredValue' || source === 'calculatedValue' || source === 'empiricalValue' ? source : null,
  }
}

/** Epoch ms of a date and time; one without a zone is in UTC. Null where it is none, durations among them. */
export function readInstant(value: unknown): number | null {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)?$/.test(value)) return null
  const instant = Date.parse(/(Z|[+-]\d\d:\d\d)$/.test(value) ? value : `${value}Z`)
  return Number.isNaN(instant) ? null : instant
}
