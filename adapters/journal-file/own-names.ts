// The names a journal gives in its folder: whatever else lies there does not belong.
import { isLockName } from '../wire/lock-file.ts'
import { isArchiveName } from './archive.ts'
import { isHeadName } from './head-file.ts'
import { isSegmentName, isUnfinishedSegment } from './segments.ts'
import { isSnapshotName, isUnfinishedSnapshot } from './snapshots.ts'

/** Whether a name in a journal folder is one a journal gives. */
export function isOurs(name: string): boolean {
  return (
    isSegmentName(name) ||
    isHeadName(name) ||
    isSnapshotName(name) ||
    isArchiveName(name) ||
    isLockName('lock', name) ||
    isUnfinished(name)
  )
}

/** Whether a name is that of something that was being written when its process died: nobody misses it. */
export function isUnfinished(name: string): boolean {
  return isUnfinishedSegment(name) || isUnfinishedSnapshot(name) || (isHeadName(name) && name !== 'head')
}
