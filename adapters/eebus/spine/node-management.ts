// Node management tells what our device is made of, and keeps who has subscribed and who may write.
import { ok, refused, type Result } from '../../../domain/result.ts'
import { child, type Plain, type PlainObject } from '../eebus-json.ts'
import { isSameFeature, NODE_MANAGEMENT, readAddress, writeAddress, type FeatureAddress } from './address.ts'
import { SPINE_VERSION } from './datagram.ts'
import type { DeviceSpec, EntitySpec, FunctionSpec, LocalDevice, UseCaseSpec } from './local-device.ts'
import type { RemoteDevice } from './remote-device.ts'

/** A subscription or a binding of the other end at one of our features. */
export interface Tie {
  readonly id: number
  /** Theirs. */
  readonly client: FeatureAddress
  /** Ours. */
  readonly server: FeatureAddress
}
export type TieKind = 'subscription' | 'binding'

const TIES_MAX = 128

/** What our device is made of. No list is empty. */
export function discoveryData(device: LocalDevice): PlainObject {
  const { address } = device.spec
  return {
    specificationVersionList: { specificationVersion: [SPINE_VERSION] },
    deviceInformation: { description: { ...deviceDescription(device.spec) } },
    entityInformation: device.entities().map(({ path, type }) => ({
      description: { entityAddress: { device: address, entity: path }, entityType: type },
    })),
    featureInformation: featureInformation(address, device.entities()),
  }
}

/** What has come or gone, for those who know the rest already. */
export function entityChange(
  { spec: { address } }: LocalDevice,
  changed: readonly EntitySpec[],
  isPresent: boolean,
): PlainObject {
  return {
    deviceInformation: { description: { deviceAddress: { device: address } } },
    entityInformation: changed.map(({ path, type }) => ({
      description: {
        entityAddress: { device: address, entity: path },
        entityType: type,
        lastStateChange: isPresent ? 'added' : 'removed',
      },
    })),
    featureInformation: isPresent ? featureInformation(address, changed) : undefined,
  }
}

/** Which use cases we take part in, by entity and actor. */
export function useCaseData({ spec, isPresent }: Pick<LocalDevice, 'spec' | 'isPresent'>): PlainObject {
  const { address } = spec
  const useCases = spec.useCases.filter(({ entity }) => isPresent(entity))
  const groups = new Map<string, UseCaseSpec[]>()
  for (const useCase of useCases) {
    const key = `${useCase.entity.join('.')} ${useCase.actor}`
    groups.set(key, [...(groups.get(key) ?? []), useCase])
  }
  return {
    useCaseInformation: [...groups.values()].map((group) => ({
      address: { device: address, entity: group[0]!.entity },
      actor: group[0]!.actor,
      useCaseSupport: group.map(({ name, version, scenarios }) => ({
        useCaseName: name,
        useCaseVersion: version,
        useCaseAvailable: true,
        scenarioSupport: scenarios,
        useCaseDocumentSubRevision: 'release',
      })),
    })),
  }
}

/** Whom one reaches through us: ourselves. */
export function destinationList(spec: DeviceSpec): PlainObject {
  return { nodeManagementDestinationData: [{ deviceDescription: deviceDescription(spec) }] }
}

/** The table of subscriptions or bindings as the other end reads it. */
export function tieData(kind: TieKind, ties: readonly Tie[]): PlainObject {
  return {
    [`${kind}Entry`]: ties.map(({ id, client, server }) => ({
      [`${kind}Id`]: id,
      clientAddress: writeAddress(client),
      serverAddress: writeAddress(server),
    })),
  }
}

