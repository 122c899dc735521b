// A station as light as one can be and still be served: it boots, plugs its car in, takes every order, follows it within its battery, and measures.
import type { BenchStation } from './fleet-file.ts'
import { answerOf } from './light-settings.ts'
import { openLightSocket, type LightSocket } from './light-socket.ts'

export interface StationWatch {
  /** A call of ours was answered after ms. */
  readonly onAnswer: (ms: number) => void
  /** Our call was answered with an error, or the connection broke. */
  readonly onFault: (detail: string) => void
  /** A set-point or a course has arrived: by how much the station is told to take more than before, W. */
  readonly onOrder: (moreW: number) => void
  /** The next answer to a measurement has arrived. */
  readonly onMeasured?: (station: LightStation) => void
}
export interface LightStation {
  readonly hasCar: boolean
  /** Sends one measurement; nothing where no transaction runs. */
  measure(): void
  /** Orders of a course or a set-point it was given so far. */
  orders(): number
  close(): void
}

/** What a station keeps while it has no connection. */
export interface StationMemory {
  course: Profile | null
  setpoint: number | null
  charging: Charging | null
}

type Course = readonly { readonly startPeriod: number; readonly limit?: number; readonly setpoint?: number }[]
interface Profile {
  readonly startsAt: number
  readonly periods: Course
}
interface Charging {
  transaction: string
  sequence: number
  storedWh: number
  importedWh: number
  exportedWh: number
  power: number
  measuredAt: number
}

const LEAST_SOC = 0.1
const CHARGE_MAX_W = 11_000
const DISCHARGE_MAX_W = -10_000
const DEPARTS_IN_MS = 9 * 3_600_000
const EVSE = { id: 1, connectorId: 1 }

/** Of a station that was never connected. */
export function emptyMemory(): StationMemory {
  return { course: null, setpoint: null, charging: null }
}
/** The power a station was last told for an instant, epoch ms; null where it was told nothing. */
export function toldPower({ course, setpoint }: StationMemory, at: number): number | null {
  return setpoint ?? limitAt(course, at)
}

/**
 * Connects, boots, tells its status and, with a car, starts its transaction. With the memory of an earlier connection it goes on where it was instead.
 * `now` is the time of the stations, epoch ms.
 */
