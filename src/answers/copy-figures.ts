// How far the database has followed the journal, as figures for /metrics.

/** What the database lacks of the journal, and the last batch it took. */
interface CopyProgress {
  readonly lag: number
  readonly lagMs: number
  readonly copied: number
  readonly batch: { readonly entries: number; readonly ms: number }
  readonly plansWaiting: number
  readonly plansDropped: number
}

/** Entries and seconds the copy lags behind, since when it began how much was copied, and what waits. Seconds by the age of the oldest entry that is missing. */
export function copyFigures(progress: CopyProgress): Readonly<Record<string, number>> {
  const { lag, lagMs, copied, batch, plansWaiting, plansDropped } = progress
  return {
    gegenstrom_database_lag_entries: lag,
    gegenstrom_database_lag_seconds: lagMs / 1_000,
    gegenstrom_database_entries_copied_total: copied,
    gegenstrom_database_batch_entries: batch.entries,
    gegenstrom_database_batch_seconds: batch.ms / 1_000,
    gegenstrom_database_plans_waiting: plansWaiting,
    gegenstrom_database_plans_dropped_total: plansDropped,
  }
}
