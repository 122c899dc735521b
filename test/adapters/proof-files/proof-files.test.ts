// The files of a proof: what stands on the pages as somebody sees them, what a spreadsheet reads, and that the same proof is the same bytes.
import { describe, expect, it } from 'vitest'
import { chainOfProof } from '../../../adapters/proof-files/proof-chain.ts'
import { proofCsv } from '../../../adapters/proof-files/proof-csv.ts'
import { proofDocument } from '../../../adapters/proof-files/proof-document.ts'
import { proofPdf } from '../../../adapters/proof-files/proof-pdf.ts'
import { chained, OBEYED, proofOf, received, signal } from '../../domain/proof/recorded-limit.ts'
import { pdfPages, pixelsOf } from './pdf-pages.ts'

const document = proofDocument(proofOf(OBEYED))
const BLUE = [0x15, 0x70, 0xef] as const
const RED = [0xd9, 0x2d, 0x20] as const

describe('a proof as PDF', () => {
  it('shows its figures on one page, and the course against the limit as a picture', async () => {
    const pages = await pdfPages(await proofPdf(document))
    expect(pages).toHaveLength(1)
    const [page] = pages
    for (const text of [
      'Proof of limit night',
      'VNB (key VNB), reference intervention 7',
      'max 6000 W in version 1; state: released',
      '18:00:00 to 18:00:00.040',
      '18:15:00 withdrawn',
      '93.33 % (840 s of 900 s in force)',
      '84.9 % (267 Wh of 1767 Wh beyond the limit)',
      'limit_below_pmin14a',
      '7560 W',
      'house: 4.2 + (2 - 1) × 0.8 × 4.2 = 7.56 kW',
      '3733 Wh',
      document.chain.last.hash,
    ])
      expect(page!.text).toContain(text)
    const [limit, measured] = [pixelsOf(page!, RED), pixelsOf(page!, BLUE)]
    const top = Math.min(...measured.map(({ y }) => y))
    const line = Math.min(...limit.map(({ y }) => y))
    // It begins high above the limit and comes down to it within a fifteenth of the width.
    expect(line - top).toBeGreaterThan(150)
    const high = measured.filter(({ y }) => y < line - 20).map(({ x }) => x)
    const width = Math.max(...limit.map(({ x }) => x)) - Math.min(...limit.map(({ x }) => x))
    expect((Math.max(...high) - Math.min(...high)) / width).toBeCloseTo(1 / 15, 1)
  })

  it('is the same bytes whenever it is made, and other bytes for another proof', async () => {
    const [first, second] = [await proofPdf(document), await proofPdf(proofDocument(proofOf(OBEYED)))]
    expect(Buffer.compare(first, second)).toBe(0)
    const other = await proofPdf({ ...document, reference: 'intervention 8' })
    expect(Buffer.compare(first, other)).not.toBe(0)
  })

  it('is made of a limit that has met nothing yet, and of names in any letters', async () => {
    const odd = signal({ provenance: { authority: 'Stromnetz Łódź', reference: '7' } })
    const [page] = await pdfPages(await proofPdf(proofDocument(proofOf([received(odd)]))))
    expect(page!.text).toContain('Stromnetz ?ód?')
    expect(page!.text).toContain('Nothing has been measured yet')
  })
})

describe('a proof as CSV', () => {
  const rows = proofCsv(document).split('\r\n')

  it('has a row for each statement', () => {
    expect(rows[0]).toBe('section,name,at,value,unit,detail')
    expect(rows).toContain('instant,measuredWithin,2026-01-15T18:01:00Z,,,')
    expect(rows).toContain('compliance,compliance by time,,93.33,%,')
    expect(rows).toContain('not drawn,sum,,3733,Wh,2 cars')
    expect(rows.filter((row) => row.startsWith('measured,mean,'))).toHaveLength(15)
  })

  it('keeps what others have named from being taken for a formula', () => {
    const named = proofCsv({ ...document, reference: '=HYPERLINK("x")' }).split('\r\n')
    expect(named).toContain(`limit,reference,,"'=HYPERLINK(""x"")",,`)
  })
})

describe('the entries a proof rests on', () => {
  it('are read back from each of its forms', async () => {
    const entries = chained(OBEYED)
    const files = {
      json: Buffer.from(JSON.stringify(document)),
      csv: Buffer.from(proofCsv(document)),
      pdf: Buffer.from(await proofPdf(document)),
    }
    for (const format of ['json', 'csv', 'pdf'] as const) {
      const chain = chainOfProof(files[format], format)!
      expect([chain.first, chain.last]).toEqual([1, OBEYED.length - 1])
      expect(chain.hashes.size).toBe(format === 'pdf' ? 2 : 6)
      for (const [sequence, hash] of chain.hashes) expect(entries[sequence - 1]!.hash).toBe(hash)
      expect(chainOfProof(Buffer.from('nothing'), format)).toBeNull()
    }
  })
})
