// What may not be said about power, one named refusal each; and that a grid operator sees and changes what is his.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Asker } from '../../../../domain/registry/asker.ts'
import { id, type TenantId } from '../../../../domain/registry/identity.ts'
import type { NewSignal } from '../../../../domain/signals/signal.ts'
import { instantText } from '../../../../domain/time/slot.ts'
import { watts } from '../../../../domain/units.ts'
import { forget, openLab, type PushLab } from '../../webhooks/push-lab.ts'

const HOUR_MS = 3_600_000
let lab: PushLab
let pool = ''
let site = ''
beforeAll(async () => {
  lab = await openLab()
  const { registry } = lab.running.application.fleet
  pool = `pool:${registry.pools[0]!.id}`
  site = registry.sites[0]!.id
})
afterAll(async () => {
  await lab.stop()
  forget(lab)
})

const at = (ms: number) => instantText(lab.now() + ms)
const limit = (more: object = {}) => ({
  version: 1,
  issuedAt: at(0),
  subjects: [pool],
  rank: 'grid-limit',
  maxW: 4_200,
  from: at(0),
  reference: 'intervention',
  ...more,
})
const put = (name: string, body: unknown) => lab.ask('PUT', `/v1/signals/${name}`, body)
const activation = (more: object = {}) => limit({ rank: 'activation', minW: -5_000, maxW: -5_000, until: at(HOUR_MS), ...more })

describe('bad input: a signal is refused whole, with a reason, and nothing is lost (F18)', () => {
  it.each<[string, () => object, number, RegExp]>([
    ['a limit for an unknown subject', () => limit({ subjects: [pool, 'evse:NOBODY/1'] }), 422, /does not know evse:NOBODY\/1/],
    ['a limit for a phase that is none', () => limit({ subjects: [`site:${site}/L9`] }), 422, /does not know/],
    ['until before from', () => limit({ from: at(2_000), until: at(1_000) }), 422, /no later than it begins/],
    ['until in the past', () => limit({ from: at(-HOUR_MS), until: at(-1) }), 422, /has passed/],
    ['10,001 subjects at once', () => limit({ subjects: new Array(10_001).fill(pool) }), 422, /at most 10000 subjects/],
    ['no subject', () => limit({ subjects: [] }), 400, /./],
    ['a power that is no finite number', () => limit({ maxW: '4200' }), 400, /./],
    ['a power beyond a gigawatt', () => limit({ maxW: 1e10 }), 400, /./],
    ['half a watt', () => limit({ maxW: 0.5 }), 400, /./],
    ['a version that is no whole number', () => limit({ version: 1.5 }), 400, /./],
    ['a rank that is made here', () => limit({ rank: 'hardware' }), 400, /./],
    ['an instant that does not exist', () => limit({ from: '2026-02-31T00:00:00Z' }), 400, /./],
    ['a local time', () => limit({ from: '2026-02-01T00:00:00+01:00' }), 400, /./],
    ['a field nobody knows', () => limit({ maxKW: 4 }), 400, /./],
    ['a negative limit on what is taken (F21)', () => limit({ maxW: -1 }), 422, /at least 0 W/],
    ['an activation without an end', () => activation({ until: null }), 422, /needs an end/],
    ['an activation that is no target', () => activation({ minW: -6_000 }), 422, /the same/],
    ['an activation of a site', () => activation({ subjects: [`site:${site}`] }), 422, /one pool/],
  ])('%s', async (_, body, status, reason) => {
    const before = lab.running.journal.head().sequence
    const answer = await put('odd', body())
    expect([answer.status, answer.body['detail']]).toEqual([status, expect.stringMatching(reason)])
    expect(Array.isArray(answer.body['errors'])).toBe(true)
    expect(lab.running.journal.head().sequence).toBe(before)
    expect((await lab.ask('GET', '/v1/signals/odd')).status).toBe(404)
  })

  it('infinity and a body that is no JSON', async () => {
    const send = (text: string) =>
      fetch(`http://127.0.0.1:${lab.running.address.port}/v1/signals/odd`, {
        method: 'PUT',
        headers: { 'Content-Type': 'application/json' },
        body: text,
      })
    expect((await send(JSON.stringify(limit()).replace('4200', '1e999'))).status).toBe(400)
    expect((await send('{"version":1')).status).toBe(400)
  })

  it('the same id with other content, and an older version, name what is in force (I10)', async () => {
    const version = (n: number, more: object = {}) => limit({ version: n, subjects: [`site:${site}`], ...more })
    expect((await put('known', version(5))).status).toBe(200)
    const other = await put('known', version(5, { maxW: 9_000 }))
    expect([other.status, other.body['detail']]).toEqual([
      409,
      expect.stringContaining('version 5 is known with another content'),
    ])
    const older = await put('known', version(4))
    expect([older.status, older.body['detail']]).toEqual([409, expect.stringContaining('version 5 is known; an older one')])
    expect((await lab.ask('DELETE', '/v1/signals/known?version=4')).status).toBe(409)
    expect((await lab.ask('DELETE', '/v1/signals/known')).status).toBe(400)
    expect((await lab.ask('DELETE', '/v1/signals/nothing?version=1')).status).toBe(404)
    expect((await lab.ask('GET', '/v1/signals/known')).body['maxW']).toBe(4_200)
  })

  it('ten thousand subjects at once are one signal, one entry and one answer', async () => {
    const { evses } = lab.running.application.fleet.registry
    const names = evses.map((evse) => `evse:${evse.id}`)
    const subjects = Array.from({ length: 10_000 }, (_, i) => names[i % names.length]!)
    const before = lab.running.journal.head().sequence
    const answer = await put('many', limit({ subjects }))
    expect([answer.status, answer.body['subjectCount']]).toEqual([200, names.length])
    expect(lab.running.journal.head().sequence).toBe(before + 1)
  })

  it('lists them page by page, those that are over only when asked', async () => {
    for (const name of ['page-a', 'page-b', 'page-c']) expect((await put(name, limit())).status).toBe(200)
    expect((await lab.ask('DELETE', '/v1/signals/page-b?version=2')).status).toBe(200)
    const ids = async (query: string) => {
      const response = await fetch(`http://127.0.0.1:${lab.running.address.port}/v1/signals?${query}`)
      const { signals } = (await response.json()) as { signals: readonly { id: string }[] }
      return [signals.map((one) => one.id), response.headers.get('link') !== null]
    }
    expect(await ids('')).toEqual([['known', 'many', 'page-a', 'page-c'], false])
    expect(await ids('over=true')).toEqual([['known', 'many', 'page-a', 'page-b', 'page-c'], false])
    expect(await ids('limit=3')).toEqual([['known', 'many', 'page-a'], true])
  })
})