export async function openStation(
  station: BenchStation,
  port: number,
  now: () => number,
  watch: StationWatch,
  memory: StationMemory = emptyMemory(),
): Promise<LightStation> {
  const { id, dialect } = station
  const isV16 = dialect === 'ocpp1.6'
  const waiting = new Map<string, { readonly sentAt: number; readonly settle: (answer: Answer) => void }>()
  let [number, orders] = [0, 0]
  let isClosed = false
  const socket: LightSocket = await openLightSocket({
    port,
    path: `/ocpp/${id}`,
    protocol: dialect,
    user: id,
    password: station.password,
    onText: take,
    onClose(reason) {
      if (!isClosed) watch.onFault(`${id}: ${reason}`)
      isClosed = true
      for (const { settle } of waiting.values()) settle({})
      waiting.clear()
    },
  })

  function call(action: string, payload: object): Promise<Answer> {
    if (isClosed) return Promise.resolve({})
    const message = (number++).toString(36)
    return new Promise((settle) => {
      waiting.set(message, { sentAt: performance.now(), settle })
      socket.send(JSON.stringify([2, message, action, payload]))
    })
  }

  function take(text: string): void {
    const frame = JSON.parse(text) as [number, string, unknown, unknown]
    if (frame[0] === 2) {
      const [, id, action, payload] = frame as unknown as [number, string, string, Readonly<Record<string, unknown>>]
      obey(action, payload)
      socket.send(JSON.stringify([3, id, answerOf(dialect, action, payload)]))
      return
    }
    const asked = waiting.get(frame[1])
    if (asked === undefined) return
    waiting.delete(frame[1])
    watch.onAnswer(performance.now() - asked.sentAt)
    if (frame[0] !== 3) watch.onFault(`${id}: ${String(frame[2])} ${String(frame[3])}`)
    asked.settle((frame[0] === 3 ? frame[2] : {}) as Answer)
  }

  function obey(action: string, payload: Readonly<Record<string, unknown>>): void {
    const before = toldPower(memory, now()) ?? 0
    if (action === 'UpdateDynamicSchedule') memory.setpoint = (payload['scheduleUpdate'] as { setpoint: number }).setpoint
    else if (action === 'SetChargingProfile') {
      const profile = (payload['chargingProfile'] ?? payload['csChargingProfiles']) as WireProfile
      if (profile.stackLevel === 0) return
      const [schedule] = [profile.chargingSchedule].flat() as [WireSchedule]
      if (profile.chargingProfileKind === 'Dynamic') memory.setpoint = schedule.chargingSchedulePeriod[0]?.setpoint ?? null
      else memory.course = { startsAt: Date.parse(schedule.startSchedule ?? ''), periods: schedule.chargingSchedulePeriod }
    } else if (action === 'ClearChargingProfile') {
      memory.setpoint = null
      return
    } else return
    orders++
    watch.onOrder((toldPower(memory, now()) ?? 0) - before)
  }

  /** What the car takes from now on: the order, as far as battery and station go along. */
  function powerAt(at: number, soc: number): number {
    const ordered = toldPower(memory, at) ?? 0
    const least = station.isBidirectional && soc > LEAST_SOC ? DISCHARGE_MAX_W : 0
    return Math.round(Math.min(soc >= 1 ? 0 : CHARGE_MAX_W, Math.max(least, ordered)))
  }

  async function plugIn(): Promise<void> {
    const at = now()
    const { soc, capacityWh, token } = station
    const begun: Charging = {
      transaction: `${id}-${at.toString(36)}`,
      sequence: 0,
      storedWh: soc * capacityWh,
      importedWh: 1_000_000,
      exportedWh: 200_000,
      power: 0,
      measuredAt: at,
    }
    if (isV16) {
      const start = { connectorId: 1, idTag: token, meterStart: begun.importedWh, timestamp: instant(at) }
      const { transactionId } = await call('StartTransaction', start)
      memory.charging = { ...begun, transaction: String(transactionId) }
      return
    }
    const started = transactionEvent('Started', 'Authorized', begun, at, {
      evse: EVSE,
      idToken: { idToken: token, type: 'eMAID' },
    })
    await call('TransactionEvent', started)
    memory.charging = begun
    await call('NotifyEVChargingNeeds', needsOf(station, at))
  }

  function transactionEvent(type: string, trigger: string, of: Charging, at: number, more: object): object {
    return {
      eventType: type,
      timestamp: instant(at),
      triggerReason: trigger,
      seqNo: of.sequence++,
      transactionInfo: { transactionId: of.transaction, chargingState: 'Charging' },
      ...more,
      meterValue: [{ timestamp: instant(at), sampledValue: samples2(of, station.capacityWh) }],
    }
  }

  const boot = isV16
    ? { chargePointVendor: 'Bench', chargePointModel: 'Light', firmwareVersion: '1.0' }
    : { reason: 'PowerUp', chargingStation: { vendorName: 'Bench', model: 'Light', firmwareVersion: '1.0' } }
  const isNew = memory.charging === null
  if (isNew) await call('BootNotification', boot)
  await call('StatusNotification', statusOf(isV16, station.hasCar, now()))
  if (station.hasCar && isNew) await plugIn()

  const opened: LightStation = {
    hasCar: station.hasCar,
    orders: () => orders,
    measure() {
      const { charging } = memory
      if (charging === null || isClosed) return
      // No meter measures twice in one millisecond.
      const at = Math.max(now(), charging.measuredAt + 1)
      follow(charging, powerAt(at, charging.storedWh / station.capacityWh), at)
      const answered = isV16
        ? call('MeterValues', {
            connectorId: 1,
            transactionId: Number(charging.transaction),
            meterValue: [{ timestamp: instant(at), sampledValue: samples16(charging) }],
          })
        : call('TransactionEvent', transactionEvent('Updated', 'MeterValuePeriodic', charging, at, { evse: EVSE }))
      if (watch.onMeasured !== undefined) void answered.then(() => watch.onMeasured?.(opened))
    },
    close() {
      isClosed = true
      socket.close()
    },
  }
  return opened
}

interface Answer {
  readonly transactionId?: number
}
interface WireSchedule {
  readonly startSchedule?: string
  readonly chargingSchedulePeriod: Course
}
interface WireProfile {
  readonly stackLevel: number
  readonly chargingProfileKind: string
  readonly chargingSchedule: WireSchedule | readonly WireSchedule[]
}

