// Our node on the network, found by somebody who looks for SHIP nodes there.
import { createSocket } from 'node:dgram'
import { Bonjour, type Service } from 'bonjour-service'
import { expect, it, onTestFinished } from 'vitest'
import { announce } from '../../../../adapters/eebus/ship/announce.ts'

const SKI = '0123456789abcdef0123456789abcdef01234567'

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  const { port } = socket.address()
  await new Promise<void>((resolve) => void socket.close(resolve))
  return port
}

it('TC_SHIP_MDNS_001: it is found with its key, its path and its port, and asks nobody to register', async () => {
  const network = { interface: '127.0.0.1', bind: '0.0.0.0', port: await freeUdpPort() }
  const failures: string[] = []
  const stop = announce({ ski: SKI, id: 'd:_n:Gegenstrom_1', port: 4_712, network }, (reason) => void failures.push(reason))
  onTestFinished(stop)
  const looking = new Bonjour(network)
  onTestFinished(() => new Promise<void>((resolve) => looking.destroy(() => resolve())))
  const found = await new Promise<Service>((resolve) => {
    const browser = looking.find({ type: 'ship', protocol: 'tcp' }, resolve)
    const again = setInterval(() => browser.update(), 200)
    onTestFinished(() => clearInterval(again))
  })
  expect(found.port).toBe(4_712)
  expect(found.fqdn).toMatch(/\._ship\._tcp\.local$/)
  expect(found.txt).toEqual({
    txtvers: '1',
    path: '/ship/',
    id: 'd:_n:Gegenstrom_1',
    ski: SKI,
    brand: 'Gegenstrom',
    model: 'Gegenstrom',
    type: 'EnergyManagementSystem',
    register: 'false',
    cat: '2',
  })
  for (const [name, value] of Object.entries(found.txt as Record<string, string>))
    expect(Buffer.byteLength(`${name}=${value}`)).toBeLessThan(256)
  expect(failures).toEqual([])
})
