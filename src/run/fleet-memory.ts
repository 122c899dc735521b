// Who rebuilds what from the record beside the live state: the one list of them, for the running process and for the thread that makes snapshots.
import { commandBook, type CommandBook } from '../../adapters/control-api/command-book.ts'
import { houseBook, type HouseBook } from '../../adapters/mqtt-hems/house-book.ts'
import { deliveryMemory, type DeliveryMemory } from '../../adapters/webhooks/delivery-memory.ts'
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import { closedLimits, type ClosedLimits } from './closed-limits.ts'
import { dimmings, type Dimmings } from './dimmings.ts'
import { limitStandings, type LimitStandings } from './limit-standings.ts'
import { newsBook, type NewsBook } from './news-book.ts'
import type { MemoryPart } from './remembered.ts'
import { signalEffects, type SignalEffects } from './signal-effects.ts'

export interface FleetMemoryOptions {
  readonly fleet: LiveFleet
  readonly clock: Pick<Clock, 'now' | 'elapsed'>
  /** Name of this process in the journal. */
  readonly node: string
}
export interface FleetMemory {
  /** What waits for subscribers. */
  readonly deliveries: DeliveryMemory
  readonly effects: SignalEffects
  readonly standings: LimitStandings
  readonly closed: ClosedLimits
  readonly dimmed: Dimmings
  /** Commands of the control API: heard with that door shut as well, so that it knows them when it is opened. */
  readonly commands: CommandBook
  /** What energy managers have told over MQTT. */
  readonly houses: HouseBook
  /** What senders of signals are still to be told. */
  readonly news: NewsBook
  /** All of them by name: whoever stands here hears every fact and is laid down in snapshots. */
  readonly parts: readonly MemoryPart[]
}

/** The memory over a live state, empty. */
export function fleetMemory({ fleet, clock, node }: FleetMemoryOptions): FleetMemory {
  const deliveries = deliveryMemory({ clock, webhooks: fleet.webhooks, node })
  const effects = signalEffects(fleet)
  const standings = limitStandings(fleet)
  const closed = closedLimits()
  const dimmed = dimmings(fleet)
  const commands = commandBook()
  const houses = houseBook()
  const news = newsBook(fleet)
  const parts: readonly MemoryPart[] = [
    { ...deliveries, name: 'webhooks' },
    { ...effects, name: 'signals', noticed: (fact, _, at) => effects.notice(fact, at) },
    { ...standings, name: 'limits', noticed: standings.notice },
    { ...closed, name: 'closed-limits', noticed: (fact) => closed.notice(fact) },
    { ...dimmed, name: 'dimmings', noticed: dimmed.notice },
    { ...commands, name: 'control-commands', noticed: (fact, _, at) => commands.noticed(fact, at) },
    { ...houses, name: 'houses', noticed: (fact) => houses.noticed(fact) },
    { ...news, name: 'signal-news', noticed: (fact, _, at) => news.noticed(fact, at) },
  ]
  return { deliveries, effects, standings, closed, dimmed, commands, houses, news, parts }
}
