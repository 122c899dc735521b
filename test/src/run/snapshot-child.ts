// Begins to write a snapshot, says so when half of it is in the file, and waits to be killed.
import { writeSnapshot } from '../../../adapters/journal-file/snapshots.ts'
import { stateFormat } from '../../../src/run/remembered.ts'

const [folder, node, end] = process.argv.slice(2) as [string, string, string]
const { sequence, hash } = JSON.parse(end) as { sequence: number; hash: string }
const half = { fleet: new Float64Array(500_000) }
writeSnapshot(
  folder,
  { format: stateFormat(), version: '1', node, epoch: 1, sequence, hash, at: 0 },
  {
    fleet: half,
    get habits(): never {
      process.stdout.write('half of it is written\n')
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
      throw new Error('somebody goes on after the end')
    },
  },
)
