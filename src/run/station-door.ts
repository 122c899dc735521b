// The door through which stations reach the application: it stands before there is anybody behind it, and says so.
import { notRecorded, type ReceiveStationEvent } from '../../domain/ports/charge-points.ts'

export interface StationDoor {
  /** What stations tell; rejects as what could not be recorded while nobody attends, so that they tell it again. */
  readonly receive: ReceiveStationEvent
  /** Names who takes what comes from now on. */
  attend(receive: ReceiveStationEvent): void
}

/** A door nobody attends yet. */
export function stationDoor(): StationDoor {
  let attendant: ReceiveStationEvent = () => Promise.reject(notRecorded('not started yet'))
  return {
    receive: (event) => attendant(event),
    attend: (receive) => void (attendant = receive),
  }
}
