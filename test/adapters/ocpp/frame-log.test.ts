// The log of a station's frames keeps the newest, whatever their size and letters, and nothing beyond its bounds.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { frameLog, type KeptFrame } from '../../../adapters/ocpp/frame-log.ts'

const frame = fc.record({
  at: fc.integer({ min: 0, max: 4_102_444_800_000 }),
  direction: fc.constantFrom('in' as const, 'out' as const),
  isRaw: fc.boolean(),
  text: fc.oneof(
    fc.string({ maxLength: 300, unit: 'grapheme' }),
    fc
      .tuple(fc.constantFrom('a', 'ß', '漢', '😀'), fc.integer({ min: 0, max: 6_000 }))
      .map(([letter, many]) => letter.repeat(many)),
  ),
})

it('shows the newest frames in their order, as many as its bounds let it keep', () => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 300 }), (all) => {
      const log = frameLog()
      for (const { at, direction, text, isRaw } of all) log.add(at, direction, text, isRaw)
      const shown = log.frames()
      const expected = all.map(cut).slice(all.length - shown.length)
      expect(shown).toEqual(expected)
      expect(shown.length).toBeLessThanOrEqual(200)
      expect(bytesOf(shown)).toBeLessThanOrEqual(32_768)
      const next = all[all.length - shown.length - 1]
      if (next !== undefined && shown.length < 200) expect(bytesOf([cut(next), ...shown])).toBeGreaterThan(32_768)
    }),
    { numRuns: 300 },
  )
})

it('begins empty and shows a frame again as it came', () => {
  const log = frameLog()
  expect(log.frames()).toEqual([])
  log.add(1_793_000_000_123, 'out', '[3,"7",{}]', false)
  expect(log.frames()).toEqual([{ at: 1_793_000_000_123, direction: 'out', text: '[3,"7",{}]', isRaw: false }])
})

/** As it is kept: a pair of surrogates that the cut would halve cannot be kept. */
function cut({ at, direction, text, isRaw }: KeptFrame): KeptFrame {
  const kept = text.length > 4_096 ? `${text.slice(0, 4_096)}…` : text
  return { at, direction, text: Buffer.from(kept).toString(), isRaw }
}

/** Each frame has a head of 11 bytes. */
function bytesOf(frames: readonly KeptFrame[]): number {
  return frames.reduce((sum, { text }) => sum + 11 + Buffer.byteLength(text), 0)
}
