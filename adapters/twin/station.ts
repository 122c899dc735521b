// One twin station with its commuter's car, played over a real OCPP connection.
import type { Duplex } from 'node:stream'
import type { Clock } from '../../domain/ports/clock.ts'
import type { InFlight } from '../wire/in-flight.ts'
import { chargePoint } from './charge-point.ts'
import { answer16 } from './commands-v16.ts'
import type { CarTruth, Departure } from './car-truth.ts'
import { answer2 } from './commands-v2.ts'
import { firstStored, stays, type Stay } from './commuter.ts'
import { dice } from './dice.ts'
import { habitNamed } from './habits/catalog.ts'
import { mannersOf } from './habits/manners.ts'
import { pullWatch } from './pull-watch.ts'
import { wire, type ConnectorState, type Message, type Sample, type StopReason, type Transaction } from './session-message.ts'
import { speech16 } from './speech-v16.ts'
import { speech2, transferOf } from './speech-v2.ts'
import { sessionLedger, type SessionTruth } from './session-truth.ts'
import { heartbeatSetting, intervalSetting } from './device-model.ts'
import { settingsOf, type StationControls } from './station-controls.ts'
import { stationLink } from './station-link.ts'
import type { StationConfig } from './twin-fleet.ts'

export interface StationOptions {
  readonly config: StationConfig
  readonly url: string
  readonly connection?: () => Duplex
  readonly clock: Clock
  readonly inFlight?: InFlight
  readonly meterIntervalMs: number
  readonly callTimeoutMs: number
  readonly connectAt: number
  readonly followsBackend: boolean
  readonly onDeparture: (departure: Departure) => void
  readonly onFrame: (direction: 'in' | 'out', text: string) => void
}
export interface Station {
  isOnline(): boolean
  truth(): CarTruth
  cut(): Promise<void>
  restore(): void
  /** The transactions since the start, by what the meter truly counted. */
  sessions(): readonly SessionTruth[]
  stop(): Promise<void>
}

/** Below the target by no more than this it counts as met. */
const MET_TOLERANCE_SOC = 0.005
const QUARTER_HOUR_MS = 900_000

