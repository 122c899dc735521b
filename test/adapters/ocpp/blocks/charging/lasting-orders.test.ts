// What stays on a station after an order: nothing that should have gone, everything that should last.
import { afterEach, describe, expect, it } from 'vitest'
import type { Dialect } from '../../../../../adapters/ocpp/rpc/frame.ts'
import type { Clock } from '../../../../../domain/ports/clock.ts'
import { slotAt } from '../../../../../domain/time/slot.ts'
import { watts } from '../../../../../domain/units.ts'
import { evse, openLab, orderContent, rawStation, TEN, type Lab, type RawStation } from '../../ocpp-lab.ts'

const ST1 = evse('ST1')
const discharge = orderContent(ST1, { setpoint: watts(-9_000) })
const PULL = { chargingProfileId: 12 }

/** Stands still until it is moved or set; what is due is never run. */
function standingClock(): Clock & { pass(ms: number): void; step(ms: number): void } {
  let now = TEN
  let elapsed = 0
  const listeners: Parameters<Clock['onStep']>[0][] = []
  return {
    now: () => now,
    elapsed: () => elapsed,
    at: () => () => {},
    after: () => () => {},
    onStep: (run) => (listeners.push(run), () => {}),
    pass(ms) {
      now += ms
      elapsed += ms
    },
    step(ms) {
      now += ms
      for (const run of listeners) run({ from: now - ms, to: now })
    },
  }
}

let lab: Lab
let station: RawStation
afterEach(async () => {
  station.socket.terminate()
  await lab.close()
})

async function connected(dialect: Dialect, clock: Clock = standingClock()): Promise<void> {
  lab = await openLab({ clock })
  station = await rawStation(lab, 'ST1', dialect)
}
/** Runs a session into life, so that the station is known to charge. */
async function plugged(dialect: Dialect): Promise<void> {
  if (dialect === 'ocpp1.6')
    await station.ask('StartTransaction', { connectorId: 1, idTag: 'CAFE01', meterStart: 0, timestamp: '2026-11-02T10:00:00Z' })
  else await station.ask('TransactionEvent', transactionEvent('Started'))
}
const transactionEvent = (eventType: string) => ({
  eventType,
  timestamp: '2026-11-02T10:00:00Z',
  triggerReason: 'CablePluggedIn',
  seqNo: 0,
  transactionInfo: { transactionId: 'T1' },
  evse: { id: 1 },
})
/** Takes what the server sends until the work is done and answers each with the status a rule gives; returns the payloads in order. */
async function answering<Value>(
  work: Promise<Value>,
  rule: (action: string, payload: Record<string, never>) => object,
): Promise<{ readonly result: Value; readonly sent: readonly (readonly [string, Record<string, never>])[] }> {
  const sent: (readonly [string, Record<string, never>])[] = []
  const answer = (data: Buffer) => {
    const [, id, action, payload] = JSON.parse(data.toString()) as readonly [number, string, string, Record<string, never>]
    sent.push([action, payload])
    station.send([3, id, rule(action, payload)])
  }
  station.socket.on('message', answer)
  const result = await work
  station.socket.off('message', answer)
  // What was answered here is not waited for again.
  for (let i = 0; i < sent.length; i++) await station.next()
  return { result, sent }
}
const taking = () => ({ status: 'Accepted' })

describe('a set-point', () => {
  it('is told on request while the core stands behind it, then no more (K28.FR.07, K28.FR.12)', async () => {
    const clock = standingClock()
    await connected('ocpp2.1', clock)
    await plugged('ocpp2.1')
    await answering(lab.server.order(discharge), taking)
    clock.pass(60_000)
    expect(await station.ask('PullDynamicScheduleUpdate', PULL)).toEqual([
      3,
      's2',
      { status: 'Accepted', scheduleUpdate: { setpoint: -9_000 } },
    ])
    clock.pass(40_000)
    expect((await station.ask('PullDynamicScheduleUpdate', PULL))[2]).toEqual({ status: 'Rejected' })
  })

  it('is told again after a renewal', async () => {
    const clock = standingClock()
    await connected('ocpp2.1', clock)
    await plugged('ocpp2.1')
    await answering(lab.server.order(discharge), taking)
    clock.pass(60_000)
    const { sent } = await answering(lab.server.renew(discharge), taking)
    expect(sent).toEqual([['UpdateDynamicSchedule', { chargingProfileId: 12, scheduleUpdate: { setpoint: -9_000 } }]])
    clock.pass(60_000)
    expect((await station.ask('PullDynamicScheduleUpdate', PULL))[2]).toMatchObject({ status: 'Accepted' })
  })

  it.each([3_600_000, -3_600_000])(
    'F36: is neither told on request nor renewed after a step of %d ms, but set anew',
    async (ms) => {
      const clock = standingClock()
      await connected('ocpp2.1', clock)
      await plugged('ocpp2.1')
      await answering(lab.server.order(discharge), taking)
      clock.step(ms)
      expect((await station.ask('PullDynamicScheduleUpdate', PULL))[2]).toEqual({ status: 'Rejected' })
      const { sent } = await answering(lab.server.renew(discharge), taking)
      expect(sent.map(([action, payload]) => [action, (payload as { chargingProfile?: object }).chargingProfile])).toEqual([
        ['SetChargingProfile', expect.objectContaining({ id: 12, chargingProfileKind: 'Dynamic' })],
      ])
      expect((await station.ask('PullDynamicScheduleUpdate', PULL))[2]).toMatchObject({ status: 'Accepted' })
      const renewed = await answering(lab.server.renew(discharge), taking)
      expect(renewed.sent.map(([action]) => action)).toEqual(['UpdateDynamicSchedule'])
    },
  )

  it('F36: counts as unknown when the clock steps while the station is asked', async () => {
    const clock = standingClock()
    await connected('ocpp2.1', clock)
    await plugged('ocpp2.1')
    await answering(lab.server.order(discharge), () => {
      clock.step(600_000)
      return taking()
    })
    expect((await station.ask('PullDynamicScheduleUpdate', PULL))[2]).toEqual({ status: 'Rejected' })
  })

  it('goes at once when the next order has none', async () => {
    await connected('ocpp2.1')
    await plugged('ocpp2.1')
    await answering(lab.server.order(discharge), taking)
    const { sent, result } = await answering(lab.server.order(orderContent(ST1)), () => ({ status: 'Unknown' }))
    expect(sent).toEqual([['ClearChargingProfile', { chargingProfileId: 12 }]])
    expect(result.ok).toBe(true)
    expect((await station.ask('PullDynamicScheduleUpdate', PULL))[2]).toEqual({ status: 'Rejected' })
  })

  it('is never sent where the charging schedule below it was not taken (Q11)', async () => {
    await connected('ocpp2.1')
    const { sent, result } = await answering(lab.server.order(discharge), () => ({ status: 'Rejected' }))
    expect(sent.map(([action]) => action)).toEqual(['SetChargingProfile'])
    expect(result).toEqual({ ok: false, refusal: { kind: 'rejected', detail: 'SetChargingProfile Rejected' } })
  })
})