interface TieContext {
  readonly device: LocalDevice
  readonly remote: RemoteDevice
  readonly ties: readonly Tie[]
  /** Never given before on this connection. */
  readonly id: number
}
/** The table after a request of the other end; the reason where it asks for what cannot be. Asked for twice, it stands once. */
export function requestTie(
  kind: TieKind,
  data: PlainObject,
  { device, remote, ties, id }: TieContext,
): Result<readonly Tie[], string> {
  const request = data[`${kind}Request`]
  const found = ends(request, device, remote)
  if (!found.ok) return found
  const { client, server } = found.value
  const feature = device.find(server.entity, server.feature)
  if (feature === null || feature.role === 'client') return refused('no such server feature')
  const type = child(request, 'serverFeatureType')
  if (type !== undefined && type !== feature.type) return refused('the server feature is of another type')
  if (kind === 'binding' && feature.role === 'special') return refused('node management is bound by nobody')
  // Any type of client will do [SPINE-TS-RT-01]; one that the device does not have will not.
  const known = remote.features.find(({ address }) => isSameFeature(address, client))
  if (remote.features.length > 0 && known === undefined) return refused('no such client feature')
  if (known?.role === 'server') return refused('the client feature is a server')
  if (ties.some((tie) => isSameFeature(tie.client, client) && isSameFeature(tie.server, server))) return ok(ties)
  return ties.length >= TIES_MAX ? refused('too many of them') : ok([...ties, { id, client, server }])
}

/** The table after a deletion; nothing happens where there is nothing left to delete. */
export function deleteTie(
  kind: TieKind,
  data: PlainObject,
  { device, remote, ties }: TieContext,
): Result<readonly Tie[], string> {
  const request = data[`${kind}Delete`]
  const id = child(request, `${kind}Id`)
  if (typeof id === 'number') return ok(ties.filter((tie) => tie.id !== id))
  const found = ends(request, device, remote)
  if (!found.ok) return found
  const { client, server } = found.value
  return ok(ties.filter((tie) => !(isSameFeature(tie.client, client) && isSameFeature(tie.server, server))))
}

/** Without those of features that the other end, or we ourselves, no longer have. */
export function stillThere(ties: readonly Tie[], remote: RemoteDevice, device: LocalDevice): readonly Tie[] {
  return ties.filter(
    ({ client, server }) =>
      remote.features.some(({ address }) => isSameFeature(address, client)) &&
      device.find(server.entity, server.feature) !== null,
  )
}

/** A request of ours to the other end's node management. */
export function tieRequest(
  kind: TieKind,
  client: FeatureAddress,
  server: FeatureAddress,
  serverFeatureType: string,
): PlainObject {
  const name = kind === 'subscription' ? 'nodeManagementSubscriptionRequestCall' : 'nodeManagementBindingRequestCall'
  return {
    [name]: {
      [`${kind}Request`]: { clientAddress: writeAddress(client), serverAddress: writeAddress(server), serverFeatureType },
    },
  }
}

/** Whether an address is that of node management. */
export function isAtNodeManagement(address: FeatureAddress): boolean {
  return isSameFeature(address, NODE_MANAGEMENT)
}

function ends(
  request: Plain | undefined,
  device: LocalDevice,
  remote: RemoteDevice,
): Result<Pick<Tie, 'client' | 'server'>, string> {
  const client = readAddress(child(request, 'clientAddress'))
  const server = readAddress(child(request, 'serverAddress'))
  if (client === null || server === null) return refused('an address is missing')
  if (server.device !== undefined && server.device !== device.spec.address) return refused('the server is another device')
  if (client.device !== undefined && remote.address !== null && client.device !== remote.address)
    return refused('the client is another device')
  return ok({ client, server })
}

function deviceDescription({ address, type }: DeviceSpec): PlainObject {
  return { deviceAddress: { device: address }, deviceType: type, networkFeatureSet: 'smart' }
}

function featureInformation(device: string, entities: readonly EntitySpec[]): readonly PlainObject[] {
  return entities.flatMap(({ path, features }) =>
    features.map(({ id, type, role, functions }) => ({
      description: {
        featureAddress: { device, entity: path, feature: id },
        featureType: type,
        role,
        supportedFunction: functions.map(functionDescription),
      },
    })),
  )
}

function functionDescription({ name, isReadable, isWritable }: FunctionSpec): PlainObject {
  return {
    function: name,
    possibleOperations: { read: isReadable ? {} : undefined, write: isWritable ? { partial: {} } : undefined },
  }
}
