// The order of the test files: what takes long begins first, so that no core is idle at the end while one file goes on.
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Longest first, as measured on two cores; a file that is missing here comes by its size. */
const SLOW = [
  'scenarios/shuffled-days',
  'scenarios/restart',
  'scenarios/area-limit',
  'scenarios/production',
  'scenarios/demo-day',
  'src/cli',
  'scenarios/mad-station',
  'src/coordination/workers/open-fleet-planners',
  'src/run/application',
  'scenarios/clock-steps',
  'scenarios/refusing-stations',
  'adapters/postgres/schema-steps',
  'scenarios/page',
  'bench/fleet/implementability',
  'adapters/ocpp/mad-station',
  'adapters/twin/fleet',
]

/** Files with a process of their own come before those that share one: a process is kept only while the next file may use it too. */
export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const bySize = await super.sort(files)
    const rank = (file: TestSpecification): number => {
      const place = SLOW.findIndex((name) => file.moduleId.endsWith(`/test/${name}.test.ts`))
      return (file.project.config.isolate ? 0 : SLOW.length + 1) + (place < 0 ? SLOW.length : place)
    }
    return bySize.toSorted((a, b) => rank(a) - rank(b))
  }
}
