// Windows, times and sequence numbers of a connection on a manual clock, frame by frame (interface 25: t1, t2, t3, k and w kept).
import { describe, expect, it } from 'vitest'
import { informationFrame, readFrame, supervisoryFrame } from '../../../adapters/iec104/codec/apci.ts'
import { linkLayer, type LinkRole } from '../../../adapters/iec104/link/link-layer.ts'
import { LINK_SETTINGS, settingProblems, type LinkSettings } from '../../../adapters/iec104/link/link-settings.ts'

const STARTDT_ACT = '680407000000'
const STARTDT_CON = '68040b000000'
const STOPDT_ACT = '680413000000'
const STOPDT_CON = '680423000000'
const TESTFR_ACT = '680443000000'
const TESTFR_CON = '680483000000'
const ASDU = Buffer.from('64010600010000000014', 'hex')
const hex = (text: string) => Buffer.from(text, 'hex')

function lab(role: LinkRole = 'controlled', settings: Partial<LinkSettings> = {}) {
  const sent: string[] = []
  const told: string[] = []
  let delivered = 0
  let now = 0
  const link = linkLayer(
    role,
    { ...LINK_SETTINGS, ...settings },
    {
      send: (bytes) => sent.push(bytes.toString('hex')),
      deliver: () => delivered++,
      acknowledged: (count) => told.push(`acknowledged ${count}`),
      phase: (phase) => told.push(phase),
      close: (reason) => told.push(`close: ${reason}`),
    },
    0,
  )
  return {
    link,
    hear: (frame: string | Buffer) => link.received(typeof frame === 'string' ? hex(frame) : frame, now),
    offer: () => link.offer(ASDU, now),
    information: (number: number, received = 0) => link.received(informationFrame(number, received, ASDU), now),
    acknowledge: (received: number) => link.received(supervisoryFrame(received), now),
    start: () => link.start(now),
    stop: () => link.stop(now),
    passTo(at: number) {
      while (link.dueAt() <= at) {
        now = link.dueAt()
        link.tick(now)
      }
      now = at
    },
    delivered: () => delivered,
    sent: () => sent.splice(0),
    told: () => told.splice(0),
  }
}
function started(role: LinkRole = 'controlled', settings: Partial<LinkSettings> = {}) {
  const made = lab(role, settings)
  if (role === 'controlling') made.start()
  made.hear(role === 'controlled' ? STARTDT_ACT : STARTDT_CON)
  made.sent()
  made.told()
  return made
}

describe('starting and stopping', () => {
  it('confirms the start, and sends nothing numbered before it', () => {
    const { link, hear, offer, sent, told } = lab()
    expect(offer()).toBe(false)
    hear(STARTDT_ACT)
    expect([sent(), told(), link.isOpen()]).toEqual([[STARTDT_CON], ['started'], true])
    expect(offer()).toBe(true)
    expect(sent()).toEqual(['680e0000000064010600010000000014'])
  })

  it('closes on a numbered frame before the start', () => {
    const { information, told, delivered } = lab()
    information(0)
    expect([told(), delivered()]).toEqual([['closed', 'close: out-of-turn'], 0])
  })

  it('confirms the stop only when everything sent is acknowledged, and owes nothing itself', () => {
    const { hear, offer, information, acknowledge, sent, told } = started()
    offer()
    offer()
    information(0)
    sent()
    hear(STOPDT_ACT)
    expect([sent(), told()]).toEqual([['680401000200'], ['stopping']])
    expect(offer()).toBe(false)
    acknowledge(1)
    expect(sent()).toEqual([])
    acknowledge(2)
    expect([sent(), told()]).toEqual([[STOPDT_CON], ['acknowledged 1', 'acknowledged 1', 'stopped']])
  })

  it('starts and stops from the side of the centre; what was on its way is heard', () => {
    const { start, stop, hear, information, delivered, sent, told } = lab('controlling')
    start()
    hear(STARTDT_CON)
    expect([sent(), told()]).toEqual([[STARTDT_ACT], ['starting', 'started']])
    stop()
    information(0)
    hear(STOPDT_CON)
    expect([sent(), told(), delivered()]).toEqual([[STOPDT_ACT, '680401000200'], ['stopping', 'stopped'], 1])
  })

  it.each([
    ['a start confirmation nobody has asked for', 'controlled', STARTDT_CON],
    ['a stop confirmation nobody has asked for', 'controlled', STOPDT_CON],
    ['a centre that is to be started', 'controlling', STARTDT_ACT],
    ['a centre that is to be stopped', 'controlling', STOPDT_ACT],
  ] as const)('closes on %s', (_, role, frame) => {
    const { hear, told } = lab(role)
    hear(frame)
    expect(told()).toEqual(['closed', 'close: out-of-turn'])
  })

  it('stands by when another connection has taken over; late acknowledgements count still', () => {
    const { link, offer, acknowledge, told } = started()
    offer()
    link.standBy()
    acknowledge(1)
    expect([told(), link.outstanding()]).toEqual([['stopped', 'acknowledged 1'], 0])
  })
})

