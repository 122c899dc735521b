// The way out to a broker that is away for a while: receipts have a place of their own, which no states push them out of.
import { connectAsync, type MqttClient } from 'mqtt'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { brokerLink, type BrokerLink } from '../../../adapters/wire/mqtt/broker-link.ts'
import { line, mosquitto, mosquittoMissing, type Line, type Mosquitto } from '../../scenarios/mosquitto.ts'

const missing = mosquittoMissing()
const USERS = { gegenstrom: 'one' }
const ACL = 'user gegenstrom\ntopic readwrite #\n'

if (missing !== null) describe('the way out to a broker', () => it.skip(missing, () => {}))
else
  describe('the way out to a broker', () => {
    let broker: Mosquitto
    let cable: Line
    let reader: MqttClient
    let link: BrokerLink
    const heard: string[] = []
    const logged: string[] = []

    beforeAll(async () => {
      broker = await mosquitto(USERS, ACL)
      cable = await line(broker.port)
      const username = 'gegenstrom'
      reader = await connectAsync(broker.url, { username, password: USERS.gegenstrom })
      reader.on('message', (topic) => heard.push(topic))
      await reader.subscribeAsync('out/#', { qos: 1 })
      link = brokerLink({
        url: cable.url,
        username,
        password: USERS.gegenstrom,
        clientId: 'link',
        filters: ['in/+'],
        onMessage: () => Promise.resolve(),
        onConnected() {},
        log: (_, text) => void logged.push(text),
      })
      await vi.waitFor(() => expect(link.isConnected()).toBe(true), { timeout: 20_000, interval: 20 })
    })
    afterAll(async () => {
      await link.stop()
      await reader.endAsync(true)
      await cable.close()
      await broker.stop()
    })
    const away = async () => {
      heard.length = 0
      cable.cut()
      await vi.waitFor(() => expect(link.isConnected()).toBe(false), { timeout: 10_000, interval: 20 })
    }

    it('states that have no room are not taken, the newest of each goes, and receipts go before them', async () => {
      await away()
      link.send({ topic: 'out/receipt', payload: 'x' })
      const taken = Array.from({ length: 1_500 }, (_, i) => link.sendRetained({ topic: `out/state/${i}`, payload: 'x' }))
      expect(taken.filter(Boolean)).toHaveLength(1_000)
      expect(link.sendRetained({ topic: 'out/state/7', payload: 'y' })).toBe(true)
      cable.mend()
      await vi.waitFor(() => expect(heard).toHaveLength(1_001), { timeout: 20_000, interval: 20 })
      expect(heard[0]).toBe('out/receipt')
      expect([link.dropped(), link.isLosing()]).toEqual([0, false])
    })

    it('receipts that have no room are given up, the oldest first, and that is told', async () => {
      await away()
      for (let i = 0; i < 1_003; i++) link.send({ topic: `out/receipt/${i}`, payload: 'x' })
      expect([link.dropped(), link.isLosing()]).toEqual([3, true])
      expect(logged.filter((text) => text.startsWith('too many messages'))).toHaveLength(1)
      cable.mend()
      // A state of before may come twice (QoS 1).
      const receipts = () => heard.filter((topic) => topic.startsWith('out/receipt/'))
      await vi.waitFor(() => expect(receipts()).toHaveLength(1_000), { timeout: 20_000, interval: 20 })
      expect(receipts()[0]).toBe('out/receipt/3')
      expect(link.isLosing()).toBe(false)
      expect(logged).toContainEqual(expect.stringMatching(/were given up/))
    })
  })
