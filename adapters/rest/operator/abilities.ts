// What a station says it can follow and tell, as it is shown.
import { z } from 'zod'
import type { Abilities, ProfileForm } from '../../../domain/registry/abilities.ts'

const count = z.int().min(0).nullable()
const texts = z.array(z.string()).nullable()

export const abilities = z
  .strictObject({
    rateUnits: z.array(z.enum(['W', 'A'])).nullable(),
    stackLevelMax: count,
    periodsMax: count.meta({ description: 'Periods one schedule may have' }),
    profilesMax: count,
    smartCharging: z.boolean().nullable(),
    purposes: texts,
    dynamicProfiles: z.boolean().nullable(),
    phaseSwitching: z.boolean().nullable().meta({ description: 'Changes between three phases and one while a car charges' }),
    givesBack: z.boolean().nullable(),
    operationModes: texts,
    meterIntervalSeconds: count,
    measurands: texts,
    clockIntervalSeconds: count,
    timeSource: z.string().nullable(),
    needsReboot: z.boolean().meta({ description: 'Took a setting that counts after its next start only' }),
    refused: z
      .array(z.strictObject({ setting: z.string(), value: z.string() }))
      .meta({ description: 'Settings it did not take; it is not asked for the same again' }),
  })
  .meta({ id: 'Abilities', description: 'What a station says of itself; null where it does not say' })

export const profileForm = z
  .strictObject({
    purpose: z.enum(['TxProfile', 'TxDefaultProfile']),
    stackLevel: z.int().min(0),
    unit: z.enum(['W', 'A']),
    decimals: z.union([z.literal(0), z.literal(1)]).meta({ description: 'Digits of an ampere behind the point' }),
    periodsMax: count,
    setpoint: z.enum(['dynamic', 'absolute', 'none']),
  })
  .meta({ id: 'ProfileForm', description: 'The form in which it, or others of its kind, took orders after refusing another' })

/** Abilities as they are answered. */
export function abilitiesBody(of: Abilities): z.output<typeof abilities> {
  const list = (all: readonly string[] | null) => (all === null ? null : [...all])
  return {
    ...of,
    rateUnits: of.rateUnits === null ? null : [...of.rateUnits],
    purposes: list(of.purposes),
    operationModes: list(of.operationModes),
    measurands: list(of.measurands),
    refused: of.refused.map(({ setting, value }) => ({ setting, value })),
  }
}

/** A form as it is answered. */
export function formBody({
  purpose,
  stackLevel,
  unit,
  decimals,
  periodsMax,
  setpoint,
}: ProfileForm): z.output<typeof profileForm> {
  return { purpose, stackLevel, unit, decimals, periodsMax, setpoint }
}
