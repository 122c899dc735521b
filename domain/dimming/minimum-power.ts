// What a grid operator who dims under §14a EnWG has to leave: the minimum power of each device that is controlled by itself, or of all behind one connection.
import { inWatts, watts, type Power } from '../units.ts'

export const CONTROLLED_KINDS = ['charge-point', 'heat-pump', 'air-conditioning', 'storage'] as const
export type ControlledKind = (typeof CONTROLLED_KINDS)[number]

/** A controllable consumption device: what it may draw from the grid, W. */
export interface ControlledDevice {
  readonly kind: ControlledKind
  readonly power: Power
  /** Charge points of the public are exempt. */
  readonly isPublic?: boolean
}

/** Each device is told its own limit, or an energy manager shares out one limit of the connection. */
export type ControlKind = 'direct' | 'ems'
/**
 * How heat pumps and air conditioning count. `each`: every one by itself; once one exceeds 11 kW, the 0.4 applies to the sum of its kind.
 * `group`: all of a kind are one device with the power of their sum. Which of them a grid operator uses is his to say (the rule can be read both ways).
 */
export type CountingPolicy = 'each' | 'group'

export interface MinimumPower {
  readonly power: Power
  readonly control: ControlKind
  readonly counting: CountingPolicy
  /** Devices that count, n. */
  readonly count: number
  /** Simultaneity factor for n; 1 where it is not used. */
  readonly factor: number
  /** Sums of heat pumps and air conditioning that 0.4 is taken of, W; 0 where none exceeds 11 kW. */
  readonly heatPumps: Power
  readonly airConditioning: Power
  /** The calculation with its figures, for a person who checks it; written only when it is read. */
  readonly formula: string
  /** Devices that do not count, and why. */
  readonly exempt: readonly { readonly device: ControlledDevice; readonly why: 'public' | 'small' }[]
}

/** Above it a device is controllable, and it is what has to be left to one; W. */
export const BASE_WATTS = 4_200
/** Above it heat pumps and air conditioning are left a share of their power, W. */
const LARGE_WATTS = 11_000
const LARGE_SHARE = 0.4
const NO_DEVICE = 'no controllable device: 0 kW'
/** Simultaneity factor by number of devices, from two on; that of nine holds for more. */
const FACTORS = [0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5, 0.45] as const

/** Simultaneity factor for so many devices behind one connection; 1 for one or none. */
export function simultaneityFactor(count: number): number {
  return count < 2 ? 1 : FACTORS[Math.min(count - 2, FACTORS.length - 1)]!
}

/**
 * The least power from the grid that has to stay allowed, with the way it comes about. 0 where no device counts: nothing may be dimmed then.
 * Source: Bundesnetzagentur BK6-22-300, annex 1, numbers 4.5.1 (direct) and 4.5.2 (energy manager).
 */
export function minimumPower(devices: readonly ControlledDevice[], control: ControlKind, counting: CountingPolicy): MinimumPower {
  const exempt: MinimumPower['exempt'][number][] = []
  const counted: ControlledDevice[] = []
  for (const device of counting === 'group' ? grouped(devices) : devices) {
    if (device.isPublic === true && device.kind === 'charge-point') exempt.push({ device, why: 'public' })
    else if (inWatts(device.power) <= BASE_WATTS) exempt.push({ device, why: 'small' })
    else counted.push(device)
  }
  const sums = { control, counting, count: counted.length, exempt }
  return control === 'direct' ? direct(counted, sums) : managed(counted, sums)
}

type Sums = Pick<MinimumPower, 'control' | 'counting' | 'count' | 'exempt'>

/** Each by itself: 4.2 kW, or 0.4 of what a large heat pump or air conditioning has. */
function direct(counted: readonly ControlledDevice[], sums: Sums): MinimumPower {
  let [power, heatPumps, airConditioning] = [0, 0, 0]
  const parts = counted.map((device) => {
    const large = isLarge(device)
    if (large && device.kind === 'heat-pump') heatPumps += device.power
    if (large && device.kind === 'air-conditioning') airConditioning += device.power
    power += large ? Math.max(BASE_WATTS, LARGE_SHARE * device.power) : BASE_WATTS
    return large ? `0.4 × ${kilowatts(device.power)}` : '4.2'
  })
  return {
    ...sums,
    power: watts(Math.round(power)),
    factor: 1,
    heatPumps: watts(heatPumps),
    airConditioning: watts(airConditioning),
    get formula() {
      return parts.length === 0 ? NO_DEVICE : `${parts.join(' + ')} = ${kilowatts(power)} kW`
    },
  }
}

/** All behind one connection, shared out by an energy manager. */
function managed(counted: readonly ControlledDevice[], sums: Sums): MinimumPower {
  const { count } = sums
  const factor = simultaneityFactor(count)
  const heatPumps = largeSum(counted, 'heat-pump')
  const airConditioning = largeSum(counted, 'air-conditioning')
  const most = Math.max(LARGE_SHARE * heatPumps, LARGE_SHARE * airConditioning)
  // With few small ones beside it, what is left to a large one is never less than to any other.
  const first = count === 0 ? 0 : Math.max(BASE_WATTS, most)
  const others = Math.max(0, count - 1) * factor * BASE_WATTS
  const power = first + others
  return {
    ...sums,
    power: watts(Math.round(power)),
    factor,
    heatPumps: watts(heatPumps),
    airConditioning: watts(airConditioning),
    get formula() {
      if (count === 0) return NO_DEVICE
      const head = most > BASE_WATTS ? `max(0.4 × ${kilowatts(heatPumps)}; 0.4 × ${kilowatts(airConditioning)})` : '4.2'
      return `${head} + (${count} − 1) × ${factor} × 4.2 = ${kilowatts(power)} kW`
    },
  }
}

/** All of one kind as soon as one of them is large. */
function largeSum(counted: readonly ControlledDevice[], kind: ControlledKind): number {
  const own = counted.filter((device) => device.kind === kind)
  return own.some(isLarge) ? own.reduce((sum, { power }) => sum + power, 0) : 0
}

/** Heat pumps and air conditioning as one device each; everything else as it is. */
function grouped(devices: readonly ControlledDevice[]): readonly ControlledDevice[] {
  const others = devices.filter(({ kind }) => !isGrouped(kind))
  const groups = CONTROLLED_KINDS.filter(isGrouped).flatMap((kind) => {
    const own = devices.filter((device) => device.kind === kind)
    return own.length === 0 ? [] : [{ kind, power: watts(own.reduce((sum, { power }) => sum + power, 0)) }]
  })
  return [...others, ...groups]
}

function isGrouped(kind: ControlledKind): boolean {
  return kind === 'heat-pump' || kind === 'air-conditioning'
}
function isLarge({ kind, power }: ControlledDevice): boolean {
  return isGrouped(kind) && inWatts(power) > LARGE_WATTS
}
/** kW without trailing zeros, to the watt. */
function kilowatts(power: number): string {
  return String(Math.round(power) / 1_000)
}
