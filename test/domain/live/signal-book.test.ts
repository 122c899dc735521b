// An older version of a signal never comes back: in no order, by no repetition, after no withdrawal, and not when the book is full.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { apply } from '../../../domain/live/apply.ts'
import { judgeSignal, judgeWithdrawal, SUBJECTS_MAX } from '../../../domain/live/judge-signal.ts'
import {
  emptySignals,
  fullFor,
  signalsOn,
  takeEnvelope,
  takeSignal,
  withdrawSignal,
  type SignalBook,
} from '../../../domain/live/signal-book.ts'
import type { NewSignal, Signal } from '../../../domain/signals/signal.ts'
import { watts } from '../../../domain/units.ts'
import { HOUR_MS, MINUTE_MS, NOW, smallFleet } from './small-fleet.ts'

const DAY_MS = 24 * HOUR_MS
const VNB = { sender: 'VNB', mayChangeOthers: false }

function limit(version: number, more: Partial<NewSignal> = {}): NewSignal {
  return {
    id: 'limit',
    version,
    subjects: ['site:home-1'],
    from: NOW,
    until: null,
    rank: 'grid-limit',
    min: null,
    max: watts(1_000 * version),
    provenance: { authority: 'VNB', reference: 'intervention' },
    issuedAt: NOW,
    ...more,
  }
}
const received = (sent: NewSignal, at = NOW): Signal => ({ ...sent, sender: 'VNB', receivedAt: at })
/** What holds on the subject. */
const holding = (book: SignalBook, subject = 'site:home-1') => signalsOn(book, subject).map(({ signal }) => signal!.version)

describe('versions of one signal (I10)', () => {
  it('the newest stands alone, in whatever order and however often they come', () => {
    const event = fc.record({ version: fc.integer({ min: 1, max: 6 }), isWithdrawal: fc.boolean() })
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 20 }), (events) => {
        const book = emptySignals()
        let newest = 0
        let isWithdrawn = true
        for (const { version, isWithdrawal } of events) {
          if (isWithdrawal) withdrawSignal(book, 'limit', version, NOW)
          else takeSignal(book, received(limit(version)), NOW)
          // A withdrawal of something unknown is none; of the version in force it is the last word.
          if (isWithdrawal ? newest > 0 && version >= newest : version > newest) [newest, isWithdrawn] = [version, isWithdrawal]
        }
        expect(holding(book)).toEqual(isWithdrawn ? [] : [newest])
        expect(book.held).toBe(isWithdrawn ? 0 : 1)
      }),
    )
  })

  it('a newer version for other subjects leaves the old ones free', () => {
    const book = emptySignals()
    takeSignal(book, received(limit(1, { subjects: ['site:home-1', 'site:home-2'] })), NOW)
    takeSignal(book, received(limit(2, { subjects: ['site:home-2', 'area:VNB'] })), NOW)
    expect([holding(book), holding(book, 'site:home-2'), holding(book, 'area:VNB')]).toEqual([[], [2], [2]])
  })

  it('an envelope of an old journal, without id and version, holds until its end', () => {
    const book = emptySignals()
    const { id: _, version: __, subjects: ___, issuedAt: ____, ...rest } = limit(1)
    takeEnvelope(book, { ...rest, subject: 'site:home-1', receivedAt: NOW }, NOW)
    takeSignal(book, received(limit(2)), NOW)
    withdrawSignal(book, 'limit', 2, NOW)
    expect(signalsOn(book, 'site:home-1')).toHaveLength(1)
  })

  it('a limit that is over by a clock that is wrong holds again when it is set right', () => {
    const book = emptySignals()
    takeSignal(book, received(limit(1, { until: NOW + HOUR_MS })), NOW)
    takeSignal(book, received({ ...limit(1), id: 'other' }), NOW + 20 * HOUR_MS)
    expect(signalsOn(book, 'site:home-1')).toHaveLength(2)
    takeSignal(book, received({ ...limit(1), id: 'third' }), NOW + 26 * HOUR_MS)
    expect(signalsOn(book, 'site:home-1').map(({ signal }) => signal!.id)).toEqual(['other', 'third'])
  })
})

it('keeps the latest hundred of those that are over on one subject, however many there have been, and all that hold', () => {
  const book = emptySignals()
  takeSignal(book, received({ ...limit(1), id: 'lasting' }), NOW)
  for (let i = 0; i < 1_000; i++) {
    const from = NOW + i * 4_000
    takeSignal(book, received({ ...limit(1, { from, until: from + 4_000 }), id: `short-${i}` }, from), from)
  }
  const ids = signalsOn(book, 'site:home-1').map(({ signal }) => signal!.id)
  expect([ids.length, ids[0], ids[1], ids.at(-1)]).toEqual([102, 'lasting', 'short-899', 'short-999'])
  expect(book.held).toBe(102)
})