describe('who may say what', () => {
  const grid = (name: string): Asker => ({ name, role: 'grid', tenant: null, vehicles: [] })
  const signal = (name: string, version = 1): NewSignal => ({
    id: name,
    version,
    subjects: [pool],
    from: lab.now(),
    until: null,
    rank: 'grid-limit',
    min: null,
    max: watts(1_000),
    provenance: { authority: 'VNB', reference: 'r' },
    issuedAt: lab.now(),
  })
  const page = { after: null, withOver: true, limit: 100 }

  it('a grid operator sees and changes the signals he has sent; the control room all', async () => {
    const { signals } = lab.running.answers
    expect((await signals.receive(grid('VNB A'), signal('of-a'))).ok).toBe(true)
    expect(signals.signal(grid('VNB B'), 'of-a')).toBeNull()
    expect(signals.signals(grid('VNB B'), page)).toEqual([])
    expect(signals.signals(grid('VNB A'), page).map((one) => one.signal.id)).toEqual(['of-a'])
    expect(await signals.receive(grid('VNB B'), signal('of-a', 2))).toMatchObject({ refusal: { kind: 'foreign' } })
    expect(await signals.withdraw(grid('VNB B'), 'of-a', 2)).toMatchObject({ refusal: { kind: 'foreign' } })
    const room: Asker = { name: 'room', role: 'dispatcher', tenant: null, vehicles: [] }
    expect((await signals.withdraw(room, 'of-a', 2)).ok).toBe(true)
  })

  it('S7: whoever belongs to another tenant cannot bound or see what is not theirs', async () => {
    const { signals } = lab.running.answers
    const stranger: Asker = { name: 'other', role: 'dispatcher', tenant: id<TenantId>('another tenant'), vehicles: [] }
    expect(await signals.receive(stranger, signal('theirs'))).toMatchObject({ refusal: { kind: 'unknown-subjects' } })
    expect((await signals.receive(grid('VNB A'), signal('hidden'))).ok).toBe(true)
    expect(signals.signal(stranger, 'hidden')).toBeNull()
    expect(await signals.withdraw(stranger, 'hidden', 9)).toMatchObject({ refusal: { kind: 'unknown-signal' } })
  })
})
