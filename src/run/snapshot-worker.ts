// The thread that makes snapshots: one task, one answer.
import { parentPort, workerData } from 'node:worker_threads'
import { makeSnapshot, type SnapshotTask } from './make-snapshot.ts'

parentPort!.postMessage(await makeSnapshot(workerData as SnapshotTask), [])
