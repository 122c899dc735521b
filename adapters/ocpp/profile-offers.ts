// Offers what an order holds to one station, in one form after the other until it takes one.
import { highestVolts } from './blocks/charging/measured-volts.ts'
import { isSameForm, type ProfileForm } from '../../domain/registry/abilities.ts'
import type { StationId } from '../../domain/registry/identity.ts'
import type { OrderContent } from '../../domain/orders/order.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { OrderRefusal } from '../../domain/ports/controllables.ts'
import { ok, refused, type Result } from '../../domain/result.ts'
import type { Power } from '../../domain/units.ts'
import type { Ask } from './ask-station.ts'
import type { ChargingMessages } from './blocks/charging/charging-messages.ts'
import type { Installed } from './blocks/charging/installed.ts'
import type { Manner, WireCourse } from './blocks/charging/manner.ts'
import { USUAL_VOLTS, wireRate, type Electrics } from './blocks/charging/rate.ts'
import type { LearntForms } from './learnt-forms.ts'
import { NO_SETPOINTS_REFUSED, setpointKinds, setpointRefused } from './refused-setpoints.ts'
import type { StationKnowledge } from './station-knowledge.ts'
import type { StationRecord } from './station-record.ts'

export interface ProfileOffersOptions {
  readonly station: StationId
  readonly charging: ChargingMessages
  readonly ask: Ask
  readonly record: StationRecord
  readonly clock: Clock
  readonly knowledge: StationKnowledge
  readonly forms: LearntForms
}
export interface TakenCourse {
  readonly form: ProfileForm
  readonly held: WireCourse
}
export interface TakenSetpoint {
  readonly form: ProfileForm
  /** As the station was told it; null where its version has none. */
  readonly wireSetpoint: number | null
}
export interface ProfileOffers {
  /** How an order is put for a station in a form. */
  mannerOf(content: OrderContent, evse: number, form: ProfileForm): Manner
  course(content: OrderContent, evse: number): Promise<Result<TakenCourse, OrderRefusal>>
  /** The set-point of an order above its course, which lies there in `form`; `before` is what lay there until now. */
  setpoint(
    content: OrderContent & { readonly setpoint: Power },
    evse: number,
    form: ProfileForm,
    before: Installed | null,
  ): Promise<Result<TakenSetpoint, OrderRefusal>>
  /** What holds without an order. */
  default(evse: number, limit: Power): Promise<Result<null, OrderRefusal>>
}

/** The offers of one connection. */
export function profileOffers({ station, charging, ask, record, clock, knowledge, forms }: ProfileOffersOptions): ProfileOffers {
  let takesPrices = true

  function electricsOf(evse: number, phasesMax = Infinity): Electrics {
    return {
      phases: Math.max(1, Math.min(knowledge.phases(station, evse), phasesMax)),
      volts: highestVolts(record.volts.get(evse), clock.elapsed()) ?? USUAL_VOLTS,
    }
  }

  function mannerOf({ transaction }: OrderContent, evse: number, form: ProfileForm): Manner {
    const car = knowledge.car(station, transaction)
    return {
      form: car?.isScheduled === true && form.setpoint === 'dynamic' ? { ...form, setpoint: 'absolute' } : form,
      electrics: electricsOf(evse, car?.phases),
      tuplesMax: car?.tuplesMax ?? null,
      priceAt: car?.isScheduled === true && takesPrices ? knowledge.priceAt : null,
      isOlderCar: car?.isOlder === true,
      fallback: record.defaults.get(evse) ?? null,
      now: clock.now(),
    }
  }

  const isScheduledCar = ({ transaction }: OrderContent) => knowledge.car(station, transaction)?.isScheduled === true

  async function courseIn(content: OrderContent, evse: number, form: ProfileForm): Promise<Result<TakenCourse, OrderRefusal>> {
    const manner = mannerOf(content, evse, form)
    const { message, held } = charging.course(content, evse, manner)
    const taken = await ask(message)
    if (taken.ok) return ok({ form, held })
    if (!isRejected(taken) || manner.priceAt === null) return taken
    const plain = charging.course(content, evse, { ...manner, priceAt: null })
    const takenPlain = await ask(plain.message)
    if (!takenPlain.ok) return takenPlain
    takesPrices = false
    return ok({ form, held: plain.held })
  }

  return {
    mannerOf,
    async course(content, evse) {
      let first: OrderRefusal | null = null
      for (const form of forms.candidates(content.transaction)) {
        const put = await courseIn(content, evse, form)
        if (put.ok) forms.taken(form)
        if (put.ok || !isRejected(put)) return put
        first ??= put.refusal
      }
      forms.refusedAll()
      return refused(first ?? { kind: 'rejected', detail: 'no form is left to try' })
    },
    async setpoint(content, evse, form, before) {
      const own = mannerOf(content, evse, form)
      const isInPlace =
        before !== null && before.wireSetpoint !== null && before.renewedAt !== null && isSameForm(before.form, own.form)
      const kinds = isInPlace ? [own.form.setpoint] : setpointKinds(own.form, forms.abilities(), isScheduledCar(content))
      let first: Result<null, OrderRefusal> | null = null
      for (const setpoint of kinds) {
        const manner: Manner = { ...own, form: { ...form, setpoint } }
        const message = charging.setpoint(content, evse, manner, isInPlace)
        if (message === null) return ok({ form, wireSetpoint: null })
        const taken = await ask(message)
        if (taken.ok) {
          record.setpoints = NO_SETPOINTS_REFUSED
          // That a car keeps to schedules says nothing about its station.
          if (!isScheduledCar(content) || form.setpoint === 'none') forms.taken(manner.form)
          return ok({ form: manner.form, wireSetpoint: wireRate(content.setpoint, manner.form, manner.electrics) })
        }
        if (!isRejected(taken)) return taken
        first ??= taken
      }
      if (!isInPlace) {
        record.setpoints = setpointRefused(record.setpoints, content.id, clock.elapsed())
        if (record.setpoints.retryAt !== null) forms.taken({ ...form, setpoint: 'none' })
      }
      return first as Result<never, OrderRefusal>
    },
    async default(evse, limit) {
      record.defaults.set(evse, limit)
      const rates = new Map<string, ProfileForm>()
      for (const form of forms.all()) {
        const name = form.unit === 'W' ? 'W' : `A ${form.decimals}`
        if (!rates.has(name)) rates.set(name, form)
      }
      let first: Result<null, OrderRefusal> | null = null
      for (const rate of rates.values()) {
        const taken = await ask(charging.defaultLimit(evse, limit, { rate, electrics: electricsOf(evse) }))
        if (!isRejected(taken)) return taken
        first ??= taken
      }
      return first!
    },
  }
}

function isRejected(result: Result<unknown, OrderRefusal>): boolean {
  return !result.ok && result.refusal.kind === 'rejected'
}
