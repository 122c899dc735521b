// Stations by hand, over real sockets against the composed application, in every version: asked, added, removed, given passwords, and let in.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Dialect } from '../../adapters/ocpp/rpc/frame.ts'
import { runCommandLine } from '../../src/cli.ts'
import { handshakeStatus, rawStation, type RawStation } from '../adapters/ocpp/ocpp-lab.ts'
import { openStationLab, type StationLab } from './station-lab.ts'

const DIALECTS = ['ocpp1.6', 'ocpp2.0.1', 'ocpp2.1'] as const
const WHY = 'ticket 4711'
const BOOT: Record<Dialect, object> = {
  'ocpp1.6': { chargePointVendor: 'Vendor', chargePointModel: 'Wallbox' },
  'ocpp2.0.1': { reason: 'PowerUp', chargingStation: { vendorName: 'Vendor', model: 'Wallbox' } },
  'ocpp2.1': { reason: 'PowerUp', chargingStation: { vendorName: 'Vendor', model: 'Wallbox' } },
}

const started = {
  eventType: 'Started',
  timestamp: new Date().toISOString(),
  triggerReason: 'CablePluggedIn',
  seqNo: 0,
  transactionInfo: { transactionId: 'T1' },
  evse: { id: 1, connectorId: 1 },
}

let folder = ''
const open: StationLab[] = []
async function lab(options: { readonly pendingStations?: number } = {}): Promise<StationLab> {
  if (folder === '') folder = mkdtempSync(join(tmpdir(), 'by-hand-'))
  const opened = await openStationLab({ folder, ...options })
  open.push(opened)
  return opened
}
afterEach(async () => {
  for (const one of open.splice(0)) await one.stop()
  if (folder !== '') rmSync(folder, { recursive: true })
  folder = ''
})

/** Answers what the server asks by action, `Accepted` where nothing is said; keeps what was asked. */
function answering(station: RawStation, answers: Readonly<Record<string, object>> = {}) {
  const asked: { readonly action: string; readonly payload: Record<string, unknown> }[] = []
  station.socket.on('message', (data) => {
    const [type, id, action, payload] = JSON.parse(String(data)) as [number, string, string, Record<string, unknown>]
    if (type !== 2) return
    asked.push({ action, payload })
    station.send([3, id, answers[action] ?? { status: 'Accepted' }])
  })
  return (action: string) => asked.filter((one) => one.action === action).map(({ payload }) => payload)
}
async function booted(of: StationLab, dialect: Dialect, answers: Readonly<Record<string, object>> = {}) {
  const station = await rawStation({ port: of.port }, of.station, dialect)
  const askedFor = answering(station, answers)
  station.send([2, 'boot', 'BootNotification', BOOT[dialect]])
  await vi.waitFor(() => expect(of.running.application.fleet.stations.get(of.station as never)?.vendor).toBe('Vendor'))
  return { station, askedFor }
}
const basic = (user: string, password: string) => ({
  Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
})

