// Brings cars behind a link to what is wished: currents by OPEV and OSCEV, powers and our prices by CEVC. Its device beats for as long as it does.
import type { Clock } from '../../../domain/ports/clock.ts'
import type { Result } from '../../../domain/result.ts'
import type { Series } from '../../../domain/time/series.ts'
import type { Price } from '../../../domain/units.ts'
import type { SpineLink } from '../spine/link.ts'
import type { FeatureRef, LocalDevice } from '../spine/local-device.ts'
import { boundWriter, type ToWrite } from './bound-writer.ts'
import { CEVC, powerLimitsWrite, pricesWrites, type CevcValues } from './coordinated-charging.ts'
import {
  curtailmentWrite,
  OPEV,
  OSCEV,
  OVERLOAD_PROTECTION,
  SELF_CONSUMPTION,
  type Curtailment,
  type CurtailmentValues,
} from './current-curtailment.ts'
import { byPhase } from './curtailment-rules.ts'
import { featureOf } from './partner.ts'
import { pricesAhead } from './prices-ahead.ts'
import { beating } from './pulse.ts'
import type { Told } from './watch.ts'

/** What is left out is not written. */
export interface CarWish {
  /** A by phase, behind which no car takes more. */
  readonly fuse: number
  /** A by phase that a car must not, and should not, take more than. */
  readonly current?: number
  readonly recommended?: number
  /** W. */
  readonly power?: number
  readonly prices?: Series<Price | null>
}
export interface CarManagerOptions {
  readonly link: SpineLink
  readonly clock: Clock
  readonly device: LocalDevice
  readonly entity: readonly number[]
  readonly clientFor: (type: string) => FeatureRef
  readonly wish: CarWish
  readonly onWritten: (what: string, entity: readonly number[], outcome: string) => void
}

/** A refusal or silence is not answered by the next write at once; ms. */
const AGAIN_MS = 60_000
const POWER_MS = 86_400_000

/** To be told what a watch tells. */
export function carManager(options: CarManagerOptions): { told(one: Told): void; stop(): void } {
  const { link, clock, device, entity, clientFor, wish, onWritten } = options
  const writer = boundWriter(link, clientFor)
  const last = new Map<string, { readonly text: string; readonly at: number }>()
  const latest = new Map<string, Told>()
  const retries = new Map<string, () => void>()
  const stopBeating = beating(device, entity, clock)

  /** The same for the same reason once; again after a minute where it did not hold. */
  function write(
    one: Told,
    type: string,
    { reason, commands }: { reason: string; commands: Result<readonly ToWrite[], string> },
  ): void {
    const key = `${placeOf(one)}${type}`
    const before = last.get(key)
    const feature = featureOf(one.partner, type)
    if (!commands.ok || feature === null || (before?.text === reason && clock.elapsed() - before.at < AGAIN_MS)) return
    last.set(key, { text: reason, at: clock.elapsed() })
    void (async () => {
      for (const command of commands.value) {
        const answer = await writer.write(feature, command)
        onWritten(command.name, one.partner.entity, answer.ok ? 'taken' : answer.refusal.kind)
        if (!answer.ok) return retry(key, placeOf(one))
      }
    })()
  }
  function retry(key: string, place: string): void {
    retries.get(key)?.()
    const again = clock.after(AGAIN_MS, `eebus car ${link.from}`, () => {
      const one = latest.get(place)
      if (one !== undefined) manage(one)
    })
    retries.set(key, again)
  }
  function curtail(one: Told, kind: Curtailment, current: number | undefined): void {
    if (current === undefined) return
    const values = one.values as CurtailmentValues
    const command = curtailmentWrite(
      values,
      kind,
      byPhase(() => current),
      wish.fuse,
    )
    if (!command.ok) return
    const wanted = command.value.data['loadControlLimitData'] as readonly {
      limitId: number
      value: { number: number; scale: number }
    }[]
    const isHeld = Object.values(values.limits).every((limit) => {
      const one = wanted.find(({ limitId }) => limitId === limit.limitId)
      return one !== undefined && limit.isActive && limit.current === one.value.number * 10 ** one.value.scale
    })
    if (!isHeld) write(one, 'LoadControl', { reason: 'limits', commands: { ok: true, value: [command.value] } })
  }
  function coordinate(one: Told): void {
    const values = one.values as CevcValues
    const reason = JSON.stringify(values.demand)
    if (wish.power !== undefined) {
      const limits = powerLimitsWrite(values, [{ ms: POWER_MS, value: wish.power }])
      write(one, 'TimeSeries', { reason, commands: limits.ok ? { ok: true, value: [limits.value] } : limits })
    }
    if (wish.prices !== undefined)
      write(one, 'IncentiveTable', { reason, commands: pricesWrites(values, pricesAhead(wish.prices, clock.now())) })
  }
  function manage(one: Told): void {
    if (one.useCase === OPEV.short) curtail(one, OVERLOAD_PROTECTION, wish.current)
    else if (one.useCase === OSCEV.short) curtail(one, SELF_CONSUMPTION, wish.recommended)
    else if (one.useCase === CEVC.short) coordinate(one)
  }
  return {
    told(one) {
      if (one.values !== null) {
        latest.set(placeOf(one), one)
        return manage(one)
      }
      latest.delete(placeOf(one))
      // Another car at that place is told everything anew.
      for (const key of last.keys()) if (key.startsWith(placeOf(one))) last.delete(key)
    },
    stop() {
      stopBeating()
      for (const cancel of retries.values()) cancel()
    },
  }
}

function placeOf({ useCase, partner }: Told): string {
  return `${useCase} ${partner.entity.join('.')} `
}
