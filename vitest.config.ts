import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { SlowFirst } from './test/setup/slow-first.ts'

export default defineConfig({
  test: {
    // No test depends on how fast a machine is: these end what hangs, ten times later than the slowest of them takes on two cores.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // Those that take long wait for sockets, disks and processes of their own: with a worker more than there are cores none of these is idle.
    maxWorkers: availableParallelism() + 1,
    // Tests leave nothing behind in their process: what they import is loaded once a process and not once a file, which is half of the work.
    isolate: false,
    // What was made of a source file is kept for the next run.
    experimental: { fsModuleCache: true },
    setupFiles: ['test/setup/property-seed.ts'],
    include: ['test/**/*.test.ts'],
    sequence: { sequencer: SlowFirst },
  },
})
