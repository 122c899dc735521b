// The EVSE of a station with its car: energy, profiles and the session, brought up to date whenever somebody looks.
import type { ProfileContext } from './charging-profile.ts'
import { ownSoc, toldSoc, type LieMoment } from './lies.ts'
import { advance, atRest, byPhase, command, meteredPower, powerNow, type PlugState } from './physics.ts'
import {
  askedAt,
  backOnline,
  composite,
  endTransaction,
  nextChange,
  type CompositePeriod,
  type ProfileStack,
} from './profile-stack.ts'
import { chargingState, type ChargingState, type Sample, type Transaction } from './session-message.ts'
import { showsSoc, type StationConfig } from './twin-fleet.ts'

export interface ChargePoint {
  readonly transaction: Transaction | null
  readonly stack: ProfileStack
  /** Whether the car negotiated power in both directions. */
  bidirectional: boolean
  /** What a profile is judged by at this moment. */
  profileContext(now: number): ProfileContext
  /** Puts another stack in force. */
  restack(stack: ProfileStack, now: number): void
  begin(transaction: Transaction, now: number): void
  end(now: number): void
  /** Whether somebody on site limits the power. */
  readonly isCapped: boolean
  /** What somebody on site allows, W at most while charging; null lifts it. */
  cap(watts: number | null, now: number): void
  /** The car goes away and comes back with less in its battery; returns the Wh it really had for the trip. */
  drive(usedWh: number): number
  connectionChanged(isOnline: boolean, now: number): void
  composite(now: number, durationMs: number): readonly CompositePeriod[]
  sample(now: number, context: Sample['context']): Sample
  /** Energy that the car takes to be in its battery, Wh: the truth, but for some liars. */
  ownStoredWh(now: number): number
  /** State to be told, from what flows and what is asked for. */
  chargingState(now: number): ChargingState
  /** The truth at an instant. */
  truth(now: number): {
    readonly storedWh: number
    readonly power: number
    readonly importedWh: number
    readonly exportedWh: number
  }
}

/** A car that comes home nearly empty still has this share of its capacity. */
const EMPTY_SOC = 0.05

/** One charging station with its car, without a network. */
export function chargePoint(config: StationConfig, from: number, storedWh: number): ChargePoint {
  const { plug } = config
  let state: PlugState = atRest(from, storedWh)
  let stack: ProfileStack = []
  let transaction: Transaction | null = null
  let bidirectional = false
  let offlineSince: number | null = from
  let plugged = { pluggedAt: from, socAtPlug: storedWh / plug.car.capacityWh, socAtFirst: storedWh / plug.car.capacityWh }
  let hasBegun = false
  let ceiling = Infinity

  function context() {
    return { transaction: transaction?.id ?? null, startedAt: transaction?.startedAt ?? 0, offlineSince }
  }
  /** Goes through everything that has changed by itself since the last look. */
  function settle(now: number): void {
    if (transaction === null) {
      state = advance(plug, state, now)
      return
    }
    while (state.at < now) {
      steer()
      state = advance(plug, state, Math.min(now, nextChange(stack, context(), state.at)))
    }
    steer()
  }
  function steer(): void {
    if (transaction !== null) state = command(plug, state, askedPower())
  }
  function askedPower(): number {
    const { limit, setpoint } = askedAt(stack, context(), state.at)
    return Math.min(setpoint ?? Math.min(limit, plug.station.chargeMaxW), ceiling)
  }
  function moment(now: number): LieMoment {
    return { ...plugged, at: now, soc: state.storedWh / plug.car.capacityWh }
  }
  function shownSoc(now: number): number | null {
    if (!showsSoc(config)) return null
    const { soc } = moment(now)
    return config.lie === null ? soc : toldSoc(config.lie, moment(now), plug.seed)
  }
  /** No contact, no power: what flowed ends at once. */
  function rest(at: number): void {
    state = { ...atRest(at, state.storedWh, state), commands: state.commands }
  }

  return {
    get transaction() {
      return transaction
    },
    get stack() {
      return stack
    },
    get bidirectional() {
      return bidirectional
    },
    get isCapped() {
      return ceiling !== Infinity
    },
    set bidirectional(value) {
      bidirectional = value
    },
    profileContext: (now) => ({
      now,
      transaction: transaction?.id ?? null,
      bidirectional,
      phases: plug.station.phases,
      current: config.current,
      dynamicProfiles: config.dialect === 'ocpp2.1',
    }),
    restack(next, now) {
      settle(now)
      stack = next
      steer()
    },
    begin(next, now) {
      settle(now)
      rest(now)
      transaction = next
      const soc = state.storedWh / plug.car.capacityWh
      plugged = { pluggedAt: now, socAtPlug: soc, socAtFirst: hasBegun ? plugged.socAtFirst : soc }
      hasBegun = true
      steer()
    },
    end(now) {
      settle(now)
      rest(now)
      transaction = null
      stack = endTransaction(stack)
    },
    cap(watts, now) {
      settle(now)
      ceiling = watts ?? Infinity
      steer()
    },
    drive(usedWh) {
      const { capacityWh } = plug.car
      const before = state.storedWh
      state = { ...state, storedWh: Math.max(EMPTY_SOC * capacityWh, before - usedWh) }
      return before - state.storedWh
    },
    connectionChanged(isOnline, now) {
      settle(now)
      if (isOnline && offlineSince !== null) stack = backOnline(stack, offlineSince, now)
      offlineSince = isOnline ? null : (offlineSince ?? now)
      steer()
    },
    composite: (now, durationMs) => composite(stack, context(), now, durationMs),
    sample(now, samplingContext) {
      settle(now)
      const power = meteredPower(plug, state)
      return {
        at: now,
        context: samplingContext,
        power,
        // Some stations also tell each phase.
        phases: config.dialect === 'ocpp2.0.1' && config.current === 'AC' ? byPhase(plug.station, power) : null,
        importedWh: state.importedWh,
        exportedWh: state.exportedWh,
        soc: shownSoc(now),
      }
    },
    ownStoredWh(now) {
      settle(now)
      return config.lie === null ? state.storedWh : ownSoc(config.lie, moment(now), plug.seed) * plug.car.capacityWh
    },
    chargingState(now) {
      settle(now)
      return chargingState(powerNow(plug, state), askedPower())
    },
    truth(now) {
      settle(now)
      const { storedWh, importedWh, exportedWh } = state
      return { storedWh, importedWh, exportedWh, power: transaction === null ? 0 : Math.round(powerNow(plug, state)) }
    },
  }
}
