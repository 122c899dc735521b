// The phases of SHIP on a clock that stands still until it is told to pass.
import { describe, expect, it } from 'vitest'
import type { PlainObject } from '../../../../adapters/eebus/eebus-json.ts'
import { readFrame, writeDataFrame } from '../../../../adapters/eebus/ship/frame.ts'
import { beginShip, shipDeadline, stepShip } from '../../../../adapters/eebus/ship/handshake.ts'
import type { ShipInput, ShipSettings, Trust } from '../../../../adapters/eebus/ship/phase.ts'

const INIT = '\u0000\u0000'
const READY = '\u0001{"connectionHello":[{"phase":"ready"},{"waiting":60000}]}'
const ABORTED = '\u0001{"connectionHello":[{"phase":"aborted"}]}'
const SPEC = '{"version":[{"major":1},{"minor":0}]},{"formats":[{"format":["JSON-UTF8"]}]}'
const OFFER = `\u0001{"messageProtocolHandshake":[{"handshakeType":"announceMax"},${SPEC}]}`
const CHOICE = `\u0001{"messageProtocolHandshake":[{"handshakeType":"select"},${SPEC}]}`
const PIN_NONE = '\u0001{"connectionPinState":[{"pinState":"none"}]}'
const ASK_ACCESS = '\u0001{"accessMethodsRequest":[]}'
const ACCESS = '\u0001{"accessMethods":[{"id":"Other-1"}]}'
const OWN_ACCESS = '\u0001{"accessMethods":[{"id":"Gegenstrom-1"}]}'
const error = (number: number) => `\u0001{"messageProtocolHandshakeError":[{"error":${number}}]}`
const pending = (rest: string) => `\u0001{"connectionHello":[{"phase":"pending"}${rest}]}`
const PROLONG = ',{"prolongationRequest":true}'

/** A machine on a clock of its own; each call gives what was done since: frames as text, other outputs by kind. */
function machine(role: ShipSettings['role'], { trust = 'trusted' as Trust, asks = true } = {}) {
  const settings: ShipSettings = { role, id: 'Gegenstrom-1', asksAccessMethods: asks, helloWaitMs: 60_000 }
  let now = 0
  let step = beginShip(settings, trust, now)
  let seen = [...step.out]
  function feed(input: ShipInput): string[] {
    step = stepShip(step.state, input, now)
    seen.push(...step.out)
    return taken()
  }
  function taken(): string[] {
    const out = seen.map((output) => {
      if (output.kind === 'send') return Buffer.from(output.frame).toString()
      return output.kind === 'end' ? `end: ${output.reason}` : output.kind
    })
    seen = []
    return out
  }
  function hear(...frames: string[]): string[] {
    return frames.flatMap((text) => {
      const frame = readFrame(Buffer.from(text))
      return feed(frame.ok ? { kind: 'frame', frame: frame.value } : { kind: 'fault', fault: frame.refusal })
    })
  }
  return {
    taken,
    feed,
    hear,
    phase: () => step.state.phase.kind,
    /** Everything that becomes due on the way. */
    pass(ms: number): string[] {
      const end = now + ms
      for (let due = shipDeadline(step.state); due !== null && due <= end; due = shipDeadline(step.state)) {
        now = Math.max(now, due)
        step = stepShip(step.state, { kind: 'time' }, now)
        seen.push(...step.out)
      }
      now = end
      return taken()
    },
  }
}
/** A machine in the phase it is named for, as a trusted peer leads it there. */
function led(role: ShipSettings['role'], to: 'hello' | 'protocol' | 'pin' | 'data', options = {}) {
  const ship = machine(role, options)
  const way = role === 'server' ? [INIT, READY, [OFFER, CHOICE], PIN_NONE] : [INIT, READY, CHOICE, PIN_NONE]
  const length = ['hello', 'protocol', 'pin', 'data'].indexOf(to) + 1
  ship.hear(...way.slice(0, length).flat())
  ship.taken()
  return ship
}

