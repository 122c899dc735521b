// The world of a dimmed night: stations and backend with every door open, and all who speak through them, on one manual clock.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { twinFleet } from '../../adapters/twin/twin-fleet.ts'
import { inFlight, type InFlight } from '../../adapters/wire/in-flight.ts'
import type { Stores } from '../../domain/ports/stores.ts'
import type { SiteId } from '../../domain/registry/identity.ts'
import { shipIdentity } from '../files/ship-identity.ts'
import { manualClock, type ManualClock } from '../run/clock.ts'
import { controlBox, type ControlBox } from './dimming-box.ts'
import { clsManagement, type ClsManagement } from './dimming-channel.ts'
import { CHANNEL, dimmedFleet, LOCATION, type DimmedFleet } from './dimming-fleet.ts'
import { hems, type Hems } from './dimming-hems.ts'
import { ownCertificate, playedIdentity } from './dimming-keys.ts'
import { marketPartner, type MarketPartner } from './dimming-partner.ts'
import { dimmingPlayers, type DimmingPlayers } from './dimming-players.ts'
import { playground, type Playground } from './playground.ts'

export interface DimmingOptions {
  readonly seed: string
  readonly stations: number
  /** An afternoon, epoch ms: the night is ten hours later. */
  readonly from: number
  readonly stores: Stores
  readonly progress?: (share: number) => void
  readonly log: (level: 'info' | 'warn' | 'error', text: string, facts?: object) => void
}
export interface DimmingWorld {
  readonly clock: ManualClock
  readonly work: InFlight
  readonly sites: DimmedFleet['sites']
  readonly running: Playground['running']
  readonly rest: DimmingPlayers
  readonly channel: ClsManagement
  readonly partner: MarketPartner
  readonly box: ControlBox<'cars' | 'house'>
  readonly hems: Hems
  /** What cars take by their own truth, W: of a site, or of all. */
  carsW(site?: SiteId): number
  stop(): Promise<void>
}

const HOST = '127.0.0.1'
/** Market partner id of the grid operator. */
const OPERATOR = '9900357000004'
const CHANNEL_IDLE_MS = 15 * 60_000
const RELEASE_MS = 60_000

/** Opens it; nobody has said anything. Rejects, with nothing left behind, where something cannot be opened. */
export async function dimmingWorld(options: DimmingOptions): Promise<DimmingWorld> {
  const { seed, from } = options
  const clock = manualClock(from)
  const work = inFlight()
  const home = await mkdtemp(join(tmpdir(), 'gegenstrom-eebus-'))
  const [box, manager] = [playedIdentity(seed, 'control box'), playedIdentity(seed, 'energy manager')]
  const { fleet, sites } = dimmedFleet(twinFleet(options), { box: box.ski, hems: manager.ski })
  const siteOf = new Map(fleet.registry.evses.map(({ id, site }) => [String(id), site]))
  const [ours, theirs] = [ownCertificate('P-256'), ownCertificate('P-256')]
  const [participant, management] = [ownCertificate('brainpoolP256r1'), ownCertificate('brainpoolP256r1')]
  const partner = await marketPartner({ seed, location: LOCATION, own: theirs, ca: ours.cert, clock })
  const world = await playground({
    ...options,
    fleet,
    strategy: 'bidirectional',
    clock,
    speed: 1,
    port: 0,
    inFlight: work,
    releaseMs: RELEASE_MS,
    doors: {
      controlApi: {
        host: HOST,
        port: 0,
        tls: { cert: ours.cert, key: ours.key, ca: theirs.cert },
        partners: [{ id: OPERATOR, name: 'grid operator', fingerprints: [theirs.fingerprint], url: partner.url }],
      },
      cls: {
        host: HOST,
        port: 0,
        tls: { cert: participant.cert, key: participant.key, ca: management.cert },
        channels: [{ id: CHANNEL, site: sites.channel.id, fingerprints: [management.fingerprint] }],
        maxIdleMs: CHANNEL_IDLE_MS,
      },
      eebus: { home, host: HOST, port: 0, isAnnounced: false, inFlight: work },
    },
  }).catch(async (error: Error) => {
    await partner.close()
    await rm(home, { recursive: true, force: true })
    throw error
  })
  const portOf = (door: 'control-api' | 'cls' | 'eebus') => world.running.doors.address(door)!.port
  const carsW = (site?: SiteId) =>
    world.twin.cars().reduce((sum, { evse, power }) => sum + (site === undefined || siteOf.get(evse) === site ? power : 0), 0)
  partner.connect(portOf('control-api'))
  const house = hems({ seed, identity: manager, box: box.ski, clock, work, carsW: () => carsW(sites.house.id) })
  const backend = { ski: shipIdentity(home, from).ski, port: portOf('eebus') }
  const channel = clsManagement({ port: portOf('cls'), channel: CHANNEL, own: management, ca: participant.cert, clock, work })
  const housePort = await house.listen()
  await house.guide(backend)
  const guide = controlBox({
    identity: box,
    systems: { cars: backend, house: { ski: manager.ski, port: housePort } },
    clock,
    work,
  })
  return {
    clock,
    work,
    sites,
    running: world.running,
    rest: dimmingPlayers(world.running.address.port, sites, clock, work),
    channel,
    partner,
    box: guide,
    hems: house,
    carsW,
    async stop() {
      channel.close()
      await guide.silence()
      await house.stop()
      await world.stop()
      await partner.close()
      await rm(home, { recursive: true, force: true })
    },
  }
}
