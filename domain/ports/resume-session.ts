// A session that has ended begins again, with nobody at the station.
import type { Result } from '../result.ts'
import type { EvseId } from '../registry/identity.ts'
import type { OrderRefusal } from './controllables.ts'

/**
 * Asks a station to begin again with the car whose session ended there. `token` is the pseudonym the car is known by: the station hears what was last
 * presented at this EVSE where that is remembered, else a token made for this one time, which comes back as the same pseudonym.
 */
export type ResumeSession = (evse: EvseId, token: string) => Promise<Result<null, OrderRefusal>>
