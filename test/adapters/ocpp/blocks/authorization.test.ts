// A token that is presented, in every version.
import { afterEach, describe, expect, it } from 'vitest'
import { exchange, hangUp } from './exchange.ts'

afterEach(hangUp)

describe('authorisation', () => {
  const V2 = '"Authorize",{"idToken":{"idToken":"CAFE01","type":"ISO14443"}}'
  const charging = ['AC_single_phase', 'AC_three_phase', 'DC']
  it.each([
    ['ocpp1.6', '"Authorize",{"idTag":"CAFE01"}', { idTagInfo: { status: 'Accepted' } }, { idTagInfo: { status: 'Invalid' } }],
    ['ocpp2.0.1', V2, { idTokenInfo: { status: 'Accepted' } }, { idTokenInfo: { status: 'Unknown' } }],
    [
      'ocpp2.1',
      V2,
      { idTokenInfo: { status: 'Accepted' }, allowedEnergyTransfer: [...charging, 'AC_BPT', 'DC_BPT'] },
      { idTokenInfo: { status: 'Unknown' } },
    ],
  ] as const)('%s (Q01.FR.01)', async (dialect, call, yes, no) => {
    const taken = await exchange(dialect, call)
    expect(taken.events).toEqual([{ kind: 'authorize', token: 'CAFE01' }])
    expect(taken.answer).toEqual(yes)
    expect((await exchange(dialect, call, ({ kind }) => ({ accepted: kind === 'connected' }))).answer).toEqual(no)
  })
  it('of a driver who must not discharge lists charging alone', async () => {
    const { answer } = await exchange('ocpp2.1', V2, () => ({ accepted: true, mayDischarge: false }))
    expect(answer).toMatchObject({ allowedEnergyTransfer: charging })
  })
})
