// What is known of what stations can follow, by station and by kind of station.
import type { AbilityFact } from '../facts/abilities.ts'
import { isSameForm, stationKind, type Abilities, type ProfileForm } from '../registry/abilities.ts'
import type { StationId } from '../registry/identity.ts'
import type { LiveFleet, LiveStation } from './live-fleet.ts'

/** Kinds of stations whose form is remembered; beyond it the one learnt longest ago is forgotten. */
const KINDS_MAX = 1_000

/** Applies what was found out about a station; one the registry does not know is ignored. */
export function takeAbilityFact(fleet: LiveFleet, fact: AbilityFact): void {
  const station = fleet.stations.get(fact.station)
  if (station === undefined) return
  if (fact.kind === 'station-abilities') {
    station.abilities = fact.abilities
    return
  }
  station.form = fact.form
  const kind = kindOf(station)
  // That one takes no set-points may lie in its car or in the moment: the others of its kind are not judged by it.
  if (kind === null || fact.form.setpoint === 'none') return
  fleet.formsByKind.delete(kind)
  fleet.formsByKind.set(kind, fact.form)
  const [oldest] = fleet.formsByKind.keys()
  if (fleet.formsByKind.size > KINDS_MAX) fleet.formsByKind.delete(oldest!)
}

/** A station says what it is. What was known of another device or firmware behind the same name counts no more. */
export function takeBoot(
  station: LiveStation,
  { vendor, model, firmware }: { readonly vendor: string; readonly model: string; readonly firmware: string | null },
): void {
  const isOther = station.vendor !== vendor || station.model !== model || station.firmware !== firmware
  Object.assign(station, { vendor, model, firmware }, isOther ? { abilities: null, form: null } : {})
  // After a start it is offered set-points again.
  if (station.form?.setpoint === 'none') station.form = { ...station.form, setpoint: 'dynamic' }
}

/** What is known of one station: whether it has ever said what it is, its abilities, and the form in which it or others of its kind took an order. */
export interface KnownAbilities {
  readonly hasBooted: boolean
  readonly abilities: Abilities | null
  readonly form: ProfileForm | null
}

/** What is known of a station; null for one the registry does not know. */
export function knownAbilities(fleet: LiveFleet, id: StationId): KnownAbilities | null {
  const station = fleet.stations.get(id)
  if (station === undefined) return null
  const { vendor, abilities, form } = station
  return { hasBooted: vendor !== null, abilities, form: form ?? formOfKind(fleet, station) }
}

/** The facts that follow from what a station says of itself, or from the form it took: none where that is known. */
export function abilityFacts(
  fleet: LiveFleet,
  id: StationId,
  told: { readonly abilities: Abilities } | { readonly form: ProfileForm },
): readonly AbilityFact[] {
  const station = fleet.stations.get(id)
  if (station === undefined) return []
  if ('abilities' in told)
    return JSON.stringify(told.abilities) === JSON.stringify(station.abilities)
      ? []
      : [{ kind: 'station-abilities', station: id, abilities: told.abilities }]
  return station.form !== null && isSameForm(station.form, told.form)
    ? []
    : [{ kind: 'profile-form-learnt', station: id, form: told.form }]
}

/** Asked for with every look at an EVSE: while nothing was learnt of any kind there is nothing to find. */
function formOfKind({ formsByKind }: LiveFleet, station: LiveStation): ProfileForm | null {
  const kind = formsByKind.size === 0 ? null : kindOf(station)
  return kind === null ? null : (formsByKind.get(kind) ?? null)
}

function kindOf({ vendor, model, firmware }: LiveStation): string | null {
  return vendor === null || model === null ? null : stationKind(vendor, model, firmware)
}