describe.each(DIALECTS)('commands by hand in %s', (dialect) => {
  const isV16 = dialect === 'ocpp1.6'

  it('reach the station in the words of its version, and leave role, reason and outcome in the journal', async () => {
    const of = await lab()
    const { askedFor } = await booted(of, dialect, {
      ChangeAvailability: { status: 'Scheduled' },
      UnlockConnector: { status: 'Unlocked' },
      TriggerMessage: { status: 'NotImplemented' },
      Reset: { status: 'Rejected' },
    })
    const give = async (id: string, body: object) =>
      (await of.ask('PUT', `/v1/stations/${of.station}/commands/${id}`, { ...body, reason: WHY })).body
    expect(await give('a', { kind: 'reset', mode: 'soft' })).toMatchObject({ outcome: 'rejected', detail: 'Rejected', by: 'lab' })
    expect(askedFor('Reset')).toEqual([{ type: isV16 ? 'Soft' : 'OnIdle' }])
    expect(await give('b', { kind: 'unlock', evse: 1 })).toMatchObject({ outcome: 'accepted', detail: 'Unlocked' })
    expect(askedFor('UnlockConnector')).toEqual([isV16 ? { connectorId: 1 } : { evseId: 1, connectorId: 1 }])
    expect(await give('c', { kind: 'availability', evse: 1, operative: false })).toMatchObject({
      outcome: 'accepted',
      detail: 'Scheduled',
    })
    expect(askedFor('ChangeAvailability')).toEqual([
      isV16 ? { connectorId: 1, type: 'Inoperative' } : { operationalStatus: 'Inoperative', evse: { id: 1 } },
    ])
    expect(await give('d', { kind: 'trigger', message: 'MeterValues', evse: 1 })).toMatchObject({ outcome: 'unsupported' })
    expect(askedFor('TriggerMessage').at(-1)).toEqual({
      requestedMessage: 'MeterValues',
      ...(isV16 ? { connectorId: 1 } : { evse: { id: 1 } }),
    })
    const recorded = (await of.facts()).filter(({ kind }) => kind.startsWith('station-command'))
    expect(recorded.slice(0, 2)).toMatchObject([
      { kind: 'station-commanded', station: of.station, command: 'a', by: 'lab', role: 'admin', reason: WHY },
      { kind: 'station-command-ended', command: 'a', outcome: 'rejected', detail: 'Rejected' },
    ])
    expect(recorded).toHaveLength(8)
  })

  it('begin and end a session; the token is in no journal, no frame and no list', async () => {
    const of = await lab()
    const { station, askedFor } = await booted(of, dialect)
    const path = `/v1/stations/${of.station}/commands`
    const started = await of.ask('PUT', `${path}/go`, { kind: 'start', evse: 1, token: '04CAFE00AA11', reason: WHY })
    expect(started.body).toMatchObject({ outcome: 'accepted', kind: 'start', evse: 1 })
    const [begin] = askedFor(isV16 ? 'RemoteStartTransaction' : 'RequestStartTransaction')
    expect(JSON.stringify(begin)).toContain('04CAFE00AA11')
    expect((await of.ask('PUT', `${path}/none`, { kind: 'stop', evse: 1, reason: WHY })).status).toBe(422)
    const at = new Date().toISOString()
    if (isV16) station.send([2, 's', 'StartTransaction', { connectorId: 1, idTag: '04CAFE00AA11', meterStart: 0, timestamp: at }])
    else
      station.send([
        2,
        's',
        'TransactionEvent',
        {
          eventType: 'Started',
          timestamp: at,
          triggerReason: 'RemoteStart',
          seqNo: 0,
          transactionInfo: { transactionId: 'T1' },
          evse: { id: 1, connectorId: 1 },
          idToken: { idToken: '04CAFE00AA11', type: 'ISO14443' },
        },
      ])
    await vi.waitFor(() => expect(of.live().session).not.toBeNull())
    expect((await of.ask('PUT', `${path}/end`, { kind: 'stop', evse: 1, reason: WHY })).body).toMatchObject({
      outcome: 'accepted',
    })
    expect(askedFor(isV16 ? 'RemoteStopTransaction' : 'RequestStopTransaction')).toEqual([{ transactionId: isV16 ? 1 : 'T1' }])
    const shown = JSON.stringify([
      await of.facts(),
      (await of.ask('GET', path)).body,
      (await of.ask('GET', `/v1/stations/${of.station}/frames`)).body,
    ])
    expect(shown).not.toContain('04CAFE00AA11')
  })

  it('read and change settings; secrets are shown nowhere, and a password the station takes lets it in', async () => {
    const of = await lab()
    const SECRET = '00112233445566778899aabbccddeeff00112233'
    const name = isV16 ? { variable: 'AuthorizationKey' } : { component: 'SecurityCtrlr', variable: 'BasicAuthPassword' }
    const wire = isV16 ? {} : { component: { name: 'SecurityCtrlr' }, variable: { name: 'BasicAuthPassword' } }
    const { station } = await booted(of, dialect, {
      ChangeConfiguration: { status: 'Accepted' },
      SetVariables: {
        setVariableResult: [
          { ...wire, attributeStatus: 'Accepted', attributeStatusInfo: { reasonCode: 'Set', additionalInfo: SECRET } },
        ],
      },
      GetConfiguration: {
        configurationKey: [
          { key: 'HeartbeatInterval', readonly: false, value: '300' },
          { key: 'AuthorizationKey', readonly: false, value: SECRET },
        ],
        unknownKey: ['Odd'],
      },
      GetVariables: {
        getVariableResult: [
          {
            component: { name: 'OCPPCommCtrlr' },
            variable: { name: 'HeartbeatInterval' },
            attributeStatus: 'Accepted',
            attributeValue: '300',
          },
          { ...wire, attributeStatus: 'Accepted', attributeValue: SECRET },
          { component: { name: 'X' }, variable: { name: 'Odd' }, attributeStatus: 'UnknownComponent' },
        ],
      },
    })
    const path = `/v1/stations/${of.station}/commands`
    const variables = isV16
      ? []
      : [{ component: 'OCPPCommCtrlr', variable: 'HeartbeatInterval' }, name, { component: 'X', variable: 'Odd' }]
    const read = await of.ask('PUT', `${path}/get`, { kind: 'get-configuration', variables, reason: WHY })
    expect(read.body).toMatchObject({ outcome: 'accepted', detail: 'Accepted: 2 of 3 settings' })
    expect((read.body['values'] as readonly object[])[0]).toMatchObject({ variable: 'HeartbeatInterval', value: '300' })
    const set = { kind: 'set-configuration', variable: name, value: SECRET, reason: WHY }
    const weak = await of.ask('PUT', `${path}/weak`, { ...set, value: 'short' })
    expect([weak.status, JSON.stringify(weak.body)]).toEqual([422, expect.stringContaining('at least 16 characters')])
    expect((await of.ask('PUT', `${path}/set`, set)).body).toMatchObject({ outcome: 'accepted' })
    const shown = JSON.stringify([
      await of.facts(),
      (await of.ask('GET', path)).body,
      (await of.ask('GET', `/v1/stations/${of.station}/frames`)).body,
    ])
    expect(shown).not.toContain(SECRET)
    expect(
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((one) => one.isFile())
        .map((one) => readFileSync(join(one.parentPath, one.name), 'latin1'))
        .join(),
    ).not.toContain(SECRET)
    station.socket.terminate()
    const address = `/ocpp/${of.station}`
    expect(await handshakeStatus(of, address, [dialect], basic(of.station, 'x'.repeat(40)))).toBe(401)
    expect(await handshakeStatus(of, address, [dialect], basic(of.station, SECRET))).toBe(101)
  })
})

