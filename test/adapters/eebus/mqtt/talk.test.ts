// What is read from topics and in talks over MQTT: names that would be levels, sessions of others, payloads that are none, a broker that takes nothing.
import { describe, expect, it } from 'vitest'
import { readPresence } from '../../../../adapters/eebus/mqtt/presence.ts'
import { talk } from '../../../../adapters/eebus/mqtt/talk.ts'
import { eebusTopics } from '../../../../adapters/eebus/mqtt/topics.ts'

const [GUARD, SYSTEM] = ['0123456789abcdef', 'fedcba9876543210']
const OF = { guard: GUARD, system: SYSTEM }
const topics = eebusTopics('ta/v1')

describe('topics', () => {
  it('are read as they are written, also of names with slashes and wildcards', () => {
    const place = { tenant: 'stadt/werk', site: 'home #1 +' }
    expect(topics.data('guard', place, OF)).toBe(`ta/v1/stadt%2Fwerk/home%20%231%20%2B/eebus/guard/data/${GUARD}.${SYSTEM}`)
    expect(topics.read(topics.data('guard', place, OF))).toEqual({ kind: 'data', from: 'guard', place, talk: OF })
    expect(topics.read(topics.systemPresence(place))).toEqual({ kind: 'system-presence', place })
    expect(topics.read(topics.guardPresence)).toEqual({ kind: 'guard-presence' })
  })
  it.each([
    'ta/v1/a/b/eebus/system',
    'ta/v1/a/b/eebus/system/presence/more',
    'ta/v1/a/b/eebus/guard/presence',
    'ta/v1/a/b/telemetry/system/presence',
    'ta/v1/%/b/eebus/system/presence',
    `ta/v1/a/b/eebus/nobody/data/${GUARD}.${SYSTEM}`,
    `ta/v1/a/b/eebus/system/data/${GUARD}`,
    `ta/v1/a/b/eebus/system/data/${GUARD}.${SYSTEM}.${SYSTEM}`,
    'ta/v1/a/b/eebus/system/data/GUARD.SYSTEM',
    'other/v1/a/b/eebus/system/presence',
  ])('%s is none of them', (topic) => {
    expect(topics.read(topic)).toBeNull()
  })
  it.each(['', 'null', '{}', '{"session":7}', '{"session":"short"}', '[', 'x'.repeat(2_000)])('%s is no presence', (text) => {
    expect(readPresence(Buffer.from(text))).toBeUndefined()
  })
})

describe('a talk', () => {
  function begin(takes = true) {
    const [sent, heard, ends]: [string[], unknown[], string[]] = [[], [], []]
    let connection: { send(payload: object): boolean; close(): void } | null = null
    const running = talk({
      line: {
        publish(_, payload, done) {
          sent.push(payload)
          if (takes) done?.()
          return true
        },
      },
      topic: 'topic',
      peer: 'peer',
      userOf(own) {
        connection = own
        return { receive: (payload) => void heard.push(payload), ended: (reason) => void ends.push(reason) }
      },
      onEnd: (reason) => void ends.push(reason),
    })
    return { running, connection: connection!, sent, heard, ends }
  }
  it('carries datagrams in EEBUS JSON, both ways', () => {
    const of = begin()
    expect(of.connection.send({ datagram: { header: { msgCounter: 1 } } })).toBe(true)
    expect(of.sent).toEqual(['{"datagram":[{"header":[{"msgCounter":1}]}]}'])
    of.running.hear(Buffer.from(of.sent[0]!))
    expect(of.heard).toEqual([{ datagram: { header: { msgCounter: 1 } } }])
  })
  it('S11: ends at a payload that is none, and the other end hears of it', () => {
    const of = begin()
    of.running.hear(Buffer.from('{"datagram":'))
    expect(of.sent).toEqual([''])
    expect(of.ends).toHaveLength(2)
    of.running.hear(Buffer.from('{"datagram":[]}'))
    expect([of.heard, of.connection.send({ datagram: {} })]).toEqual([[], false])
  })
  it('ends with an empty message of the other end, which is not answered', () => {
    const of = begin()
    of.running.hear(Buffer.alloc(0))
    expect([of.ends[0], of.sent]).toEqual(['the other has ended the talk', []])
  })
  it('ends where the broker takes nothing any more: no more than 64 are under way', () => {
    const of = begin(false)
    for (let n = 0; n < 64; n++) expect(of.connection.send({ datagram: { n } })).toBe(true)
    expect(of.connection.send({ datagram: {} })).toBe(false)
    expect(of.ends[0]).toBe('the broker takes nothing any more')
  })
})
