// All answers of a running application, one port a resource; whoever takes them takes those it needs.
import type { RetradeAnswers, TradingAnswers, WebhookAnswers } from './asked.ts'
import type { ByHandAnswers } from './by-hand.ts'
import type { FlexibilityAnswers } from './flexibility.ts'
import type { GuardAnswers } from './guards.ts'
import type { HealthAnswers } from './health.ts'
import type { JournalAnswers } from './journal.ts'
import type { LimitationAnswers } from './limitations.ts'
import type { OfferAnswers } from './offers.ts'
import type { PlanAnswers } from './plans.ts'
import type { PoolAnswers } from './pool.ts'
import type { PriceAnswers } from './prices.ts'
import type { ProofAnswers } from './proofs.ts'
import type { ReadingAnswers } from './readings.ts'
import type { RowAnswers } from './rows.ts'
import type { SessionAnswers } from './sessions.ts'
import type { SignalAnswers } from './signals.ts'
import type { SiteAnswers } from './sites.ts'
import type { StationAnswers } from './stations.ts'

export interface Answers {
  readonly stations: StationAnswers
  readonly byHand: ByHandAnswers
  readonly rows: RowAnswers
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
  readonly proofs: ProofAnswers
  readonly limitations: LimitationAnswers
  readonly guards: GuardAnswers
  readonly journal: JournalAnswers
  readonly health: HealthAnswers
}