describe('commands by hand', () => {
  it('are one when sent twice, conflict under the same id otherwise, and are bounded', async () => {
    const of = await lab()
    const { askedFor } = await booted(of, 'ocpp2.1')
    const give = (id: string, mode: string) =>
      of.ask('PUT', `/v1/stations/${of.station}/commands/${id}`, { kind: 'reset', mode, reason: WHY })
    expect((await give('one', 'hard')).body).toMatchObject({ isRepeated: false, outcome: 'accepted' })
    expect((await give('one', 'hard')).body).toMatchObject({ isRepeated: true, outcome: 'accepted' })
    expect((await give('one', 'soft')).status).toBe(409)
    expect(askedFor('Reset')).toHaveLength(1)
    const statuses: number[] = []
    for (let n = 0; n < 12; n++) statuses.push((await give(`n${n}`, 'hard')).status)
    expect([statuses.filter((status) => status === 200).length, statuses.at(-1)]).toEqual([9, 429])
  })

  it('end as unanswered without a connection, without a word in time, and over a restart', async () => {
    const of = await lab()
    const path = `/v1/stations/${of.station}/commands`
    const reset = { kind: 'reset', mode: 'soft', reason: WHY }
    const none = await of.ask('PUT', `${path}/none`, reset)
    expect(none.body).toMatchObject({ outcome: 'no-answer', detail: 'the station is not connected' })
    expect((await of.ask('PUT', '/v1/stations/NOBODY/commands/x', reset)).status).toBe(404)
    expect((await of.ask('PUT', `${path}/evse`, { ...reset, evse: 9 })).status).toBe(404)
    const silent = await rawStation({ port: of.port }, of.station, 'ocpp2.1')
    await vi.waitFor(() => expect(of.running.ocpp.connected()).toContain(of.station))
    void of.ask('PUT', `${path}/silent`, reset).catch(() => {})
    await vi.waitFor(async () => expect((await of.ask('GET', `${path}/silent`)).status).toBe(200))
    silent.socket.terminate()
    await vi.waitFor(async () =>
      expect((await of.ask('GET', `${path}/silent`)).body).toMatchObject({
        outcome: 'no-answer',
        detail: expect.stringContaining('connection ended'),
      }),
    )
    await of.stop()
    const again = await lab()
    expect((await again.ask('PUT', `${path}/none`, reset)).body).toMatchObject({ isRepeated: true, outcome: 'no-answer' })
  })
})

