// How full a car is: the lower of what it tells and what its meter leaves possible; a cautious guess for cars that tell nothing, or nothing that counts.
import { inWattHours, share, type Energy, type Soc } from '../units.ts'
import { flowOf, type Flow } from '../telemetry/energy-flow.ts'
import type { LiveEvse, LiveFleet } from './live-fleet.ts'
import { lowestAt, marginSince, type Battery } from '../telemetry/soc-mark.ts'
import { givenOnTrial } from '../telemetry/soc-trust.ts'
import type { Session } from '../registry/session.ts'

export interface StoredEstimate {
  /** What plans start from. */
  readonly energy: Energy
  readonly capacity: Energy
  readonly soc: Soc
  /** What may be given of it before the driver's minimum is certain no more, Wh in the battery (I2); less than nothing below the minimum. */
  readonly spare: number
  /** The same once a car that has not shown yet that its word counts does so. */
  readonly spareIfBelieved: number
  /** True when the car did not tell, or nothing that counts, and the value is a cautious guess. */
  readonly estimated: boolean
  /** Whether plans may count on giving: not while all that could be given rests on a guess, or on a word that nobody repeats. */
  readonly mayGive: boolean
}
const DEFAULT_CAPACITY_WH = 50_000
/** One way, where the registry names none. */
export const DEFAULT_EFFICIENCY = 0.93
/** A car that tells nothing is taken to arrive this empty (F34): it then is ready whatever was driven, and stops by itself when it is full. */
const CAUTIOUS_SOC = 0.12
/** Share of the battery that is given on a car's word alone, before energy has shown that the word moves with the meter. */
export const TRIAL = 0.01
/** A car that has told, but not for this long, has fallen silent. */
export const SILENT_MS = 900_000
/** Reserve factor and fixed reserve on the time needed to charge. */
const TIME_FACTOR = 1.15
const TIME_RESERVE_MS = 20 * 60_000

/**
 * The energy in the battery. With `at`, epoch ms, a word that no energy has confirmed counts only while there is time to charge an empty car by its
 * ready-by. Never throws: whatever a car says about itself, the answer lies between empty and full.
 */
export function storedEnergy(fleet: LiveFleet, live: LiveEvse, session: Session, at?: number): StoredEstimate {
  const battery = batteryOf(fleet, session)
  const { smallestWh, largestWh } = battery
  const flow = flowSince(live)
  const { trust } = live
  const isUnproven = trust.standing === 'on-trial' && at !== undefined && isProofDue(live, session, battery, at)
  const estimated = trust.ceiling === null || isUnproven || (trust.standing === 'distrusted' && !trust.isProven)
  const minimum = session.wish.minimumSoc
  const counted = countedSoc(flow, battery)
  const soc = within(estimated ? guessed(live, session, flow, battery) : toldSoc(live, flow, battery))
  const isSilent = hasFallenSilent(live)
  const certain = estimated || isSilent ? Math.min(soc, counted) : soc - marginSince(trust.ceiling!, flow, battery)
  const spareIfBelieved = (certain - minimum) * smallestWh
  return {
    energy: (soc * largestWh) as Energy,
    capacity: largestWh as Energy,
    soc: share(soc),
    spare:
      trust.standing === 'on-trial'
        ? Math.min((soc - minimum) * smallestWh, onTrial(live, flow, battery, minimum))
        : spareIfBelieved,
    spareIfBelieved,
    estimated,
    mayGive: (!estimated && !isSilent) || spareIfBelieved > 0,
  }
}

/** Efficiency of a car, one way. */
export function efficiencyOf(fleet: LiveFleet, session: Session): number {
  return (session.vehicle === null ? undefined : fleet.vehicles.get(session.vehicle)?.efficiency) ?? DEFAULT_EFFICIENCY
}

/** What has flowed since plug-in, Wh on the grid side. */
export function flowSince(live: LiveEvse): Flow {
  return flowOf(live.flow, live.chargedWh, live.dischargedWh)
}

/** Capacities and efficiency of a session's car. Where car and registry name different capacities the smaller one protects the minimum. */
export function batteryOf(fleet: LiveFleet, session: Session): Battery {
  const vehicle = session.vehicle === null ? undefined : fleet.vehicles.get(session.vehicle)
  const registered = capacityWh(vehicle?.capacity)
  const told = capacityWh(session.needs?.capacity) ?? registered ?? DEFAULT_CAPACITY_WH
  const known = registered ?? told
  return { smallestWh: Math.min(told, known), largestWh: Math.max(told, known), efficiency: efficiencyOf(fleet, session) }
}

function capacityWh(capacity: Energy | null | undefined): number | null {
  return capacity === null || capacity === undefined ? null : Math.max(1, inWattHours(capacity))
}

/** Whether a car that told its state of charge in this session has stopped doing so while its meter is still read, and no energy has confirmed it. */
export function hasFallenSilent({ trust, flow }: LiveEvse): boolean {
  return (
    trust.standing === 'on-trial' &&
    trust.told !== null &&
    (flow.countedAt ?? 0) - Math.max(trust.told.at, trust.unjudged?.at ?? 0) > SILENT_MS
  )
}

/** What is certain of a car nobody believes: what its meter has counted since plug-in, as a share of the capacity. Below 0 where it has given more. */
function countedSoc(flow: Flow, { smallestWh, largestWh, efficiency }: Battery): number {
  return (flow.inLeast * efficiency) / largestWh - flow.outMost / efficiency / smallestWh
}

function toldSoc({ trust, flow: { knownAt } }: LiveEvse, flow: Flow, battery: Battery): number {
  const marks = trust.standing === 'distrusted' ? [trust.ceiling!, trust.told!] : [trust.ceiling!]
  if (trust.unjudged !== null && trust.unjudged.at > (knownAt ?? 0)) marks.push(trust.unjudged)
  return Math.min(...marks.map((mark) => lowestAt(mark, flow, battery)))
}

/** As a car that has told nothing; what it did tell can only lower it. */
function guessed(live: LiveEvse, session: Session, flow: Flow, battery: Battery): number {
  const { trust } = live
  const wanted = session.needs?.energyWanted ?? null
  const requested =
    trust.standing !== 'unheard' || wanted === null ? 0 : session.wish.targetSoc - inWattHours(wanted) / battery.largestWh
  const cautious = Math.max(CAUTIOUS_SOC, requested) + countedSoc(flow, battery)
  return trust.ceiling === null ? cautious : Math.min(cautious, toldSoc(live, flow, battery))
}

/** What may be given of a battery whose car has told something that no energy has confirmed: little, or what was charged since plug-in. */
function onTrial({ trust }: LiveEvse, flow: Flow, battery: Battery, minimum: number): number {
  const left = TRIAL * battery.smallestWh - givenOnTrial(trust, flow) / battery.efficiency
  return Math.max(left, (countedSoc(flow, battery) - minimum) * battery.smallestWh)
}

/** Whether an empty car would have to start charging within the next quarter-hour to reach its target in time. */
function isProofDue({ evse }: LiveEvse, { needs, wish }: Session, battery: Battery, at: number): boolean {
  const power = Math.min(evse.chargeMax, needs?.chargeMax ?? Infinity)
  const missingWh = Math.max(0, wish.targetSoc - CAUTIOUS_SOC) * battery.largestWh
  const hours = missingWh / Math.max(1, power * battery.efficiency)
  return at + 900_000 + hours * TIME_FACTOR * 3_600_000 + TIME_RESERVE_MS > wish.readyBy
}

function within(soc: number): number {
  return Math.min(1, Math.max(0, soc))
}
