// Behind the adapter nobody knows a token: not from events, not from what a station writes about them, not from the frames that are shown.
import { afterEach, expect, it } from 'vitest'
import type { Dialect } from '../../../adapters/ocpp/rpc/frame.ts'
import { id, type StationId } from '../../../domain/fleet/identity.ts'
import { pseudonyms } from '../../../src/pseudonyms.ts'
import { rawStation, openLab, type Lab } from './ocpp-lab.ts'

const CARD = '04A1B2C3D4E5F6'
const pseudonym = pseudonyms('a pepper for tests only')
const at = '2026-01-15T18:00:00Z'
let lab: Lab
afterEach(() => lab.close())

it.each<[Dialect, string, object]>([
  ['ocpp1.6', 'StartTransaction', { connectorId: 1, idTag: CARD, meterStart: 0, timestamp: at }],
  [
    'ocpp2.0.1',
    'TransactionEvent',
    {
      eventType: 'Started',
      triggerReason: 'Authorized',
      seqNo: 0,
      timestamp: at,
      transactionInfo: { transactionId: 'T1' },
      evse: { id: 1 },
      idToken: { idToken: CARD, type: 'ISO14443' },
    },
  ],
])(
  'S3: %s: events and frames hold the pseudonym of a card, also where the station writes about it',
  async (dialect, action, payload) => {
    lab = await openLab({ pseudonym })
    const station = await rawStation(lab, 'ST1', dialect)
    await station.ask(action, payload)
    await station.ask('SecurityEventNotification', {
      type: 'InvalidCard',
      timestamp: at,
      techInfo: `card ${CARD.toLowerCase()} (${CARD}) refused`,
    })
    const hidden = pseudonym(CARD)
    expect(hidden).toMatch(/^t_[0-9a-f]{32}$/)
    expect((await lab.event('session-started')).token).toBe(hidden)
    expect((await lab.event('security')).detail).toBe(`card ${hidden} (${hidden}) refused`)
    const frames = lab.server.frames(id<StationId>('ST1')).map(({ text }) => text)
    expect(frames.filter((text) => text.includes(hidden))).not.toEqual([])
    expect(frames.at(-2)).toContain(`card ${hidden} (${hidden}) refused`)
    expect(`${JSON.stringify(lab.events)}${frames.join('')}`.toLowerCase()).not.toContain(CARD.toLowerCase())
  },
)

it('S3: what is remotely started is shown under its pseudonym, and sent as it stands on the card', async () => {
  lab = await openLab({ pseudonym })
  const station = await rawStation(lab, 'ST1', 'ocpp1.6')
  void lab.server.startSession('ST1/1' as never, CARD)
  expect(await station.next()).toMatchObject([2, expect.any(String), 'RemoteStartTransaction', { idTag: CARD }])
  const [frame] = lab.server.frames(id<StationId>('ST1'))
  expect(frame!.text).toContain(pseudonym(CARD))
  expect(frame!.text).not.toContain(CARD)
})
