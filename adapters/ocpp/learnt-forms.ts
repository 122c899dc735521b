// The forms in which one station is offered orders: what it says of itself, what it took before, and what is left to try.
import { isSameForm, type Abilities, type ProfileForm } from '../../domain/registry/abilities.ts'
import type { StationId } from '../../domain/registry/identity.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import { firstForm, formsOf } from './blocks/charging/profile-forms.ts'
import type { StationKnowledge } from './station-knowledge.ts'
import type { StationRecord } from './station-record.ts'

export interface LearntFormsOptions {
  readonly station: StationId
  readonly hasSetpoints: boolean
  readonly record: StationRecord
  readonly clock: Clock
  readonly knowledge: StationKnowledge
  /** Whether the core knows this transaction; after a restart it is the only one who does. */
  readonly isKnownSession: (transaction: string) => boolean
  /** It took an order in another form than is known of it. */
  readonly onForm: (form: ProfileForm) => void
}
export interface LearntForms {
  abilities(): Abilities | null
  /** The form to begin with. */
  first(): ProfileForm
  /** All of them, the first in front. */
  all(): readonly ProfileForm[]
  /** Those to be tried for the course of a transaction. */
  candidates(transaction: string): readonly ProfileForm[]
  /** It took something in this form. */
  taken(form: ProfileForm): void
  /** It refused a course in all candidates. */
  refusedAll(): void
}

/** A station that has refused every form is offered all of them again after this. */
const ALL_FORMS_EVERY_MS = 600_000
/** Until then only so many. */
const FORMS_BETWEEN = 2

/** The forms of one connection. */
export function learntForms(options: LearntFormsOptions): LearntForms {
  const { station, record, clock, knowledge, hasSetpoints } = options
  /** Passed time. */
  let refusedAllAt = -Infinity
  const abilities = () => knowledge.known(station)?.abilities ?? null
  const learnt = () => record.form ?? knowledge.known(station)?.form ?? null
  const first = () => learnt() ?? firstForm(abilities(), hasSetpoints)
  const all = () => formsOf(abilities(), learnt(), hasSetpoints)
  return {
    abilities,
    first,
    all,
    // A default of the EVSE holds for whatever car comes next, and a station that does not know the transaction refuses every form: others than the first
    // are tried only while the session is known to run.
    candidates(transaction) {
      if (!record.evseOf.has(transaction) && !options.isKnownSession(transaction))
        return all()
          .filter(({ purpose }) => purpose === 'TxProfile')
          .slice(0, 1)
      return clock.elapsed() - refusedAllAt < ALL_FORMS_EVERY_MS ? all().slice(0, FORMS_BETWEEN) : all()
    },
    taken(form) {
      refusedAllAt = -Infinity
      if (isSameForm(first(), form)) return
      record.form = form
      options.onForm(form)
    },
    refusedAll: () => void (refusedAllAt = clock.elapsed()),
  }
}
