// Writes to features of the other end, which have to be bound before.
import { featureKey, type FeatureAddress } from '../spine/address.ts'
import type { Command } from '../spine/command.ts'
import { ERROR_NUMBER } from '../spine/datagram.ts'
import type { SpineLink } from '../spine/link.ts'
import type { FeatureRef } from '../spine/local-device.ts'
import type { RemoteFeature } from '../spine/remote-device.ts'
import type { SpineAnswer } from '../spine/requests.ts'

export type ToWrite = Pick<Command, 'name' | 'data'> & { readonly isWhole?: boolean }
export interface BoundWriter {
  /** Binds where that has not been done, or was forgotten by the other end. */
  write(feature: RemoteFeature, command: ToWrite): Promise<SpineAnswer>
}

const PARTIAL = [{ kind: 'partial', selectors: {}, elements: {} }] as const

/** Nothing is bound at first. */
export function boundWriter(link: SpineLink, clientFor: (type: string) => FeatureRef): BoundWriter {
  const bound = new Set<string>()
  async function bind({ address, type }: RemoteFeature): Promise<SpineAnswer> {
    const answer = await link.bind(clientFor(type), address, type)
    if (answer.ok) bound.add(featureKey(address))
    return answer
  }
  function send(address: FeatureAddress, type: string, { name, data, isWhole = false }: ToWrite): Promise<SpineAnswer> {
    return link.write(clientFor(type), address, { name, data, ...(isWhole ? {} : { filters: PARTIAL }) })
  }
  return {
    async write(feature, command) {
      if (!bound.has(featureKey(feature.address))) {
        const answer = await bind(feature)
        if (!answer.ok) return answer
      }
      const answer = await send(feature.address, feature.type, command)
      const isUnbound =
        !answer.ok && answer.refusal.kind === 'refused' && answer.refusal.errorNumber === ERROR_NUMBER.bindingNecessary
      if (!isUnbound) return answer
      bound.delete(featureKey(feature.address))
      const again = await bind(feature)
      return again.ok ? send(feature.address, feature.type, command) : again
    },
  }
}
