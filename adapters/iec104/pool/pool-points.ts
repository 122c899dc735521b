// The points of one pool, the same for each: a pool is a common address. Powers in MW; feed-in is positive towards a control centre.
import type { CommandPoint, MonitoredPoint, PointList } from '../station/points.ts'

export const POOL_POINTS = {
  power: 1_001,
  workingPoint: 1_002,
  setPoint: 1_003,
  delivered: 1_004,
  bandUp: 1_005,
  bandDown: 1_006,
  stored: 1_007,
  ready: 2_001,
  participating: 2_002,
  following: 2_003,
  setPointLost: 2_004,
  commandSetPoint: 3_001,
  commandParticipation: 3_002,
} as const

const MONITORED: readonly MonitoredPoint[] = [
  float(POOL_POINTS.power, 'P_act', 'MW', 'active power as measured; feed-in positive'),
  float(POOL_POINTS.workingPoint, 'P_wp', 'MW', 'working point: what the plans in force add up to; feed-in positive'),
  { ...float(POOL_POINTS.setPoint, 'P_set', 'MW', 'set-point that is followed, echoed; feed-in positive'), isCyclic: false },
  float(POOL_POINTS.delivered, 'P_del', 'MW', 'delivered: active power less working point'),
  float(POOL_POINTS.bandUp, 'P_up', 'MW', 'how much more could be fed in, or less be taken, than the working point'),
  float(POOL_POINTS.bandDown, 'P_down', 'MW', 'how much more could be taken, or less be fed in, than the working point'),
  float(POOL_POINTS.stored, 'W_sto', 'MWh', 'energy in the batteries that are plugged in'),
  single(POOL_POINTS.ready, 'ready', 'set-points are accepted'),
  single(POOL_POINTS.participating, 'participating', 'the pool takes part'),
  single(POOL_POINTS.following, 'following', 'a set-point is in force, held or ramped down'),
  single(
    POOL_POINTS.setPointLost,
    'set-point lost',
    'alarm: no set-point any more, it is held and then ramped to the working point',
  ),
]
const COMMANDS: readonly CommandPoint[] = [
  {
    address: POOL_POINTS.commandSetPoint,
    name: 'P_set',
    kind: 'set-float',
    unit: 'MW',
    meaning: 'power the pool is to have; feed-in positive',
    isSelected: false,
    echo: POOL_POINTS.setPoint,
  },
  {
    address: POOL_POINTS.commandParticipation,
    name: 'participation',
    kind: 'single-command',
    unit: '',
    meaning: '1 takes part, 0 does not: what is in force is ramped to the working point',
    isSelected: true,
    echo: POOL_POINTS.participating,
  },
]

/** The points of a pool at a common address. */
export function poolPoints(station: number): PointList {
  return { station, monitored: MONITORED, commands: COMMANDS }
}

function float(address: number, name: string, unit: string, meaning: string): MonitoredPoint {
  return { address, name, kind: 'float', unit, meaning, group: 1, isCyclic: true }
}

function single(address: number, name: string, meaning: string): MonitoredPoint {
  return { address, name, kind: 'single', unit: '', meaning, group: 2, isCyclic: false }
}