describe.each(['ocpp1.6', 'ocpp2.0.1', 'ocpp2.1'] as const)('a course in %s', (dialect) => {
  const transaction = dialect === 'ocpp1.6' ? '41' : 'T1'
  const order = (first: number, values: readonly number[]) =>
    lab.server.order(orderContent(ST1, { transaction, course: { first: slotAt(first), values: values.map(watts) } }))

  it('is sent again when it changes or lasts longer, not when time passes', async () => {
    await connected(dialect)
    await plugged(dialect)
    const count = async (first: number, values: readonly number[]) => (await answering(order(first, values), taking)).sent.length
    expect(await count(TEN, [5_000, 5_000, 0])).toBe(1)
    expect(await count(TEN + 900_000, [5_000, 0])).toBe(0)
    expect(await count(TEN + 900_000, [5_000, 0, 0])).toBe(1)
    expect(await count(TEN + 900_000, [5_000, 4_000, 0])).toBe(1)
    // 15000 ends like 5000 but is another limit.
    expect(await count(TEN + 900_000, [15_000, 4_000, 0])).toBe(1)
  })

  it('becomes the default of the EVSE where a station takes no transaction profile, and goes with the session (K01.FR.120)', async () => {
    await connected(dialect)
    await plugged(dialect)
    const purpose = (payload: Record<string, unknown>) =>
      ((payload['chargingProfile'] ?? payload['csChargingProfiles']) as { chargingProfilePurpose: string } | undefined)
        ?.chargingProfilePurpose
    const { sent, result } = await answering(order(TEN, [5_000, 0]), (_, payload) => ({
      status: purpose(payload) === 'TxProfile' ? 'Rejected' : 'Accepted',
    }))
    expect(sent.map(([, payload]) => purpose(payload))).toEqual(['TxProfile', 'TxDefaultProfile'])
    expect(result.ok).toBe(true)

    if (dialect === 'ocpp1.6')
      station.send([2, 'end', 'StopTransaction', { transactionId: 41, meterStop: 0, timestamp: '2026-11-02T11:00:00Z' }])
    else station.send([2, 'end', 'TransactionEvent', transactionEvent('Ended')])
    const frames = [await station.next(), await station.next()]
    expect(frames.find(([type]) => type === 2)?.slice(2)).toEqual([
      'ClearChargingProfile',
      dialect === 'ocpp1.6' ? { id: 11 } : { chargingProfileId: 11 },
    ])
  })

  it('stays refused when no session is known that it could be meant for', async () => {
    await connected(dialect)
    const { sent, result } = await answering(order(TEN, [5_000, 0]), () => ({ status: 'Rejected' }))
    expect(sent).toHaveLength(1)
    expect(result.ok).toBe(false)
  })
})

describe('needs', () => {
  it('belong to the latest transaction of the EVSE, also when the end of an earlier one was lost (F6)', async () => {
    await connected('ocpp2.1')
    await plugged('ocpp2.1')
    await station.ask('TransactionEvent', { ...transactionEvent('Started'), transactionInfo: { transactionId: 'T2' } })
    await station.ask('NotifyEVChargingNeeds', { evseId: 1, chargingNeeds: { requestedEnergyTransfer: 'DC' } })
    expect(await lab.event('needs')).toMatchObject({ transaction: 'T2', needs: { bidirectional: false } })
  })
})

describe('the list of allowed energy transfers', () => {
  it('is left out while it cannot be told (Q01.FR.08)', async () => {
    lab = await openLab({ answer: () => ({ accepted: true }) })
    station = await rawStation(lab, 'ST1')
    const [, , answer] = await station.ask('Authorize', { idToken: { idToken: 'CAFE01', type: 'ISO14443' } })
    expect(answer).toEqual({ idTokenInfo: { status: 'Accepted' } })
  })
})
