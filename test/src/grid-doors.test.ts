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

  it('IEC 104 is spoken in clear in a lab, on this machine and never in production', () => {
    const plain = { IEC104_PORT: '2404', IEC104_PLAIN: 'lab', IEC104_FILE: 'iec104.json' }
    expect(servingProblems(config(plain))).toEqual([])
    expect(servingProblems(config({ ...plain, IEC104_HOST: '0.0.0.0' })).join()).toContain('IEC104_HOST=127.0.0.1')
    expect(servingProblems(config({ ...plain, NODE_ENV: 'production' })).join()).toContain(
      'IEC104_PLAIN=lab is not for production',
    )
    const secure = servingProblems(config({ IEC104_PORT: '19998' })).join()
    for (const name of ['IEC104_FILE', 'IEC104_CERT_FILE', 'IEC104_KEY_FILE', 'IEC104_CA_FILE'])
      expect(secure).toContain(`${name} is missing`)
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

  const iec104 = (fingerprints: readonly string[]) => ({
    IEC104_PORT: '19998',
    IEC104_FILE: file('iec104.json', { pools: [{ pool: 'A', station: 1, maxMW: 2 }], centres: [{ id: 'tso', fingerprints }] }),
    IEC104_CERT_FILE: other.certFile,
    IEC104_KEY_FILE: other.keyFile,
    IEC104_CA_FILE: authority.caFile,
  })

  it('are read whole', () => {
    const all = { ...control([partner]), ...cls([channel]), ...iec104([other.fingerprint]) }
    const doors = gridDoors(config(all), NOW)
    expect(doors.iec104).toMatchObject({
      port: 19_998,
      pools: [{ pool: 'A', station: 1, powerMax: 2e6, failSafe: { silenceMs: 60_000, holdMs: 60_000, rampMs: 300_000 } }],
      centres: [{ id: 'tso', fingerprints: [other.fingerprint] }],
    })
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
    expect(fault(iec104([]))).toBe('IEC104_FILE: centre tso has no fingerprint of a certificate')
    expect(fault(control([partner, partner]))).toMatch(/stands there twice/)
    expect(fault(control([{ ...partner, fingerprints: ['12:34'] }]))).toMatch(/SHA-256/)
    expect(fault(cls([{ ...channel, id: 'a b' }]))).toMatch(/CLS_CHANNELS_FILE.*channels\.0\.id/)
    expect(fault(cls([channel], other))).toBe('CLS_CERT_FILE: the certificate is on prime256v1, not on brainpoolP256r1')
    expect(fault({ ...cls([channel]), CLS_KEY_FILE: other.keyFile })).toMatch(/^CLS_KEY_FILE: .* is not the key/)
  })
})
