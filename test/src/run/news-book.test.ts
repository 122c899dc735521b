// What senders are owed, as the record says: nothing while nobody listens, each change once, and only what comes after somebody has begun to.
import { describe, expect, it } from 'vitest'
import type { Fact } from '../../../domain/facts/fact.ts'
import { apply } from '../../../domain/live/apply.ts'
import { emptyFleet } from '../../../domain/live/live-fleet.ts'
import type { Signal } from '../../../domain/signals/signal.ts'
import type { SignalChange, ToldChange } from '../../../domain/signals/signal-change.ts'
import { watts } from '../../../domain/units.ts'
import { newsBook, type NewsBook } from '../../../src/run/news-book.ts'
import { NOW, smallRegistry } from '../../domain/live/small-fleet.ts'

const MINUTE_MS = 60_000

function open() {
  const fleet = emptyFleet()
  const book = newsBook(fleet)
  let at = NOW
  function take(fact: Fact, later = 0): void {
    apply(fleet, fact, (at += later))
    book.noticed(fact, at)
  }
  take({ kind: 'registry-set', registry: smallRegistry() })
  return { fleet, book, take }
}
const hook = (events: readonly string[] = ['signal.ended'], isEnabled = true): Fact => ({
  kind: 'webhook-set',
  webhook: {
    id: 'hook',
    url: 'https://example.org',
    events: events as ['signal.ended'],
    portfolio: null,
    signals: { sender: null, tenant: null, isOfSender: false },
    isEnabled,
    secrets: [],
  },
})
const received = (id: string, version = 1, more: Partial<Signal> = {}): Fact => ({
  kind: 'signal-received',
  signal: {
    id,
    version,
    subjects: ['site:S1'],
    from: NOW,
    until: null,
    rank: 'grid-limit',
    min: null,
    max: watts(0),
    provenance: { authority: 'vnb', reference: 'one' },
    issuedAt: NOW,
    sender: 'vnb',
    receivedAt: NOW,
    ...more,
  },
})
const told = (signal: string, change: SignalChange, version = 1): Fact => ({
  kind: 'signal-told',
  ...({ signal, change, version } as ToldChange),
})
const owed = ({ followed }: NewsBook, id: string) => followed.get(id)?.owed.map(({ change, version }) => `${change} ${version}`)

describe('the book of news', () => {
  it('is empty while nobody hears of signals, and empties when nobody does any more', () => {
    const { book, take } = open()
    take(received('one'))
    take(hook(['schedule.accepted']))
    take(received('two'))
    expect(book.followed.size).toBe(0)
    take(hook())
    take(received('three'))
    expect([...book.followed.keys()]).toEqual(['one', 'two', 'three'])
    take(hook(['signal.ended'], false))
    expect(book.followed.size).toBe(0)
    take(hook())
    take({ kind: 'webhook-removed', webhook: 'hook' })
    expect(book.followed.size).toBe(0)
  })

  it('takes what had come about before somebody began to listen for known', () => {
    const { book, take } = open()
    take(received('old'))
    take(received('ahead', 1, { from: NOW + 60 * MINUTE_MS }), MINUTE_MS)
    take(received('over', 1, { until: NOW + 2 * MINUTE_MS }))
    take(hook(), 9 * MINUTE_MS)
    expect([...book.followed].map(([id, one]) => [id, [...one.told]])).toEqual([
      ['old', ['received', 'in-force', 'confirmed', 'refused']],
      ['ahead', ['received']],
    ])
  })

  it('owes each version and each withdrawal once, in their order, and forgets what is over and told', () => {
    const { book, take } = open()
    take(hook())
    take(received('one'))
    take(received('one', 2))
    take({ kind: 'signal-withdrawn', id: 'one', version: 3, sender: 'vnb' })
    expect(owed(book, 'one')).toEqual(['received 1', 'received 2', 'withdrawn 3'])
    take(told('one', 'received'))
    take(told('one', 'received'))
    expect(owed(book, 'one')).toEqual(['received 2', 'withdrawn 3'])
    take(told('one', 'received', 2))
    take(told('one', 'withdrawn', 3))
    expect(book.followed.size).toBe(0)
    take(received('two'))
    for (const change of ['received', 'in-force', 'confirmed'] as const) take(told('two', change))
    expect([...book.followed.get('two')!.told]).toEqual(['received', 'in-force', 'confirmed'])
    take(told('two', 'ended'))
    expect(book.followed.size).toBe(0)
  })

  it('leaves out steps of a release and limits of LPC and LPP, and is bounded for one signal', () => {
    const { book, take } = open()
    take(hook())
    take(received('release-one-1-0-1', 1, { sender: 'staggered release', rank: 'operator' }))
    take(received('lpc:S1'))
    expect(book.followed.size).toBe(0)
    for (let version = 1; version <= 50; version++) take(received('one', version))
    expect(owed(book, 'one')!.slice(-2)).toEqual(['received 49', 'received 50'])
    expect(owed(book, 'one')).toHaveLength(20)
  })

  it('goes on from what was laid down as if nothing had happened', () => {
    const { fleet, book, take } = open()
    take(hook())
    take(received('one'))
    take(told('one', 'received'))
    const again = newsBook(fleet)
    again.thaw(structuredClone(book.freeze()))
    again.noticed(told('one', 'in-force'), NOW)
    expect([...again.followed.get('one')!.told]).toEqual(['received', 'in-force'])
    again.noticed({ kind: 'registry-set', registry: smallRegistry() }, NOW)
    expect(again.freeze()).not.toEqual(book.freeze())
  })
})
