// What commands from the other side can do to a twin station, and the settings they can read and write.
import type { ChargePoint } from './charge-point.ts'
import { deviceModel, fits, type Variable } from './device-model.ts'
import type { ConnectorState, Message } from './session-message.ts'
import type { StationConfig } from './twin-fleet.ts'

export interface StationControls {
  readonly config: StationConfig
  readonly point: ChargePoint
  readonly now: () => number
  /** Called after the stack of profiles was changed. */
  readonly profilesChanged: () => void
  readonly settings: Settings
  /** What stands at the connector. */
  connectorState(): ConnectorState
  /** False when no car is plugged in or a transaction runs already. */
  startRemotely(token: string, remoteStartId: number | null): boolean
  /** False when it is not the running transaction. */
  stopRemotely(transaction: string): boolean
  allowTransfers(transfers: readonly string[]): void
  trigger(message: string): 'Accepted' | 'NotImplemented'
  reset(whenIdle: boolean): 'Accepted' | 'Scheduled'
  /** Lets cars charge, or no more cars after the one that does. */
  setOperative(operative: boolean): 'Accepted' | 'Scheduled'
  /** Sends messages once the command has been answered. */
  tellAfterwards(messages: readonly Message[]): void
}

/** The settings of one station, by name as its device model has them. */
export interface Settings {
  readonly variables: ReadonlyMap<string, Variable>
  /** Undefined for an unknown name. */
  get(name: string): string | undefined
  write(name: string, value: string): 'written' | 'unknown' | 'read-only' | 'misfit'
}

/** The settings a station starts with: its device model, with what habits have changed of it. `live` are values that change by themselves. */
export function settingsOf(
  config: StationConfig,
  meterIntervalMs: number,
  habits: ReadonlyMap<string, string>,
  live: ReadonlyMap<string, () => string>,
  written: (name: string) => void,
): Settings {
  const variables = new Map(deviceModel(config, meterIntervalMs).map((variable) => [variable.name, variable]))
  const values = new Map([...variables].map(([name, { value }]) => [name, habits.get(name) ?? value]))
  return {
    variables,
    get: (name) => live.get(name)?.() ?? values.get(name),
    write(name, value) {
      const variable = variables.get(name)
      if (variable === undefined) return 'unknown'
      if (variable.isWritable !== true) return 'read-only'
      if (!fits(variable, value)) return 'misfit'
      values.set(name, value)
      written(name)
      return 'written'
    },
  }
}
