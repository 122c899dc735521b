// What is said by others about power: limits and activations, from the record to the orders.
import { visibility } from '../answers/visibility.ts'
import type { Application } from '../run/application.ts'
import { externalEdges } from '../run/external-edges.ts'
import { signalDesk, type RunningSignalDesk } from '../run/receive-signal.ts'
import { signalEffects } from '../run/signal-effects.ts'
import type { Composition } from './composition.ts'
import type { Core } from './core.ts'

/** The desk of signals; opened before the journal is read, so that it hears what became of each. */
export function openGrid(
  { clock, kept, journal, track }: Core,
  application: Application,
  options: Pick<Composition, 'releaseMs'>,
): RunningSignalDesk {
  const effects = signalEffects(kept.fleet)
  kept.listen({
    noticed: (fact, _, at) => effects.notice(fact, at),
    remembered: { name: 'signals', freeze: effects.freeze, thaw: effects.thaw },
  })
  const edges = externalEdges(clock, application)
  kept.listen({ noticed: (fact) => edges.notice(fact) })
  const desk = signalDesk({
    clock,
    application,
    effects,
    durable: () => track(journal.durable(journal.head().sequence)),
    mayKnow: visibility(kept.fleet).subject,
    releaseMs: options.releaseMs ?? 0,
  })
  return {
    ...desk,
    start() {
      desk.start()
      edges.start()
    },
    stop() {
      edges.stop()
      desk.stop()
    },
  }
}
