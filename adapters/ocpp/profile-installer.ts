// Brings orders into force on one station and keeps account of what it has taken.
import { isSameForm, type ProfileForm } from '../../domain/registry/abilities.ts'
import type { StationId } from '../../domain/registry/identity.ts'
import type { OrderContent } from '../../domain/orders/order.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { OrderRefusal } from '../../domain/ports/controllables.ts'
import { ok, refused, type Result } from '../../domain/result.ts'
import { startOf, later } from '../../domain/time/slot.ts'
import type { Power } from '../../domain/units.ts'
import type { Ask } from './ask-station.ts'
import type { ChargingMessages } from './blocks/charging/charging-messages.ts'
import { isInPlaceOfDefault } from './blocks/charging/course.ts'
import { hasCourse, type Installed } from './blocks/charging/installed.ts'
import type { Manner, WireCourse } from './blocks/charging/manner.ts'
import { firstForm, formsOf } from './blocks/charging/profile-forms.ts'
import { USUAL_VOLTS, wireRate, type Electrics } from './blocks/charging/rate.ts'
import type { Outbound } from './outbound.ts'
import type { StationKnowledge } from './station-knowledge.ts'
import { TRANSACTIONS_MAX } from './station-memory.ts'
import type { StationRecord } from './station-record.ts'
import { turns } from './turns.ts'

/** `confirmedAt`, epoch ms: when the station had taken all of it. */
export type Confirmation = Result<{ readonly confirmedAt: number }, OrderRefusal>

export interface ProfileInstaller {
  order(content: OrderContent, evse: number): Promise<Confirmation>
  renew(content: OrderContent, evse: number): Promise<Confirmation>
  setDefault(evse: number, limit: Power): Promise<Result<null, OrderRefusal>>
  /** Sends messages one after the other and stops at the first that is not taken. */
  deliver(messages: readonly Outbound[]): Promise<Result<unknown, OrderRefusal>>
  /** Its connection has ended. */
  stop(): void
}
export interface ProfileInstallerOptions {
  readonly station: StationId
  readonly charging: ChargingMessages
  readonly ask: Ask
  readonly record: StationRecord
  readonly clock: Clock
  readonly knowledge: StationKnowledge
  /** Whether the core knows this transaction; after a restart it is the only one who does. */
  readonly isKnownSession: (transaction: string) => boolean
  /** It took an order in another form than is known of it. */
  readonly onForm: (form: ProfileForm) => void
  readonly onFailure: (error: Error) => void
}

/** A station that has refused every form is offered all of them again after this. */
const ALL_FORMS_EVERY_MS = 600_000
/** Until then only so many. */
const FORMS_BETWEEN = 2

/** A station that has not taken so many set-points in a row is led by courses until it boots. */
const SETPOINTS_REFUSED_MAX = 2

interface TakenCourse {
  readonly form: ProfileForm
  readonly held: WireCourse
}

function isRejected(result: Result<unknown, OrderRefusal>): boolean {
  return !result.ok && result.refusal.kind === 'rejected'
}

