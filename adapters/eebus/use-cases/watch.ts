// Follows use cases of the other end over a link: finds who takes part, keeps what they say, and tells what changes.
import type { Clock } from '../../../domain/ports/clock.ts'
import { isSameFeature, type FeatureAddress } from '../spine/address.ts'
import type { Command } from '../spine/command.ts'
import type { SpineLink } from '../spine/link.ts'
import type { FeatureRef } from '../spine/local-device.ts'
import type { ClientUseCase, Lookup } from './client-use-case.ts'
import { mirrorOf, type Mirror } from './mirror.ts'
import { featureOf, partnersOf, type Partner } from './partner.ts'

/** How one partner of a use case stands; values are null once it is gone. */
export interface Told {
  readonly useCase: string
  readonly partner: Partner
  readonly values: unknown
}
export interface WatchOptions {
  readonly link: SpineLink
  readonly clock: Clock
  readonly useCases: readonly ClientUseCase<unknown>[]
  readonly clientFor: (type: string) => FeatureRef
  /** Each time something is another than before. */
  readonly onTold: (told: Told) => void
  readonly pollMs?: number
}
export interface Watch {
  /** To be called with what the link tells in `onDiscovered` and `onData`. */
  discovered(): void
  take(from: FeatureAddress, command: Command): void
  /** All partners with what is known of them. */
  all(): readonly Told[]
  /** What the first partner of a use case says; null without one. */
  valuesOf<Values>(useCase: ClientUseCase<Values>): Values | null
  /** The link is over: nothing that was said counts any more. */
  stop(): void
}

/** How often it is looked at what has become too old; ms. */
const LOOK_MS = 10_000

interface Following {
  readonly useCase: ClientUseCase<unknown>
  partner: Partner
  readonly read: (lookup: Lookup) => unknown
  values: unknown
  /** What was told, without when it was heard. */
  text: string
}

/** Nothing is followed before the other end has described itself. */
export function watch({ link, clock, useCases, clientFor, onTold, pollMs }: WatchOptions): Watch {
  const following = new Map<string, Following>()
  let isOver = false
  let cancel = () => {}
  const mirror: Mirror = mirrorOf({
    link,
    clock,
    clientFor,
    onChange: ({ address }) => look((partner) => partner.features.some((feature) => isSameFeature(feature.address, address))),
    ...(pollMs === undefined ? {} : { pollMs }),
  })

  function look(isMeant: (partner: Partner) => boolean = () => true): void {
    for (const one of following.values()) {
      if (!isMeant(one.partner)) continue
      one.values = one.read(lookupOf(one.partner))
      const text = JSON.stringify(one.values, (name, value: unknown) => (name === 'heardAt' ? undefined : value))
      if (text === one.text) continue
      one.text = text
      onTold({ useCase: one.useCase.short, partner: one.partner, values: one.values })
    }
  }
  function lookupOf(partner: Partner): Lookup {
    const heard: Lookup['heard'] = (type, name) => {
      const feature = featureOf(partner, type)
      return feature === null ? null : mirror.heard(feature, name)
    }
    return { heard, data: (type, name) => heard(type, name)?.data, elapsed: clock.elapsed() }
  }
  function forget(key: string, { useCase, partner }: Following): void {
    following.delete(key)
    onTold({ useCase: useCase.short, partner, values: null })
  }
  function tick(): void {
    mirror.poll()
    look()
    cancel = clock.after(LOOK_MS, `eebus watch ${link.from}`, tick)
  }
  cancel = clock.after(LOOK_MS, `eebus watch ${link.from}`, tick)

  return {
    discovered() {
      if (isOver) return
      const found = new Map<string, { readonly useCase: ClientUseCase<unknown>; readonly partner: Partner }>()
      for (const useCase of useCases)
        for (const partner of partnersOf(link.remote(), useCase))
          found.set(`${useCase.short} ${partner.entity.join('.')}`, { useCase, partner })
      for (const [key, one] of following) if (!found.has(key)) forget(key, one)
      for (const [key, { useCase, partner }] of found) {
        const old = following.get(key)
        if (old !== undefined) old.partner = partner
        else following.set(key, { useCase, partner, read: useCase.reader(), values: null, text: '' })
      }
      mirror.follow([...found.values()].flatMap(({ useCase, partner }) => wantedOf(useCase, partner)))
      look()
    },
    take: mirror.take,
    all: () => [...following.values()].map(({ useCase, partner, values }) => ({ useCase: useCase.short, partner, values })),
    valuesOf<Values>(wanted: ClientUseCase<Values>): Values | null {
      const found = [...following.values()].find(({ useCase }) => useCase === wanted)
      return found === undefined ? null : (found.values as Values)
    },
    stop() {
      isOver = true
      cancel()
      for (const [key, one] of following) forget(key, one)
      mirror.follow([])
    },
  }
}

function wantedOf(useCase: ClientUseCase<unknown>, partner: Partner) {
  return Object.entries(useCase.functions).flatMap(([type, functions]) => {
    const feature = featureOf(partner, type)
    return feature === null ? [] : [{ feature, functions }]
  })
}
