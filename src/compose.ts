// Builds the running program by hand: the core first, what depends on it next, the application between them, and the screens last.
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { FileJournal } from '../adapters/journal-file/open-journal.ts'
import type { OcppServer } from '../adapters/ocpp/server.ts'
import type { Answers } from '../domain/ports/answers/answers.ts'
import { openByHand, tellContradictions } from './compose/by-hand.ts'
import type { Composition } from './compose/composition.ts'
import { openCore } from './compose/core.ts'
import { openDoors, type Doors } from './compose/doors.ts'
import { openGrid } from './compose/grid.ts'
import { openHems } from './compose/hems.ts'
import { openApplication, startApplication } from './compose/loop.ts'
import { openMarket, priceWatch } from './compose/market.ts'
import { openScreens } from './compose/screens.ts'
import { openStations } from './compose/stations.ts'
import type { PricesOf } from './market/tariff-in-force.ts'
import type { Application } from './run/application.ts'
import { measuredHouses } from './run/measured-houses.ts'
import type { Troubles } from './run/troubles.ts'

export interface Running {
  readonly address: AddressInfo
  readonly application: Application
  readonly answers: Answers
  readonly journal: FileJournal
  readonly ocpp: OcppServer
  readonly prices: PricesOf
  readonly troubles: Troubles
  readonly doors: Pick<Doors, 'address' | 'renew'>
  /** Serves a connection that came another way than through the port. */
  readonly serve: (socket: Duplex) => void
  /** Entries read from the journal at the start. */
  readonly replayed: number
  /** Waits until the database has everything, stops all parts in reverse order. */
  stop(): Promise<void>
}

/** Starts everything. Rejects, with all parts closed again, when one cannot start. */
export async function compose(options: Composition): Promise<Running> {
  const core = await openCore(options)
  const market = openMarket(core, options)
  const stations = openStations(core, options)
  const hems = openHems(core, options)
  const app = openApplication(core, market, stations, hems, options)
  const signals = openGrid(core, app, options)
  const houses = measuredHouses({ clock: core.clock, application: app, log: core.log })
  const doors = openDoors({ core, grid: signals, application: app, houses, hems }, options.doors)
  const byHand = openByHand(core, stations, app, options)
  const prices = priceWatch(core, options, app)
  const degraded = () => [
    ...core.degraded(),
    ...(prices.isMissing() ? ['prices'] : []),
    ...(app.isClockDoubted() ? ['clock'] : []),
    ...doors.degraded(),
  ]
  const screens = openScreens({ core, market, stations, application: app, signals, houses, byHand, degraded, doors }, options)
  const stopParts = async () => {
    options.keys?.stop()
    screens.stop()
    await doors.stop()
    houses.stop()
    signals.stop()
    app.stop()
    await market.stop()
    await stations.ocpp.close()
    await screens.close()
    await core.close()
  }
  const begin = async () => {
    const replayed = await startApplication(core, app, options)
    tellContradictions(core, options)
    signals.start()
    houses.start()
    await doors.start()
    return { replayed, address: await screens.listen() }
  }
  const { replayed, address } = await begin().catch(async (error: Error) => {
    // A port that is taken, a registry that contradicts itself: nothing may go on running.
    await stopParts()
    throw error
  })
  prices.start()
  return {
    address,
    application: app,
    answers: screens.answers,
    journal: core.journal,
    ocpp: stations.ocpp,
    prices: market.prices,
    troubles: core.trouble,
    doors,
    serve: screens.serve,
    replayed,
    async stop() {
      prices.stop()
      await stopParts().finally(() => options.stores.close())
    },
  }
}
