// What a station knows of its points now, ready to be sent: by cycle, when asked, and when something has changed.
import { CAUSES, objectsAtMost, writeAsdu, type InformationObject } from '../codec/asdu.ts'
import { QUALITY } from '../codec/quality.ts'
import type { TimeTag } from '../codec/time-tag.ts'
import { MONITORED_TYPES, type MonitoredKind, type MonitoredPoint, type PointList } from './points.ts'

/** A value and what is wrong with it. */
export interface PointValue {
  readonly value: number
  /** Flags of `QUALITY`. */
  readonly quality: number
}
export interface ProcessImage {
  /** Takes a value; true where it is news that is told at once: another quality, or another value of a point that is not cyclic. */
  take(address: number, value: PointValue): boolean
  value(address: number): PointValue | null
  /** What a point says, with the time it has said so since. */
  spontaneous(address: number, cause: number, time: TimeTag): Buffer
  /** What a point says, for whoever has read it; null for an unknown one. */
  requested(address: number, originator: number): Buffer | null
  /** What all cyclic points say. */
  cyclic(): readonly Buffer[]
  /** What the points of a group say, or all of them: 20, 21 to 36. */
  interrogated(qualifier: number, originator: number): readonly Buffer[]
}

const UNKNOWN: PointValue = { value: 0, quality: QUALITY.invalid }
const KINDS: readonly MonitoredKind[] = ['single', 'float']
const PLAIN = { isNegative: false, isTest: false, originator: 0 }

/** Nothing is known of any point yet: all are invalid. */
export function processImage({ station, monitored }: PointList): ProcessImage {
  const points = new Map(monitored.map((point) => [point.address, point]))
  const values = new Map<number, PointValue>()
  const valueOf = (address: number) => values.get(address) ?? UNKNOWN
  function objectOf({ address }: MonitoredPoint, time: TimeTag | null): InformationObject {
    const { value, quality } = valueOf(address)
    return { address, value, qualifier: quality, isSelect: false, time }
  }
  function together(of: readonly MonitoredPoint[], cause: number, originator: number): readonly Buffer[] {
    return KINDS.flatMap((kind) => {
      const type = MONITORED_TYPES[kind].plain
      const own = of.filter((point) => point.kind === kind)
      const most = objectsAtMost(type)
      const parts = Math.ceil(own.length / most)
      return Array.from({ length: parts }, (_, i) =>
        writeAsdu({
          ...PLAIN,
          type,
          cause,
          originator,
          station,
          objects: own.slice(i * most, (i + 1) * most).map((point) => objectOf(point, null)),
        }),
      )
    })
  }
  const ofCycle = monitored.filter(({ isCyclic }) => isCyclic)
  return {
    take(address, value) {
      const before = values.get(address)
      values.set(address, value)
      if (before === undefined || before.quality !== value.quality) return true
      return points.get(address)?.isCyclic === false && before.value !== value.value
    },
    value: (address) => values.get(address) ?? null,
    spontaneous(address, cause, time) {
      const point = points.get(address)!
      const type = MONITORED_TYPES[point.kind].tagged
      return writeAsdu({ ...PLAIN, type, cause, station, objects: [objectOf(point, time)] })
    },
    requested(address, originator) {
      const point = points.get(address)
      if (point === undefined) return null
      const type = MONITORED_TYPES[point.kind].plain
      return writeAsdu({ ...PLAIN, type, cause: CAUSES.request, originator, station, objects: [objectOf(point, null)] })
    },
    cyclic: () => together(ofCycle, CAUSES.periodic, 0),
    interrogated(qualifier, originator) {
      const group = qualifier - CAUSES.interrogatedStation
      const own = group === 0 ? monitored : monitored.filter((point) => point.group === group)
      return together(own, qualifier, originator)
    },
  }
}
