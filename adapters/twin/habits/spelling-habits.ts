// Stations that write more, or otherwise, than the schemas allow.
import { ALL_VERSIONS, type Habit, type HabitWorld, type Wire } from './habit.ts'

export const SPELLING_HABITS: readonly Habit[] = [
  {
    name: 'wordy',
    versions: ALL_VERSIONS,
    topics: ['spelling'],
    sentence: 'texts longer than allowed, numbers where texts are asked, units and measurands nobody knows, fields of its own',
    manner: ({ config }: HabitWorld) => ({ writes: (frame) => wordy(frame, config.dialect === 'ocpp1.6') }),
  },
  {
    name: 'percent-identity',
    versions: ALL_VERSIONS,
    topics: ['identity'],
    sentence: 'its identity is percent-encoded in the address more than needed',
    manner: () => ({
      identity: (station) =>
        [...station].map((letter, i) => (i > 0 && /[A-Za-z0-9]/.test(letter) ? letter : percent(letter))).join(''),
    }),
  },
]

function percent(letter: string): string {
  return [...Buffer.from(letter)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('')
}

const LONG = 'Built with pride and tested in the field for many years, see the manual for all that this station can do'

/** [1.6, 7.43 and its errata] knew `Celcius` once and `Hertz` later. */
function wordy(frame: string, is16: boolean): string {
  const [type, id, action, payload] = JSON.parse(frame) as [number, string, string, Wire]
  if (type !== 2) return frame
  switch (action) {
    case 'BootNotification': {
      const long = is16
        ? { ...payload, chargePointSerialNumber: LONG.slice(0, 60), firmwareVersion: LONG, iccid: '' }
        : {
            ...payload,
            chargingStation: { ...(payload.chargingStation as Wire), serialNumber: LONG.slice(0, 60), firmwareVersion: LONG },
          }
      return JSON.stringify([type, id, action, { ...long, bootCounter: 17 }])
    }
    case 'StatusNotification':
      return JSON.stringify([type, id, action, { ...payload, ...(is16 ? { info: LONG } : {}), cabinetTemperature: 31.5 }])
    case 'MeterValues':
    case 'TransactionEvent':
      return JSON.stringify([type, id, action, withOddValues(payload, is16)])
    default:
      return frame
  }
}

interface WireSample {
  readonly sampledValue: readonly { readonly value: string | number }[]
}
function withOddValues(payload: Wire, is16: boolean): object {
  const samples = payload.meterValue as readonly WireSample[] | undefined
  if (samples === undefined) return { ...payload, readerSlot: 'front' }
  const inUnit = (unit: string) => (is16 ? { unit } : { unitOfMeasure: { unit } })
  const odd = [
    { value: is16 ? '32' : 32, measurand: 'Temperature', ...inUnit('Celcius') },
    { value: is16 ? '50.01' : 50.01, measurand: 'Frequency', ...inUnit('Hertz') },
    { value: is16 ? '7' : 7, measurand: 'Relay.Temperature.Rise', ...inUnit('Kelvins') },
  ]
  const meterValue = samples.map((sample) => ({
    ...sample,
    sampledValue: [...sample.sampledValue.map((one) => (is16 ? { ...one, value: Number(one.value) } : one)), ...odd],
  }))
  return { ...payload, meterValue, readerSlot: 'front' }
}