describe('whole connections', () => {
  it('TC_SHIP_ROLE_001, TC_SHIP_PIN_001, TC_SHIP_AM_001: a server says each word in its turn', () => {
    const ship = machine('server')
    expect(ship.taken()).toEqual([])
    expect(ship.hear(INIT)).toEqual([INIT, READY])
    expect(ship.hear(READY)).toEqual([])
    expect(ship.hear(OFFER)).toEqual([CHOICE])
    expect(ship.hear(CHOICE)).toEqual([PIN_NONE])
    expect(ship.hear(PIN_NONE)).toEqual([ASK_ACCESS])
    expect(ship.hear(ASK_ACCESS)).toEqual([OWN_ACCESS])
    expect(ship.hear(ACCESS)).toEqual(['open'])
  })

  it('TC_SHIP_ROLE_002, TC_SHIP_PROT_002, TC_SHIP_PIN_001: a client, with a slow answer to its first word', () => {
    const ship = machine('client')
    expect(ship.taken()).toEqual([INIT])
    expect(ship.pass(7_000)).toEqual([])
    expect(ship.hear(INIT)).toEqual([READY])
    expect(ship.hear(READY)).toEqual([OFFER])
    expect(ship.hear(CHOICE)).toEqual([CHOICE, PIN_NONE])
    expect(ship.hear(PIN_NONE)).toEqual([ASK_ACCESS])
    expect(ship.hear(ACCESS)).toEqual(['open'])
  })
})

describe('connection mode', () => {
  const serverSays = (frame: string) => machine('server').hear(frame)
  it('TC_SHIP_CMI_001: another type: a server says its own, then ends', () => {
    expect(serverSays('\u0001{}')).toEqual([INIT, 'end: another connection mode'])
  })
  it('TC_SHIP_CMI_005: a head above zero: a server says its own, then ends', () => {
    expect(serverSays('\u0000\u0001')).toEqual([INIT, 'end: another connection mode'])
  })
  function clientSays(frame: string): readonly string[] {
    const ship = machine('client')
    ship.taken()
    return ship.hear(frame)
  }
  it('TC_SHIP_CMI_002: another type: a client ends at once', () => {
    expect(clientSays(READY)).toEqual(['end: another connection mode'])
  })
  it('TC_SHIP_CMI_006: a head above zero: a client ends at once', () => {
    expect(clientSays('\u0000\u0001')).toEqual(['end: another connection mode'])
  })
  it('TC_SHIP_CMI_003, TC_SHIP_CMI_004: silence: a server and a client are there after 7 s and gone after 32 s', () => {
    for (const role of ['server', 'client'] as const) {
      const ship = machine(role)
      ship.taken()
      expect(ship.pass(7_000)).toEqual([])
      expect(ship.pass(25_000)).toEqual(['end: no connection mode initialisation in time'])
    }
  })
})

