import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readTariffFile } from '../../../adapters/market/tariff-file.ts'

const file = {
  name: 'household',
  vatRate: 0.19,
  components: [
    {
      name: 'grid fee',
      kind: 'grid-fee',
      ctPerKwh: 8,
      windows: [{ from: '17:00', until: '24:00', ctPerKwh: 12.5 }],
      provenance: 'price sheet 2026',
    },
  ],
  feeRegime: { name: 'relief', versions: [{ from: '2026-01-01', provenance: 'unverified', components: ['grid fee'] }] },
}

test('a tariff in ct/kWh becomes one in ct/MWh, defaults filled in', () => {
  expect(readTariffFile(JSON.stringify(file))).toEqual({
    ok: true,
    value: {
      tariff: {
        name: 'household',
        vatRate: 0.19,
        components: [
          {
            name: 'grid fee',
            kind: 'grid-fee',
            on: 'buying',
            price: 8_000,
            windows: [{ fromMinute: 1_020, untilMinute: 1_440, months: [], price: 12_500 }],
            from: null,
            until: null,
            provenance: 'price sheet 2026',
          },
        ],
      },
      feeRegime: {
        name: 'relief',
        versions: [
          { from: '2026-01-01', until: null, provenance: 'unverified', components: ['grid fee'], factor: 1, withVat: false },
        ],
      },
    },
  })
})

test('no regime is the default, a flat one is ct/kWh too', () => {
  const { feeRegime: _, ...rest } = file
  expect(readTariffFile(JSON.stringify(rest))).toMatchObject({ value: { feeRegime: { name: 'none' } } })
  const flat = { ...rest, feeRegime: { name: 'flat', versions: [{ from: '2026-01-01', provenance: 'unverified', ctPerKwh: 6 }] } }
  expect(readTariffFile(JSON.stringify(flat))).toMatchObject({
    value: { feeRegime: { name: 'flat', versions: [{ amount: 6_000 }] } },
  })
})

test('what is wrong is named, all at once', () => {
  const wrong = {
    ...file,
    vatRate: 19,
    components: [{ ...file.components[0], windows: [{ from: '25:00', until: '06:00', ctPerKwh: 1 }] }],
    extra: 1,
  }
  const result = readTariffFile(JSON.stringify(wrong))
  expect(result.ok).toBe(false)
  if (!result.ok) expect(result.refusal.join('\n')).toMatch(/vatRate[\s\S]*components\.0\.windows\.0\.from[\s\S]*extra/)
  expect(readTariffFile('{')).toMatchObject({ ok: false })
  const unknown = {
    ...file,
    feeRegime: { ...file.feeRegime, versions: [{ ...file.feeRegime.versions[0], components: ['levy'] }] },
  }
  expect(readTariffFile(JSON.stringify(unknown))).toEqual({
    ok: false,
    refusal: ['feeRegime: there is no component "levy" to refund'],
  })
})

test('the example of the documentation can be read', () => {
  const [, tariff] = readFileSync('docs/file-formats.md', 'utf8').split('\n## Tariff')
  const [example] = /\{[\s\S]*?\n\}/.exec(tariff!)!
  expect(readTariffFile(example)).toMatchObject({
    ok: true,
    value: { tariff: { components: [{ windows: [{ fromMinute: 1_020, untilMinute: 1_230 }] }] } },
  })
})

test('a byte order mark is passed over, a price in a text is refused', () => {
  const tariff = (ctPerKwh: unknown) =>
    JSON.stringify({
      name: 'a',
      components: [{ name: 'fee', kind: 'grid-fee', ctPerKwh, from: '2026-01-01', provenance: 'sheet' }],
    })
  expect(readTariffFile(`\ufeff${tariff(8.5)}`).ok).toBe(true)
  for (const text of ['8,5', '1.234', '8.5']) expect(readTariffFile(tariff(text)).ok).toBe(false)
})