/** Orders of one transaction go out in their order; the newest of those that wait is kept. */
export function profileInstaller(options: ProfileInstallerOptions): ProfileInstaller {
  const { station, charging, ask, record, clock, knowledge } = options
  const inTurn = turns<Confirmation>(refused({ kind: 'overtaken' }))
  /** By transaction: courses that were cut down are told anew when the exact part of them ends. */
  const toRefresh = new Map<string, () => void>()
  /** Passed time at which every form was refused. */
  let refusedAllAt = -Infinity
  let takesPrices = true
  /** Set-points in a row that were not taken though the course below was. */
  let setpointsRefused = 0
  /** Transactions by EVSE whose course had to be put in the place of the default limit. */
  const inPlaceOfDefault = new Map<number, string>()

  function abilities() {
    return knowledge.known(station)?.abilities ?? null
  }
  function learntForm(): ProfileForm | null {
    return record.form ?? knowledge.known(station)?.form ?? null
  }
  function learn(form: ProfileForm): void {
    const before = learntForm() ?? firstForm(abilities(), charging.hasSetpoints)
    if (isSameForm(before, form)) return
    record.form = form
    options.onForm(form)
  }

  function electricsOf(evse: number, phasesMax = Infinity): Electrics {
    return {
      phases: Math.max(1, Math.min(knowledge.phases(station, evse), phasesMax)),
      volts: record.volts.get(evse) ?? USUAL_VOLTS,
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

  /**
   * A default of the EVSE holds for whatever car comes next, and a station that does not know the transaction refuses every form: others than the first
   * are tried only while the session is known to run.
   */
  function candidates(transaction: string): readonly ProfileForm[] {
    const forms = formsOf(abilities(), learntForm(), charging.hasSetpoints)
    if (!record.evseOf.has(transaction) && !options.isKnownSession(transaction))
      return forms.filter(({ purpose }) => purpose === 'TxProfile').slice(0, 1)
    return clock.elapsed() - refusedAllAt < ALL_FORMS_EVERY_MS ? forms.slice(0, FORMS_BETWEEN) : forms
  }

  async function putCourse(content: OrderContent, evse: number): Promise<Result<TakenCourse, OrderRefusal>> {
    let first: OrderRefusal | null = null
    const offer = async (form: ProfileForm): Promise<Result<TakenCourse, OrderRefusal>> => {
      const manner = mannerOf(content, evse, form)
      const { message, held } = charging.course(content, evse, manner)
      const taken = await ask(message)
      if (taken.ok) return ok({ form, held })
      if (taken.refusal.kind !== 'rejected' || manner.priceAt === null) return taken
      const plain = charging.course(content, evse, { ...manner, priceAt: null })
      const takenPlain = await ask(plain.message)
      if (!takenPlain.ok) return takenPlain
      takesPrices = false
      return ok({ form, held: plain.held })
    }
    for (const form of candidates(content.transaction)) {
      const put = await offer(form)
      if (put.ok) {
        refusedAllAt = -Infinity
        learn(form)
        return put
      }
      if (put.refusal.kind !== 'rejected') return put
      first ??= put.refusal
    }
    refusedAllAt = clock.elapsed()
    return refused(first ?? { kind: 'rejected', detail: 'no form is left to try' })
  }

  /** Resolves with the form the set-point lies in. */
  async function putSetpoint(
    content: OrderContent,
    evse: number,
    form: ProfileForm,
    before: Installed | null,
  ): Promise<Result<ProfileForm, OrderRefusal>> {
    const manner = mannerOf(content, evse, form)
    const inPlace =
      before !== null && before.wireSetpoint !== null && before.renewedAt !== null && isSameForm(before.form, manner.form)
    const message = charging.setpoint(content, evse, manner, inPlace)
    if (message === null) return ok(form)
    let taken = await ask(message)
    let used = manner.form
    const mayBeAbsolute = !inPlace && used.setpoint === 'dynamic' && abilities()?.dynamicProfiles !== true
    if (isRejected(taken) && mayBeAbsolute) {
      used = { ...form, setpoint: 'absolute' }
      const other = await ask(charging.setpoint(content, evse, { ...manner, form: used }, false)!)
      if (other.ok) {
        learn(used)
        taken = other
      }
    }
    if (taken.ok) {
      setpointsRefused = 0
      return ok(used)
    }
    if (isRejected(taken) && !inPlace && ++setpointsRefused >= SETPOINTS_REFUSED_MAX) learn({ ...form, setpoint: 'none' })
    return taken
  }

  async function put(
    content: OrderContent,
    evse: number,
    before: Installed | null,
    isCourseDue = !hasCourse(before, content),
  ): Promise<Result<Installed, OrderRefusal>> {
    const { clockSteps } = record
    let form = before?.form ?? firstForm(abilities(), charging.hasSetpoints)
    if (isCourseDue) {
      const course = await putCourse(content, evse)
      if (!course.ok) return course
      form = course.value.form
      if (isInPlaceOfDefault(form)) inPlaceOfDefault.set(evse, content.transaction)
      refreshAt(content, evse, course.value.held)
    }
    const course = before !== null && !isCourseDue ? before.course : content.course
    const asDefault = form.purpose === 'TxDefaultProfile'
    if (content.setpoint === null) {
      const clear = before === null || before.setpoint === null ? null : charging.clearSetpoint(evse)
      const cleared = clear === null ? ok(null) : await ask(clear)
      if (!cleared.ok) return cleared
      return ok({ course, setpoint: null, wireSetpoint: null, renewedAt: renewedSince(clockSteps), asDefault, form })
    }
    const led = await putSetpoint(content, evse, form, before)
    if (!led.ok) return led
    const { setpoint } = content
    const wireSetpoint = charging.hasSetpoints ? wireRate(setpoint, led.value, electricsFor(content, evse)) : null
    return ok({ course, setpoint, wireSetpoint, renewedAt: renewedSince(clockSteps), asDefault, form: led.value })
  }

  function electricsFor({ transaction }: OrderContent, evse: number): Electrics {
    return electricsOf(evse, knowledge.car(station, transaction)?.phases)
  }
  /** Null where the clock was set meanwhile: nobody knows how long ago the station took it. */
  function renewedSince(clockSteps: number): number | null {
    return record.clockSteps === clockSteps ? clock.elapsed() : null
  }

  async function install(content: OrderContent, evse: number, isCourseDue?: boolean): Promise<Confirmation> {
    const { transaction } = content
    const before = record.installed.get(transaction) ?? null
    let result = await put(content, evse, before, isCourseDue)
    if (!result.ok && result.refusal.kind === 'rejected' && before !== null) {
      // The station may have lost or outlived what we believe it has: everything anew, once (K28.FR.12).
      record.installed.delete(transaction)
      result = await put(content, evse, null)
    }
    if (!result.ok) {
      forget(transaction)
      return result
    }
    if (record.installed.size > TRANSACTIONS_MAX) record.installed.clear()
    record.installed.set(transaction, result.value)
    record.evseOf.set(transaction, evse)
    return ok({ confirmedAt: clock.now() })
  }

  async function renew(content: OrderContent, evse: number): Promise<Confirmation> {
    const { transaction } = content
    const { clockSteps } = record
    const before = record.installed.get(transaction)
    if (before === undefined || before.renewedAt === null) return install(content, evse)
    const message = charging.renewal(content, evse, mannerOf(content, evse, before.form))
    const result = message === null ? ok(null) : await ask(message)
    if (result.ok) {
      record.installed.set(transaction, { ...before, renewedAt: renewedSince(clockSteps) })
      return ok({ confirmedAt: clock.now() })
    }
    if (result.refusal.kind !== 'rejected') return result
    forget(transaction)
    return install(content, evse)
  }

  function forget(transaction: string): void {
    record.installed.delete(transaction)
    toRefresh.get(transaction)?.()
    toRefresh.delete(transaction)
  }

  function refreshAt(content: OrderContent, evse: number, { first, exactSlots }: WireCourse): void {
    const { transaction, course } = content
    toRefresh.get(transaction)?.()
    toRefresh.delete(transaction)
    const exactUntil = later(first, exactSlots)
    if (exactUntil >= course.first + course.values.length) return
    const ms = Math.max(1_000, startOf(exactUntil) - clock.now())
    const cancel = clock.after(ms, `ocpp course ${station} ${transaction}`, () => {
      toRefresh.delete(transaction)
      if (!record.installed.has(transaction)) return
      inTurn(transaction, () => install(content, evse, true)).catch(options.onFailure)
    })
    toRefresh.set(transaction, cancel)
  }

  /** A course that lay in the place of the limit that holds without us has gone with its session. */
  async function restoreDefaults(): Promise<void> {
    for (const [evse, transaction] of inPlaceOfDefault) {
      const limit = record.defaults.get(evse)
      if (record.installed.has(transaction) || limit === undefined) continue
      inPlaceOfDefault.delete(evse)
      await setDefault(evse, limit)
    }
  }

  async function setDefault(evse: number, limit: Power): Promise<Result<null, OrderRefusal>> {
    record.defaults.set(evse, limit)
    const rates = new Map<string, ProfileForm>()
    for (const form of formsOf(abilities(), learntForm(), charging.hasSetpoints)) {
      const name = form.unit === 'W' ? 'W' : `A ${form.decimals}`
      if (!rates.has(name)) rates.set(name, form)
    }
    let first: Result<null, OrderRefusal> | null = null
    for (const rate of rates.values()) {
      const taken = await ask(charging.defaultLimit(evse, limit, { rate, electrics: electricsOf(evse) }))
      if (taken.ok || taken.refusal.kind !== 'rejected') return taken
      first ??= taken
    }
    return first!
  }

  return {
    order: (content, evse) => inTurn(content.transaction, () => install(content, evse)),
    renew: (content, evse) => inTurn(content.transaction, () => renew(content, evse)),
    setDefault,
    async deliver(messages) {
      let taken: Result<unknown, OrderRefusal> = ok(null)
      for (const message of messages) {
        taken = await ask(message)
        if (!taken.ok) break
      }
      await restoreDefaults()
      return taken
    },
    stop() {
      for (const cancel of toRefresh.values()) cancel()
      toRefresh.clear()
    },
  }
}
