// Minutes dimmed by way of precaution: what overlaps counts once, what was replaced or withdrawn counts until then.
import { describe, expect, it } from 'vitest'
import { emptySignals, takeSignal, withdrawSignal } from '../../../domain/live/signal-book.ts'
import { preventiveMinutes } from '../../../domain/signals/preventive-time.ts'
import type { Signal } from '../../../domain/signals/signal.ts'
import { watts } from '../../../domain/units.ts'

const NOON = Date.parse('2026-01-15T11:00:00Z')
const MINUTE_MS = 60_000
const at = (minute: number) => NOON + minute * MINUTE_MS

function signal(id: string, version: number, from: number, until: number | null, more: Partial<Signal> = {}): Signal {
  return {
    id,
    version,
    subjects: ['site:home'],
    from: at(from),
    until: until === null ? null : at(until),
    rank: 'grid-limit',
    min: null,
    max: watts(4_200),
    provenance: { authority: 'VNB', reference: id },
    issuedAt: at(from),
    sender: 'vnb',
    receivedAt: at(from),
    isPreventive: true,
    ...more,
  }
}
const minutes = (book: ReturnType<typeof emptySignals>, until = 600) =>
  preventiveMinutes(book.preventive, ['site:home', 'area:A'], at(-60), at(until))

describe('minutes of precaution', () => {
  it('what overlaps on several subjects counts once', () => {
    const book = emptySignals()
    takeSignal(book, signal('a', 1, 0, 60), at(0))
    takeSignal(book, signal('b', 1, 30, 90, { subjects: ['area:A'] }), at(30))
    takeSignal(book, signal('c', 1, 40, 50), at(40))
    expect(minutes(book)).toBe(90)
    expect(minutes(book, 20)).toBe(20)
  })
  it('a withdrawal and a newer version end what was counted; one that is not preventive counts nothing', () => {
    const book = emptySignals()
    takeSignal(book, signal('a', 1, 0, null), at(0))
    expect(minutes(book, 15)).toBe(15)
    takeSignal(book, signal('a', 2, 10, 100, { isPreventive: false }), at(10))
    expect(minutes(book)).toBe(10)
    takeSignal(book, signal('b', 1, 20, 120), at(20))
    withdrawSignal(book, 'b', 2, at(35))
    withdrawSignal(book, 'b', 2, at(80))
    expect(minutes(book)).toBe(25)
  })
  it('one that is withdrawn before it begins never was', () => {
    const book = emptySignals()
    takeSignal(book, signal('a', 1, 50, 100, { receivedAt: at(0) }), at(0))
    withdrawSignal(book, 'a', 2, at(10))
    expect(minutes(book)).toBe(0)
  })
})
