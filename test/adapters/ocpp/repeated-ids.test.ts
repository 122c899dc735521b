// A message id that comes again: a repetition gets the answer of the first, a rebooted station that counts from one again does not.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StationReply } from '../../../domain/ports/charge-points.ts'
import { openLab, rawStation, type Lab } from './ocpp-lab.ts'

const V2_BOOT = { reason: 'PowerUp', chargingStation: { vendorName: 'Acme', model: 'Two' } }
const event = (seqNo: number) => ({
  eventType: 'Updated',
  timestamp: '2026-11-02T10:00:00Z',
  triggerReason: 'MeterValuePeriodic',
  seqNo,
  transactionInfo: { transactionId: 'T1' },
  evse: { id: 1 },
  meterValue: [{ timestamp: '2026-11-02T10:00:00Z', sampledValue: [{ value: 7_400, measurand: 'Power.Active.Import' }] }],
})

let lab: Lab
let broken: boolean
beforeEach(async () => {
  broken = false
  lab = await openLab({
    answer(): StationReply {
      if (broken) throw new Error('the journal is full')
      return { accepted: true }
    },
  })
})
afterEach(() => lab.close())
const kinds = () => lab.events.map(({ kind }) => kind)

describe('a repeated message id', () => {
  it('with the same message has no second effect, on a new connection neither (F4)', async () => {
    const first = await rawStation(lab, 'ST1')
    first.send([2, '7', 'TransactionEvent', event(1)])
    const answer = await first.next()
    first.send([2, '7', 'TransactionEvent', event(1)])
    expect(await first.next()).toEqual(answer)
    const second = await rawStation(lab, 'ST1')
    second.send([2, '7', 'TransactionEvent', event(1)])
    expect(await second.next()).toEqual(answer)
    expect(kinds().filter((kind) => kind === 'readings')).toHaveLength(1)
    second.socket.terminate()
  })

  it('with another message is another message', async () => {
    const station = await rawStation(lab, 'ST1')
    station.send([2, '1', 'BootNotification', V2_BOOT])
    await station.next()
    station.send([2, '1', 'TransactionEvent', event(1)])
    expect(await station.next()).toEqual([3, '1', {}])
    station.send([2, '1', 'TransactionEvent', event(2)])
    await station.next()
    expect(kinds()).toEqual(['connected', 'booted', 'session-updated', 'readings', 'readings'])
    station.socket.terminate()
  })

  it('of a station that counts from one again after a reboot is heard: it would get an old time otherwise (F4)', async () => {
    const first = await rawStation(lab, 'ST1')
    first.send([2, '1', 'BootNotification', V2_BOOT])
    await first.next()
    first.socket.terminate()
    const second = await rawStation(lab, 'ST1')
    second.send([2, '1', 'BootNotification', V2_BOOT])
    await second.next()
    expect(kinds().filter((kind) => kind === 'booted')).toHaveLength(2)
    second.socket.terminate()
  })

  it('after a failure on our side is tried again (F4)', async () => {
    const station = await rawStation(lab, 'ST1')
    await lab.event('connected')
    broken = true
    station.send([2, '7', 'TransactionEvent', event(1)])
    expect((await station.next()).slice(0, 3)).toEqual([4, '7', 'InternalError'])
    broken = false
    station.send([2, '7', 'TransactionEvent', event(1)])
    expect(await station.next()).toEqual([3, '7', {}])
    station.socket.terminate()
  })
})
