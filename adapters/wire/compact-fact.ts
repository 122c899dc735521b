// How facts are written so that years of them fit on a disk: readings by columns, plans and courses by runs. In memory they stay as they are.
import type { Fact } from '../../domain/facts/fact.ts'
import type { Reading } from '../../domain/telemetry/reading.ts'

type Written = Readonly<Record<string, unknown>>
/** Columns of readings, each an array, or one value where all are the same; left out where that is what most have. */
type ReadingColumns = {
  readonly kind: 'readings'
  readonly count: number
  readonly columns: Written
}

/** Fields of readings that are written as they are, and what most have. */
const PLAIN = { evse: undefined, transaction: null, power: null, imported: null, exported: null, soc: null, quality: 'measured' }
type Plain = keyof typeof PLAIN
const PLAIN_NAMES = Object.keys(PLAIN) as readonly Plain[]
const FIELDS = PLAIN_NAMES.length + 3

/** What is written of a fact in an entry of an instant, epoch ms: itself where nothing shorter would be read back as the same. */
export function compactFact(fact: Fact, at: number): Fact | Written {
  switch (fact.kind) {
    case 'readings':
      return compactReadings(fact.readings, at) ?? fact
    case 'plan-published':
    case 'fleet-planned': {
      const { powerWatts, ...rest } = fact
      const runs = runsOf(powerWatts)
      return runs === null ? fact : { ...rest, powerRuns: runs }
    }
    case 'order-issued': {
      const { values, ...course } = fact.order.course
      const runs = runsOf(values)
      return runs === null ? fact : { ...fact, order: { ...fact.order, course: { ...course, runs } } }
    }
    default:
      return fact
  }
}

/** The fact that was written in an entry of an instant, also by a version that wrote all of them as they are. */
export function readFact(written: unknown, at: number): Fact {
  const fact = written as Written
  if ('columns' in fact) return { kind: 'readings', readings: readReadings(fact as unknown as ReadingColumns, at) }
  if ('powerRuns' in fact) {
    const { powerRuns, ...rest } = fact
    return { ...rest, powerWatts: valuesOf(powerRuns as readonly number[]) } as unknown as Fact
  }
  if (fact['kind'] !== 'order-issued') return fact as unknown as Fact
  const order = fact['order'] as Written
  const course = order['course'] as Written
  if (!('runs' in course)) return fact as unknown as Fact
  const { runs, ...rest } = course
  return { ...fact, order: { ...order, course: { ...rest, values: valuesOf(runs as readonly number[]) } } } as unknown as Fact
}

function compactReadings(readings: readonly Reading[], at: number): ReadingColumns | null {
  if (readings.length === 0 || !readings.every((reading) => isWhole(reading, at))) return null
  const columns: Record<string, unknown> = {}
  const add = (name: string, usual: unknown, of: (reading: Reading) => unknown) => {
    const first = of(readings[0]!)
    if (!readings.every((reading) => of(reading) === first)) columns[name] = readings.map(of)
    else if (first !== usual) columns[name] = first
  }
  for (const name of PLAIN_NAMES) add(name, PLAIN[name], (reading) => reading[name])
  add('sampled', 0, ({ sampledAt }) => sampledAt - at)
  add('delay', 0, ({ sampledAt, arrivedAt }) => arrivedAt - sampledAt)
  if (readings.some(({ phases }) => phases !== null)) columns['phases'] = readings.map(({ phases }) => phases)
  if (readings.some(({ origin }) => origin !== undefined)) columns['origins'] = readings.map(({ origin }) => origin ?? null)
  return { kind: 'readings', count: readings.length, columns }
}

/** Whether a reading has the fields of one and nothing else, and instants that differences bring back. */
function isWhole(reading: Reading, at: number): boolean {
  const { sampledAt, arrivedAt } = reading
  return (
    Object.keys(reading).length === FIELDS + (reading.origin === undefined ? 0 : 1) &&
    PLAIN_NAMES.every((name) => reading[name] !== undefined) &&
    reading.phases !== undefined &&
    Number.isSafeInteger(at) &&
    Number.isSafeInteger(sampledAt) &&
    Number.isSafeInteger(arrivedAt) &&
    Number.isSafeInteger(sampledAt - at) &&
    Number.isSafeInteger(arrivedAt - sampledAt)
  )
}

function readReadings({ count, columns }: ReadingColumns, at: number): readonly Reading[] {
  const { evse, transaction, power, imported, exported, soc, quality, sampled, delay, phases, origins } = columns
  const of = (column: unknown, usual: unknown, i: number): unknown =>
    column === undefined ? usual : Array.isArray(column) ? (column as readonly unknown[])[i] : column
  const readings: Reading[] = []
  for (let i = 0; i < count; i++) {
    const sampledAt = at + (of(sampled, 0, i) as number)
    const origin = of(origins, null, i)
    readings.push({
      evse: of(evse, null, i),
      transaction: of(transaction, null, i),
      sampledAt,
      arrivedAt: sampledAt + (of(delay, 0, i) as number),
      power: of(power, null, i),
      imported: of(imported, null, i),
      exported: of(exported, null, i),
      soc: of(soc, null, i),
      phases: of(phases, null, i),
      quality: of(quality, PLAIN.quality, i),
      ...(origin === null ? {} : { origin }),
    } as Reading)
  }
  return readings
}

/** Values and how often each follows itself, in turn; null where that is not shorter. */
function runsOf(values: readonly number[]): readonly number[] | null {
  const runs: number[] = []
  for (const value of values) {
    if (runs.length > 0 && Object.is(runs.at(-2), value)) runs[runs.length - 1]!++
    else runs.push(value, 1)
  }
  return runs.length < values.length ? runs : null
}

function valuesOf(runs: readonly number[]): readonly number[] {
  const values: number[] = []
  for (let i = 0; i < runs.length; i += 2) for (let k = runs[i + 1]!; k > 0; k--) values.push(runs[i]!)
  return values
}
