// What may be asked of the process itself: whether it lives and serves, and its counters.
import type { Asker } from '../../registry/asker.ts'

export interface Health {
  readonly ready: boolean
  readonly degraded: readonly string[]
  readonly apiWritable: boolean
}
export interface HealthAnswers {
  /** Says nothing of any tenant, so that nobody has to say who they are. */
  health(): Health
  /** Counters and gauges for monitoring, by name: of the whole process, for the operator; for whoever is confined to a tenant, what their fleet does. */
  metrics(asker: Asker): Promise<Readonly<Record<string, number>>>
}