describe('hello', () => {
  it('TC_SHIP_HELLO_001: a server that is ready goes on once the peer is', () => {
    const ship = led('server', 'hello')
    expect(ship.hear(READY)).toEqual([])
    expect(ship.phase()).toBe('protocol')
  })
  it('TC_SHIP_HELLO_002: gives a pending peer more time as often as it asks, and goes on when it is ready', () => {
    const ship = led('server', 'hello')
    for (let asked = 0; asked < 5; asked += 1) {
      expect(ship.pass(45_000)).toEqual([])
      const [answer] = ship.hear(pending(PROLONG))
      expect(answer).toContain(`{"phase":"ready"},{"waiting":${60_000 + (asked + 1) * 15_000}}`)
    }
    expect(ship.hear(READY)).toEqual([])
    expect(ship.phase()).toBe('protocol')
  })
  it('gives no more time without end', () => {
    const ship = led('server', 'hello')
    const answers = Array.from({ length: 61 }, () => ship.hear(pending(PROLONG)))
    expect(answers.at(-2)).toHaveLength(1)
    expect(answers.at(-1)).toEqual([ABORTED, 'end: the other asks for more time without end'])
  })
  it('TC_SHIP_HELLO_003: a silent peer: says how long it waits, then aborts and ends', () => {
    const ship = machine('server')
    expect(ship.hear(INIT)).toContain(READY)
    expect(ship.pass(59_999)).toEqual([])
    expect(ship.pass(1)).toEqual([ABORTED, 'end: the other was not ready in time'])
  })
  it('TC_SHIP_HELLO_004: a pending peer without a wish changes nothing', () => {
    const ship = led('server', 'hello')
    expect(ship.pass(30_000)).toEqual([])
    expect(ship.hear(pending(''))).toEqual([])
    expect(ship.hear(READY)).toEqual([])
    expect(ship.phase()).toBe('protocol')
  })
  it('an abort of the peer ends it', () => {
    expect(led('client', 'hello').hear(ABORTED)).toEqual(['end: the other does not trust us'])
  })
  it('an abort names the side that has not said yes', () => {
    const stranger = machine('server', { trust: 'undecided' })
    stranger.hear(INIT, READY)
    expect(stranger.hear(ABORTED).at(-1)).toBe('end: the other has left before it was trusted here')
    const ship = led('client', 'hello')
    ship.hear(pending(',{"waiting":60000}'))
    expect(ship.hear(ABORTED)).toEqual(['end: nobody at the other end has said that it trusts us'])
  })

  it('undecided: asks for more time before the patience of the other ends, and goes on when a person says yes', () => {
    const ship = machine('server', { trust: 'undecided' })
    expect(ship.hear(INIT)).toEqual([INIT, pending(',{"waiting":60000}')])
    ship.hear(READY)
    expect(ship.pass(29_999)).toEqual([])
    expect(ship.pass(1)).toEqual([pending(PROLONG)])
    expect(ship.hear('\u0001{"connectionHello":[{"phase":"ready"},{"waiting":90000}]}')).toEqual([])
    expect(ship.pass(60_000)).toEqual([pending(PROLONG)])
    expect(ship.feed({ kind: 'trust', trust: 'trusted' })).toEqual([READY])
    // The answer to the last wish was under way.
    expect(ship.hear('\u0001{"connectionHello":[{"phase":"ready"},{"waiting":120000}]}')).toEqual([])
    expect(ship.hear(OFFER)).toEqual([CHOICE])
  })
  it('undecided: gives up when the other answers no more', () => {
    const ship = machine('server', { trust: 'undecided' })
    ship.hear(INIT, READY)
    ship.taken()
    expect(ship.pass(60_000)).toEqual([pending(PROLONG), ABORTED, 'end: the other gave no more time to trust it'])
  })
  it.each(['1e999', '-5', '"soon"', '0'])('undecided: a patience of %s does no harm', (waiting) => {
    const ship = machine('server', { trust: 'undecided' })
    ship.hear(INIT)
    const heard = ship.hear(`\u0001{"connectionHello":[{"phase":"ready"},{"waiting":${waiting}}]}`)
    expect([...heard, ...ship.pass(2 * 86_400_000)].at(-1)).toMatch(/^end/)
  })
  it('refused: hears it at once; a no while waiting aborts', () => {
    expect(machine('server', { trust: 'refused' }).hear(INIT)).toEqual([INIT, ABORTED, 'end: not trusted'])
    const ship = machine('server', { trust: 'undecided' })
    ship.hear(INIT)
    expect(ship.feed({ kind: 'trust', trust: 'refused' })).toEqual([ABORTED, 'end: not trusted'])
  })
})

describe('protocol handshake', () => {
  it('TC_SHIP_PROT_001: a newer client gets our version and the one spelling', () => {
    const ship = led('server', 'protocol')
    const newer = OFFER.replace('"minor":0', '"minor":1').replace('["JSON-UTF8"]', '["JSON-UTF16","JSON-UTF8"]')
    expect(ship.hear(newer)).toEqual([CHOICE])
    expect(ship.hear(CHOICE)).toEqual([PIN_NONE])
  })
  it('TC_SHIP_PROT_003, TC_SHIP_PROT_004: silence towards a server and a client: error 1, and it ends within 12 s', () => {
    for (const role of ['server', 'client'] as const)
      expect(led(role, 'protocol').pass(12_000)).toEqual([error(1), 'end: protocol handshake: timeout'])
  })
  it('TC_SHIP_PROT_005, TC_SHIP_PROT_006: hello again towards a server and a client: error 2, and it ends', () => {
    for (const role of ['server', 'client'] as const)
      expect(led(role, 'protocol').hear(READY)).toEqual([error(2), 'end: protocol handshake: unexpected'])
  })
  it.each([
    ['server', OFFER.replace('JSON-UTF8', 'JSON-UTF16')],
    ['server', OFFER.replace('"major":1', '"major":0')],
    ['client', CHOICE.replace('"minor":0', '"minor":1')],
    ['client', CHOICE.replace('["JSON-UTF8"]', '["JSON-UTF8","JSON-UTF16"]')],
  ] as const)('a %s that cannot agree: error 3', (role, message) => {
    expect(led(role, 'protocol').hear(message)).toEqual([error(3), 'end: protocol handshake: mismatch'])
  })
  it('a PIN is neither known nor asked for', () => {
    expect(led('client', 'pin').hear(PIN_NONE.replace('none', 'required'))).toEqual(['end: the other wants a PIN'])
    expect(led('client', 'pin').pass(10_000)).toEqual(['end: no word on a PIN in time'])
  })
})

