// One car on one station: what flows, what it does to battery and meter. Pure and exact, so that it does not matter how often one looks.
import { dice } from './dice.ts'
import { pathPower, respond, RESPONSES, type Knot, type Posture, type ResponseName } from './response.ts'

/** Powers in watts, without sign. */
export interface CarModel {
  readonly capacityWh: number
  /** One way, 0 to 1: of what the meter counts this share reaches the battery, and of what leaves the battery this share reaches the meter. */
  readonly efficiency: number
  readonly chargeMaxW: number
  /** 0 for a car that cannot or will not discharge, whatever it announced. */
  readonly dischargeMaxW: number
  /** The car itself gives nothing below this share of its capacity. */
  readonly reserveSoc: number
}
export interface StationModel {
  readonly chargeMaxW: number
  readonly dischargeMaxW: number
  /** Below it nothing flows: 6 A a phase with alternating current. */
  readonly leastW: number
  readonly phases: 1 | 3
  readonly response: ResponseName
}
export interface PlugModel {
  readonly car: CarModel
  readonly station: StationModel
  /** Keys of this pair's chance. */
  readonly seed: string
}

/** Registers count what the grid side sees and never run backwards. */
export interface PlugState extends Posture {
  /** Epoch ms up to which everything is accounted for. */
  readonly at: number
  readonly storedWh: number
  readonly importedWh: number
  readonly exportedWh: number
  /** Power in force, signed. */
  readonly target: number
  /** Commands so far; each draws its own chance. */
  readonly commands: number
}

/** Above this share of its capacity a battery takes less and less. */
const TAPER_SOC = 0.8
/** Share of the largest charging power that is lost between there and full. */
const TAPER_DEPTH = 0.95
/** Ramps are integrated in steps of this length. */
const RAMP_STEP_MS = 500
const HOUR_MS = 3_600_000
/** Spread of a power reading around the truth. */
const METER_NOISE = 0.003

/** A car at rest with some energy in it, on a meter at given registers. */
export function atRest(at: number, storedWh: number, registers = { importedWh: 0, exportedWh: 0 }): PlugState {
  return { at, storedWh, ...registers, path: [{ at, watts: 0 }], direction: 0, target: 0, commands: 0 }
}

/** The same pair after a command given at `state.at`: signed watts, positive into the car. What neither can do is cut off. */
export function command(model: PlugModel, state: PlugState, watts: number): PlugState {
  const { car, station } = model
  const profile = RESPONSES[station.response]
  const most = Math.min(car.chargeMaxW, station.chargeMaxW)
  const least = -Math.min(car.dischargeMaxW, station.dischargeMaxW)
  const possible = profile.obeys ? Math.min(most, Math.max(least, watts)) : most
  const target = Math.abs(possible) < station.leastW ? 0 : possible
  if (target === state.target) return state
  const path = respond(state, state.at, target, profile, dice(model.seed, 'command', state.commands))
  return { ...state, path, target, direction: directionOf(state), commands: state.commands + 1 }
}

/** The same pair at a later instant. Looking in between changes nothing. */
export function advance(model: PlugModel, state: PlugState, to: number): PlugState {
  if (to <= state.at) return state
  const flow = { storedWh: state.storedWh, importedWh: state.importedWh, exportedWh: state.exportedWh }
  let at = state.at
  for (let i = 1; i < state.path.length && at < to; i++) {
    const [from, until] = [state.path[i - 1]!, state.path[i]!]
    if (until.at <= at) continue
    const end = Math.min(until.at, to)
    if (from.watts === until.watts) hold(model.car, flow, from.watts, end - at)
    else ramp(model.car, flow, from, until, at, end)
    at = end
  }
  if (at < to) hold(model.car, flow, state.path.at(-1)?.watts ?? 0, to - at)
  return { ...state, ...flow, at: to }
}

