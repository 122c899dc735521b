// Brings the database to the newest schema behind the application's back: nobody waits long for it, and what went wrong is told once and as what it is.
import { StepFailed } from '../../adapters/postgres/migrations.ts'
import type { Clock } from '../../domain/ports/clock.ts'

export interface DatabaseSchemaOptions {
  /** Takes the steps that are missing and resolves with their names; rejects with `StepFailed` or with why the database does not answer. */
  readonly migrate: () => Promise<readonly string[]>
  readonly clock: Pick<Clock, 'after'>
  readonly log: (level: 'info' | 'warn' | 'error', text: string, facts?: object) => void
}
export interface DatabaseSchema {
  /** Resolves when the schema is the newest; rejects with the reason, at the latest after 5 s. Steps that take longer go on, and the next call joins them. */
  newest(): Promise<void>
  /** Why the schema was not the newest when somebody last waited for it; null when it was, or before the first call. */
  failure(): string | null
}

const WAIT_MAX_MS = 5_000

/** The schema of one database; nothing is asked before the first call. */
export function databaseSchema({ migrate, clock, log }: DatabaseSchemaOptions): DatabaseSchema {
  let underWay: Promise<void> | null = null
  /** What was logged last: the same trouble every few seconds is told once. */
  let told = ''
  let failure: string | null = null

  async function bring(): Promise<void> {
    try {
      const steps = await migrate()
      told = ''
      failure = null
      if (steps.length > 0) log('info', 'the database was brought to the newest schema', { steps })
    } catch (error) {
      const detail = (error as Error).message
      failure = detail
      const text =
        error instanceof StepFailed
          ? 'the database answers, but a step to the newest schema failed; it is tried again, and nothing is copied until it passes'
          : 'the database does not answer; its schema is checked when it does'
      if (told !== text + detail) log('error', text, { detail })
      told = text + detail
      throw error
    }
  }

  return {
    async newest() {
      underWay ??= bring().finally(() => (underWay = null))
      let cancel = () => {}
      const late = new Promise<never>((_, reject) => {
        cancel = clock.after(WAIT_MAX_MS, 'database-schema', () => {
          failure = 'the database is being brought to the newest schema'
          reject(new Error(failure))
        })
      })
      // Whoever stops to wait must not leave a failure that nobody hears.
      underWay.catch(() => {})
      try {
        await Promise.race([underWay, late])
      } finally {
        cancel()
      }
    },
    failure: () => failure,
  }
}
