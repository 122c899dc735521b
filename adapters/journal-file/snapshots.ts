// Snapshots lie beside the segments: what an application remembers after an entry, so that a start reads only what came after it.
import { createHash } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readdirSync, readFileSync, readSync, renameSync, rmSync, writeSync } from 'node:fs'
import { basename, join } from 'node:path'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { ok, refused, type Result } from '../../domain/result.ts'
import { PRIVATE_FILE } from '../wire/private-path.ts'
import { freezeValue } from './freeze-value.ts'
import { syncFolder } from './segments.ts'
import { thawValue } from './thaw-value.ts'

/** The last entry a snapshot contains, and what can read it. */
export interface SnapshotHeader {
  /** Shape of the state: only an application with the same one can take it up. */
  readonly format: string
  /** Version of the application that wrote it. */
  readonly version: string
  readonly node: string
  readonly epoch: number
  readonly sequence: number
  readonly hash: string
  /** When that entry was written, epoch ms. */
  readonly at: number
}
/** Values by the name of who remembers them. */
export type Remains = Readonly<Record<string, unknown>>
export interface Snapshot extends SnapshotHeader {
  readonly file: string
  readonly remains: Remains
}
export interface SnapshotFile {
  readonly file: string
  readonly sequence: number
}

const NAME = /^snapshot-(\d{12,})-\d{6,}\.state$/
const UNFINISHED = /^snapshot-\d{12,}-\d{6,}\.state\.new$/
/** So many are kept: one may be spoilt, and one may be wrong. */
const KEPT = 3
const HASH_BYTES = 64
const HEADER_BYTES_MAX = 4_096

/** Whether a name in a journal folder is that of a snapshot. */
export function isSnapshotName(name: string): boolean {
  return NAME.test(name)
}

/** Snapshots that a crash left unfinished. */
export function isUnfinishedSnapshot(name: string): boolean {
  return UNFINISHED.test(name)
}

/** The snapshots of a folder, newest first. */
export function listSnapshots(folder: string): SnapshotFile[] {
  return readdirSync(folder)
    .flatMap((name) => {
      const match = NAME.exec(name)
      return match === null ? [] : [{ file: join(folder, name), sequence: Number(match[1]) }]
    })
    .sort((a, b) => b.sequence - a.sequence)
}

/**
 * Writes a snapshot: it has its name only when it is whole and on the disk. Older ones than the last few go. Returns its bytes. Blocks, so that it belongs
 * into a thread of its own; throws what the disk answers, and where something cannot be frozen.
 */
export function writeSnapshot(folder: string, header: SnapshotHeader, remains: Remains): number {
  const name = `snapshot-${String(header.sequence).padStart(12, '0')}-${String(header.epoch).padStart(6, '0')}.state`
  const file = join(folder, name)
  const fresh = `${file}.new`
  const descriptor = openSync(fresh, 'w', PRIVATE_FILE)
  let size = HASH_BYTES + 1
  try {
    const sum = createHash('sha256')
    const add = (bytes: Buffer) => {
      sum.update(bytes)
      for (let done = 0; done < bytes.length;) done += writeSync(descriptor, bytes, done, bytes.length - done, size + done)
      size += bytes.length
    }
    add(Buffer.from(`${JSON.stringify(header)}\n`))
    freezeValue(remains, (piece) => {
      const packed = deflateRawSync(piece, { level: 1 })
      const length = Buffer.alloc(4)
      length.writeUInt32LE(packed.length)
      add(length)
      add(packed)
    })
    writeSync(descriptor, `${sum.digest('hex')}\n`, 0)
    fsyncSync(descriptor)
  } catch (error) {
    closeSync(descriptor)
    rmSync(fresh, { force: true })
    throw error
  }
  closeSync(descriptor)
  renameSync(fresh, file)
  syncFolder(folder)
  for (const { file: old } of listSnapshots(folder).slice(KEPT)) rmSync(old, { force: true })
  return size
}

/** Whether a snapshot is as it was written; what it says about itself, or what is wrong with it. */
export function checkSnapshot(file: string): Result<SnapshotHeader, string> {
  try {
    const header = readHeader(file)
    if (!header.ok) return header
    return isAsWritten(readFileSync(file)) ? header : refused('content and hash do not agree')
  } catch (error) {
    return refused((error as Error).message)
  }
}

function isAsWritten(bytes: Buffer): boolean {
  const sum = createHash('sha256').update(bytes.subarray(HASH_BYTES + 1))
  return sum.digest('hex') === bytes.toString('latin1', 0, HASH_BYTES)
}

/** Reads a snapshot of a node in a format; refused, with the reason, where it is spoilt or of somebody else. */
export function readSnapshot(file: string, node: string, format: string): Result<Snapshot, string> {
  try {
    const read = readHeader(file)
    if (!read.ok) return read
    const header = read.value
    if (header.format !== format)
      return refused(`it has format ${header.format} of version ${header.version}, and format ${format} is needed`)
    if (header.node !== node) return refused(`it belongs to node ${header.node}`)
    const bytes = readFileSync(file)
    if (!isAsWritten(bytes)) return refused('content and hash do not agree')
    const body = bytes.subarray(HASH_BYTES + 1)
    return ok({ ...header, file, remains: thawValue(unpacked(body.subarray(body.indexOf(10) + 1))) as Remains })
  } catch (error) {
    return refused((error as Error).message)
  }
}

/** What a snapshot says about itself, unchecked. */
export function readHeader(file: string): Result<SnapshotHeader, string> {
  const descriptor = openSync(file, 'r')
  const bytes = Buffer.alloc(HASH_BYTES + 1 + HEADER_BYTES_MAX)
  const taken = readSync(descriptor, bytes)
  closeSync(descriptor)
  const text = bytes.toString('utf8', HASH_BYTES + 1, Math.max(HASH_BYTES + 1, bytes.indexOf(10, HASH_BYTES + 1)))
  try {
    const header = JSON.parse(text) as SnapshotHeader
    if (taken > HASH_BYTES && typeof header.sequence === 'number' && typeof header.hash === 'string') return ok(header)
  } catch {
    // Said below.
  }
  return refused(`${basename(file)} does not begin like a snapshot`)
}

function unpacked(body: Buffer): Buffer {
  const pieces: Buffer[] = []
  for (let place = 0; place < body.length;) {
    const length = body.readUInt32LE(place)
    place += 4
    pieces.push(inflateRawSync(body.subarray(place, place + length)))
    place += length
  }
  return Buffer.concat(pieces)
}
