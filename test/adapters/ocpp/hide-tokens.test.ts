// Behind the adapter nobody knows a token: not from events, not from what a station writes about them, not from the frames that are shown.
import { afterEach, describe, expect, it } from 'vitest'
import { tokenFilter } from '../../../adapters/ocpp/hide-tokens.ts'
import type { Dialect } from '../../../adapters/ocpp/rpc/frame.ts'
import { id, type StationId } from '../../../domain/registry/identity.ts'
import { pseudonyms } from '../../../src/files/pseudonyms.ts'
import { rawStation, openLab, type Lab } from './ocpp-lab.ts'

const CARD = '04A1B2C3D4E5F6'
const pseudonym = pseudonyms('a pepper for tests only')
const at = '2026-01-15T18:00:00Z'
let lab: Lab | null = null
afterEach(async () => {
  await lab?.close()
  lab = null
})

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

it('S3: every free text of a station loses the cards it showed, also after a reconnect and in a farewell', async () => {
  lab = await openLab({ pseudonym })
  const first = await rawStation(lab, 'ST1', 'ocpp2.0.1')
  // The end of a session names a card that is in no event.
  await first.ask('TransactionEvent', {
    eventType: 'Ended',
    triggerReason: 'StopAuthorized',
    seqNo: 9,
    timestamp: at,
    transactionInfo: { transactionId: 'T1' },
    evse: { id: 1 },
    idToken: { idToken: CARD, type: 'ISO14443' },
  })
  first.socket.close(1000, `bye ${CARD}`)
  expect((await lab.event('disconnected')).detail).toBe(`bye ${pseudonym(CARD)}`)
  const station = await rawStation(lab, 'ST1', 'ocpp2.0.1')
  await station.ask('BootNotification', {
    reason: 'PowerUp',
    chargingStation: { vendorName: `V ${CARD}`, model: `M ${CARD}`, firmwareVersion: `F ${CARD}`, serialNumber: `S ${CARD}` },
  })
  await station.ask('SecurityEventNotification', { type: `Card ${CARD}`, timestamp: at, techInfo: `and ${CARD}` })
  await station.ask('NotifyEVChargingNeeds', {
    evseId: 1,
    chargingNeeds: { requestedEnergyTransfer: 'DC', departureTime: `2099-01-01T00:00:00.${'7'.repeat(5_000)}Z` },
  })
  const hidden = pseudonym(CARD)
  expect(await lab.event('booted')).toMatchObject({
    vendor: `V ${hidden}`,
    model: `M ${hidden}`,
    firmware: `F ${hidden}`,
    serial: `S ${hidden}`,
  })
  expect(await lab.event('security')).toMatchObject({ type: `Card ${hidden}`, detail: `and ${hidden}` })
  expect((await lab.event('impossible-values')).values).toEqual(['departureTime 2099-01-01T00:00:00.777Z'])
  const frames = lab.server.frames(id<StationId>('ST1')).map(({ text }) => text)
  expect(`${JSON.stringify(lab.events)}${frames.join('')}`).not.toContain(CARD)
})

it('S3: why a station refuses an order loses its cards, too', async () => {
  lab = await openLab({ pseudonym })
  const station = await rawStation(lab, 'ST1', 'ocpp1.6')
  await station.ask('Authorize', { idTag: CARD })
  const answer = lab.server.stopSession('ST1/1' as never, '41')
  const [, call] = await station.next()
  station.send([4, call, 'GenericError', `card ${CARD} is not mine ${'x'.repeat(100_000)}`, {}])
  const refusal = await answer
  expect(JSON.stringify(refusal)).toContain(pseudonym(CARD))
  expect(JSON.stringify(refusal)).not.toContain(CARD)
  expect(JSON.stringify(refusal).length).toBeLessThan(500)
})

it('S3: a token without end is answered with an error: nothing is thrown, nothing of others is told', async () => {
  const told: string[] = []
  lab = await openLab({ pseudonym, onFailure: (_, error) => void told.push(error.message) })
  const station = await rawStation(lab, 'ST1', 'ocpp1.6')
  await station.ask('Authorize', { idTag: CARD })
  expect((await station.ask('Authorize', { idTag: 'a'.repeat(120_000) }))[0]).toBe(4)
  expect((await station.ask('Heartbeat', {}))[0]).toBe(3)
  expect(told).toEqual([])
  const shown = JSON.stringify(lab.server.frames(id<StationId>('ST1')))
  expect(shown).not.toContain('aaaa')
  expect(shown).toContain(pseudonym(CARD))
})

describe('what masking costs', () => {
  /** A filter that counts its HMACs. */
  function counted() {
    const made: string[] = []
    const known = new Map<string, string>()
    const filter = tokenFilter((token) => {
      made.push(token)
      return pseudonym(token)
    }, known)
    return { filter, made, known }
  }

  it('is one pseudonym a token, however often it stands in a frame (F29)', () => {
    const { filter, made } = counted()
    filter.heard({ idTag: CARD })
    const shown = filter.frame(JSON.stringify([2, 'x', 'DataTransfer', { vendorId: 'v', data: CARD.repeat(18_000) }]))
    expect(made).toEqual([CARD])
    expect(shown.length).toBeLessThan(20_000)
    expect(shown).not.toContain(CARD.slice(0, 8))
    filter.frame(JSON.stringify([2, 'x', 'Any', Array.from({ length: 200 }, (_, i) => ({ idTag: `B${i}` }))]))
    expect(made).toHaveLength(1 + 16)
  })

  it('is bounded in what is remembered: by number, by length, and only of messages that fit their schema (F29)', async () => {
    const { filter, known } = counted()
    filter.heard({ idTag: 'a'.repeat(256) })
    expect(known.size).toBe(0)
    for (let i = 0; i < 1_000; i++) filter.heard({ idToken: { idToken: `TOKEN-${1_000 + i}` } })
    expect([...known.keys()]).toEqual(Array.from({ length: 64 }, (_, i) => `token-${1_936 + i}`))
    lab = await openLab({ pseudonym })
    const station = await rawStation(lab, 'ST1', 'ocpp1.6')
    const long = 'HEARTBEATS-'.repeat(24)
    expect((await station.ask('Authorize', { idTag: long }))[0]).toBe(4)
    await station.ask('DataTransfer', { vendorId: long })
    expect(lab.server.frames(id<StationId>('ST1')).at(-2)!.text).toContain(long)
  })

  it('never halves a token at the end of what is kept', () => {
    const { filter } = counted()
    const long = `L${'0123456789'.repeat(25)}`
    filter.heard({ idToken: { idToken: long } })
    filter.heard({ idTag: CARD })
    for (const start of [4_070, 4_085, 4_095, 4_300, 4_345]) {
      const text = `${long}${long}${'x'.repeat(start - 2 * long.length)}${CARD}${'y'.repeat(9_000)}`
      const shown = filter.frame(text)
      expect(shown).not.toMatch(/04A|0123456/)
      expect(shown.endsWith('…')).toBe(true)
    }
  })

  it('is a frame that is not shown, where masking fails', () => {
    const filter = tokenFilter((token) => {
      throw new Error(`no pseudonym for ${token}`)
    }, new Map())
    expect(filter.frame(`[2,"1","Authorize",{"idTag":"${CARD}"}]`)).toBe('(not shown)')
    expect(filter.text(CARD)).toBe(CARD)
  })
})
