// What a house tells of an asset we lead, as the events of the station that it is.
import type { HemsSample } from '../../domain/facts/hems.ts'
import { openSession } from '../../domain/live/live-fleet.ts'
import type { StationEvent } from '../../domain/ports/charge-points.ts'
import type { ChargingNeeds } from '../../domain/registry/session.ts'
import { qualityOf } from '../../domain/telemetry/reading.ts'
import { share, wattHours, watts } from '../../domain/units.ts'
import type { LedAssetsOptions } from './led-assets.ts'
import type { Led } from './led-index.ts'

/** Who is plugged in at an asset, as told; null for nobody. */
export type ToldSession = {
  readonly id: string
  readonly token?: string | null | undefined
  readonly since?: number | null | undefined
}
export interface Requirement {
  readonly asset: string
  readonly departure?: number | null | undefined
  readonly minSocPercent?: number | null | undefined
  readonly targetSocPercent?: number | null | undefined
  readonly energyWh?: number | null | undefined
}
/** Without the station and the instant it was heard at. */
type Told = StationEvent extends infer Event
  ? Event extends StationEvent
    ? Omit<Event, 'station' | 'receivedAt'>
    : never
  : never

export interface LedWords {
  /** Resolves when it is durable. */
  tell(led: Led, told: Told): Promise<unknown>
  /** What cannot be recorded now is told again when the house comes again. */
  note(led: Led, told: Told): void
  /** The session there, by the name the house has given it; null for none. */
  runningAt(led: Led): string | null
  /** Who is plugged in from an instant on; whoever was there before has left. */
  session(led: Led, told: ToldSession | null, at: number): Promise<void>
  readings(led: Led, samples: readonly HemsSample[]): Promise<unknown>
  needs(led: Led, requirement: Requirement): Promise<unknown>
}

/** Words for whoever takes events of stations. `left`: a car is gone. */
export function ledWords(
  { clock, fleet, pseudonym, receive }: Pick<LedAssetsOptions, 'clock' | 'fleet' | 'pseudonym' | 'receive'>,
  left: (led: Led) => void,
): LedWords {
  function tell({ station }: Led, told: Told): Promise<unknown> {
    return receive({ ...told, station, receivedAt: clock.now() } as StationEvent)
  }
  function runningAt({ evse }: Led): string | null {
    const live = fleet.evses.get(evse)
    return live === undefined ? null : (openSession(fleet, live)?.transaction ?? null)
  }
  async function sessionTold(led: Led, told: ToldSession | null, at: number): Promise<void> {
    const running = runningAt(led)
    if (running === (told?.id ?? null)) return
    if (running !== null) {
      left(led)
      await tell(led, { kind: 'session-ended', evse: 1, transaction: running, at, detail: 'unplugged', importedWh: null })
    }
    await tell(led, { kind: 'status', evse: 1, connector: 1, status: told === null ? 'available' : 'occupied', at, detail: null })
    if (told === null) return
    const token = told.token == null ? null : pseudonym(told.token)
    const since = told.since ?? at
    await tell(led, {
      kind: 'session-started',
      evse: 1,
      transaction: told.id,
      token,
      at: since,
      offline: false,
      importedWh: null,
    })
    await tell(led, { kind: 'needs', evse: 1, transaction: told.id, needs: needsOf(led, { asset: led.asset.id }) })
  }

  return {
    tell,
    note: (led, told) => void tell(led, told).catch(() => {}),
    runningAt,
    session: sessionTold,
    readings: (led, samples) => tell(led, readingsOf(led, runningAt(led), samples, clock.now())),
    needs: (led, requirement) =>
      tell(led, { kind: 'needs', evse: 1, transaction: runningAt(led), needs: needsOf(led, requirement) }),
  }
}

function readingsOf({ evse }: Led, transaction: string | null, samples: readonly HemsSample[], now: number): Told {
  const readings = samples.map(({ at, powerW, importedWh, exportedWh, soc }) => ({
    evse,
    transaction,
    sampledAt: at,
    arrivedAt: now,
    power: watts(powerW),
    imported: importedWh === null ? null : wattHours(importedWh),
    exported: exportedWh === null ? null : wattHours(exportedWh),
    soc: soc === null ? null : share(soc),
    phases: null,
    quality: qualityOf(at, now),
  }))
  return { kind: 'readings', readings }
}
function needsOf({ asset }: Led, told: Requirement): ChargingNeeds {
  const percent = (of: number | null | undefined) => (of == null ? null : share(of / 100))
  return {
    departure: told.departure ?? null,
    capacity: asset.capacityWh === null ? null : wattHours(asset.capacityWh),
    soc: null,
    energyWanted: told.energyWh == null ? null : wattHours(told.energyWh),
    targetSoc: percent(told.targetSocPercent),
    minimumSoc: percent(told.minSocPercent),
    chargeMin: null,
    chargeMax: asset.chargeMaxW === null ? null : watts(asset.chargeMaxW),
    dischargeMax: asset.dischargeMaxW === null ? null : watts(-asset.dischargeMaxW),
    bidirectional: (asset.dischargeMaxW ?? 0) > 0 && asset.follows === 'setpoint',
    phases: 3,
  }
}
