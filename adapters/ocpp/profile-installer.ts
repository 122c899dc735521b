// Brings orders into force on one station and keeps account of what it has taken.
import type { OrderContent } from '../../domain/orders/order.ts'
import type { OrderRefusal } from '../../domain/ports/controllables.ts'
import { ok, refused, type Result } from '../../domain/result.ts'
import type { Power } from '../../domain/units.ts'
import { isInPlaceOfDefault } from './blocks/charging/course.ts'
import { hasCourse, type Installed } from './blocks/charging/installed.ts'
import type { Ask } from './ask-station.ts'
import { courseRefresh } from './course-refresh.ts'
import { learntForms, type LearntFormsOptions } from './learnt-forms.ts'
import type { Outbound } from './outbound.ts'
import { profileOffers, type ProfileOffersOptions, type TakenCourse } from './profile-offers.ts'
import { TRANSACTIONS_MAX } from './station-memory.ts'
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
export interface ProfileInstallerOptions extends Omit<LearntFormsOptions, 'hasSetpoints'>, Omit<ProfileOffersOptions, 'forms'> {
  readonly onFailure: (error: Error) => void
}

/** Orders of one transaction go out in their order; the newest of those that wait is kept. */
export function profileInstaller(options: ProfileInstallerOptions): ProfileInstaller {
  const { charging, ask, record, clock } = options
  const inTurn = turns<Confirmation>(refused({ kind: 'overtaken' }))
  const forms = learntForms({ ...options, hasSetpoints: charging.hasSetpoints })
  const offers = profileOffers({ ...options, forms })
  const refresh = courseRefresh(clock, options.station)
  /** Transactions by EVSE whose course had to be put in the place of the default limit. */
  const inPlaceOfDefault = new Map<number, string>()

  async function put(content: OrderContent, evse: number, before: Installed | null): Promise<Result<Installed, OrderRefusal>> {
    const { clockSteps } = record
    const { transaction, setpoint } = content
    let form = before?.form ?? forms.first()
    let course = before?.course ?? content.course
    if (!hasCourse(before, content) || refresh.isDue(transaction)) {
      const put = await offers.course(content, evse)
      if (!put.ok) return put
      form = put.value.form
      course = content.course
      if (isInPlaceOfDefault(form)) inPlaceOfDefault.set(evse, transaction)
      keepFresh(content, evse, put.value)
    }
    const asDefault = form.purpose === 'TxDefaultProfile'
    if (setpoint === null) {
      const cleared = await takeSetpointBack(options, transaction, evse)
      // Where nothing was believed to be in place, a station that finds nothing to take back is right.
      if (!cleared.ok && (before !== null || !isRefused(cleared.refusal))) return cleared
      return ok({ course, setpoint, wireSetpoint: null, renewedAt: renewedSince(clockSteps, options), asDefault, form })
    }
    const led = await offers.setpoint({ ...content, setpoint }, evse, form, before)
    // Whoever gave no answer may have taken it; whoever refused it keeps to the one before.
    if (led.ok ? led.value.wireSetpoint !== null : !isRefused(led.refusal)) record.setpointOf.set(evse, transaction)
    if (!led.ok) return led
    return ok({ course, setpoint, renewedAt: renewedSince(clockSteps, options), asDefault, ...led.value })
  }

  /** The course of an order once more; what has been ordered since of the set-point stays. */
  async function again(content: OrderContent, evse: number): Promise<Confirmation> {
    const { transaction } = content
    const before = record.installed.get(transaction)
    if (before === undefined) return refused({ kind: 'overtaken' })
    const { setpoint, course } = before
    const put = await offers.course({ ...content, setpoint, course }, evse)
    if (!put.ok) return put
    const form = { ...put.value.form, setpoint: before.form.setpoint }
    keepFresh({ ...content, course }, evse, put.value)
    return taken(transaction, { ...before, form, asDefault: form.purpose === 'TxDefaultProfile' })
  }

  function keepFresh(content: OrderContent, evse: number, { held }: TakenCourse): void {
    refresh.held(content, held, () => inTurn(content.transaction, () => again(content, evse)).catch(options.onFailure))
  }

  async function install(content: OrderContent, evse: number): Promise<Confirmation> {
    const { transaction } = content
    const before = record.installed.get(transaction) ?? null
    let result = await put(content, evse, before)
    if (!result.ok && result.refusal.kind === 'rejected' && before !== null) {
      // The station may have lost or outlived what we believe it has: everything anew, once (K28.FR.12).
      record.installed.delete(transaction)
      result = await put(content, evse, null)
    }
    if (!result.ok) {
      forget(transaction)
      // What is wanted was refused; what was wanted before is not kept instead.
      if (isRefused(result.refusal)) await takeSetpointBack(options, transaction, evse)
      return result
    }
    if (record.installed.size > TRANSACTIONS_MAX) record.installed.clear()
    record.evseOf.set(transaction, evse)
    return taken(transaction, result.value)
  }

  function taken(transaction: string, installed: Installed): Confirmation {
    record.installed.set(transaction, installed)
    return ok({ confirmedAt: clock.now() })
  }

  async function renew(content: OrderContent, evse: number): Promise<Confirmation> {
    const { transaction } = content
    const { clockSteps } = record
    const before = record.installed.get(transaction)
    if (before === undefined || before.renewedAt === null) return install(content, evse)
    const message = charging.renewal(content, evse, offers.mannerOf(content, evse, before.form))
    const result = message === null ? ok(null) : await ask(message)
    if (result.ok) return taken(transaction, { ...before, renewedAt: renewedSince(clockSteps, options) })
    if (result.refusal.kind !== 'rejected') return result
    forget(transaction)
    return install(content, evse)
  }

  function forget(transaction: string): void {
    record.installed.delete(transaction)
    refresh.forget(transaction)
  }

  return {
    order: (content, evse) => inTurn(content.transaction, () => install(content, evse)),
    renew: (content, evse) => inTurn(content.transaction, () => renew(content, evse)),
    setDefault: offers.default,
    async deliver(messages) {
      const taken = await deliverAll(ask, messages)
      // A course that lay in the place of the limit that holds without us has gone with its session.
      for (const [evse, transaction] of inPlaceOfDefault) {
        const limit = record.defaults.get(evse)
        if (record.installed.has(transaction) || limit === undefined) continue
        inPlaceOfDefault.delete(evse)
        await offers.default(evse, limit)
      }
      return taken
    },
    stop: refresh.stop,
  }
}

/** Asks for the end of a set-point that may be in force, in whatever form it was told and whatever was refused since. */
async function takeSetpointBack(
  { charging, ask, record }: ProfileInstallerOptions,
  transaction: string,
  evse: number,
): Promise<Result<unknown, OrderRefusal>> {
  const clear = record.setpointOf.get(evse) === transaction ? charging.clearSetpoint(evse) : null
  if (clear === null) return ok(null)
  const cleared = await ask(clear)
  if (cleared.ok || isRefused(cleared.refusal)) record.setpointOf.delete(evse)
  return cleared
}

/** It has said no; whoever gave no answer may have taken it. */
function isRefused({ kind }: OrderRefusal): boolean {
  return kind === 'rejected' || kind === 'unsupported'
}

async function deliverAll(ask: Ask, messages: readonly Outbound[]): Promise<Result<unknown, OrderRefusal>> {
  for (const message of messages) {
    const taken = await ask(message)
    if (!taken.ok) return taken
  }
  return ok(null)
}

/** Null where the clock was set meanwhile: nobody knows how long ago the station took it. */
function renewedSince(clockSteps: number, { record, clock }: ProfileInstallerOptions): number | null {
  return record.clockSteps === clockSteps ? clock.elapsed() : null
}
