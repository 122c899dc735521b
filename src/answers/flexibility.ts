// Lets askers ask for the flexibility and the offers of what they may know of; everything else is unknown to them.
import type { Asker } from '../../domain/registry/asker.ts'
import type { EvseId, SiteId } from '../../domain/registry/identity.ts'
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import { portfoliosOf } from '../../domain/live/portfolios.ts'
import type { FlexibilityAnswers } from '../../domain/ports/answers/flexibility.ts'
import type { OfferAnswers } from '../../domain/ports/answers/offers.ts'
import type { FlexibilityOf } from './flexibility-view.ts'
import type { OffersOf } from './offers-view.ts'
import type { Visibility } from './visibility.ts'

/** The flexibility of subjects an asker may know of. */
export function flexibilityAnswers(fleet: LiveFleet, visible: Visibility, flexibility: FlexibilityOf): FlexibilityAnswers {
  return {
    flexibility: async (asker, subject, now) => (isVisible(fleet, visible, asker, subject) ? flexibility(subject, now) : null),
  }
}

/** The offers of portfolios an asker may know of. */
export function offerAnswers(visible: Visibility, offers: OffersOf): OfferAnswers {
  return {
    offers: async (asker, portfolio, now) => (visible.portfolio(asker, portfolio) ? offers(portfolio, now) : null),
  }
}

function isVisible(fleet: LiveFleet, visible: Visibility, asker: Asker, subject: string): boolean {
  const [kind, id] = [subject.slice(0, subject.indexOf(':')), subject.slice(subject.indexOf(':') + 1)]
  switch (kind) {
    case 'evse':
      return visible.evse(asker, id as EvseId)
    case 'site':
      return visible.site(asker, id as SiteId)
    case 'pool':
      return visible.pool(asker, id)
    default:
      return portfoliosOf(fleet).some(
        (portfolio) => `${portfolio.balanceGroup}/${portfolio.controlArea}` === id && visible.portfolio(asker, portfolio),
      )
  }
}
