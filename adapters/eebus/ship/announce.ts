// Tells the local network by mDNS where our node listens and which key it has, so that people find it when they pair. It trusts nobody by that.
import type { EventEmitter } from 'node:events'
import { Bonjour } from 'bonjour-service'
import type { Ski } from './certificate.ts'

export interface Announced {
  readonly ski: Ski
  /** The SHIP id. */
  readonly id: string
  readonly port: number
  /** Where multicast goes; left out: every network of the machine, by the port and address of mDNS. */
  readonly network?: { readonly interface: string; readonly bind: string; readonly port: number }
}

/** A network that does not take it is left. */
const FAREWELL_MS = 1_000

/** Until the function it returns is called, which takes it back. `onFailure`: the network does not let us; nothing else depends on it. */
export function announce({ ski, id, port, network }: Announced, onFailure: (reason: string) => void): () => Promise<void> {
  const responder = new Bonjour(network ?? {}, (error: Error) => onFailure(error.message))
  // Its own error is told by its socket alone, and would end the process.
  const { mdns } = (responder as unknown as { readonly server: { readonly mdns: EventEmitter } }).server
  mdns.on('error', (error: Error) => onFailure(error.message))
  responder.publish({
    // Nobody else has our key, so nobody has to be asked whether the name is free.
    probe: false,
    name: `Gegenstrom ${ski.slice(0, 12)}`,
    type: 'ship',
    protocol: 'tcp',
    port,
    txt: txtOf(ski, id),
  })
  return () =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, FAREWELL_MS)
      responder.unpublishAll(() =>
        responder.destroy(() => {
          clearTimeout(timer)
          resolve()
        }),
      )
    })
}

/** What SHIP wants said of a node. `register` is never true: a person pairs, and nobody is accepted by himself [SHIP installation guide]. */
function txtOf(ski: Ski, id: string): Readonly<Record<string, string>> {
  return {
    txtvers: '1',
    path: '/ship/',
    id,
    ski,
    brand: 'Gegenstrom',
    model: 'Gegenstrom',
    type: 'EnergyManagementSystem',
    register: 'false',
    // An energy management system, in the numbers of the installation process.
    cat: '2',
  }
}
