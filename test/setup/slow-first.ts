// The order of the test files: what takes long begins first, so that no core is idle at the end while one file goes on.
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Longest first, as measured on two cores; a file that is missing here comes by its size. */
const SLOW = [
  'scenarios/area-limit',
  'scenarios/demo-day',
  'scenarios/restart',
  'scenarios/production',
  'src/cli',
  'scenarios/signals-in-trouble',
  'scenarios/clock-steps',
  'src/run/application',
  'scenarios/page',
  'src/coordination/workers/open-fleet-planners',
  'scenarios/eebus-roles',
  'scenarios/odd-requests',
  'scenarios/same-journal',
  'scenarios/shuffled-days',
  'adapters/journal-file/healing',
  'scenarios/faults',
  'scenarios/limitation',
  'scenarios/limit-proof',
  'adapters/wire/lock-file',
  'adapters/postgres/schema-steps',
  'scenarios/mad-station',
  'src/coordination/coordinator',
  'bench/fleet/implementability',
]

export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const bySize = await super.sort(files)
    const rank = (file: TestSpecification): number => {
      const place = SLOW.findIndex((name) => file.moduleId.endsWith(`/test/${name}.test.ts`))
      return place < 0 ? SLOW.length : place
    }
    return bySize.toSorted((a, b) => rank(a) - rank(b))
  }
}
