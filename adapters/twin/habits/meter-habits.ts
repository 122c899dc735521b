// How real meters are told: what is left out, what is told twice, and from which zero registers count.
import { dice, oneOf, shuffled, within } from '../dice.ts'
import type { Message } from '../session-message.ts'
import { ALL_VERSIONS, reworded, without, type Habit, type HabitWorld, type Manner } from './habit.ts'
import { beginnings, inUnit, isPower, isRegister, registerAt, valued, withValues, type WireValue } from './sampled-values.ts'

const METER = { versions: ALL_VERSIONS, topics: ['meter'] } as const

export const METER_HABITS: readonly Habit[] = [
  {
    ...METER,
    name: 'contexts-mixed',
    sentence: 'each sample also carries power and register as they were at the begin (Transaction.Begin), in any order',
    manner: contextsMixed,
  },
  {
    ...METER,
    name: 'zeros-differ',
    sentence: 'registers count from zero in the samples of a session, but over the life of the meter at its start and end',
    manner: zerosDiffer,
  },
  {
    ...METER,
    name: 'register-jump',
    sentence: 'now and then a single reading shows an absurd register, and the next one is right again',
    manner: registerJump,
  },
  {
    ...METER,
    name: 'power-untold',
    sentence: 'power is told only when it has changed, and never when it is nothing',
    manner: powerUntold,
  },
  {
    ...METER,
    name: 'ampere-only',
    sentence: 'currents and voltages instead of power',
    manner: ampereOnly,
  },
  {
    ...METER,
    name: 'register-only',
    sentence: 'nothing but energy registers',
    manner: (world) => ({
      says: measured((message) => withValues(message, (values) => values.filter(isRegister))),
      settings: measurands(world, REGISTERS),
    }),
  },
  {
    ...METER,
    name: 'locations',
    sentence: 'power and register at Inlet, Outlet and EV side by side, of which only the Outlet is what the car is billed for',
    manner: locations,
  },
  {
    ...METER,
    name: 'kwh',
    sentence: 'kilowatt-hours and kilowatts with decimals, in 2.1 some as a multiplier',
    manner: kilo,
  },
  {
    ...METER,
    name: 'measures-nothing',
    sentence: 'has no meter: no meter values at all, and 1.6 registers of 0 at start and end',
    isUnmetered: true,
    manner: (world) => ({ says: measuresNothing, settings: measurands(world, '') }),
  },
]

const REGISTERS = 'Energy.Active.Import.Register,Energy.Active.Export.Register'
/** What the settings say about the values of a sample. */
function measurands({ config }: HabitWorld, list: string): ReadonlyMap<string, string> {
  return new Map(
    config.dialect === 'ocpp1.6'
      ? [['MeterValuesSampledData', list.replace(',Energy.Active.Export.Register', '').replace('Current.Export,', '')]]
      : ['TxStartedMeasurands', 'TxUpdatedMeasurands', 'TxEndedMeasurands'].map((name) => [`SampledDataCtrlr.${name}`, list]),
  )
}

/** Changes everything that tells of a transaction and leaves the rest. */
function measured(change: (message: Message) => Message): (message: Message) => readonly Message[] {
  return (message) => [message.session === undefined ? message : change(message)]
}

function contextsMixed({ config, now }: HabitWorld): Manner {
  const begins = beginnings()
  return {
    says(message) {
      const begin = begins.of(message)
      if (begin === null || message.session?.part !== 'measured') return [message]
      const order = dice(config.plug.seed, 'contexts', now())
      const atBegin = (value: WireValue) =>
        isRegister(value) ? valued(value, registerAt(value, begin)) : isPower(value) ? valued(value, 0) : null
      const seeds = Array.from({ length: 64 }, () => order())
      return [
        withValues(message, (values) => {
          const copies = values.flatMap((value) => {
            const copy = atBegin(value)
            return copy === null ? [] : [{ ...copy, context: 'Transaction.Begin' }]
          })
          let draw = 0
          return shuffled(() => seeds[draw++ % seeds.length]!, [...values, ...copies])
        }),
      ]
    },
  }
}

function zerosDiffer({ chance }: HabitWorld): Manner {
  const begins = beginnings()
  const lifetimeWh = Math.floor(within(chance, [100_000, 9_000_000]))
  return {
    says(message) {
      const { session } = message
      if (session === undefined) return [message]
      const begin = begins.of(message)
      if (session.part === 'measured')
        return [
          withValues(message, (values) =>
            values.map((value) =>
              isRegister(value) && begin !== null ? valued(value, Number(value.value) - registerAt(value, begin)) : value,
            ),
          ),
        ]
      const sums = withValues(message, (values) =>
        values.map((value) => (isRegister(value) ? valued(value, Number(value.value) + lifetimeWh) : value)),
      )
      return [
        reworded(sums, ({ meterStart, meterStop, ...rest }) => ({
          ...rest,
          ...(meterStart === undefined ? {} : { meterStart: Number(meterStart) + lifetimeWh }),
          ...(meterStop === undefined ? {} : { meterStop: Number(meterStop) + lifetimeWh }),
        })),
      ]
    },
  }
}

