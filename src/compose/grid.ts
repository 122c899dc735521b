// What is said by others about power: limits and activations, from the record to the orders.
import type { ProofAnswers } from '../../domain/ports/answers/proofs.ts'
import { proofAnswers } from '../answers/proofs.ts'
import { visibility } from '../answers/visibility.ts'
import { passingProofKey } from '../files/proof-key.ts'
import type { Application } from '../run/application.ts'
import { limitClosing } from '../run/limit-closing.ts'
import { externalEdges } from '../run/external-edges.ts'
import { limitationDesk, type RunningLimitationDesk } from '../run/limitation/limitation-desk.ts'
import { hostPace, steadyPace } from '../run/pace.ts'
import { signalDesk, type RunningSignalDesk } from '../run/receive-signal.ts'
import { signalNews } from '../run/signal-news.ts'
import type { Composition } from './composition.ts'
import type { Core } from './core.ts'

export interface Grid extends RunningSignalDesk {
  readonly limitations: RunningLimitationDesk
  readonly proofs: ProofAnswers
}

/** The desks of signals and of limitation; opened before the journal is read, so that it hear what became of each. */
export function openGrid(
  { clock, kept, memory, journal, trouble: troubles, track, log }: Core,
  application: Application,
  options: Pick<Composition, 'releaseMs' | 'proofKey' | 'proofStore' | 'inFlight'>,
): Grid {
  const { effects, standings, closed, dimmed } = memory
  const edges = externalEdges(clock, application)
  kept.listen({ noticed: (fact) => edges.notice(fact) })
  const durable = () => track(journal.durable(journal.head().sequence))
  const { releaseMs = 0 } = options
  const limitations = limitationDesk({ clock, application, durable, releaseMs })
  kept.listen({ noticed: limitations.noticed, healed: limitations.healed })
  const desk = signalDesk({
    clock,
    application,
    effects,
    durable,
    mayKnow: visibility(kept.fleet).subject,
    releaseMs,
  })
  const key = options.proofKey ?? passingProofKey()
  const proofs = proofAnswers({
    journal,
    mayKnow: (asker, signal) => desk.signal(asker, signal) !== null,
    standingOf: standings.of,
    key,
    kept: options.proofStore,
    track,
  })
  const closing = limitClosing({
    clock,
    fleet: kept.fleet,
    closed,
    dimmed,
    standingOf: standings.of,
    made: proofs.made,
    keep: kept.keep,
    sign: key.sign,
    store: options.proofStore,
    track,
    log,
  })
  kept.listen({ noticed: (fact) => closing.notice(fact) })
  const { news } = memory
  const pace = options.inFlight === undefined ? hostPace() : steadyPace()
  const { fleet, keep, failure } = kept
  const tidings = signalNews({ clock, fleet, news, effects, pace, keep, failure, troubles })
  kept.listen({ noticed: tidings.notice, healed: tidings.healed })
  return {
    ...desk,
    limitations,
    proofs,
    start() {
      // What holds in silence holds before anything else begins.
      limitations.start()
      desk.start()
      edges.start()
      closing.start()
      tidings.start()
    },
    stop() {
      tidings.stop()
      closing.stop()
      limitations.stop()
      edges.stop()
      desk.stop()
    },
  }
}
