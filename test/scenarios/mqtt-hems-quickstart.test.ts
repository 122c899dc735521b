// The quickstart for makers of energy managers, as it is printed, with nothing but the clients of Mosquitto.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { twinFleet } from '../../adapters/twin/twin-fleet.ts'
import { mosquitto, mosquittoMissing } from './mosquitto.ts'
import { contracts, limitedSite } from './limited-site.ts'

const PAGE = readFileSync(resolve(import.meta.dirname, '../../docs/hems-mqtt.md'), 'utf8')
const QUICKSTART = PAGE.slice(PAGE.indexOf('## Quickstart'), PAGE.indexOf('## What we lead'))
const ACCESS = PAGE.slice(PAGE.indexOf('user gegenstrom'), PAGE.indexOf('```', PAGE.indexOf('user gegenstrom')))
const SCRIPT = [...QUICKSTART.matchAll(/^```\n(.*?)^```$/gms)].map(([, block]) => block!).join('')
const missing = mosquittoMissing() ?? (spawnSync('mosquitto_pub', ['--help']).error === undefined ? null : 'no mosquitto-clients')

describe('the quickstart of docs/hems-mqtt.md (row 6)', () => {
  it.skipIf(missing !== null)('runs as printed, in at most 60 lines, with the access list that is printed', async () => {
    expect(QUICKSTART.split('\n').length).toBeLessThanOrEqual(60)
    const from = Date.now()
    const password = 'secret'
    const site = siteName(from)
    const access = ACCESS.replaceAll('ta/v1/TENANT/SITE', site)
    const broker = await mosquitto({ gegenstrom: password, 'house-1': password }, access)
    const mqttHems = {
      broker: { url: broker.url, username: 'gegenstrom', password },
      clientId: 'gegenstrom-quickstart',
      prefix: 'ta/v1',
    }
    const world = await limitedSite(from, contracts({ guard: 'hems', by: 'mqtt' }), 1, { mqttHems })
    try {
      // What is told before our first subscription no broker keeps for us.
      const ready = async () => (await world.ask('GET', '/readyz')).body['degraded']
      await vi.waitFor(async () => expect(await ready()).not.toContain('mqtt-hems'), { timeout: 20_000, interval: 50 })
      const follow = async () => {
        const behindMs = Date.now() - world.clock.now()
        await (behindMs > 0 ? world.pass(behindMs) : setTimeout(5))
      }
      await follow()
      const BROKER = `-h 127.0.0.1 -p ${broker.port} -u house-1 -P ${password}`
      const shell = spawn('bash', ['-e', '-c', SCRIPT], { env: { ...process.env, BROKER, SITE: site } })
      let said = ''
      shell.stdout.on('data', (part: Buffer) => (said += part.toString()))
      shell.stderr.on('data', (part: Buffer) => (said += part.toString()))
      const closed = once(shell, 'close')
      // The clock of the world follows that of the wall, by which the page stamps.
      while (shell.exitCode === null) await follow()
      await closed
      expect(said).toMatch(/telemetry\/meter\/durable \{"run":"[^"]+","seq":1\}/)
      expect(said).toMatch(/limit\/consumption \{"id":"lpc:[^"]+","active":true,"valueW":4200/)
      expect(said).toMatch(/rpc\/standing\/reply\/q-1 \{"correlationId":"q-1","result":\{"online":true/)
      expect(said).not.toMatch(/error|denied/i)
    } finally {
      await world.stop()
      await broker.stop()
    }
  })
})

/** Tenant and site as the world will name them. */
function siteName(from: number): string {
  const { registry } = twinFleet({ seed: '1', stations: 1, from })
  return `ta/v1/${registry.tenants[0]!.id}/${registry.sites[0]!.id}`
}
