// The proof of a limit as pages a control room can file: instants, the measured course against the limit, compliance, who did not follow, and what all of it rests on.
import { chainKeywords } from './proof-chain.ts'
import { drawCourse } from './proof-course.ts'
import type { ProofDocument } from './proof-document.ts'

type Pdf = PDFKit.PDFDocument

/** A4, points. */
const MARGIN = 48
const WIDTH = 595.28 - 2 * MARGIN
const BOTTOM = 841.89 - MARGIN
const COURSE_HEIGHT = 150
const LISTED_MAX = 20
const FORMULAS_MAX = 6
const VERSIONS_MAX = 12
const GREY = '#667085'
const INK = '#101828'

/** The pages; the same document gives the same bytes. */
export async function proofPdf(document: ProofDocument): Promise<Uint8Array> {
  // Its fonts and tables are loaded with the first proof: no start waits for them.
  const { default: PdfKit } = await import('pdfkit')
  const made = new Date(document.through)
  const info = {
    Title: `Proof of limit ${latin(document.signal)}`,
    Producer: 'Gegenstrom',
    Creator: 'Gegenstrom',
    Keywords: chainKeywords(document.chain),
    CreationDate: made,
    ModDate: made,
  }
  const pdf = new PdfKit({ size: 'A4', margin: MARGIN, info, bufferPages: true, lang: 'en' })
  const parts: Buffer[] = []
  pdf.on('data', (part: Buffer) => parts.push(part))
  const ended = new Promise<void>((resolve, reject) => pdf.on('end', resolve).on('error', reject))
  heading(pdf, document)
  instants(pdf, document)
  title(pdf, 'Measured power against the limit')
  room(pdf, COURSE_HEIGHT + 30)
  drawCourse(pdf, document, { x: MARGIN, y: pdf.y, width: WIDTH, height: COURSE_HEIGHT })
  pdf.y += COURSE_HEIGHT + 26
  compliance(pdf, document)
  followers(pdf, document)
  minimum(pdf, document)
  notDrawn(pdf, document)
  chain(pdf, document)
  footers(pdf, document)
  pdf.end()
  await ended
  return Buffer.concat(parts)
}

function heading(pdf: Pdf, { signal, state, sender, authority, reference, versions, subjects }: ProofDocument): void {
  pdf
    .font('Helvetica-Bold')
    .fontSize(17)
    .fillColor(INK)
    .text(`Proof of limit ${latin(signal)}`)
  pdf.moveDown(0.3)
  const newest = versions.at(-1)!
  const alarms = [...new Set(versions.flatMap((version) => version.alarms))]
  row(pdf, 'Set by', `${authority} (key ${sender}), reference ${reference}`)
  row(pdf, 'Meant', listed(subjects.map(({ subject, evseCount }) => `${subject} (${evseCount} EVSEs)`)))
  row(pdf, 'Limit', `${boundText(newest)} in version ${newest.version}; state: ${state}`)
  if (alarms.length > 0) row(pdf, 'Alarms', alarms.join(', '))
}

function instants(pdf: Pdf, document: ProofDocument): void {
  title(pdf, 'From receipt to release (UTC)')
  const { versions, release } = document
  table(
    pdf,
    ['Version', 'Limit', 'Received', 'Orders out', 'Stations applied', 'Measured within', 'Ended'],
    [44, 62, 70, 86, 86, 70, 81],
    versions
      .slice(0, VERSIONS_MAX)
      .map((version) => [
        String(version.version),
        boundText(version),
        clock(version.received),
        span(version.firstOrder, version.lastOrder),
        span(version.firstApplied, version.lastApplied),
        clock(version.measuredWithin),
        version.ended === null ? 'in force' : `${clock(version.ended)} ${version.endedBy}`,
      ]),
  )
  left(pdf, versions.length - VERSIONS_MAX, 'versions')
  const day = versions[0]!.received.slice(0, 10)
  const steps =
    release === null
      ? ''
      : `; released at ${release.at} (${release.by}) ${release.steps.length === 0 ? 'at once' : `in ${release.steps.length + 1} steps`}`
  note(pdf, `First received on ${day}. Validated when received: only a valid limit is recorded${steps}.`)
}

function compliance(pdf: Pdf, { compliance: all, versions }: ProofDocument): void {
  title(pdf, 'Compliance')
  row(pdf, 'By time', `${percentText(all.timePercent)} (${all.withinSeconds} s of ${all.inForceSeconds} s in force)`)
  row(pdf, 'By energy', `${percentText(all.energyPercent)} (${all.beyondWh} Wh of ${all.energyWh} Wh beyond the limit)`)
  const told = versions.reduce((sum, version) => sum + version.told, 0)
  const applied = versions.reduce((sum, version) => sum + version.applied, 0)
  row(pdf, 'Orders', `${applied} of ${told} confirmed in the first wave`)
  note(
    pdf,
    `A power counts until the next one is told. Within: at most ${versions.at(-1)!.toleranceW} W beyond the limit. Energy by registers where told.`,
  )
}

function followers(pdf: Pdf, { notFollowed }: ProofDocument): void {
  title(pdf, 'Who did not follow')
  if (notFollowed.length === 0) return note(pdf, 'Nobody: all that were ordered confirmed, and none was found off its order.')
  const rows = notFollowed.slice(0, LISTED_MAX).map(({ evse, why, version, detail }) => [evse, why, String(version), detail])
  table(pdf, ['EVSE', 'Why', 'Version', 'Detail'], [150, 80, 49, 220], rows)
  left(pdf, notFollowed.length - LISTED_MAX, 'EVSEs')
}