/** Power at `state.at`, signed watts. */
export function powerNow(model: PlugModel, state: PlugState): number {
  const offered = pathPower(state.path, state.at)
  if (offered > 0) return Math.min(offered, acceptance(model.car, state.storedWh))
  return offered < 0 && state.storedWh > floorWh(model.car) ? offered : 0
}
/** What a meter shows of a power: whole watts with a little noise; nothing is nothing. */
export function meteredPower(model: PlugModel, state: PlugState): number {
  const power = powerNow(model, state)
  if (Math.abs(power) < 1) return 0
  const roll = dice(model.seed, 'meter', state.at)
  return Math.round(power * (1 + (METER_NOISE * (roll() + roll() + roll() - 1.5)) / 0.5))
}
/** A power split over L1, L2 and L3; the parts add up to it. */
export function byPhase(station: StationModel, watts: number): readonly [number, number, number] {
  if (station.phases === 1) return [watts, 0, 0]
  const part = Math.trunc(watts / 3)
  return [watts - 2 * part, part, part]
}

/** What the battery takes at most at its state of charge, watts on the grid side. */
function acceptance(car: CarModel, storedWh: number): number {
  const taperWh = TAPER_SOC * car.capacityWh
  if (storedWh >= car.capacityWh) return 0
  if (storedWh <= taperWh) return car.chargeMaxW
  return car.chargeMaxW * (1 - (TAPER_DEPTH * (storedWh - taperWh)) / (car.capacityWh - taperWh))
}
function floorWh(car: CarModel): number {
  return car.reserveSoc * car.capacityWh
}

/** Direction of the last power that flowed up to `at`. */
function directionOf({ path, at, direction }: PlugState): -1 | 0 | 1 {
  const now = pathPower(path, at)
  const last = now === 0 ? path.findLast((knot) => knot.at <= at && knot.watts !== 0)?.watts : now
  return last === undefined ? direction : last > 0 ? 1 : -1
}

interface Flow {
  storedWh: number
  importedWh: number
  exportedWh: number
}

function ramp(car: CarModel, flow: Flow, from: Knot, until: Knot, start: number, end: number): void {
  for (let at = start; at < end;) {
    // Steps lie on a grid of the ramp itself, so that they are the same however it is looked at.
    const next = Math.min(end, from.at + (Math.floor((at - from.at) / RAMP_STEP_MS) + 1) * RAMP_STEP_MS)
    const mean = pathPower([from, until], (at + next) / 2)
    hold(car, flow, mean, next - at)
    at = next
  }
}

/** A level power for a while, as far as the battery goes along. */
function hold(car: CarModel, flow: Flow, watts: number, ms: number): void {
  const hours = ms / HOUR_MS
  if (watts > 0) {
    const before = flow.storedWh
    flow.storedWh = charged(car, before, watts, hours)
    flow.importedWh += (flow.storedWh - before) / car.efficiency
  } else if (watts < 0) {
    const available = Math.max(0, flow.storedWh - floorWh(car)) * car.efficiency
    const given = Math.min(-watts * hours, available)
    flow.storedWh -= given / car.efficiency
    flow.exportedWh += given
  }
}

/** Stored energy after charging: level until the battery takes less, then falling off exponentially, never beyond full. */
function charged(car: CarModel, storedWh: number, watts: number, hours: number): number {
  const { capacityWh, efficiency, chargeMaxW } = car
  const taperWh = TAPER_SOC * capacityWh
  const width = capacityWh - taperWh
  const tapersAt = Math.min(capacityWh, taperWh + (Math.max(0, 1 - watts / chargeMaxW) / TAPER_DEPTH) * width)
  let left = hours
  let stored = storedWh
  if (stored < tapersAt) {
    const level = Math.min(left, (tapersAt - stored) / (efficiency * watts))
    stored += efficiency * watts * level
    left -= level
  }
  if (left <= 0 || stored >= capacityWh || tapersAt >= capacityWh) return Math.min(stored, Math.max(storedWh, capacityWh))
  const share = 1 - (TAPER_DEPTH * (stored - taperWh)) / width
  const falling = share * Math.exp((-TAPER_DEPTH * efficiency * chargeMaxW * left) / width)
  return Math.min(capacityWh, taperWh + ((1 - falling) * width) / TAPER_DEPTH)
}