/** Starts one station of a fleet. */
export function openStation(options: StationOptions): Station {
  const { config, clock, meterIntervalMs } = options
  const { commuter, plug } = config
  const from = clock.now()
  const chance = dice(plug.seed, 'station')
  const speech = config.dialect === 'ocpp1.6' ? speech16(config) : speech2(config)
  const visits = stays(commuter, from)
  const timers = new Map<string, () => void>()
  let stay: Stay = visits.next().value
  let isPlugged = false
  /** Waits for the first connection, or was refused and waits for a remote start. */
  let isWaiting = false
  let resetsWhenIdle = false
  let isOperative = true
  let drivenWh = 0
  const point = chargePoint(config, from, firstStored(commuter, stay, from, plug.car.chargeMaxW))
  const isUnmetered = (config.habits ?? []).some((name) => habitNamed(name).isUnmetered === true)
  const sessions = sessionLedger({ station: config.id, isUnmetered }, point, clock.now)
  const manners = mannersOf(
    {
      config,
      point,
      now: clock.now,
      timer,
      stop,
      start: () => void (isPlugged && point.transaction === null && start(null, null)),
      cut: () => void link.cut(),
      restore: () => link.restore(),
      reboot: (reason) => link.reboot(reason),
    },
    (message) => {
      if (message.session === undefined) return link.send(message)
      link.send({
        ...message,
        answered(answer) {
          if (answer !== null) sessions.told(message)
          message.answered?.(answer)
        },
      })
    },
  )
  const { say } = manners
  const link = stationLink({
    config,
    speech,
    url: options.url,
    ...(options.connection === undefined ? {} : { connection: options.connection }),
    clock,
    ...(options.inFlight === undefined ? {} : { inFlight: options.inFlight }),
    callTimeoutMs: options.callTimeoutMs,
    connectAt: options.connectAt,
    followsBackend: options.followsBackend,
    habits: manners.link,
    answer: (action, payload) =>
      manners.hears(action, payload, () =>
        config.dialect === 'ocpp1.6' ? answer16(action, payload, controls) : answer2(action, payload, controls),
      ),
    onOnline,
    onFrame: options.onFrame,
  })

  function timer(key: string, at: number | null, run: () => void): void {
    timers.get(key)?.()
    if (at !== null) timers.set(key, clock.at(at, `twin ${config.id} ${key}`, run))
  }

  const pulls = pullWatch({ point, link: { send: say, isOnline: () => link.isOnline() }, speech, now: clock.now, chance, timer })

  function onOnline(isOnline: boolean): void {
    point.connectionChanged(isOnline, clock.now())
    if (!isOnline) return
    say(status())
    manners.online()
    if (isPlugged && isWaiting) authorize()
    else tellNeeds()
  }

  function connectorState(): ConnectorState {
    if (!isOperative && point.transaction === null) return 'Unavailable'
    return isPlugged ? 'Occupied' : 'Available'
  }
  function status(): Message {
    return speech.status(connectorState(), clock.now())
  }
  function liveValues(): ReadonlyMap<string, () => string> {
    const state = ['ChargingStation', 'EVSE', 'Connector'].map((part) => [`${part}.AvailabilityState`, connectorState] as const)
    if (config.dialect === 'ocpp1.6') return new Map()
    return new Map<string, () => string>([
      ...state,
      ['EVSE.Power', () => String(point.truth(clock.now()).power)],
      ['ClockCtrlr.DateTime', () => wire(clock.now())],
    ])
  }

  function arrive(): void {
    isPlugged = true
    isWaiting = true
    timer('leave', stay.leavesAt, leave)
    if (link.isOnline()) {
      say(status())
      authorize()
    } else if (link.hasBooted() && isOperative) start(null, null)
  }

  /** The car identifies itself; a refusal leaves it waiting without power. */
  function authorize(): void {
    const asked = stay
    if (!isOperative) return
    isWaiting = false
    say({
      ...speech.authorize(),
      answered(answer) {
        if (asked !== stay || !isPlugged || point.transaction !== null) return
        if (answer === null) return link.hasBooted() ? start(null, null) : void (isWaiting = true)
        const { accepted, transfers } = speech.admission(answer)
        if (accepted) start(transfers, null)
      },
    })
  }

  /** `transfers` null: nobody said what is allowed, so nothing is forbidden. */
  function start(transfers: readonly string[] | null, remoteStartId: number | null): void {
    const now = clock.now()
    isWaiting = false
    const transaction: Transaction = {
      startedAt: now,
      remoteStartId,
      id: speech.transactionId(now),
      sequence: 0,
      chargingState: 'EVConnected',
      needsTold: false,
    }
    point.bidirectional = mayDischarge(transfers)
    point.begin(transaction, now)
    sessions.begin(transaction)
    const started = speech.started(transaction, point.sample(now, 'Transaction.Begin'), !link.isOnline())
    say({
      ...started,
      answered(answer) {
        if (answer === null) return
        const admission = speech.admission(answer)
        transaction.id ??= admission.transaction
        if (!admission.accepted && point.transaction === transaction) stop('DeAuthorized')
      },
    })
    tellNeeds()
    nextReading()
    manners.began(transaction)
  }

  function mayDischarge(transfers: readonly string[] | null): boolean {
    return config.speech === 'bpt' && (transfers === null || transfers.includes(transferOf(config, true)))
  }

  function tellNeeds(): void {
    const { transaction } = point
    if (transaction === null || transaction.needsTold || !link.isOnline()) return
    const message = speech.needs(stay, point.ownStoredWh(clock.now()), point.bidirectional, clock.now())
    if (message === null) return
    transaction.needsTold = true
    say({ ...message, answered: (answer) => void (transaction.needsTold = answer !== null) })
  }

  /** All stations read their meters at the same instants: whole multiples of the interval. */
  function nextReading(): void {
    const everyMs = 1_000 * Number(controls.settings.get(intervalSetting(config)) ?? 0)
    if (everyMs === 0) return
    timer('meter', (Math.floor(clock.now() / everyMs) + 1) * everyMs, () => {
      read(clock.now() % QUARTER_HOUR_MS === 0 ? 'Sample.Clock' : 'Sample.Periodic')
      nextReading()
    })
  }

  function read(context: Sample['context']): void {
    const { transaction } = point
    if (transaction === null) return
    const sample = point.sample(clock.now(), context)
    const state = point.chargingState(clock.now())
    const stateChanged = state !== transaction.chargingState
    transaction.chargingState = state
    say(speech.measured(transaction, sample, stateChanged, !link.isOnline()))
    manners.read()
    if (config.lie === 'needs-only' && context === 'Sample.Clock') {
      transaction.needsTold = false
      tellNeeds()
    }
  }

  function stop(reason: StopReason): void {
    const { transaction } = point
    if (transaction === null) return
    const now = clock.now()
    timers.get('meter')?.()
    const sample = { ...point.sample(now, 'Transaction.End'), power: 0, phases: null }
    say(speech.ended(transaction, sample, reason, !link.isOnline()))
    point.end(now)
    sessions.end()
    if (!isOperative) say(status())
    pulls.watch()
  }

  function leave(): void {
    const now = clock.now()
    const transaction = point.transaction?.id ?? null
    const soc = point.truth(now).storedWh / plug.car.capacityWh
    stop('EVDisconnected')
    isPlugged = false
    isWaiting = false
    say(status())
    options.onDeparture({
      station: config.id,
      transaction,
      readyBy: stay.readyBy,
      leftAt: now,
      targetSoc: commuter.targetSoc,
      soc,
      isMet: soc >= commuter.targetSoc - MET_TOLERANCE_SOC,
    })
    if (resetsWhenIdle) controls.reset(false)
    stay = visits.next().value
    drivenWh += point.drive(stay.usedWh)
    timer('arrive', stay.arrivesAt, arrive)
  }

  const controls: StationControls = {
    config,
    point,
    now: clock.now,
    profilesChanged: pulls.watch,
    settings: settingsOf(config, meterIntervalMs, manners.settings, liveValues(), (name) => {
      if (name === intervalSetting(config) && point.transaction !== null) nextReading()
      if (name === heartbeatSetting(config)) link.heartbeatEvery(1_000 * Number(controls.settings.get(name)))
    }),
    connectorState,
    tellAfterwards: (messages) => timer('afterwards', clock.now(), () => messages.forEach(say)),
    setOperative(operative) {
      isOperative = operative
      if (point.transaction !== null) return operative ? 'Accepted' : 'Scheduled'
      timer('availability', clock.now(), () => {
        say(status())
        if (operative && isPlugged && isWaiting && link.isOnline()) authorize()
      })
      return 'Accepted'
    },
    startRemotely(token, remoteStartId) {
      // Tokens do not care for capitals.
      const isMine = token.toLowerCase() === config.token.toLowerCase()
      if (!isPlugged || point.transaction !== null || !isMine || !isOperative) return false
      timer('start', clock.now() + 1_000, () => {
        if (isPlugged && point.transaction === null) start(null, remoteStartId)
      })
      return true
    },
    stopRemotely(transaction) {
      if (point.transaction?.id !== transaction) return false
      timer('stop', clock.now() + 1_000, () => {
        if (point.transaction?.id === transaction) stop('Remote')
      })
      return true
    },
    allowTransfers(transfers) {
      const { transaction } = point
      if (transaction === null || mayDischarge(transfers) === point.bidirectional) return
      // [Q02.FR.06], [Q02.FR.07] the car negotiates anew and tells its needs again.
      point.bidirectional = !point.bidirectional
      transaction.needsTold = false
      tellNeeds()
    },
    trigger(message) {
      const send = (next: Message) => (say(next), 'Accepted' as const)
      switch (message) {
        case 'BootNotification':
          return send(speech.boot('PowerUp'))
        case 'Heartbeat':
          return send(speech.heartbeat())
        case 'StatusNotification':
          return send(status())
        case 'MeterValues':
        case 'TransactionEvent':
          read('Trigger')
          return 'Accepted'
        default:
          return 'NotImplemented'
      }
    },
    reset(whenIdle) {
      if (whenIdle && point.transaction !== null) {
        resetsWhenIdle = true
        return 'Scheduled'
      }
      resetsWhenIdle = false
      stop('ImmediateReset')
      isWaiting = isPlugged
      link.reboot('RemoteReset')
      return 'Accepted'
    },
  }

  if (stay.arrivesAt <= from) {
    // The car has been here before the simulation began; its session starts with the first connection.
    isPlugged = true
    isWaiting = true
    timer('leave', stay.leavesAt, leave)
  } else timer('arrive', stay.arrivesAt, arrive)

  return {
    isOnline: link.isOnline,
    truth() {
      const { storedWh, power, importedWh, exportedWh } = point.truth(clock.now())
      return {
        station: config.id,
        evse: config.evse,
        vehicle: config.vehicle,
        plugged: isPlugged,
        transaction: point.transaction?.id ?? null,
        capacityWh: plug.car.capacityWh,
        storedWh,
        soc: storedWh / plug.car.capacityWh,
        efficiency: plug.car.efficiency,
        power,
        importedWh,
        exportedWh,
        drivenWh,
        targetSoc: commuter.targetSoc,
        minimumSoc: commuter.minimumSoc,
        readyBy: stay.readyBy,
      }
    },
    cut: link.cut,
    restore: link.restore,
    sessions: sessions.list,
    async stop() {
      for (const cancel of timers.values()) cancel()
      await link.stop()
    },
  }
}
