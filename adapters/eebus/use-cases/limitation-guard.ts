// The Energy Guard of LPC and LPP on one connection: finds what it may limit, binds it, writes what its machines want written, and hears what becomes of it.
import { HEARTBEAT_TIMEOUT_MS, type Direction } from '../../../domain/limitation/limit.ts'
import type { Clock } from '../../../domain/ports/clock.ts'
import type { GuidedPart } from '../../../domain/ports/limitation.ts'
import type { ShipConnection } from '../ship/connection.ts'
import type { ShipUser } from '../ship/node.ts'
import { isSameFeature } from '../spine/address.ts'
import { spineLink } from '../spine/link.ts'
import { localDevice, type DeviceSpec, type LocalDevice } from '../spine/local-device.ts'
import { CLIENTS, tying } from './guided-device.ts'
import { guidedEnd } from './guided-end.ts'
import { ownBeats } from './own-beats.ts'
import { DIRECTIONS, HEARTBEAT, readable, USE_CASE_NAME, USE_CASE_VERSION } from './words.ts'

/** The directions in which a place is guided; at least one. */
export interface GuidedParts {
  readonly consume: GuidedPart | null
  readonly produce: GuidedPart | null
}
export interface GuardServes extends Pick<DeviceSpec, 'entities' | 'useCases'> {
  readonly onDevice: (device: LocalDevice) => void
}
export interface LimitationGuardOptions {
  /** `d:_n:` and something nobody else is called. */
  readonly address: string
  readonly parts: GuidedParts
  readonly connection: Pick<ShipConnection, 'peer' | 'send' | 'close'>
  /** Another one for every connection, also of the same device. */
  readonly connectionId: string
  readonly clock: Clock
  /** What its device has beside, such as a meter; told of each device once it is there. */
  readonly serves?: GuardServes | undefined
  /** A direction was found and bound, or is not there. */
  readonly onCommissioned?: (direction: Direction, isFound: boolean) => void
}

const DIAGNOSIS = { entity: [1], id: 4 } as const
/** Use cases follow the description of a device; without them features are looked for by their types. */
const USE_CASES_WITHIN_MS = 2_000

/** Runs for as long as the connection stands. */
export function limitationGuard({
  address,
  parts,
  connection,
  connectionId,
  clock,
  serves,
  onCommissioned,
}: LimitationGuardOptions): ShipUser {
  const spec = guardSpec(address, parts)
  const device = localDevice({
    ...spec,
    entities: [...spec.entities, ...(serves?.entities ?? [])],
    useCases: [...spec.useCases, ...(serves?.useCases ?? [])],
  })
  serves?.onDevice(device)
  const beats = ownBeats(clock, device, DIAGNOSIS)
  let isDescribed = false
  let isOver = false
  let cancelDescribed = () => {}

  const link = spineLink({
    device,
    from: connection.peer,
    clock,
    send: connection.send,
    close: () => connection.close(),
    onDiscovered: described,
    onTies: subscribed,
    onData(_, from, command) {
      for (const end of ends) end.told(from, command)
    },
  })
  const ties = tying(link)
  const ends = DIRECTIONS.flatMap((direction) => {
    const part = parts[direction]
    const told = (isFound: boolean) => onCommissioned?.(direction, isFound)
    const shared = { link, ties, beats, clock, connectionId, isHeard }
    return part === null ? [] : [guidedEnd({ direction, part, ...shared, onCommissioned: told })]
  })

  function described(): void {
    ties.forgetGone()
    cancelDescribed()
    if (isDescribed || link.remote().useCases.length > 0) return look()
    cancelDescribed = clock.after(USE_CASES_WITHIN_MS, `use cases of ${link.from}`, look)
  }
  function look(): void {
    isDescribed = true
    if (!isOver) for (const end of ends) end.look()
  }
  function isHeard(): boolean {
    return link.subscriptions().some(({ server }) => isSameFeature(server, { entity: DIAGNOSIS.entity, feature: DIAGNOSIS.id }))
  }
  function subscribed(): void {
    if (!isHeard()) return
    // Whoever comes late hears at once what he has missed; who comes in time hears it with the limit.
    if (ends.some((end) => end.isJoined())) beats.greet(HEARTBEAT_TIMEOUT_MS)
    for (const end of ends) end.heard()
  }
  return {
    receive: link.receive,
    ended() {
      isOver = true
      cancelDescribed()
      for (const end of ends) end.stop()
      link.ended()
    },
  }
}

function guardSpec(address: string, parts: GuidedParts): DeviceSpec {
  const entity = CLIENTS.LoadControl.entity
  return {
    address,
    type: 'ElectricitySupplySystem',
    entities: [
      {
        path: entity,
        type: 'GridGuard',
        features: [
          ...Object.entries(CLIENTS).map(([type, { id }]) => ({ id, type, role: 'client' as const, functions: [] })),
          { id: DIAGNOSIS.id, type: 'DeviceDiagnosis', role: 'server', functions: [readable(HEARTBEAT)] },
        ],
      },
    ],
    useCases: DIRECTIONS.filter((direction) => parts[direction] !== null).map((direction) => ({
      entity,
      actor: 'EnergyGuard',
      name: USE_CASE_NAME[direction],
      version: USE_CASE_VERSION,
      scenarios: [1, 2, 3, 4],
    })),
  }
}
