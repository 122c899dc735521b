// The forms in which a course is offered to a station, one after the other: what it refused in one form it may take in the next.
import { isSameForm, type Abilities, type ProfileForm } from '../../../../domain/registry/abilities.ts'

/** Forms tried at most for one course. */
const FORMS_MAX = 32

/** What may be changed about a form, and how, in the order in which it is tried: single changes come before several at once. */
const CHANGES: readonly ((form: ProfileForm) => readonly Partial<ProfileForm>[])[] = [
  ({ purpose }) => [{ purpose: purpose === 'TxProfile' ? 'TxDefaultProfile' : 'TxProfile' }],
  ({ stackLevel }) => (stackLevel === 0 ? [] : [{ stackLevel: 0 }]),
  ({ unit, decimals }) =>
    unit === 'W'
      ? [
          { unit: 'A', decimals: 1 },
          { unit: 'A', decimals: 0 },
        ]
      : decimals === 0
        ? []
        : [{ decimals: 0 }],
  ({ periodsMax }) =>
    [24, 10, 6, 3, 1].filter((most) => periodsMax === null || most < periodsMax).map((most) => ({ periodsMax: most })),
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
    decimals: 1,
    periodsMax: periodsMax === null || periodsMax < 1 ? null : periodsMax,
    setpoint: dynamicProfiles === false ? 'absolute' : 'dynamic',
  }
}

/** The forms to try, in order: the one that worked before comes first. Units a station has ruled out itself are left out. */
export function formsOf(abilities: Abilities | null, learnt: ProfileForm | null, needsSetpoint: boolean): readonly ProfileForm[] {
  const first = firstForm(abilities, needsSetpoint)
  const base: ProfileForm = { ...first, setpoint: learnt?.setpoint ?? first.setpoint }
  const units = abilities?.rateUnits ?? null
  const isRuledOut = ({ unit }: ProfileForm) => units !== null && units.length > 0 && !units.includes(unit)
  const forms: ProfileForm[] = learnt === null ? [] : [learnt]
  for (const form of changed(base)) {
    if (forms.length === FORMS_MAX) break
    if (!isRuledOut(form) && !forms.some((known) => isSameForm(known, form))) forms.push(form)
  }
  return forms
}

/** A form, then it with one change, then with two, and so on. */
function changed(form: ProfileForm): readonly ProfileForm[] {
  let all: { readonly form: ProfileForm; readonly changes: number }[] = [{ form, changes: 0 }]
  for (const change of CHANGES)
    all = [
      ...all,
      ...all.flatMap((one) => change(form).map((part) => ({ form: { ...one.form, ...part }, changes: one.changes + 1 }))),
    ]
  return all.sort((a, b) => a.changes - b.changes).map((one) => one.form)
}
