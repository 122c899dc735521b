// The proof of a limit as a table: one row a statement, in sections, for whoever works with spreadsheets.
import type { ProofDocument } from './proof-document.ts'

type Cell = string | number | boolean | null

/** CSV (RFC 4180), UTF-8, with the columns section, name, at, value, unit, detail. */
export function proofCsv(document: ProofDocument): string {
  return rowsOf(document)
    .map((row) => `${row.map(cellText).join(',')}\r\n`)
    .join('')
}

function* sectionsOf(document: ProofDocument): Generator<readonly Cell[]> {
  const { instants, compliance, versions, release, measured, notFollowed, subjects, notDrawn, chain } = document
  yield ['section', 'name', 'at', 'value', 'unit', 'detail']
  for (const name of ['form', 'signal', 'state', 'sender', 'authority', 'reference', 'through'] as const)
    yield ['limit', name, null, document[name], null, null]
  for (const [name, at] of Object.entries(instants)) yield ['instant', name, at, null, null, null]
  yield* complianceRows('compliance', compliance)
  for (const version of versions) {
    const section = `version ${version.version}`
    yield [section, 'max', version.begin, version.maxW, 'W', version.subjects.join(' ')]
    yield [section, 'min', version.begin, version.minW, 'W', null]
    for (const name of ['issued', 'received', 'validated', 'begin', 'until', 'ended'] as const)
      yield [section, name, version[name], null, null, name === 'ended' ? version.endedBy : null]
    for (const name of ['firstOrder', 'lastOrder', 'firstApplied', 'lastApplied', 'measuredWithin'] as const)
      yield [section, name, version[name], null, null, null]
    for (const name of ['cars', 'told', 'applied'] as const) yield [section, name, null, version[name], null, null]
    for (const alarm of version.alarms) yield [section, 'alarm', version.validated, alarm, null, null]
    yield* complianceRows(section, version.compliance)
  }
  for (const { subject, minimumW, minimumFormulas, evseCount } of subjects) {
    yield ['minimum', subject, null, minimumW, 'W', `${evseCount} EVSEs`]
    for (const formula of minimumFormulas) yield ['minimum', 'formula', null, null, null, formula]
  }
  for (const { evse, why, detail, version } of notFollowed)
    yield ['not followed', evse, null, why, null, `version ${version}: ${detail}`]
  for (const step of release?.steps ?? [])
    yield ['release', step.subject, step.from, step.maxW ?? step.minW, 'W', `until ${step.until}`]
  for (const { at, meanW, maxW, minW } of measured.points) {
    yield ['measured', 'mean', at, meanW, 'W', null]
    if (maxW !== null) yield ['measured', 'max', at, maxW, 'W', null]
    if (minW !== null) yield ['measured', 'min', at, minW, 'W', null]
  }
  for (const { start, plannedWh, measuredWh, notDrawnWh } of notDrawn.quarterHours)
    yield ['not drawn', 'quarter-hour', start, notDrawnWh, 'Wh', `planned ${plannedWh}, measured ${measuredWh}`]
  yield ['not drawn', 'sum', null, notDrawn.wh, 'Wh', `${notDrawn.cars} cars`]
  for (const [name, entry] of [
    ['first', chain.first],
    ['last', chain.last],
    ...chain.entries.map((one) => ['entry', one] as const),
  ] as const)
    yield ['chain', name, entry.at, entry.sequence, entry.kind, entry.hash]
}

function rowsOf(document: ProofDocument): readonly (readonly Cell[])[] {
  return [...sectionsOf(document)]
}

function* complianceRows(section: string, of: ProofDocument['compliance']): Generator<readonly Cell[]> {
  yield [section, 'in force', null, of.inForceSeconds, 's', null]
  yield [section, 'within', null, of.withinSeconds, 's', null]
  yield [section, 'compliance by time', null, of.timePercent, '%', null]
  yield [section, 'energy', null, of.energyWh, 'Wh', null]
  yield [section, 'energy beyond', null, of.beyondWh, 'Wh', null]
  yield [section, 'compliance by energy', null, of.energyPercent, '%', null]
}

/** A text that a spreadsheet would take for a formula gets an apostrophe: names come from others. */
function cellText(cell: Cell): string {
  if (cell === null) return ''
  if (typeof cell !== 'string') return String(cell)
  const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