describe('data', () => {
  const READ: PlainObject = { datagram: { header: { msgCounter: 1 } } }
  const read = Buffer.from(writeDataFrame(READ)).toString()

  it('TC_SHIP_AMDATA_001, TC_SHIP_AMDATA_002, TC_SHIP_AMDATA_003: reads and access methods hold each other back in no order', () => {
    const ship = led('server', 'data')
    expect(ship.hear(read)).toEqual(['open', 'payload'])
    expect(ship.hear(ASK_ACCESS)).toEqual([OWN_ACCESS])
    expect(ship.hear(read)).toEqual(['payload'])
    expect(ship.hear(ASK_ACCESS)).toEqual([OWN_ACCESS])
    expect(ship.hear(ACCESS)).toEqual([])
  })
  it('TC_SHIP_AMDATA_002: is open soon although access methods are never told', () => {
    expect(led('client', 'data').pass(2_000)).toEqual(['open'])
  })
  it('TC_SHIP_AMDATA_004: set up not to ask for access methods, it does not for 120 s, and is open at once', () => {
    const ship = led('client', 'pin', { asks: false })
    expect(ship.hear(PIN_NONE)).toEqual(['open'])
    expect(ship.pass(120_000)).toEqual([])
  })
  function passedOver(frame: string): void {
    const ship = led('server', 'data')
    expect(ship.hear(frame)).toEqual([])
    expect(ship.hear(ASK_ACCESS)).toEqual([OWN_ACCESS])
    expect(ship.hear(...Array.from({ length: 31 }, () => frame)).join()).toContain('connectionClose')
    expect(ship.phase()).toBe('closing')
  }
  it('TC_SHIP_MSG_001: a type byte alone is passed over, thirty-two end it', () => {
    passedOver('\u0002')
  })
  it('TC_SHIP_MSG_002: a type nobody knows is passed over, thirty-two end it', () => {
    passedOver('\u0009{}')
  })
  it.each([
    '\u0002{"data":',
    '\u0002{"data":[{"header":[{"protocolId":"ee1.0"}]}]}',
    '\u0002{"data":[{"header":[]},{"payload":{"datagram":[]}}]}',
  ])('%s: is told that it ends', (frame) => {
    const ship = led('server', 'data')
    expect(ship.hear(frame).join()).toContain('connectionClose')
    expect(ship.pass(2_000).join()).toMatch(/^end/)
  })
})

describe('the end', () => {
  it('TC_SHIP_TERM_001: trust taken back: says why and how long it waits, and is gone by then unconfirmed', () => {
    const ship = led('server', 'data')
    expect(ship.feed({ kind: 'trust', trust: 'refused' })).toEqual([
      '\u0003{"connectionClose":[{"phase":"announce"},{"maxTime":500},{"reason":"removedConnection"}]}',
    ])
    expect(ship.pass(500)).toEqual(['end: not trusted'])
  })
  it('ends as soon as the other agrees', () => {
    const ship = led('client', 'data')
    ship.feed({ kind: 'close', reason: 'unspecific' })
    expect(ship.hear('\u0003{"connectionClose":[{"phase":"confirm"}]}')).toEqual(['end: unspecific'])
  })
  it('confirms an end that the other announces', () => {
    const ship = led('client', 'data')
    expect(ship.hear('\u0003{"connectionClose":[{"phase":"announce"},{"maxTime":500}]}')).toEqual([
      '\u0003{"connectionClose":[{"phase":"confirm"}]}',
      'end: the other has ended the connection',
    ])
  })
})