function minimum(pdf: Pdf, { subjects }: ProofDocument): void {
  title(pdf, 'Minimum power (§ 14a EnWG)')
  const known = subjects.filter(({ minimumW }) => minimumW !== null)
  if (known.length === 0) return note(pdf, 'The rule says nothing of what this limit means.')
  for (const { subject, minimumW, minimumFormulas } of known.slice(0, FORMULAS_MAX)) {
    row(pdf, `${minimumW} W`, subject)
    for (const formula of minimumFormulas.slice(0, FORMULAS_MAX)) note(pdf, formula)
    left(pdf, minimumFormulas.length - FORMULAS_MAX, 'connections')
  }
  left(pdf, known.length - FORMULAS_MAX, 'subjects')
}

function notDrawn(pdf: Pdf, { notDrawn: { wh, cars, quarterHours } }: ProofDocument): void {
  title(pdf, 'Energy not drawn because of the limit')
  row(pdf, `${wh} Wh`, `planned before it came less measured while it held; ${cars} cars, ${quarterHours.length} quarter-hours`)
  const rows = quarterHours
    .slice(0, LISTED_MAX)
    .map((one) => [one.start, String(one.plannedWh), String(one.measuredWh), String(one.notDrawnWh)])
  if (rows.length > 0) table(pdf, ['Quarter-hour', 'Planned Wh', 'Measured Wh', 'Not drawn Wh'], [190, 103, 103, 103], rows)
  left(pdf, quarterHours.length - LISTED_MAX, 'quarter-hours')
}

function chain(pdf: Pdf, { chain: { node, first, last, entries } }: ProofDocument): void {
  title(pdf, 'What it rests on')
  note(
    pdf,
    `Entries ${first.sequence} to ${last.sequence} of the journal of node ${node}, ${entries.length} of them named in the JSON file.`,
  )
  for (const [name, { sequence, hash }] of [
    ['First', first],
    ['Last', last],
  ] as const)
    row(pdf, `${name}: ${sequence}`, hash)
  note(pdf, 'gegenstrom proof verify FILE --signature FILE.sig --key PUBLIC.pem --journal FOLDER')
}

function footers(pdf: Pdf, { signal, through }: ProofDocument): void {
  const { count } = pdf.bufferedPageRange()
  for (let page = 0; page < count; page++) {
    pdf.switchToPage(page)
    // Below the margin: text there would begin a new page.
    pdf.page.margins.bottom = 0
    pdf.font('Helvetica').fontSize(7.5).fillColor(GREY)
    pdf.text(`${latin(signal)}, through ${through}, page ${page + 1} of ${count}`, MARGIN, BOTTOM + 18, { lineBreak: false })
  }
}

function title(pdf: Pdf, text: string): void {
  room(pdf, 50)
  pdf.moveDown(0.8)
  pdf.font('Helvetica-Bold').fontSize(11).fillColor(INK).text(latin(text), MARGIN)
  pdf.moveDown(0.25)
}

function row(pdf: Pdf, name: string, value: string): void {
  room(pdf, 14)
  const { y } = pdf
  pdf.font('Helvetica-Bold').fontSize(9).fillColor(INK).text(latin(name), MARGIN, y, { width: 90 })
  const below = pdf.y
  pdf.font('Helvetica').text(latin(value), MARGIN + 95, y, { width: WIDTH - 95 })
  pdf.y = Math.max(below, pdf.y)
}

function note(pdf: Pdf, text: string): void {
  room(pdf, 14)
  pdf.font('Helvetica').fontSize(8.5).fillColor(GREY).text(latin(text), MARGIN, pdf.y, { width: WIDTH })
}

function left(pdf: Pdf, count: number, of: string): void {
  if (count > 0) note(pdf, `and ${count} more ${of}: see the JSON file`)
}

function table(pdf: Pdf, head: readonly string[], widths: readonly number[], rows: readonly (readonly string[])[]): void {
  for (const [index, cells] of [head, ...rows].entries()) {
    pdf.font(index === 0 ? 'Helvetica-Bold' : 'Helvetica').fontSize(8)
    const texts = cells.map(latin)
    const height = Math.max(...texts.map((text, i) => pdf.heightOfString(text, { width: widths[i]! - 4 })))
    room(pdf, height + 4)
    const { y } = pdf
    let x = MARGIN
    for (const [i, text] of texts.entries()) {
      pdf.fillColor(INK).text(text, x, y, { width: widths[i]! - 4 })
      x += widths[i]!
    }
    pdf.y = y + height + 3
    if (index === 0)
      pdf
        .moveTo(MARGIN, pdf.y - 1.5)
        .lineTo(MARGIN + WIDTH, pdf.y - 1.5)
        .lineWidth(0.5)
        .strokeColor(GREY)
        .stroke()
  }
}

function room(pdf: Pdf, height: number): void {
  if (pdf.y + height > BOTTOM) pdf.addPage()
}

function boundText({ maxW, minW }: { readonly maxW: number | null; readonly minW: number | null }): string {
  const parts = [...(maxW === null ? [] : [`max ${maxW} W`]), ...(minW === null ? [] : [`min ${minW} W`])]
  return parts.length === 0 ? 'no bound' : parts.join(', ')
}
function listed(names: readonly string[]): string {
  const more = names.length - LISTED_MAX
  return `${names.slice(0, LISTED_MAX).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
function clock(at: string | null): string {
  return at === null ? '-' : at.slice(11, -1)
}
function span(first: string | null, last: string | null): string {
  return first === last ? clock(first) : `${clock(first)} to ${clock(last)}`
}
function percentText(value: number | null): string {
  return value === null ? '-' : `${value} %`
}
/** The standard fonts know no more; a minus is shown as a hyphen, everything else that is strange as a question mark. */
function latin(text: string): string {
  return text.replaceAll('−', '-').replaceAll(/[^\x20-\x7e\xa0-\xff]/g, '?')
}
