import { describe, expect, it } from 'vitest'
import { sessionName } from '../../../domain/live/session-name.ts'
import { mayBeUsed, NONE_USED, withUsed, type UsedTransactions } from '../../../domain/live/used-transactions.ts'
import { evseId, id, stationOf, type SessionId, type StationId } from '../../../domain/registry/identity.ts'
import type { Session } from '../../../domain/registry/session.ts'
import { NOW, sessionOf } from './small-fleet.ts'

const UUID = '3f2b8c1e-0a44-1234-9d5e-6b7a8c9d0e1f'

/** Names one session after the other, as a station with one EVSE begins them. */
function namer(station = 'ST', number = 1) {
  const fleet = { sessions: new Map<SessionId, Session>(), usedTransactions: new Map<StationId, UsedTransactions>() }
  const evse = evseId(id<StationId>(station), number)
  return (transaction: string, at = NOW) => {
    const name = sessionName(fleet, evse, transaction, at)
    const used = fleet.usedTransactions.get(stationOf(evse)) ?? NONE_USED
    fleet.usedTransactions.set(stationOf(evse), withUsed(used, transaction))
    fleet.sessions.set(name, sessionOf(1, { id: name, transaction }))
    return name
  }
}

describe('a session is called by station, EVSE and transaction', () => {
  it.each(['T1', 'NOW', '4711', UUID, 'a.b_c-d'])('%s', (transaction) => {
    expect(namer()(transaction)).toBe(`ST-1-${transaction}`)
  })
  it('with its begin behind it where that transaction may have been before', () => {
    const name = namer()
    expect(name('T7')).toBe('ST-1-T7')
    expect(name('T8')).toBe('ST-1-T8')
    expect(name('T10')).toBe('ST-1-T10')
    for (const again of ['T7', 'T9', 'T10']) expect(name(again, NOW + 1)).toBe(`ST-1-${again}~20260115T160000001`)
    expect(name('T11')).toBe('ST-1-T11')
    expect(name('R1')).toBe('ST-1-R1')
  })
  it('with its begin behind it where a UUID comes twice', () => {
    const name = namer()
    name(UUID)
    expect(name(UUID)).toBe(`ST-1-${UUID}~20260115T160000000`)
  })
  it.each(['a b', 'a/b', '../x', 'ä', '', 'x'.repeat(65), '1-X', 'X-1-Y', 'a~b'])(
    'with a digest where it is %j',
    (transaction) => {
      expect(namer()(transaction)).toMatch(/^ST-1-~[\da-f]{32}$/)
    },
  )
  it('with a digest of the station where that is no part of a path', () => {
    expect(namer('Haus Süd/3')('T1')).toMatch(/^~[\da-f]{32}-1-T1$/)
  })
  it('and no two places read alike', () => {
    const places = ['S', 'S-1', 'S-1-2', 'S-1-3f2b8c1e-0a44'].flatMap((station) =>
      [1, 2, 1234].map((evse) => ({ station, evse })),
    )
    const own = ['X', '1-X', '2-1-X', '9d5e-6b7a8c9d0e1f', UUID, `1-${UUID}`, 'X-1', '1']
    const names = places.flatMap(({ station, evse }) => own.map((transaction) => namer(station, evse)(transaction)))
    expect(new Set(names).size).toBe(places.length * own.length)
  })
})

describe('what a station has called its transactions', () => {
  it('takes at most sixteen heads, and what does not fit is taken as used', () => {
    let used = NONE_USED
    for (let i = 0; i < 100; i++) used = withUsed(used, `${String.fromCharCode(65 + (i % 50))}x${i}`)
    expect(used.size).toBe(16)
    expect(mayBeUsed(used, 'new')).toBe(true)
    expect(mayBeUsed(used, 'Ax1000')).toBe(false)
  })
  it('never calls an id new that was there', () => {
    let [used, seed] = [NONE_USED, 1]
    const seen = new Set<string>()
    const ids = [
      '',
      '0',
      '00',
      '7',
      '07',
      'T',
      'T1',
      'T01',
      'T001',
      'T9',
      'T10',
      't1',
      '9'.repeat(20),
      `1${'0'.repeat(18)}`,
      '0'.repeat(35) + '1',
    ]
    for (let i = 0; i < 2_000; i++) {
      seed = (seed * 48_271) % 2_147_483_647
      const one = ids[seed % ids.length]!
      if (seen.has(one)) expect(mayBeUsed(used, one), one).toBe(true)
      seen.add(one)
      used = withUsed(used, one)
    }
    expect(seen.size).toBe(ids.length)
  })
})
