// For tests in which nothing may fail inside: the first failure is thrown to the test.
import { troubles, type Troubles } from '../../../src/run/troubles.ts'

export function noTroubles(): Troubles {
  return troubles({
    clock: { elapsed: () => 0 },
    log(_, text, facts) {
      throw new Error(`${text}: ${JSON.stringify(facts)}`)
    },
  })
}
