// Portfolios and their days in the addresses of this API.
import { z } from 'zod'
import type { Asker } from '../../../domain/registry/asker.ts'
import { id, type BalanceGroupId } from '../../../domain/registry/identity.ts'
import { type DeliveryDay, deliveryDay } from '../../../domain/time/delivery-day.ts'
import { MARKET_ZONE } from '../../../domain/time/zone-offset.ts'
import { isSamePortfolio, type Portfolio } from '../../../domain/trading/schedule.ts'
import { problem } from '../../wire/problem.ts'
import type { RestPorts } from '../ports.ts'

export const CONTROL_AREAS = ['50Hertz', 'Amprion', 'TenneT', 'TransnetBW'] as const
export const name = z.string().min(1).max(128)
export const portfolioPath = z.object({
  balanceGroup: name.meta({ description: 'Id of the balance group in the registry' }),
  controlArea: z.enum(CONTROL_AREAS),
})
export const dayPath = portfolioPath.extend({
  day: z.iso.date().meta({ description: 'Local day of the market, Europe/Berlin', example: '2025-10-26' }),
})

/** The portfolio of an address; whether anybody belongs to it is another question. */
export function portfolioFrom(of: z.output<typeof portfolioPath>): Portfolio {
  return { balanceGroup: id<BalanceGroupId>(of.balanceGroup), controlArea: of.controlArea }
}
/** The same with its day. */
export function placeOf(path: z.output<typeof dayPath>): { readonly portfolio: Portfolio; readonly day: DeliveryDay } {
  return { portfolio: portfolioFrom(path), day: deliveryDay(path.day, MARKET_ZONE) }
}
/** The portfolio of an address to which stations belong; a problem document for all others. */
export function knownPortfolio(ports: Pick<RestPorts, 'trading'>, asker: Asker, path: z.output<typeof portfolioPath>): Portfolio {
  const portfolio = portfolioFrom(path)
  if (ports.trading.portfolios(asker).some((known) => isSamePortfolio(portfolio, known))) return portfolio
  throw problem('not-found', `no station belongs to balance group ${path.balanceGroup} in ${path.controlArea}`)
}