describe('stations by hand', () => {
  const NEW = { evses: [{ number: 1, chargeMaxW: 11_000 }], reason: WHY }

  it('are added with a password, let in, survive a restart, get new passwords, and are removed', async () => {
    let of = await lab()
    const site = of.site
    const added = await of.ask('PUT', '/v1/stations/NEW-1', { ...NEW, site })
    const password = String(added.body['password'])
    expect(password).toMatch(/^[0-9a-f]{40}$/)
    expect((await of.ask('PUT', '/v1/stations/NEW-1', { ...NEW, site })).body).toEqual({
      station: 'NEW-1',
      password: null,
      isRepeated: true,
    })
    expect((await of.ask('PUT', '/v1/stations/NEW-1', { ...NEW, site, evses: [{ number: 2, chargeMaxW: 1 }] })).status).toBe(400)
    expect((await of.ask('PUT', `/v1/stations/${of.station}`, { ...NEW, site })).status).toBe(409)
    expect((await of.ask('PUT', '/v1/stations/NEW-2', { ...NEW, site: 'nowhere' })).status).toBe(422)
    expect(await handshakeStatus(of, '/ocpp/NEW-1')).toBe(401)
    expect(await handshakeStatus(of, '/ocpp/NEW-1', ['ocpp2.1'], basic('NEW-1', password))).toBe(101)
    await of.stop()
    of = await lab()
    expect((await of.ask('GET', '/v1/stations/NEW-1')).body).toMatchObject({ id: 'NEW-1', evses: [{ id: 'NEW-1/1' }] })
    const second = (await of.ask('PUT', '/v1/stations/NEW-1/password', { reason: WHY })).body
    const both = [password, String(second['password'])]
    for (const one of both) expect(await handshakeStatus(of, '/ocpp/NEW-1', ['ocpp2.1'], basic('NEW-1', one))).toBe(101)
    const journal = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((one) => one.isFile())
      .map((one) => readFileSync(join(one.parentPath, one.name), 'latin1'))
      .join()
    for (const one of both) expect(journal).not.toContain(one)
    expect((await of.ask('DELETE', `/v1/stations/NEW-1?reason=gone`)).status).toBe(204)
    expect((await of.ask('GET', '/v1/stations/NEW-1')).status).toBe(404)
    expect((await of.ask('DELETE', `/v1/stations/NEW-1?reason=gone`)).status).toBe(404)
  })

  it('serve cars from the first moment: what plugs in there is planned and ordered', async () => {
    const of = await lab()
    const added = await of.ask('PUT', '/v1/stations/NEW-1', { ...NEW, site: of.site })
    const station = await rawStation({ port: of.port }, 'NEW-1', 'ocpp2.1', basic('NEW-1', String(added.body['password'])))
    const askedFor = answering(station)
    station.send([2, 'b', 'BootNotification', BOOT['ocpp2.1']])
    station.send([2, 's', 'TransactionEvent', started])
    await vi.waitFor(() => expect(askedFor('SetChargingProfile').length).toBeGreaterThan(1), { timeout: 5_000 })
    expect((await of.ask('GET', '/v1/stations/NEW-1')).body).toMatchObject({ evses: [{ status: 'occupied' }] })
    expect(of.live().evse.id).toBe(`${of.station}/1`)
    expect((await of.ask('DELETE', `/v1/stations/NEW-1?reason=gone&force=true`)).status).toBe(204)
    expect(of.complaints.filter((text) => !text.includes('no DATABASE'))).toEqual([])
  })

  it('of the registry stay removed over a restart, which names the contradiction; an open session needs force and ends', async () => {
    const of = await lab()
    const { station } = await booted(of, 'ocpp1.6')
    station.send([2, 's', 'StartTransaction', { connectorId: 1, idTag: 'A', meterStart: 0, timestamp: new Date().toISOString() }])
    await vi.waitFor(() => expect(of.live().session).not.toBeNull())
    const path = `/v1/stations/${of.station}?reason=gone`
    const refused = await of.ask('DELETE', path)
    expect([refused.status, JSON.stringify(refused.body)]).toEqual([422, expect.stringContaining('a session is open')])
    expect((await of.ask('DELETE', `${path}&force=true`)).status).toBe(204)
    expect((await station.closed).code).toBe(1008)
    const facts = await of.facts()
    expect(facts.slice(facts.findIndex(({ kind }) => kind === 'session-ended')).map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['session-ended', 'station-removed']),
    )
    await of.stop()
    const again = await lab()
    expect((await again.ask('GET', `/v1/stations/${of.station}`)).status).toBe(404)
    expect(again.complaints.join('\n')).toContain('was removed by hand: it stays removed')
  })

  it('are told a new password: both count until they have answered, the one before counts on where they refuse (A01)', async () => {
    const of = await lab()
    const { station, askedFor } = await booted(of, 'ocpp1.6', { ChangeConfiguration: { status: 'Rejected' } })
    const refused = await of.ask('PUT', `/v1/stations/${of.station}/password`, { tell: true, reason: WHY })
    expect(refused.body).toMatchObject({ password: null, told: { outcome: 'rejected' } })
    expect(of.running.application.fleet.byHand.passwords.size).toBe(0)
    station.socket.terminate()
    const { askedFor: then } = await booted(of, 'ocpp1.6')
    const taken = (await of.ask('PUT', `/v1/stations/${of.station}/password`, { tell: true, reason: WHY })).body
    expect(taken).toMatchObject({ told: { outcome: 'accepted' } })
    expect(then('ChangeConfiguration')).toEqual([{ key: 'AuthorizationKey', value: taken['password'] }])
    expect(askedFor('ChangeConfiguration')).toHaveLength(1)
    expect(JSON.stringify(await of.facts())).not.toContain(String(taken['password']))
  })
})

