import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    dir: 'test',
    testTimeout: 30_000,
    // Most tests wait for sockets, disks and processes: a worker a core, also where there are two.
    maxWorkers: '100%',
    setupFiles: ['test/setup/property-seed.ts'],
  },
})
