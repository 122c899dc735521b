// Everything the API asks of the application: one port a resource. A file of routes takes only those it uses.
import type { RetradeAnswers, TradingAnswers, WebhookAnswers } from '../../domain/ports/answers/asked.ts'
import type { FlexibilityAnswers } from '../../domain/ports/answers/flexibility.ts'
import type { HealthAnswers } from '../../domain/ports/answers/health.ts'
import type { JournalAnswers } from '../../domain/ports/answers/journal.ts'
import type { OfferAnswers } from '../../domain/ports/answers/offers.ts'
import type { PlanAnswers } from '../../domain/ports/answers/plans.ts'
import type { PoolAnswers } from '../../domain/ports/answers/pool.ts'
import type { PriceAnswers } from '../../domain/ports/answers/prices.ts'
import type { ReadingAnswers } from '../../domain/ports/answers/readings.ts'
import type { SessionAnswers } from '../../domain/ports/answers/sessions.ts'
import type { SignalAnswers } from '../../domain/ports/answers/signals.ts'
import type { SiteAnswers } from '../../domain/ports/answers/sites.ts'
import type { StationAnswers } from '../../domain/ports/answers/stations.ts'

export interface RestPorts {
  /** Epoch ms by the clock of the fleet. */
  readonly now: () => number
  readonly stations: StationAnswers
  readonly sessions: SessionAnswers
  readonly plans: PlanAnswers
  readonly pool: PoolAnswers
  readonly sites: SiteAnswers
  readonly prices: PriceAnswers
  readonly readings: ReadingAnswers
  readonly flexibility: FlexibilityAnswers
  readonly offers: OfferAnswers
  readonly trading: TradingAnswers
  readonly retrading: RetradeAnswers
  readonly webhooks: WebhookAnswers
  readonly signals: SignalAnswers
  readonly journal: JournalAnswers
  readonly health: HealthAnswers
}