describe('a book that is full', () => {
  const KNOWN_MAX = 50_000
  function full(until: number | null): SignalBook {
    const book = emptySignals()
    for (let i = 0; i < KNOWN_MAX; i++)
      takeSignal(book, received({ ...limit(2, { until, subjects: [`site:${i}`] }), id: `one-${i}` }), NOW)
    return book
  }
  it('takes no more while everything in it counts or could be repeated, and says so; what is known may change', () => {
    const book = full(NOW + HOUR_MS)
    for (const later of [0, 59 * MINUTE_MS])
      expect(fullFor(book, 'new', ['site:x'], NOW + later)).toEqual({ of: 'signals', name: 'all signals', most: KNOWN_MAX })
    expect(fullFor(book, 'new', ['site:x'], NOW + HOUR_MS)).toBeNull()
    expect(fullFor(book, 'one-7', ['site:7'], NOW)).toBeNull()
    expect(fullFor(full(null), 'new', ['site:x'], NOW + 365 * DAY_MS)).not.toBeNull()
  })
  it('forgets what was over first and refuses whatever may be an older version of it, also after the clock was set (I10)', () => {
    const fleet = smallFleet()
    const { signals: book } = fleet
    for (let i = 0; i < KNOWN_MAX; i++) {
      const at = NOW + i * 4_000
      takeSignal(book, received({ ...limit(2, { until: at + 4_000, subjects: ['site:home-1'] }), id: `one-${i}` }, at), at)
    }
    const later = NOW + KNOWN_MAX * 4_000
    expect(fullFor(book, 'new', ['site:home-1'], later)).toBeNull()
    takeSignal(book, received({ ...limit(1), id: 'new' }, later), later)
    expect([book.byId.size, book.named, book.byId.has('one-5000'), book.byId.has('one-5001')]).toEqual([
      45_000,
      45_000,
      false,
      true,
    ])
    // A version of a forgotten one that was still on its way, though it would last for ever; others are taken as before.
    const judged = (name: string, issuedAt: number, now: number) =>
      judgeSignal(fleet, { ...limit(1, { issuedAt, subjects: ['site:home-2'] }), id: name }, VNB, now)
    const old = { ok: false, refusal: { kind: 'impossible', field: 'issuedAt' } }
    const forgotten = NOW + 5_000 * 4_000
    expect(judged('one-5000', forgotten + 5 * MINUTE_MS, later)).toMatchObject(old)
    expect(judged('next', forgotten + 6 * MINUTE_MS, later)).toMatchObject({ ok: true })
    expect(judged('one-5001', forgotten, later)).toMatchObject({ refusal: { kind: 'outdated' } })
    apply(fleet, { kind: 'clock-stepped', from: later, to: later - DAY_MS }, later - DAY_MS)
    expect(judged('one-5000', forgotten - DAY_MS, later - DAY_MS)).toMatchObject(old)
    expect(judged('next', later - DAY_MS, later - DAY_MS)).toMatchObject({ ok: true })
  })
  it('is not filled by signals that are sent and withdrawn with all their subjects', () => {
    const book = emptySignals()
    const subjects = Array.from({ length: SUBJECTS_MAX }, (_, k) => `site:${k}`)
    for (let i = 0; i < 40; i++) {
      takeSignal(book, received({ ...limit(1, { subjects }), id: `one-${i}` }), NOW)
      withdrawSignal(book, `one-${i}`, 1, NOW)
    }
    expect([book.held, book.named]).toEqual([0, 400_000])
    expect(fullFor(book, 'new', ['site:x'], NOW)).toMatchObject({ of: 'signals' })
    const later = NOW + HOUR_MS
    expect(fullFor(book, 'new', ['site:x'], later)).toBeNull()
    takeSignal(book, received({ ...limit(1), id: 'new' }, later), later)
    expect(book.named).toBeLessThanOrEqual(360_001)
  })
  it('holds at most a hundred signals of one subject', () => {
    const book = emptySignals()
    for (let i = 0; i < 100; i++) takeSignal(book, received({ ...limit(1), id: `one-${i}` }), NOW)
    expect(fullFor(book, 'new', ['site:home-1'], NOW)).toEqual({ of: 'subject', name: 'site:home-1', most: 100 })
    expect(fullFor(book, 'one-3', ['site:home-1'], NOW)).toBeNull()
    withdrawSignal(book, 'one-3', 1, NOW)
    expect(fullFor(book, 'new', ['site:home-1'], NOW)).toBeNull()
  })
  it('holds at most 200,000 envelopes, of whatever signals', () => {
    const book = emptySignals()
    for (let i = 0; i < 20; i++) {
      const subjects = Array.from({ length: SUBJECTS_MAX }, (_, k) => `site:${i}-${k}`)
      takeSignal(book, received({ ...limit(1, { subjects, until: NOW + HOUR_MS }), id: `one-${i}` }), NOW)
    }
    expect(fullFor(book, 'new', ['site:x'], NOW)).toMatchObject({ of: 'signals', most: 200_000 })
    const later = NOW + 26 * HOUR_MS
    expect(fullFor(book, 'new', ['site:x'], later)).toBeNull()
    takeSignal(book, received({ ...limit(1), id: 'new' }, later), later)
    expect(book.held).toBe(1)
  })
})

