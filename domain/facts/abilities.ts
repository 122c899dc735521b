// What is found out about what stations can follow.
import type { Abilities, ProfileForm } from '../registry/abilities.ts'
import type { StationId } from '../registry/identity.ts'

export type AbilityFact =
  /** What a station says of itself; recorded when it says something else than before. */
  | { readonly kind: 'station-abilities'; readonly station: StationId; readonly abilities: Abilities }
  /** The form in which it took an order, where that is another one than before; the others of its kind begin with it. */
  | { readonly kind: 'profile-form-learnt'; readonly station: StationId; readonly form: ProfileForm }