function limitAt(course: Profile | null, at: number): number | null {
  const seconds = course === null ? 0 : (at - course.startsAt) / 1_000
  let limit: number | null = null
  for (const period of course?.periods ?? []) if (period.startPeriod <= seconds) limit = period.limit ?? null
  return limit
}

/** The time since the last measurement at its power, then the new power. */
function follow(charging: Charging, power: number, at: number): void {
  const energy = (charging.power * (at - charging.measuredAt)) / 3_600_000
  charging.storedWh += energy * (energy > 0 ? 0.93 : 1 / 0.93)
  charging.importedWh += Math.max(0, energy)
  charging.exportedWh += Math.max(0, -energy)
  charging.power = power
  charging.measuredAt = at
}

function statusOf(isV16: boolean, hasCar: boolean, at: number): object {
  const timestamp = instant(at)
  return isV16
    ? { connectorId: 1, errorCode: 'NoError', status: hasCar ? 'Charging' : 'Available', timestamp }
    : { timestamp, connectorStatus: hasCar ? 'Occupied' : 'Available', evseId: 1, connectorId: 1 }
}

/** What the car asks for: up to 80 %, by tomorrow morning; in 2.1 with what it would give. */
function needsOf({ dialect, isBidirectional, capacityWh, soc }: BenchStation, at: number): object {
  const wantedWh = Math.round((0.8 - soc) * capacityWh)
  const departureTime = instant(at + DEPARTS_IN_MS)
  if (dialect === 'ocpp2.0.1' || !isBidirectional) {
    const dcChargingParameters = {
      evMaxCurrent: 32,
      evMaxVoltage: 500,
      evMaxPower: CHARGE_MAX_W,
      evEnergyCapacity: capacityWh,
      energyAmount: Math.max(0, wantedWh),
      stateOfCharge: Math.round(100 * soc),
    }
    const chargingNeeds = { requestedEnergyTransfer: 'DC', departureTime, dcChargingParameters }
    return { evseId: 1, chargingNeeds, ...(dialect === 'ocpp2.1' ? { timestamp: instant(at) } : {}) }
  }
  const v2xChargingParameters = {
    minChargePower: 1_380,
    maxChargePower: CHARGE_MAX_W,
    minDischargePower: 1_380,
    maxDischargePower: -DISCHARGE_MAX_W,
    evTargetEnergyRequest: wantedWh,
    evMinEnergyRequest: Math.round((0.2 - soc) * capacityWh),
    evMaxEnergyRequest: Math.round((1 - soc) * capacityWh),
    targetSoC: 80,
  }
  const chargingNeeds = {
    requestedEnergyTransfer: 'DC_BPT',
    availableEnergyTransfer: ['DC_BPT', 'DC'],
    controlMode: 'DynamicControl',
    mobilityNeedsMode: 'EVCC',
    departureTime,
    v2xChargingParameters,
  }
  return { evseId: 1, timestamp: instant(at), chargingNeeds }
}

function samples2({ power, importedWh, exportedWh, storedWh }: Charging, capacityWh: number): readonly object[] {
  const value = (measurand: string, amount: number, unit: string, location = 'Outlet') => ({
    value: amount,
    measurand,
    context: 'Sample.Periodic',
    location,
    unitOfMeasure: { unit },
  })
  return [
    value('Power.Active.Import', Math.max(0, power), 'W'),
    value('Power.Active.Export', Math.max(0, -power), 'W'),
    value('Energy.Active.Import.Register', quarters(importedWh), 'Wh'),
    value('Energy.Active.Export.Register', quarters(exportedWh), 'Wh'),
    value('SoC', Math.round((1_000 * storedWh) / capacityWh) / 10, 'Percent', 'EV'),
  ]
}

function samples16({ power, importedWh }: Charging): readonly object[] {
  const value = (measurand: string, amount: number, unit: string) => ({
    value: String(amount),
    measurand,
    context: 'Sample.Periodic',
    unit,
  })
  return [
    value('Power.Active.Import', Math.max(0, power), 'W'),
    value('Energy.Active.Import.Register', Math.floor(importedWh), 'Wh'),
  ]
}

/** Registers show quarters of a watt-hour. */
function quarters(wh: number): number {
  return Math.floor(wh * 4) / 4
}

function instant(at: number): string {
  return new Date(at).toISOString()
}
