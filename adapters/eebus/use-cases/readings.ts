// What is known of measured quantities: the last values that count, until nobody has said anything for too long.
import type { Lookup } from './client-use-case.ts'
import { measuredValues, type Measurand, type ValueSource, type ValueState } from './measurand.ts'
import { SILENCE_MS } from './mirror.ts'

export interface Reading {
  /** In the unit of its quantity, positive takes from the grid. */
  readonly value: number
  /** Epoch ms as the device stamps it; null without a stamp. Clocks of devices are often wrong. */
  readonly measuredAt: number | null
  /** Epoch ms at which it was heard. */
  readonly heardAt: number
  readonly source: ValueSource | null
}
export interface Readings<Name extends string> {
  readonly values: Partial<Readonly<Record<Name, Reading>>>
  /** What was told last and does not count; the value from before holds until it is too old. */
  readonly faults: Partial<Readonly<Record<Name, Exclude<ValueState, 'normal'>>>>
}

/** Takes over what is marked normal and leaves alone what is out of range or an error [MPC-TS-008, MGCP-TS-008]. */
export function readingsOf<Name extends string>(measurands: readonly Measurand<Name>[]): (lookup: Lookup) => Readings<Name> {
  const kept = new Map<Name, { readonly reading: Reading; readonly elapsed: number }>()
  return (lookup) => {
    const heard = lookup.heard('Measurement', 'measurementListData')
    const told = measuredValues(
      {
        descriptions: lookup.data('Measurement', 'measurementDescriptionListData'),
        values: heard?.data,
        connections: lookup.data('ElectricalConnection', 'electricalConnectionDescriptionListData'),
        parameters: lookup.data('ElectricalConnection', 'electricalConnectionParameterDescriptionListData'),
      },
      measurands,
    )
    const faults: Partial<Record<Name, Exclude<ValueState, 'normal'>>> = {}
    for (const { name } of measurands) {
      const one = told[name]
      if (one === undefined || heard === null) continue
      const { state, value, measuredAt, source } = one
      if (state !== 'normal') faults[name] = state
      else if (value !== null)
        kept.set(name, { reading: { value, measuredAt, heardAt: heard.at, source }, elapsed: heard.elapsed })
    }
    for (const [name, { elapsed }] of kept) if (lookup.elapsed - elapsed > SILENCE_MS) kept.delete(name)
    const values: Partial<Record<Name, Reading>> = {}
    for (const [name, { reading }] of kept) values[name] = reading
    return { values, faults }
  }
}
