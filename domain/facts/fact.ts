// Everything that may be recorded, a file a family. Drivers and cars by pseudonyms only, whoever operates by the name of key or account; the current state is rebuilt from these.
import type { AbilityFact } from './abilities.ts'
import type { AccessFact } from './access.ts'
import type { GuardFact } from './guard.ts'
import type { LimitationFact } from './limitation.ts'
import type { ControlCommandFact } from './control-command.ts'
import type { HemsFact } from './hems.ts'
import type { MeteringFact } from './metering.ts'
import type { OrderFact } from './order.ts'
import type { PlanFact } from './plan.ts'
import type { OperationFact } from './operation.ts'
import type { SessionFact } from './session.ts'
import type { SignalFact } from './signal.ts'
import type { StationByHandFact } from './station-by-hand.ts'
import type { StationFact } from './station.ts'
import type { TradeFact } from './trade.ts'
import type { WebhookFact } from './webhook.ts'

export type Fact =
  | AbilityFact
  | AccessFact
  | GuardFact
  | LimitationFact
  | ControlCommandFact
  | HemsFact
  | MeteringFact
  | OrderFact
  | PlanFact
  | OperationFact
  | SessionFact
  | SignalFact
  | StationByHandFact
  | StationFact
  | TradeFact
  | WebhookFact
