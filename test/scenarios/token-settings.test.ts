// What the registry sets for tokens is what stations are told, in every version: in answers to Authorize, at the start and at the end.
import { afterAll, describe, expect, it } from 'vitest'
import { memoryStores } from '../../adapters/memory/memory-stores.ts'
import { twinFleet } from '../../adapters/twin/twin-fleet.ts'
import type { Registry } from '../../domain/registry/registry.ts'
import type { TokenSetting } from '../../domain/registry/token.ts'
import { SPOT_ONLY } from '../../domain/signals/tariff.ts'
import { NO_RELIEF } from '../../domain/signals/fee-regime.ts'
import { ctPerKWh, eurPerMWh, wattHours } from '../../domain/units.ts'
import { runningClock } from '../../src/run/clock.ts'
import { compose, type Running } from '../../src/compose.ts'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rawStation } from '../adapters/ocpp/ocpp-lab.ts'

const FROM = Date.parse('2026-01-15T16:00:00Z')
const folder = mkdtempSync(join(tmpdir(), 'token-settings-'))
const clock = runningClock()
const PAST = FROM - 86_400_000
const FUTURE = Date.parse('2099-01-01T00:00:00Z')
const SETTINGS: readonly (TokenSetting | undefined)[] = [
  undefined,
  { status: 'blocked', group: 'Family' },
  { expiresAt: PAST },
  { status: 'no-credit' },
  { expiresAt: FUTURE, group: 'Family' },
]
const TOKENS = ['Card-Good', 'Card-Blocked', 'Card-Expired', 'Card-Broke', 'Card-Family']
const fleet = twinFleet({ seed: '1', stations: 5, from: FROM })
const registry: Registry = {
  ...fleet.registry,
  vehicles: fleet.registry.vehicles.map((vehicle, i) => ({ ...vehicle, token: TOKENS[i]!, tokenSetting: SETTINGS[i] })),
}
let running: Running | null = null
afterAll(async () => {
  await running?.stop()
  clock.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function begin(): Promise<Running> {
  running ??= await compose({
    clock,
    speed: 1,
    node: 'node-1',
    version: 'test',
    journalFolder: folder,
    stores: memoryStores(),
    registry,
    credential: () => null,
    pepper: 'a secret for tests only, thirty-two long',
    lab: true,
    tls: null,
    host: '127.0.0.1',
    port: 0,
    strategy: 'smart',
    wear: ctPerKWh(3),
    terminal: ctPerKWh(0),
    imbalance: { above: eurPerMWh(100), below: eurPerMWh(100) },
    gateMs: 1_800_000,
    lot: wattHours(250),
    webhooks: { secret: null, allowPrivate: true },
    plannerThreads: 1,
    tariff: SPOT_ONLY,
    regime: NO_RELIEF,
    zone: 'DE-LU',
    market: 'SDAC',
    priceSources: [],
    notes: [],
    pings: false,
    log: () => {},
  })
  return running
}

const station = fleet.stations[0]!.id
const GROUP = expect.stringMatching(/^g_[0-9a-f]{18}$/) as unknown
const EXPIRES = new Date(FUTURE).toISOString()

/** Answers to calls, one after the other, over one connection. */
async function told(dialect: 'ocpp1.6' | 'ocpp2.0.1' | 'ocpp2.1', calls: readonly [string, object][]): Promise<object[]> {
  const { address } = await begin()
  const one = await rawStation(address, station, dialect)
  const answers: object[] = []
  for (const [i, [action, payload]] of calls.entries()) {
    one.send([2, `a${i}`, action, payload])
    for (;;) {
      const [type, id, answer] = (await one.next()) as [number, string, object]
      if (type === 2 || id !== `a${i}`) continue
      expect([type, answer]).toEqual([3, answer])
      answers.push(answer)
      break
    }
  }
  one.socket.terminate()
  await one.closed
  return answers
}

describe('settings of tokens', () => {
  it('are told to 1.6, whatever the capitals', async () => {
    const answers = await told('ocpp1.6', [
      ...TOKENS.map((idTag): [string, object] => ['Authorize', { idTag: idTag.toUpperCase() }]),
      ['Authorize', { idTag: 'STRANGER' }],
    ])
    expect(answers).toEqual([
      { idTagInfo: { status: 'Accepted' } },
      { idTagInfo: { status: 'Blocked', parentIdTag: GROUP } },
      { idTagInfo: { status: 'Expired', expiryDate: new Date(PAST).toISOString() } },
      { idTagInfo: { status: 'Blocked' } },
      { idTagInfo: { status: 'Accepted', expiryDate: EXPIRES, parentIdTag: GROUP } },
      { idTagInfo: { status: 'Invalid' } },
    ])
  })

  it.each(['ocpp2.0.1', 'ocpp2.1'] as const)('are told to %s, as is that nobody has to show one (C02.FR.02)', async (dialect) => {
    const authorize = (idToken: string, type: string): [string, object] => ['Authorize', { idToken: { idToken, type } }]
    const answers = await told(dialect, [
      ...TOKENS.map((token) => authorize(token.toLowerCase(), 'ISO14443')),
      authorize('Stranger', 'eMAID'),
      authorize('', 'NoAuthorization'),
    ])
    const group = { groupIdToken: { idToken: GROUP, type: 'Central' } }
    expect(answers).toMatchObject([
      { idTokenInfo: { status: 'Accepted' } },
      { idTokenInfo: { status: 'Blocked', ...group } },
      { idTokenInfo: { status: 'Expired', cacheExpiryDateTime: new Date(PAST).toISOString() } },
      { idTokenInfo: { status: 'NoCredit' } },
      { idTokenInfo: { status: 'Accepted', cacheExpiryDateTime: EXPIRES, ...group } },
      { idTokenInfo: { status: 'Unknown' } },
      { idTokenInfo: { status: 'Accepted' } },
    ])
  })

  it('are told at the start and at the end of a transaction of 1.6', async () => {
    const now = new Date().toISOString()
    const [start] = await told('ocpp1.6', [
      ['StartTransaction', { connectorId: 1, idTag: 'card-blocked', meterStart: 1, timestamp: now }],
    ])
    expect(start).toMatchObject({ idTagInfo: { status: 'Blocked' } })
    const { transactionId } = start as { readonly transactionId: number }
    const [end] = await told('ocpp1.6', [
      ['StopTransaction', { transactionId, idTag: 'card-expired', meterStop: 2, timestamp: now }],
    ])
    expect(end).toMatchObject({ idTagInfo: { status: 'Expired' } })
  })

  it('are told at the start and at the end of a transaction of 2.x', async () => {
    const event = (eventType: string, idToken: object): [string, object] => [
      'TransactionEvent',
      {
        eventType,
        triggerReason: 'Authorized',
        seqNo: 0,
        timestamp: new Date().toISOString(),
        transactionInfo: { transactionId: 'T9' },
        evse: { id: 1 },
        idToken,
      },
    ]
    const answers = await told('ocpp2.0.1', [
      event('Started', { idToken: 'CARD-BROKE', type: 'Local' }),
      event('Updated', { idToken: '', type: 'NoAuthorization' }),
      event('Ended', { idToken: 'CARD-GOOD', type: 'Central' }),
    ])
    expect(answers).toMatchObject([
      { idTokenInfo: { status: 'NoCredit' } },
      { idTokenInfo: { status: 'Accepted' } },
      { idTokenInfo: { status: 'Accepted' } },
    ])
  })
})