describe('what comes in is judged', () => {
  const judge = (sent: NewSignal, now = NOW) => {
    const judged = judgeSignal(smallFleet(), sent, VNB, now)
    return judged.ok ? 'taken' : 'field' in judged.refusal ? judged.refusal.field : judged.refusal.kind
  }
  const target = (more: Partial<NewSignal>) =>
    limit(1, { rank: 'activation', min: watts(-500), max: watts(-500), subjects: ['pool:pool'], until: NOW + HOUR_MS, ...more })
  it.each<[string, NewSignal, string]>([
    [
      'a limit on everything a grid has',
      limit(1, { subjects: ['evse:S1/1', 'site:home-1', 'site:home-1/L2', 'area:VNB', 'pool:pool'] }),
      'taken',
    ],
    ['0 W, which is obeyed as sent (F21)', limit(1, { min: watts(0), max: watts(0) }), 'taken'],
    ['a limit from long ago that has no end', limit(1, { from: NOW - 400 * DAY_MS }), 'taken'],
    ['an unknown EVSE (F18)', limit(1, { subjects: ['evse:S9/1'] }), 'unknown-subjects'],
    ['one unknown subject among known ones (F18)', limit(1, { subjects: ['site:home-1', 'area:nowhere'] }), 'unknown-subjects'],
    ['a phase the connection does not have', limit(1, { subjects: ['site:home-1/L4'] }), 'unknown-subjects'],
    ['a subject of no kind', limit(1, { subjects: ['moon'] }), 'unknown-subjects'],
    ['more than 10,000 subjects', limit(1, { subjects: new Array<string>(10_001).fill('site:home-1') }), 'too-many-subjects'],
    ['an end before its beginning', limit(1, { from: NOW + 2, until: NOW + 1 }), 'until'],
    ['an end at its beginning', limit(1, { from: NOW + 2, until: NOW + 2 }), 'until'],
    ['an end in the past', limit(1, { from: NOW - 10, until: NOW }), 'until'],
    ['a beginning in more than a year', limit(1, { from: NOW + 367 * DAY_MS }), 'from'],
    ['a date ahead of our clock', limit(1, { issuedAt: NOW + 6 * MINUTE_MS }), 'issuedAt'],
    ['a date older than what is remembered (I10)', limit(1, { issuedAt: NOW - 31 * DAY_MS }), 'issuedAt'],
    ['nothing bounded', limit(1, { max: null }), 'max'],
    ['a negative limit on what is taken (F21)', limit(1, { max: watts(-1) }), 'max'],
    ['a positive limit on what is given (F21)', limit(1, { min: watts(1) }), 'min'],
    ['an activation', target({}), 'taken'],
    ['an activation without an end', target({ until: null }), 'until'],
    ['an activation for two days', target({ until: NOW + 48 * HOUR_MS }), 'until'],
    ['an activation between two powers', target({ min: watts(-600) }), 'max'],
    ['an activation of an area', target({ subjects: ['area:VNB'] }), 'subjects'],
    ['an activation of two pools', target({ subjects: ['pool:pool', 'pool:other-pool'] }), 'subjects'],
  ])('%s', (_, sent, expected) => expect(judge(sent)).toBe(expected))

  it('F21: 0 W is obeyed as sent, a wrong sign is refused', () => {
    expect(judge(limit(1, { min: watts(0), max: watts(0) }))).toBe('taken')
    expect([judge(limit(1, { max: watts(-1) })), judge(limit(1, { min: watts(1) }))]).toEqual(['max', 'min'])
  })

  it('a repetition is none of these, however late: the sender must hear the same again', () => {
    const fleet = smallFleet()
    const sent = limit(1, { until: NOW + HOUR_MS })
    takeSignal(fleet.signals, received(sent), NOW)
    for (const now of [NOW, NOW + 2 * HOUR_MS, NOW + 40 * DAY_MS])
      expect(judgeSignal(fleet, { ...sent, issuedAt: NOW - 1 }, VNB, now)).toEqual({ ok: true, value: { isRepeated: true } })
    expect(judgeSignal(fleet, { ...sent, max: watts(1) }, VNB, NOW)).toMatchObject({ refusal: { kind: 'conflict', current: 1 } })
  })

  it('a grid operator touches no signal of another; the control room may', () => {
    const fleet = smallFleet()
    takeSignal(fleet.signals, received(limit(1)), NOW)
    const other = { sender: 'another VNB', mayChangeOthers: false }
    expect(judgeSignal(fleet, limit(2), other, NOW)).toMatchObject({ refusal: { kind: 'foreign' } })
    expect(judgeWithdrawal(fleet, 'limit', 2, other)).toMatchObject({ refusal: { kind: 'foreign' } })
    expect(judgeWithdrawal(fleet, 'limit', 2, { ...other, mayChangeOthers: true }).ok).toBe(true)
    expect(judgeWithdrawal(fleet, 'nothing', 2, other)).toMatchObject({ refusal: { kind: 'unknown-signal' } })
  })
})
