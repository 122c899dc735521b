// The doors of grid operators as the environment describes them, read and checked before anything is opened.
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { curveOf, CURVE } from '../../adapters/cls/tunnel.ts'
import type { TlsIdentity } from '../../adapters/control-api/call.ts'
import type { BrokerOptions } from '../../adapters/wire/mqtt/broker.ts'
import type { Asker } from '../../domain/registry/asker.ts'
import { id, type TenantId } from '../../domain/registry/identity.ts'
import type { DoorsOptions } from '../compose/doors.ts'
import type { Config } from '../config.ts'
import { readClsChannels } from '../files/cls-channels-file.ts'
import { readControlPartners } from '../files/control-partners-file.ts'
import { readIec104File } from '../files/iec104-file.ts'
import { readTlsFiles } from '../files/tls-files.ts'

/** Everything a configuration that `servingProblems` has nothing against asks for. Throws an error that names the variable. `now` in epoch ms. */
export function gridDoors(config: Config, now: number): DoorsOptions {
  const mqttSignals = mqttSignalsOf(config)
  const mqttEebus = mqttEebusOf(config)
  const mqttHems = mqttHemsOf(config)
  const controlApi = controlApiOf(config, now)
  const cls = clsOf(config, now)
  const iec104 = iec104Of(config, now)
  return {
    ...(cls === null ? {} : { cls }),
    ...(iec104 === null ? {} : { iec104 }),
    ...(controlApi === null ? {} : { controlApi }),
    ...(mqttSignals === null ? {} : { mqttSignals }),
    ...(mqttEebus === null ? {} : { mqttEebus }),
    ...(mqttHems === null ? {} : { mqttHems }),
    ...(config.EEBUS_PORT === undefined ? {} : { eebus: eebusOf(config, config.EEBUS_PORT) }),
  }
}

function eebusOf(config: Config, port: number): NonNullable<DoorsOptions['eebus']> {
  const { GEGENSTROM_HOME: home, EEBUS_HOST: host = config.HTTP_HOST, EEBUS_ANNOUNCE: announce } = config
  return { home: resolve(home), host, port, isAnnounced: announce === 'yes' }
}

function controlApiOf(config: Config, now: number): DoorsOptions['controlApi'] | null {
  const { CONTROL_API_PORT: port, HTTP_HOST: host } = config
  if (port === undefined) return null
  const partners = named('CONTROL_API_PARTNERS_FILE', () => readControlPartners(config.CONTROL_API_PARTNERS_FILE!))
  return { host, port, tls: tlsOf(config, 'CONTROL_API', now), partners }
}

function clsOf(config: Config, now: number): DoorsOptions['cls'] | null {
  const { CLS_PORT: port, HTTP_HOST: host, CLS_MAX_IDLE_SECONDS: idle } = config
  if (port === undefined) return null
  const { ca, ...own } = tlsOf(config, 'CLS', now)
  const curve = curveOf(new X509Certificate(own.cert))
  if (curve !== CURVE) throw new Error(`CLS_CERT_FILE: the certificate is on ${curve ?? 'no curve'}, not on ${CURVE}`)
  const channels = named('CLS_CHANNELS_FILE', () => readClsChannels(config.CLS_CHANNELS_FILE!))
  return { host, port, tls: { ...own, ca: ca as Buffer }, channels, maxIdleMs: idle * 1_000 }
}

function iec104Of(config: Config, now: number): DoorsOptions['iec104'] | null {
  const { IEC104_PORT: port, IEC104_HOST: host = config.HTTP_HOST, IEC104_PLAIN: plain, IEC104_CRL_FILE: crlFile } = config
  if (port === undefined) return null
  const file = named('IEC104_FILE', () => readIec104File(config.IEC104_FILE!))
  if (plain === 'lab') return { ...file, host, port, tls: null }
  const unknown = file.centres.find(({ fingerprints }) => fingerprints.length === 0)
  if (unknown !== undefined) throw new Error(`IEC104_FILE: centre ${unknown.id} has no fingerprint of a certificate`)
  const { ca, ...own } = tlsOf(config, 'IEC104', now)
  const crl = crlFile === undefined ? {} : { crl: named('IEC104_CRL_FILE', () => readFileSync(crlFile)) }
  return { ...file, host, port, tls: { ...own, ca: ca as Buffer, ...crl } }
}

function mqttSignalsOf(config: Config): DoorsOptions['mqttSignals'] | null {
  const { MQTT_SIGNALS_SENDERS: names } = config
  const broker = brokerOf(config)
  if (broker === null || names === undefined) return null
  const senders = names.map((one): readonly [string, Asker] => {
    const [name, tenant] = one.split('@') as [string, string?]
    return [name, { name, role: 'grid', tenant: tenant === undefined ? null : id<TenantId>(tenant), vehicles: [] }]
  })
  return {
    broker,
    clientId: `gegenstrom-${config.GEGENSTROM_NODE}-signals`,
    prefix: config.MQTT_SIGNALS_TOPIC,
    senders: new Map(senders),
  }
}

function mqttHemsOf(config: Config): DoorsOptions['mqttHems'] | null {
  const broker = brokerOf(config)
  const { MQTT_HEMS_TOPIC: prefix } = config
  if (broker === null || prefix === undefined) return null
  return { broker, clientId: `gegenstrom-${config.GEGENSTROM_NODE}-hems`, prefix }
}

function mqttEebusOf(config: Config): DoorsOptions['mqttEebus'] | null {
  const { MQTT_EEBUS_SITES: sites, MQTT_EEBUS_TOPIC: prefix, GEGENSTROM_NODE: node } = config
  const broker = brokerOf(config)
  if (broker === null || sites === undefined) return null
  return { broker, clientId: `gegenstrom-${node}-eebus`, prefix, sites: sites.includes('all') ? null : sites, node }
}

/** The broker of the configuration; null without one. Throws an error that names the variable whose file cannot be read. */
export function brokerOf(config: Config): BrokerOptions | null {
  const { MQTT_URL: url, MQTT_USERNAME: username, MQTT_PASSWORD: password } = config
  if (url === undefined) return null
  const file = (name: 'MQTT_CA_FILE' | 'MQTT_CERT_FILE' | 'MQTT_KEY_FILE', as: 'ca' | 'cert' | 'key') => {
    const path = config[name]
    return path === undefined ? {} : { [as]: named(name, () => readFileSync(path)) }
  }
  return {
    url,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...file('MQTT_CA_FILE', 'ca'),
    ...file('MQTT_CERT_FILE', 'cert'),
    ...file('MQTT_KEY_FILE', 'key'),
  }
}

function tlsOf(config: Config, of: 'CONTROL_API' | 'CLS' | 'IEC104', now: number): TlsIdentity {
  const names = [`${of}_CERT_FILE`, `${of}_KEY_FILE`] as const
  const files = readTlsFiles(config[names[0]]!, config[names[1]]!, now, [...names])
  if (!files.ok) throw new Error(files.refusal)
  const authorities = config[`${of}_CA_FILE`]
  const { cert, key } = files.value
  return authorities === undefined ? { cert, key } : { cert, key, ca: named(`${of}_CA_FILE`, () => readFileSync(authorities)) }
}

function named<Value>(name: string, read: () => Value): Value {
  try {
    return read()
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}`, { cause: error })
  }
}
