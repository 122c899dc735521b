// Old segments may lie elsewhere. A file beside the others says which were moved, so that a chain that begins later is told apart from one that lost its beginning.
import {
  appendFileSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { makePrivateFolder, PRIVATE_FILE } from '../wire/private-path.ts'
import { readPackedHeader, type PackedHeader } from './pack-segment.ts'
import { listSegments, PACKED_ENDING, syncFolder, type Segment } from './segments.ts'

/** A segment that was moved, as it said about itself. */
export interface Moved extends Pick<PackedHeader, 'first' | 'entries' | 'last' | 'at'> {
  readonly name: string
}
export interface ArchiveTask {
  readonly folder: string
  readonly archive: string
  /** Segments whose last entry is older, epoch ms. */
  readonly olderThan: number
  /** Nothing after this entry is moved: a start needs it. */
  readonly until: number
}
const NAME = 'archived'

/** Whether a name in a journal folder is that of the list of moved segments. */
export function isArchiveName(name: string): boolean {
  return name === NAME
}

/** The segments that were moved from a folder, oldest first. Throws where the list cannot be read. */
export function readMoved(folder: string): readonly Moved[] {
  const file = join(folder, NAME)
  if (!existsSync(file)) return []
  // A line without its end was being written when the process died: its segment was not moved.
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1)
  const moved = new Map(lines.map((line) => JSON.parse(line) as Moved).map((one) => [one.name, one]))
  return [...moved.values()].sort((a, b) => a.first - b.first)
}

/** Moves packed segments, oldest first, and returns how many. It is on record before it happens; a segment on record that is still there is used like any other. */
export async function archiveSegments({ folder, archive, olderThan, until }: ArchiveTask): Promise<number> {
  if (resolve(folder) === resolve(archive)) return 0
  let count = 0
  for (const { file } of listSegments(folder)) {
    const packed = `${file}${PACKED_ENDING}`
    if (!existsSync(packed)) break
    const { first, entries, last, at } = (await readPackedHeader(packed)).header
    if (at >= olderThan || first + entries - 1 > until) break
    makePrivateFolder(archive)
    const list = join(folder, NAME)
    appendFileSync(list, `${JSON.stringify({ name: basename(file), first, entries, last, at } satisfies Moved)}\n`, {
      mode: PRIVATE_FILE,
    })
    onDisk(list)
    move(packed, join(archive, basename(packed)))
    count++
  }
  return count
}

/** The moved segments that are nowhere to be found, as far as they are the beginning of the chain: it can be checked from behind them on. */
export function goneBeginning(moved: readonly Moved[], segments: readonly Segment[]): readonly Moved[] {
  const there = new Set(segments.map(({ file }) => basename(file)))
  const gone: Moved[] = []
  for (const one of moved) {
    if (there.has(one.name) || one.first !== (gone.length === 0 ? 1 : endOf(gone.at(-1)!) + 1)) break
    gone.push(one)
  }
  return gone
}

/** The last entry of a moved segment. */
export function endOf({ first, entries }: Moved): number {
  return first + entries - 1
}

function move(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error
    copyFileSync(from, `${to}.new`)
    onDisk(`${to}.new`)
    renameSync(`${to}.new`, to)
    syncFolder(dirname(to))
    rmSync(from)
  }
  syncFolder(dirname(to))
  syncFolder(dirname(from))
}

function onDisk(file: string): void {
  const descriptor = openSync(file, 'r+')
  fsyncSync(descriptor)
  closeSync(descriptor)
}
