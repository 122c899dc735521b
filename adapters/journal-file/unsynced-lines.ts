// Lines that no good fsync has covered yet. After a failed one the system may have dropped what it was given, so they stay here until one succeeds.

/** Where a journal ends: its last entry, and the bytes of the current segment up to there. */
export interface End {
  readonly sequence: number
  readonly hash: string
  readonly size: number
}
/** Whole lines, the offset they belong at, and the end of the journal behind them. */
export interface Lines {
  readonly bytes: Buffer
  readonly offset: number
  readonly end: End
}
export interface UnsyncedLines {
  /** Where the next line belongs. */
  tail(): number
  /** Takes a line without its end. */
  add(line: string, sequence: number, hash: string): void
  /** What was added since the last call, for the operating system; null when that is nothing. It is still kept. */
  handOver(): Lines | null
  /** Everything that was handed over and is not yet forgotten, oldest first. */
  handedOver(): readonly Lines[]
  /** Bytes added and not handed over. */
  waitingBytes(): number
  /** Bytes in memory. */
  bytes(): number
  /** Forgets what lies before an end, for it survives now. */
  forget(until: End): void
  /** Begins a new segment; nothing may be kept any more. */
  restart(size: number): void
}

/** An empty list for a segment that has so many bytes. */
export function unsyncedLines(size: number): UnsyncedLines {
  let kept: Lines[] = []
  let keptBytes = 0
  let lines: string[] = []
  let linesBytes = 0
  let last = { sequence: 0, hash: '' }
  let keptUntil = size
  return {
    tail: () => keptUntil + linesBytes,
    add(line, sequence, hash) {
      lines.push(line)
      linesBytes += Buffer.byteLength(line) + 1
      last = { sequence, hash }
    },
    handOver() {
      if (lines.length === 0) return null
      const bytes = Buffer.from(`${lines.join('\n')}\n`)
      const next: Lines = { bytes, offset: keptUntil, end: { ...last, size: keptUntil + bytes.length } }
      lines = []
      linesBytes = 0
      kept.push(next)
      keptBytes += bytes.length
      keptUntil = next.end.size
      return next
    },
    handedOver: () => kept,
    waitingBytes: () => linesBytes,
    bytes: () => keptBytes + linesBytes,
    forget(until) {
      kept = kept.filter(({ end }) => end.size > until.size)
      keptBytes = kept.reduce((total, { bytes }) => total + bytes.length, 0)
    },
    restart(bytes) {
      keptUntil = bytes
    },
  }
}
