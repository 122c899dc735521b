// A measuring device and one that watches it, for the cases that MPC and MGCP have in common.
import { expect } from 'vitest'
import type { ClientUseCase } from '../../../../adapters/eebus/use-cases/client-use-case.ts'
import { entityFor, type Served } from '../../../../adapters/eebus/use-cases/features.ts'
import type { Measurand } from '../../../../adapters/eebus/use-cases/measurand.ts'
import { MEASURED, measuring, type ToTell } from '../../../../adapters/eebus/use-cases/measured.ts'
import type { Readings } from '../../../../adapters/eebus/use-cases/readings.ts'
import type { UseCaseSpec } from '../../../../adapters/eebus/spine/local-device.ts'
import { deviceOf, pairOf, START } from './pair.ts'

export const ENTITY = [2]
const MEASUREMENT_ID = 11

export interface MeasuredSetting<Name extends string, Values extends Readings<Name>> {
  readonly useCase: ClientUseCase<Values>
  readonly measurands: readonly Measurand<Name>[]
  readonly entityType: string
  readonly announced: UseCaseSpec
  readonly parts?: readonly Served[]
}

export async function measuredPair<Name extends string, Values extends Readings<Name>>(setting: MeasuredSetting<Name, Values>) {
  const { useCase, measurands, entityType, announced, parts = [] } = setting
  const unit = deviceOf([entityFor(ENTITY, entityType, [MEASURED, ...parts])], [announced])
  const meter = measuring({ device: unit, entity: ENTITY, measurands })
  const pair = await pairOf({ unit, useCases: [useCase] })
  return {
    ...pair,
    unit,
    async tell(values: Partial<Record<Name, ToTell>>) {
      meter.tell(values)
      await pair.settle()
    },
    /** What the appliance knows. */
    values: () => pair.watch.valuesOf(useCase)!,
    value: (name: Name) => pair.watch.valuesOf(useCase)?.values[name]?.value,
    fault: (name: Name) => pair.watch.valuesOf(useCase)?.faults[name],
    /** What the unit publishes, as read from it by anybody. */
    async published(name: Name) {
      const address = { device: 'd:_i:Unit', entity: ENTITY, feature: MEASUREMENT_ID }
      const answer = pair.link.read({ entity: [1], id: 111 }, address, 'measurementListData')
      await pair.settle()
      const read = await answer
      if (!read.ok) throw new Error(read.refusal.kind)
      const id = measurands.findIndex((one) => one.name === name)
      const list = read.value['measurementData'] as readonly { measurementId: number; value: { number: number; scale: number } }[]
      const found = list.find(({ measurementId }) => measurementId === id)
      return found === undefined ? undefined : found.value.number * 10 ** found.value.scale
    },
    /** The messages with values that the appliance has heard. */
    valueMessages: () => pair.heard.filter(({ name }) => name === 'measurementListData'),
    /** How voltages are described: phase, and in reference to what. */
    voltagePlaces() {
      const places = unit.data({ entity: ENTITY, id: 7 }, 'electricalConnectionParameterDescriptionListData')
      const list = places!['electricalConnectionParameterDescriptionData'] as readonly Record<string, unknown>[]
      return list
        .filter(({ measurementId }) => measurands[Number(measurementId)]!.kind === 'voltage')
        .map(({ acMeasuredPhases, acMeasuredInReferenceTo }) => [acMeasuredPhases, acMeasuredInReferenceTo])
    },
  }
}

/** Normal values are taken over with their stamp and source. */
export async function takesOver<Name extends string, Values extends Readings<Name>>(
  setting: MeasuredSetting<Name, Values>,
  names: readonly NoInfer<Name>[],
  values: readonly number[],
) {
  const peer = await measuredPair(setting)
  for (const name of names)
    for (const value of values) {
      await peer.tell({ [name]: { value, at: START - 4_000, source: 'calculatedValue' } } as Partial<Record<Name, ToTell>>)
      const expected = { value, measuredAt: START - 4_000, heardAt: START, source: 'calculatedValue' }
      expect(peer.values().values[name]).toEqual(expected)
    }
}

/** A value that is out of range or an error is not taken over, and the value from before stays. */
export async function ignores<Name extends string, Values extends Readings<Name>>(
  setting: MeasuredSetting<Name, Values>,
  names: readonly NoInfer<Name>[],
  [good, bad]: readonly [number, number],
) {
  const peer = await measuredPair(setting)
  const tell = (name: Name, told: ToTell) => peer.tell({ [name]: told } as Partial<Record<Name, ToTell>>)
  for (const name of names)
    for (const state of ['outOfRange', 'error'] as const) {
      await tell(name, { value: good })
      await tell(name, { value: bad, state })
      expect(peer.value(name)).toBe(good)
      expect(peer.fault(name)).toBe(state)
      await tell(name, { value: good + 1 })
      expect(peer.value(name)).toBe(good + 1)
      expect(peer.fault(name)).toBeUndefined()
    }
}

/** Counts as a meter does, in both directions; Wh. */
export function registers() {
  const wh = { consumed: 1_200_000, produced: 45_000 }
  return {
    wh,
    run(watts: number, hours: number) {
      if (watts > 0) wh.consumed += watts * hours
      else wh.produced -= watts * hours
    },
  }
}
