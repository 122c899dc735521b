// Energy managers and what they lead for us, known with their door shut as well.
import type { HouseBook } from '../../adapters/mqtt-hems/house-book.ts'
import { ledAssets, type LedAssets } from '../../adapters/mqtt-hems/led-assets.ts'
import type { ForeseenLoad } from '../../adapters/mqtt-hems/take-message.ts'
import type { SiteAnswers, SiteLoadRefusal } from '../../domain/ports/answers/sites.ts'
import type { Controllables } from '../../domain/ports/controllables.ts'
import type { ResumeSession } from '../../domain/ports/resume-session.ts'
import { THE_PROCESS } from '../../domain/registry/asker.ts'
import type { EvseId } from '../../domain/registry/identity.ts'
import { refused } from '../../domain/result.ts'
import { siteLoadDesk } from '../answers/sites.ts'
import { visibility } from '../answers/visibility.ts'
import type { Application } from '../run/application.ts'
import { stationDoor } from '../run/station-door.ts'
import type { Composition } from './composition.ts'
import type { Core } from './core.ts'

export interface Hems {
  readonly book: HouseBook
  readonly led: LedAssets
  /** Whoever leads an EVSE: its energy manager, or the others. */
  besides(others: Controllables): Controllables
  /** An energy manager begins sessions by itself. */
  resumeBesides(others: ResumeSession): ResumeSession
  readonly foreseen: ForeseenLoad
  /** Names who takes what they tell. */
  attend(application: Pick<Application, 'receive' | 'keep'>): void
}

const LOAD_REFUSALS: Readonly<Record<SiteLoadRefusal['kind'], string>> = {
  'unknown-site': 'the site is not known',
  conflict: 'another foresight of the same instant is known',
  'from-the-future': 'it was foreseen in the future: the clock of the sender is wrong',
  outdated: 'a later foresight is known',
}

/** What is known of houses, over the record of a fleet. */
export function openHems({ clock, kept, memory, pseudonym }: Core, { credential }: Pick<Composition, 'credential'>): Hems {
  const book = memory.houses
  const door = stationDoor()
  const { fleet } = kept
  let loads: Pick<SiteAnswers, 'tellSiteLoad'> | null = null
  const led = ledAssets({
    clock,
    fleet,
    book,
    pseudonym,
    receive: door.receive,
    hasLine: (station) => credential(station) !== null || fleet.byHand.passwords.has(station),
  })
  return {
    book,
    led,
    besides(others) {
      const whose = (evse: EvseId) => (led.leads(evse) ? led : others)
      return {
        order: (order) => whose(order.evse).order(order),
        renew: (order) => whose(order.evse).renew(order),
        controllability: (evse) => whose(evse).controllability(evse),
        setDefault: (evse, limit) => whose(evse).setDefault(evse, limit),
      }
    },
    resumeBesides: (others) => (evse, token) =>
      led.leads(evse)
        ? Promise.resolve(refused({ kind: 'unsupported', detail: 'an energy manager begins sessions by itself' }))
        : others(evse, token),
    async foreseen(load) {
      if (loads === null) return refused('not started yet')
      const taken = await loads.tellSiteLoad(THE_PROCESS, load)
      return taken.ok ? taken : refused(LOAD_REFUSALS[taken.refusal.kind])
    },
    attend({ receive, keep }) {
      door.attend(receive)
      loads = siteLoadDesk({ fleet, visible: visibility(fleet), now: () => clock.now(), keep })
    },
  }
}
