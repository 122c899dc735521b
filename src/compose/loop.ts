// The application's loop, between stations and coordination, over the record of a fleet.
import { kilowatts } from '../../domain/units.ts'
import { underPseudonyms } from '../files/pseudonyms.ts'
import { application, type Application } from '../run/application.ts'
import { replanner } from '../run/replan.ts'
import type { Composition } from './composition.ts'
import type { Core } from './core.ts'
import type { Market } from './market.ts'
import type { Hems } from './hems.ts'
import type { Stations } from './stations.ts'

/** Limit a station falls back to without anything else from us: what a car may always take (the least power of § 14a EnWG). */
const SAFE_DEFAULT = kilowatts(4.2)
/** A start that read more than this has the next one read less. */
const SNAPSHOT_AFTER_ENTRIES = 20_000

/** The application between stations and coordination, which hear of it from here on. */
export function openApplication(core: Core, market: Market, stations: Stations, hems: Hems, options: Composition): Application {
  const { clock, journal, kept, trouble, log, keepPlans } = core
  const { planned, together } = market
  const app = application({
    clock,
    kept,
    controllables: hems.besides(stations.ocpp),
    resume: hems.resumeBesides(stations.ocpp.resumeSession),
    coordination: () => together,
    replan: replanner({
      ...planned,
      feeRegime: options.regime.name,
      coordination: together.priceFor,
      free: together.freePricesFor,
      onFailure: (session, error) => trouble.noteCar(session.evse, error),
    }),
    keepPlans,
    node: options.node,
    epoch: journal.epoch,
    version: options.version,
    safeDefault: SAFE_DEFAULT,
    troubles: trouble,
    pace: core.pace,
    log,
  })
  stations.attend(app.receive)
  hems.attend(app)
  together.attend(app)
  return app
}

/** Rebuilds the state and begins; answers how many entries of the journal were read. */
export async function startApplication(
  { journal, kept, pseudonym, log, follow, segmentEnded }: Core,
  app: Application,
  options: Composition,
) {
  const opened = journal.head()
  const base = journal.takeBase()
  const entries = await app.start(options.registry === null ? null : underPseudonyms(options.registry, pseudonym), base)
  if (entries > 0) log('info', 'the journal was read', { snapshot: base?.sequence ?? null, entries })
  if (options.inFlight === undefined && entries >= SNAPSHOT_AFTER_ENTRIES) segmentEnded(opened)
  // Journals of before held tokens as they are: those entries stay as they were sealed, but from here on pseudonyms count.
  const { base: set } = kept.fleet.byHand
  const known = underPseudonyms(set, pseudonym)
  if (known !== set) {
    await app.keep({ kind: 'registry-set', registry: known })
    log('info', 'the journal held tokens in clear; pseudonyms count from here on')
  }
  // What was there before is durable; what came since follows when it is.
  follow(opened.sequence)
  return entries
}
