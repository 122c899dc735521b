// Our node management towards one other device: what it may read of us, and its subscriptions and bindings.
import type { PlainObject } from '../eebus-json.ts'
import { isSameFeature, type FeatureAddress } from './address.ts'
import type { Command } from './command.ts'
import { ERROR_NUMBER } from './datagram.ts'
import { failed, type Answer } from './incoming.ts'
import type { LocalDevice } from './local-device.ts'
import {
  deleteTie,
  destinationList,
  discoveryData,
  requestTie,
  stillThere,
  tieData,
  useCaseData,
  type Tie,
} from './node-management.ts'
import type { RemoteDevice } from './remote-device.ts'

type Place = Omit<FeatureAddress, 'device'>

export interface Management {
  /** Null where there are no such data. */
  data(name: string): PlainObject | null
  call(command: Command): Answer
  isBound(client: FeatureAddress, server: FeatureAddress): boolean
  bindings(): readonly Tie[]
  subscriptions(): readonly Tie[]
  subscribers(server: Place): readonly Tie[]
  /** Whether there are others than when this was asked last. */
  hasChanged(): boolean
  /** Drops what features had that the other device no longer has. */
  forgetGone(): void
}

const CALLS: Readonly<Record<string, readonly ['subscription' | 'binding', typeof requestTie] | undefined>> = {
  nodeManagementSubscriptionRequestCall: ['subscription', requestTie],
  nodeManagementSubscriptionDeleteCall: ['subscription', deleteTie],
  nodeManagementBindingRequestCall: ['binding', requestTie],
  nodeManagementBindingDeleteCall: ['binding', deleteTie],
}

/** Nothing is subscribed or bound at first. */
export function managementOf(device: LocalDevice, remote: () => RemoteDevice): Management {
  const ties: Record<'subscription' | 'binding', readonly Tie[]> = { subscription: [], binding: [] }
  let lastId = 0
  let seen = { ...ties }
  return {
    data(name) {
      switch (name) {
        case 'nodeManagementDetailedDiscoveryData':
          return discoveryData(device)
        case 'nodeManagementUseCaseData':
          return useCaseData(device)
        case 'nodeManagementDestinationListData':
          return destinationList(device.spec)
        case 'nodeManagementSubscriptionData':
          return tieData('subscription', ties.subscription)
        case 'nodeManagementBindingData':
          return tieData('binding', ties.binding)
        default:
          return null
      }
    },
    call({ name, data }) {
      const found = Object.hasOwn(CALLS, name) ? CALLS[name] : undefined
      if (found === undefined) return failed(ERROR_NUMBER.commandNotSupported, 'there is no such call')
      const [kind, change] = found
      lastId += 1
      const changed = change(kind, data, { device, remote: remote(), ties: ties[kind], id: lastId })
      if (!changed.ok) return failed(ERROR_NUMBER.commandRejected, changed.refusal)
      ties[kind] = changed.value
      return { kind: 'result', errorNumber: ERROR_NUMBER.none }
    },
    isBound: (client, server) =>
      ties.binding.some((tie) => isSameFeature(tie.client, client) && isSameFeature(tie.server, server)),
    bindings: () => ties.binding,
    subscriptions: () => ties.subscription,
    subscribers: (server) => ties.subscription.filter((tie) => isSameFeature(tie.server, server)),
    hasChanged() {
      const before = seen
      seen = { ...ties }
      return before.binding !== seen.binding || before.subscription !== seen.subscription
    },
    forgetGone() {
      if (remote().features.length === 0) return
      for (const kind of ['subscription', 'binding'] as const) ties[kind] = stillThere(ties[kind], remote(), device)
    },
  }
}
