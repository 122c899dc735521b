// Brings orders into force on one station and keeps account of what it has taken.
import type { OrderContent } from '../../domain/orders/order.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { OrderRefusal } from '../../domain/ports/controllables.ts'
import { ok, refused, type Result } from '../../domain/result.ts'
import type { Ask } from './ask-station.ts'
import type { ChargingMessages } from './blocks/charging/charging-messages.ts'
import { hasCourse } from './blocks/charging/installed.ts'
import type { Outbound } from './outbound.ts'
import { TRANSACTIONS_MAX } from './station-memory.ts'
import type { StationRecord } from './station-record.ts'
import { turns } from './turns.ts'

/** `confirmedAt`, epoch ms: when the station had taken all of it. */
export type Confirmation = Result<{ readonly confirmedAt: number }, OrderRefusal>

export interface ProfileInstaller {
  order(content: OrderContent, evse: number): Promise<Confirmation>
  renew(content: OrderContent, evse: number): Promise<Confirmation>
  /** Sends messages one after the other and stops at the first that is not taken. */
  deliver(messages: readonly Outbound[]): Promise<Result<unknown, OrderRefusal>>
}
export interface ProfileInstallerOptions {
  readonly charging: ChargingMessages
  readonly ask: Ask
  readonly record: StationRecord
  readonly clock: Clock
}

/** Orders of one transaction go out in their order; the newest of those that wait is kept. */
export function profileInstaller({ charging, ask, record, clock }: ProfileInstallerOptions): ProfileInstaller {
  const inTurn = turns<Confirmation>(refused({ kind: 'overtaken' }))

  /** The other form of a message holds for whatever car comes next, so it is tried only while the session is known to run. */
  async function deliver(
    messages: readonly Outbound[],
    transaction = '',
  ): Promise<Result<{ readonly inOtherForm: boolean }, OrderRefusal>> {
    let inOtherForm = false
    for (const message of messages) {
      let taken = await ask(message)
      if (message.otherwise !== undefined && !taken.ok && taken.refusal.kind === 'rejected' && record.evseOf.has(transaction)) {
        taken = await ask(message.otherwise)
        inOtherForm = true
      }
      if (!taken.ok) return taken
    }
    return ok({ inOtherForm })
  }

  async function install(content: OrderContent, evse: number): Promise<Confirmation> {
    const { transaction } = content
    const { clockSteps } = record
    let before = record.installed.get(transaction) ?? null
    let result = await deliver(charging.order(content, evse, before), transaction)
    if (!result.ok && result.refusal.kind === 'rejected' && before !== null) {
      // The station may have lost or outlived what we believe it has: everything anew, once (K28.FR.12).
      record.installed.delete(transaction)
      before = null
      result = await deliver(charging.order(content, evse, null), transaction)
    }
    if (!result.ok) {
      record.installed.delete(transaction)
      return result
    }
    if (record.installed.size > TRANSACTIONS_MAX) record.installed.clear()
    const { setpoint } = content
    const asDefault = result.value.inOtherForm || (before?.asDefault === true && hasCourse(before, content))
    record.installed.set(transaction, {
      course: before !== null && hasCourse(before, content) ? before.course : content.course,
      setpoint,
      renewedAt: record.clockSteps === clockSteps ? clock.elapsed() : null,
      asDefault,
    })
    record.evseOf.set(transaction, evse)
    return ok({ confirmedAt: clock.now() })
  }

  async function renew(content: OrderContent, evse: number): Promise<Confirmation> {
    const { transaction } = content
    const { clockSteps } = record
    const before = record.installed.get(transaction)
    if (before === undefined || before.renewedAt === null) return install(content, evse)
    const result = await deliver(charging.renewal(content, evse))
    if (result.ok) {
      record.installed.set(transaction, { ...before, renewedAt: record.clockSteps === clockSteps ? clock.elapsed() : null })
      return ok({ confirmedAt: clock.now() })
    }
    if (result.refusal.kind !== 'rejected') return result
    record.installed.delete(transaction)
    return install(content, evse)
  }

  return {
    order: (content, evse) => inTurn(content.transaction, () => install(content, evse)),
    renew: (content, evse) => inTurn(content.transaction, () => renew(content, evse)),
    deliver: (messages) => deliver(messages),
  }
}