/** Share of readings that are absurd. */
const JUMP_SHARE = 1 / 12
function registerJump({ chance }: HabitWorld): Manner {
  return {
    says(message) {
      if (message.session?.part !== 'measured' || chance() >= JUMP_SHARE) return [message]
      const kind = oneOf(chance, ['zero', 'thousandfold', 'far', 'full'] as const)
      const absurd = (wh: number) => ({ zero: 0, thousandfold: wh * 1_000, far: wh + 10_000_000, full: 4_294_967_295 })[kind]
      const mistaken = withValues(message, (values) =>
        values.map((value) => (isRegister(value) ? valued(value, absurd(Number(value.value))) : value)),
      )
      return [{ ...mistaken, isMistaken: true }]
    },
  }
}

/** Less of a change is not told. */
const TOLD_CHANGE = 0.02
function powerUntold(): Manner {
  let told = 0
  return {
    says(message) {
      const { session } = message
      if (session === undefined) return [message]
      const { power } = session.sample
      const isTold = power !== 0 && Math.abs(power - told) > TOLD_CHANGE * Math.abs(told)
      // What has stopped is new when it flows again.
      if (power === 0) told = 0
      else if (isTold) told = power
      return [isTold ? message : withValues(message, (values) => values.filter((value) => !isPower(value)))]
    },
  }
}

const DC_VOLTS = 400
const AC_VOLTS = 230
function ampereOnly(world: HabitWorld): Manner {
  const { config, chance } = world
  const { current, plug } = config
  const phases = current === 'AC' ? plug.station.phases : 1
  return {
    settings: measurands(world, `Current.Import,Current.Export,Voltage,${REGISTERS}`),
    says: measured((message) => {
      const { power } = message.session!.sample
      const volts = Array.from({ length: phases }, () =>
        current === 'AC' ? AC_VOLTS + Math.round(40 * (chance() - 0.5)) / 10 : DC_VOLTS,
      )
      return withValues(message, (values) => {
        const [model] = values.filter(isPower)
        if (model === undefined) return values
        const of = (measurand: string, amount: number, unit: string, phase: string) => {
          const { phase: _, ...plain } = inUnit(valued({ ...model, measurand }, Math.round(amount * 100) / 100), unit)
          return current === 'AC' ? { ...plain, phase } : plain
        }
        const electric = volts.flatMap((volt, i) => [
          of('Current.Import', Math.max(0, power) / phases / volt, 'A', `L${i + 1}`),
          ...(plug.station.dischargeMaxW === 0
            ? []
            : [of('Current.Export', Math.max(0, -power) / phases / volt, 'A', `L${i + 1}`)]),
          of('Voltage', volt, 'V', `L${i + 1}-N`),
        ])
        return [...values.filter((value) => !isPower(value)), ...electric]
      })
    }),
  }
}

/** What the station itself takes, on top of what the car gets, and what arrives in the car of it. */
const PLACES = [
  ['Inlet', 1.03],
  ['Outlet', 1],
  ['EV', 0.94],
] as const
function locations({ chance }: HabitWorld): Manner {
  return {
    says: measured((message) => {
      const order = shuffled(chance, PLACES)
      return withValues(message, (values) =>
        values.flatMap((value) =>
          isPower(value) || isRegister(value)
            ? order.map(([location, share]) => ({
                ...(share === 1 ? value : valued(value, Math.floor(Number(value.value) * share))),
                location,
              }))
            : [value],
        ),
      )
    }),
  }
}

function kilo({ config, chance }: HabitWorld): Manner {
  const asMultiplier = config.dialect === 'ocpp2.1' && chance() < 0.5
  const thousandth = (value: WireValue, unit: string) => {
    const amount = valued(value, Number((Number(value.value) / 1_000).toFixed(5)))
    return asMultiplier ? inUnit(amount, unit, 3) : inUnit(amount, `k${unit}`)
  }
  return {
    says: measured((message) =>
      withValues(message, (values) =>
        values.map((value) => (isRegister(value) ? thousandth(value, 'Wh') : isPower(value) ? thousandth(value, 'W') : value)),
      ),
    ),
  }
}

function measuresNothing(message: Message): readonly Message[] {
  if (message.action === 'MeterValues') return []
  return [
    reworded(message, (payload) => ({
      ...without(payload, 'meterValue'),
      ...(payload.meterStart === undefined ? {} : { meterStart: 0 }),
      ...(payload.meterStop === undefined ? {} : { meterStop: 0 }),
    })),
  ]
}
