// Doors as the environment describes them: off without a word, and a sentence for everything that is wrong before anything is opened.
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readConfig, servingProblems, type Config } from '../../src/config.ts'
import { gridDoors } from '../../src/commands/grid-doors.ts'
import { testAuthority } from '../scenarios/authority.ts'

const NOW = Date.parse('2026-01-15T18:00:00Z')
const LAB = { GEGENSTROM_SECRET: '0'.repeat(32), OCPP_ALLOW_INSECURE: 'lab' }

function config(more: Record<string, string>): Config {
  const read = readConfig({ ...LAB, ...more })
  if (!read.ok) throw new Error(read.refusal.join())
  return read.value
}

describe('doors of grid operators', () => {
  it('are off without a word about them', () => {
    expect(servingProblems(config({}))).toEqual([])
    expect(gridDoors(config({}), NOW)).toEqual({})
  })

  it('need what they are opened with, each named', () => {
    const problems = servingProblems(config({ CONTROL_API_PORT: '8444', CLS_PORT: '8445', MQTT_SIGNALS_SENDERS: 'north' })).join(
      '\n',
    )
    for (const name of [
      'CONTROL_API_PARTNERS_FILE',
      'CONTROL_API_CERT_FILE',
      'CONTROL_API_KEY_FILE',
      'CLS_CHANNELS_FILE',
      'CLS_CA_FILE',
      'MQTT_URL',
    ])
      expect(problems).toContain(`${name} is missing`)
  })

  it('an MQTT broker is spoken to in clear on this machine only', () => {
    expect(servingProblems(config({ MQTT_URL: 'mqtt://broker.example' })).join()).toContain('mqtts://')
    expect(servingProblems(config({ MQTT_URL: 'mqtts://broker.example' }))).toEqual([])
    for (const wrong of ['http://broker', 'mqtt://user:word@broker'])
      expect(readConfig({ ...LAB, MQTT_URL: wrong }).ok).toBe(false)
    const { mqttSignals } = gridDoors(config({ MQTT_URL: 'mqtt://127.0.0.1', MQTT_SIGNALS_SENDERS: 'north, south@two' }), NOW)
    expect([...mqttSignals!.senders.values()].map(({ name, role, tenant }) => [name, role, tenant])).toEqual([
      ['north', 'grid', null],
      ['south', 'grid', 'two'],
    ])
  })

  it('energy managers have a door of their own at the same broker, and a session of their own there', () => {
    expect(servingProblems(config({ MQTT_HEMS_TOPIC: 'ta/v1' })).join()).toContain('MQTT_URL is missing')
    expect(readConfig({ ...LAB, MQTT_HEMS_TOPIC: 'ta/+' }).ok).toBe(false)
    const both = { MQTT_URL: 'mqtt://127.0.0.1', MQTT_SIGNALS_SENDERS: 'north', MQTT_HEMS_TOPIC: 'ta/v1' }
    const { mqttHems, mqttSignals } = gridDoors(config(both), NOW)
    expect(mqttHems).toMatchObject({ prefix: 'ta/v1', broker: { url: 'mqtt://127.0.0.1' } })
    expect(mqttHems!.clientId).not.toBe(mqttSignals!.clientId)
  })
})

const authority = testAuthority('brainpoolP256r1')
describe('files of doors', () => {
  if (authority === null) return it.skip('no openssl command', () => {})
  afterAll(() => authority.remove())
  const own = authority.issue('own')
  const other = authority.issue('other', { curve: 'prime256v1' })
  const file = (name: string, content: object) => {
    const path = join(dirname(own.certFile), name)
    writeFileSync(path, JSON.stringify(content))
    return path
  }
  const cls = (channels: object, more = own) => ({
    CLS_PORT: '8445',
    CLS_CHANNELS_FILE: file('channels.json', { channels }),
    CLS_CERT_FILE: more.certFile,
    CLS_KEY_FILE: more.keyFile,
    CLS_CA_FILE: authority.caFile,
  })
  const control = (partners: object) => ({
    CONTROL_API_PORT: '8444',
    CONTROL_API_PARTNERS_FILE: file('partners.json', { partners }),
    CONTROL_API_CERT_FILE: own.certFile,
    CONTROL_API_KEY_FILE: own.keyFile,
  })
  const partner = { id: '9900357000004', name: 'Netz', fingerprints: [own.fingerprint], url: 'https://localhost:9443' }
  const channel = { id: 'cls-1', site: 'home', fingerprints: [own.fingerprint] }

  it('are read whole', () => {
    const doors = gridDoors(config({ ...control([partner]), ...cls([channel]) }), NOW)
    expect(doors.controlApi).toMatchObject({ port: 8444, partners: [partner] })
    expect(doors.cls).toMatchObject({ port: 8445, channels: [channel], maxIdleMs: 900_000 })
  })

  it('say what is wrong with them', () => {
    const fault = (more: Record<string, string>) => {
      try {
        return String(gridDoors(config(more), NOW))
      } catch (error) {
        return (error as Error).message
      }
    }
    expect(fault(control([{ ...partner, url: 'http://localhost' }]))).toMatch(
      /CONTROL_API_PARTNERS_FILE.*partners\.0\.url.*https/,
    )
    expect(fault(control([partner, partner]))).toMatch(/stands there twice/)
    expect(fault(control([{ ...partner, fingerprints: ['12:34'] }]))).toMatch(/SHA-256/)
    expect(fault(cls([{ ...channel, id: 'a b' }]))).toMatch(/CLS_CHANNELS_FILE.*channels\.0\.id/)
    expect(fault(cls([channel], other))).toBe('CLS_CERT_FILE: the certificate is on prime256v1, not on brainpoolP256r1')
    expect(fault({ ...cls([channel]), CLS_KEY_FILE: other.keyFile })).toMatch(/^CLS_KEY_FILE: .* is not the key/)
  })
})
