// Reads a tariff and a fee regime from JSON; prices in it are ct/kWh, as on price sheets. See docs/file-formats.md.
import { z } from 'zod'
import type { FeeRegime } from '../../domain/signals/fee-regime.ts'
import type { Tariff } from '../../domain/signals/tariff.ts'
import { ctPerKWh } from '../../domain/units.ts'
import { ok, refused, type Result } from '../../domain/result.ts'

const price = z.number().min(-1_000).max(1_000).transform(ctPerKWh)
const date = z.iso.date().nullable().default(null)
const clock = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'a local time such as 17:00')
  .transform((text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3)))
const dated = { from: z.iso.date(), until: date, provenance: z.string().min(1) }

const tariffFile = z.strictObject({
  name: z.string().min(1),
  vatRate: z.number().min(0).max(1).default(0),
  components: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        kind: z.enum(['grid-fee', 'levy', 'tax', 'service']),
        on: z.enum(['buying', 'selling']).default('buying'),
        ctPerKwh: price,
        windows: z
          .array(
            z.strictObject({
              from: clock,
              until: clock,
              months: z.array(z.number().int().min(1).max(12)).default([]),
              ctPerKwh: price,
            }),
          )
          .default([]),
        from: date,
        until: date,
        provenance: z.string().min(1),
      }),
    )
    .max(50),
  feeRegime: z
    .discriminatedUnion('name', [
      z.strictObject({ name: z.literal('none') }),
      z.strictObject({
        name: z.literal('relief'),
        versions: z.array(
          z.strictObject({
            ...dated,
            components: z.array(z.string().min(1)).min(1),
            factor: z.number().min(0).max(5).default(1),
            withVat: z.boolean().default(false),
          }),
        ),
      }),
      z.strictObject({ name: z.literal('flat'), versions: z.array(z.strictObject({ ...dated, ctPerKwh: price })) }),
    ])
    .default({ name: 'none' }),
})

export interface TariffFile {
  readonly tariff: Tariff
  readonly feeRegime: FeeRegime
}

/** Parses a tariff file. The refusal lists one sentence for every place that is wrong. */
export function readTariffFile(text: string): Result<TariffFile, readonly string[]> {
  let json: unknown
  try {
    // Editors on some systems put a byte order mark in front, which JSON does not know.
    json = JSON.parse(text.replace(/^\ufeff/, ''))
  } catch (error) {
    return refused([`no JSON: ${(error as Error).message}`])
  }
  const parsed = tariffFile.safeParse(json)
  if (!parsed.success)
    return refused(parsed.error.issues.map(({ path, message }) => `${path.length === 0 ? 'file' : path.join('.')}: ${message}`))
  const { name, vatRate, components, feeRegime } = parsed.data
  const names = new Set(components.map((component) => component.name))
  const unknown =
    feeRegime.name === 'relief'
      ? feeRegime.versions.flatMap((version) => version.components.filter((each) => !names.has(each)))
      : []
  if (unknown.length > 0) return refused(unknown.map((each) => `feeRegime: there is no component "${each}" to refund`))
  return ok({
    tariff: {
      name,
      vatRate,
      components: components.map(({ ctPerKwh, windows, ...rest }) => ({
        ...rest,
        price: ctPerKwh,
        windows: windows.map((window) => ({
          fromMinute: window.from,
          untilMinute: window.until,
          months: window.months,
          price: window.ctPerKwh,
        })),
      })),
    },
    feeRegime:
      feeRegime.name === 'flat'
        ? { name: 'flat', versions: feeRegime.versions.map(({ ctPerKwh, ...version }) => ({ ...version, amount: ctPerKwh })) }
        : feeRegime,
  })
}
