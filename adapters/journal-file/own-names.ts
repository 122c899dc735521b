// The names a journal gives in its folder: whatever else lies there does not belong.
import { isLockName } from '../wire/lock-file.ts'
import { isHeadName } from './head-file.ts'
import { isSegmentName } from './segments.ts'
import { isSnapshotName } from './snapshots.ts'

/** Whether a name in a journal folder is one a journal gives. */
export function isOurs(name: string): boolean {
  return isSegmentName(name) || isHeadName(name) || isSnapshotName(name) || isLockName('lock', name)
}