describe('stations nobody knows', () => {
  it('are refused unless some may wait', async () => {
    const of = await lab()
    const stranger = await rawStation({ port: of.port }, 'STRANGER')
    expect((await stranger.closed).code).toBe(1008)
    expect((await of.ask('GET', '/v1/pending-stations')).body).toEqual({ stations: [] })
  })

  it.each(DIALECTS)('wait as pending in %s, bounded, until somebody says yes (B02)', async (dialect) => {
    const of = await lab({ pendingStations: 1 })
    const secret = 'a password of its own 1234'
    const stranger = await rawStation({ port: of.port }, 'STRANGER', dialect, basic('STRANGER', secret))
    expect(await stranger.ask('BootNotification', BOOT[dialect])).toMatchObject([3, 's1', { status: 'Pending', interval: 60 }])
    // B02.FR.09
    expect(await stranger.ask('Heartbeat', {})).toMatchObject([4, 's2', 'SecurityError', 'this station is not accepted yet', {}])
    const second = await rawStation({ port: of.port }, 'SECOND', dialect)
    expect((await second.closed).code).toBe(1008)
    const { stations } = (await of.ask('GET', '/v1/pending-stations')).body
    expect(stations).toMatchObject([{ station: 'STRANGER', dialect, vendor: 'Vendor', connected: true, bringsPassword: true }])
    const accept = { site: of.site, evses: [{ number: 1, chargeMaxW: 11_000 }], reason: WHY }
    expect((await of.ask('PUT', '/v1/pending-stations/OTHER', accept)).status).toBe(404)
    expect((await of.ask('PUT', '/v1/pending-stations/STRANGER', accept)).body).toMatchObject({ password: null })
    expect((await stranger.closed).code).toBe(1012)
    expect(await handshakeStatus(of, '/ocpp/STRANGER', [dialect])).toBe(401)
    const known = await rawStation({ port: of.port }, 'STRANGER', dialect, basic('STRANGER', secret))
    answering(known)
    known.send([2, 'boot', 'BootNotification', BOOT[dialect]])
    const { stations: live } = of.running.application.fleet
    await vi.waitFor(() => expect(live.get('STRANGER' as never)).toMatchObject({ connected: true, vendor: 'Vendor' }))
  })
})

