// Limits that others have set on stations begin and end to the millisecond, as signals do: their edges on the clock.
import { externalOn } from '../../domain/live/external-limits.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { Fact } from '../../domain/facts/fact.ts'
import type { EvseId, StationId } from '../../domain/registry/identity.ts'
import type { LimitSource } from '../../domain/signals/external-limit.ts'
import type { Application } from './application.ts'
import { signalEdges } from './signal-edges.ts'

export interface ExternalEdges {
  /** Takes notice of a fact that was recorded. */
  notice(fact: Fact): void
  /** Puts the edges of everything that stations have told before on the clock. */
  start(): void
  stop(): void
}

/** The edges of all limits on stations of one fleet. */
export function externalEdges(
  clock: Clock,
  application: Pick<Application, 'fleet' | 'redispatch' | 'planBeside'>,
): ExternalEdges {
  const { fleet } = application
  const edges = signalEdges(clock, onEdge)
  /** How many periods of a limit stand on the clock, by subject and source. */
  const armed = new Map<string, { readonly subject: string; readonly periods: number }>()
  const openedAt = clock.now()
  let isStarted = false
  let forgetSteps = () => {}

  function onEdge(ids: readonly string[]): void {
    tell([...new Set(ids.flatMap((id) => armed.get(keyOf(id))?.subject ?? []))])
  }
  function tell(subjects: readonly string[]): void {
    if (subjects.length === 0) return
    application.redispatch(subjects)
    application.planBeside(subjects.flatMap(membersOf), 'a limit on a station began or ended')
  }
  function membersOf(subject: string): readonly EvseId[] {
    const name = subject.slice(subject.indexOf(':') + 1)
    return subject.startsWith('evse:') ? [name as EvseId] : (fleet.evsesByStation.get(name as StationId) ?? [])
  }
  function arm(subject: string, source: LimitSource, since: number): void {
    const key = `${subject}#${source}`
    disarm(key)
    const periods = fleet.externalLimits.get(subject)?.get(source) ?? []
    periods.forEach(({ from, until }, i) => edges.arm({ id: `${key}#${i}`, from, until }, since))
    if (periods.length > 0) armed.set(key, { subject, periods: periods.length })
  }
  function disarm(key: string): void {
    for (let i = 0; i < (armed.get(key)?.periods ?? 0); i++) edges.disarm(`${key}#${i}`)
    armed.delete(key)
  }
  function armAll(since: number): void {
    for (const [subject, own] of fleet.externalLimits) for (const source of own.keys()) arm(subject, source, since)
  }

  return {
    notice(fact) {
      if (!isStarted) return
      if (fact.kind === 'external-limit-told') arm(fact.subject, fact.source, clock.now())
      else if (fact.kind === 'external-limit-lifted') disarm(`${fact.subject}#${fact.source}`)
    },
    start() {
      isStarted = true
      forgetSteps = clock.onStep(() => {
        armAll(clock.now())
        tell([...fleet.externalLimits.keys()].filter((subject) => externalOn(fleet, subject).length > 0))
      })
      armAll(openedAt)
    },
    stop() {
      isStarted = false
      forgetSteps()
      edges.stop()
    },
  }
}

/** The limit a period belongs to. */
function keyOf(id: string): string {
  return id.slice(0, id.lastIndexOf('#'))
}
