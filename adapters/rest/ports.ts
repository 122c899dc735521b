// Everything the API asks of the application: one port a resource. A file of routes takes only those it uses.
import type { Answers } from '../../domain/ports/answers/answers.ts'

export interface RestPorts extends Omit<Answers, 'rows'> {
  /** Epoch ms by the clock of the fleet. */
  readonly now: () => number
}
