// The forms in which a course is offered to a station, one after the other: what it refused in one form it may take in the next.
import { isSameForm, type Abilities, type ProfileForm, type RateUnit } from '../../../../domain/registry/abilities.ts'

/** A row changes what it names of the form a station should take by its own word. */
interface Row {
  readonly purpose?: ProfileForm['purpose']
  readonly stackLevel?: 0
  /** In the other unit. */
  readonly isOtherUnit?: true
  readonly periodsMax?: number
}

/** In the order in which they are tried. Many stations refuse for one reason only, so single changes come before several at once. */
const FORMS: readonly Row[] = [
  {},
  { purpose: 'TxDefaultProfile' },
  { stackLevel: 0 },
  { isOtherUnit: true },
  { isOtherUnit: true, purpose: 'TxDefaultProfile' },
  { isOtherUnit: true, stackLevel: 0 },
  { periodsMax: 24 },
  { periodsMax: 10 },
  { periodsMax: 10, purpose: 'TxDefaultProfile' },
  { periodsMax: 10, isOtherUnit: true },
  { periodsMax: 1 },
  { periodsMax: 1, isOtherUnit: true },
]

/** The form a station should take by its own word; what it does not say is supposed to be there. */
export function firstForm(abilities: Abilities | null, needsSetpoint: boolean): ProfileForm {
  const { stackLevelMax = null, rateUnits = null, periodsMax = null, dynamicProfiles = null } = abilities ?? {}
  // A set-point lies one level above the course.
  const isLow = stackLevelMax !== null && stackLevelMax < (needsSetpoint ? 2 : 1)
  return {
    purpose: 'TxProfile',
    stackLevel: isLow ? 0 : 1,
    unit: rateUnits !== null && rateUnits.length > 0 && !rateUnits.includes('W') ? 'A' : 'W',
    periodsMax: periodsMax === null || periodsMax < 1 ? null : periodsMax,
    setpoint: dynamicProfiles === false ? 'absolute' : 'dynamic',
  }
}

/** The forms to try, in order: the one that worked before comes first. Forms a station has ruled out itself are left out. */
export function formsOf(abilities: Abilities | null, learnt: ProfileForm | null, needsSetpoint: boolean): readonly ProfileForm[] {
  const first = firstForm(abilities, needsSetpoint)
  const units = abilities?.rateUnits ?? null
  const other: RateUnit | null = first.unit === 'A' ? null : units === null || units.includes('A') ? 'A' : null
  const setpoint = learnt?.setpoint ?? first.setpoint
  const forms: ProfileForm[] = learnt === null ? [] : [learnt]
  for (const row of FORMS) {
    if (row.isOtherUnit === true && other === null) continue
    if (row.periodsMax !== undefined && first.periodsMax !== null && row.periodsMax >= first.periodsMax) continue
    const form: ProfileForm = {
      purpose: row.purpose ?? first.purpose,
      stackLevel: row.stackLevel ?? first.stackLevel,
      unit: row.isOtherUnit === true ? other! : first.unit,
      periodsMax: row.periodsMax ?? first.periodsMax,
      setpoint,
    }
    // The default of an EVSE at the lowest level is the limit that holds without us: nothing is put in its place.
    if (form.purpose === 'TxDefaultProfile' && form.stackLevel === 0) continue
    if (!forms.some((known) => isSameForm(known, form))) forms.push(form)
  }
  return forms
}
