import { defineConfig } from 'vitest/config'
import { SlowFirst } from './test/setup/slow-first.ts'

/** Folders whose tests leave nothing behind: their files share processes, so that what they import is loaded once and not once a file. */
const SHARING = [
  'test/*.test.ts',
  'test/{conformance,domain}/**/*.test.ts',
  'test/adapters/{market,ocpp,report,rest,session-files,twin,webhooks}/**/*.test.ts',
]

export default defineConfig({
  test: {
    // No test depends on how fast a machine is: these end what hangs, ten times later than the slowest of them takes on two cores.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // Most tests wait for sockets, disks and processes: a worker a core, also where there are two.
    maxWorkers: '100%',
    setupFiles: ['test/setup/property-seed.ts'],
    sequence: { sequencer: SlowFirst },
    projects: [
      { extends: true, test: { name: 'alone', include: ['test/**/*.test.ts'], exclude: SHARING } },
      { extends: true, test: { name: 'sharing', include: SHARING, isolate: false } },
    ],
  },
})