describe('windows', () => {
  it('k: twelve without an acknowledgement and no more', () => {
    const { link, offer, acknowledge } = started()
    expect(Array.from({ length: 13 }, offer).filter(Boolean)).toHaveLength(12)
    expect(link.isOpen()).toBe(false)
    acknowledge(5)
    expect(Array.from({ length: 13 }, offer).filter(Boolean)).toHaveLength(5)
  })

  it('w: acknowledges the eighth at once', () => {
    const { information, sent } = started()
    for (let number = 0; number < 8; number++) information(number)
    expect(sent()).toEqual(['680401001000'])
  })

  it('what is sent acknowledges what was received', () => {
    const { information, offer, sent, passTo } = started()
    information(0)
    offer()
    expect(sent()).toEqual(['680e0000020064010600010000000014'])
    passTo(14_999)
    expect(sent()).toEqual([])
  })

  it('numbers go on at 0 after 32767, both ways', () => {
    const { offer, information, acknowledge, told, link, sent } = started()
    let refusals = 0
    for (let number = 0; number < 32_768 + 20; number++) {
      if (!offer()) refusals++
      information(number % 32_768, (number + 1) % 32_768)
    }
    expect(told().filter((text) => text.startsWith('close'))).toEqual([])
    expect([refusals, link.outstanding()]).toEqual([0, 0])
    sent()
    for (let i = 0; i < 12; i++) offer()
    acknowledge(32)
    expect(link.outstanding()).toBe(0)
  })

  it('the oldest is timed across the wrap of the numbers', () => {
    const { offer, acknowledge, passTo, told } = started()
    for (let number = 0; number < 32_762; number++) {
      offer()
      acknowledge(number + 1)
    }
    for (let second = 0; second < 12; second++) {
      passTo(second * 1_000)
      offer()
    }
    acknowledge(2)
    told()
    // Eight are acknowledged; the ninth was sent at 8 s.
    passTo(22_999)
    expect(told()).toEqual([])
    passTo(23_000)
    expect(told()).toEqual(['closed', 'close: no-acknowledgement'])
  })
})

describe('times', () => {
  it('t1: closes 15 s after what nobody acknowledges', () => {
    const { offer, hear, passTo, told } = started()
    offer()
    passTo(14_999)
    // A test is answered still, but it acknowledges nothing.
    hear(TESTFR_ACT)
    expect(told()).toEqual([])
    passTo(15_000)
    expect(told()).toEqual(['closed', 'close: no-acknowledgement'])
  })

  it('t2: acknowledges 10 s after the first that is not', () => {
    const { information, passTo, sent } = started()
    information(0)
    passTo(4_000)
    information(1)
    passTo(9_999)
    expect(sent()).toEqual([])
    passTo(10_000)
    expect(sent()).toEqual(['680401000400'])
  })

  it('t3: tests after 20 s of silence, and closes when that is not answered within t1', () => {
    const { hear, passTo, sent, told } = lab()
    passTo(19_999)
    expect(sent()).toEqual([])
    passTo(20_000)
    expect(sent()).toEqual([TESTFR_ACT])
    passTo(34_000)
    hear(TESTFR_CON)
    passTo(54_000)
    expect(sent()).toEqual([TESTFR_ACT])
    passTo(69_000)
    expect(told()).toEqual(['closed', 'close: no-acknowledgement'])
  })

  it('answers tests, also before the start', () => {
    const { hear, sent } = lab()
    hear(TESTFR_ACT)
    expect(sent()).toEqual([TESTFR_CON])
  })

  it('t1 counts for a start that is not confirmed', () => {
    const { start, passTo, told } = lab('controlling')
    start()
    passTo(15_000)
    expect(told()).toEqual(['starting', 'closed', 'close: no-acknowledgement'])
  })
})

describe('what cannot be', () => {
  it.each([
    ['a frame is left out', (link: ReturnType<typeof lab>) => link.information(1), 'send-number'],
    ['a frame comes twice', (link: ReturnType<typeof lab>) => (link.information(0), link.information(0)), 'send-number'],
    ['what was never sent is acknowledged', (link: ReturnType<typeof lab>) => link.acknowledge(1), 'receive-number'],
    [
      'an acknowledgement is taken back',
      (link: ReturnType<typeof lab>) => (link.offer(), link.offer(), link.acknowledge(2), link.acknowledge(1)),
      'receive-number',
    ],
    ['a numbered frame acknowledges too much', (link: ReturnType<typeof lab>) => link.information(0, 3), 'receive-number'],
    ['a start byte is wrong', (link: ReturnType<typeof lab>) => link.hear('690443000000'), 'start-byte'],
  ])('%s: closed, and nothing afterwards counts', (_, happens, reason) => {
    const made = started()
    happens(made)
    expect(made.told().filter((text) => text.startsWith('close:'))).toEqual([`close: ${reason}`])
    const before = made.delivered()
    made.sent()
    made.information(0)
    made.hear(TESTFR_ACT)
    expect([made.delivered(), made.sent(), made.offer(), made.link.dueAt()]).toEqual([before, [], false, Infinity])
  })

  it('a frame that acknowledges too much is not delivered', () => {
    const { information, delivered } = started()
    information(0, 3)
    expect(delivered()).toBe(0)
  })
})

describe('settings', () => {
  it('of the standard are sound, others are named', () => {
    expect(settingProblems(LINK_SETTINGS)).toEqual([])
    expect(settingProblems({ ...LINK_SETTINGS, acknowledgeAfterMs: 15_000, acknowledgeEvery: 9 })).toEqual([
      't2 is 15000 ms, it has to be less than t1, which is 15000 ms',
      'w is 9, it has to be 1 to two thirds of k, which is 12',
    ])
  })

  it('k = 1 works like a ping-pong', () => {
    const { offer, acknowledge } = started('controlled', { unacknowledgedMax: 1, acknowledgeEvery: 1 })
    expect([offer(), offer()]).toEqual([true, false])
    acknowledge(1)
    expect(offer()).toBe(true)
  })

  it('every frame that is sent can be read', () => {
    const { offer, sent } = started()
    offer()
    for (const frame of sent()) expect(readFrame(hex(frame)).ok).toBe(true)
  })
})