describe('gegenstrom station', () => {
  it('lists, shows, asks, adds, gives passwords and removes; how it ends says what came of it', async () => {
    const of = await lab()
    const run = async (...words: string[]) => {
      const written = { out: '', err: '' }
      const code = await runCommandLine(['station', ...words, '--url', `http://127.0.0.1:${of.port}`], {
        stdout: (text) => void (written.out += text),
        stderr: (text) => void (written.err += text),
        isTerminal: false,
      })
      return { code, ...written }
    }
    await booted(of, 'ocpp2.1', { UnlockConnector: { status: 'UnlockFailed' } })
    const why = ['--reason', WHY]
    expect((await run('ls')).out).toContain(`${of.station}  ocpp2.1  1:`)
    expect(await run('reset', of.station, ...why)).toMatchObject({
      code: 0,
      out: expect.stringContaining('reset soft: accepted (Accepted)'),
    })
    expect(await run('unlock', of.station, '--evse', '1', ...why)).toMatchObject({
      code: 1,
      out: expect.stringContaining('UnlockFailed'),
    })
    expect((await run('availability', of.station, ...why)).code).toBe(2)
    expect((await run('reset', of.station)).code).toBe(2)
    expect((await run('show', of.station)).out).toContain(WHY)
    expect((await run('config', 'get', of.station, ...why)).out).toContain('unsupported')
    const added = await run('add', 'NEW-9', '--site', of.site, ...why)
    expect(added).toMatchObject({ code: 0, out: expect.stringMatching(/^NEW-9 is added; password [0-9a-f]{40}\n$/) })
    expect((await run('password', 'NEW-9', ...why)).out).toContain('the one before is let in until')
    expect(await run('reset', 'NEW-9', ...why)).toMatchObject({ code: 3 })
    expect(await run('pending')).toMatchObject({ code: 0, out: 'no station waits\n' })
    expect(await run('accept', 'NEW-9', '--site', of.site, ...why)).toMatchObject({
      code: 1,
      err: expect.stringContaining('no station NEW-9 waits'),
    })
    expect(await run('remove', 'NEW-9', ...why)).toMatchObject({ code: 0, out: 'NEW-9 is removed\n' })
  })
})
