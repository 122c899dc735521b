// The last frames of one station, for people who look into what it says; bounded in number and in size. Kept as bytes in a ring, which costs the garbage collector nothing.

export interface LoggedFrame {
  readonly at: number
  readonly direction: 'in' | 'out'
  readonly text: string
}
/** A frame as it is kept. */
export interface KeptFrame extends LoggedFrame {
  /** It is as it came, and may hold what must not be shown. */
  readonly isRaw: boolean
}
export interface FrameLog {
  /** Adds a frame and forgets the oldest beyond the bounds. `at` is epoch ms. */
  add(at: number, direction: 'in' | 'out', text: string, isRaw: boolean): void
  /** Oldest first. */
  frames(): readonly KeptFrame[]
}

const FRAMES_MAX = 200
/** Characters of one frame. */
export const FRAME_CHARACTERS_MAX = 4_096
/** Bytes of all frames of a station: a fleet of 10,000 talkative stations stays below 350 MB. */
const BYTES_MAX = 32_768
/** What a station begins with; many never say more than a few frames. */
const BYTES_MIN = 1_024
/** Before each text: the bytes of the text, its direction and whether it is raw, and its instant. */
const [FLAGS_AT, INSTANT_AT, HEAD_BYTES] = [2, 3, 11]
const [OUT, RAW] = [1, 2]
/** One entry that goes over the end of its ring; a character takes at most three bytes, and so does the mark of a frame that was cut. */
const ENTRY = Buffer.alloc(HEAD_BYTES + 3 * (FRAME_CHARACTERS_MAX + 1))

/** An empty log of one station. */
export function frameLog(): FrameLog {
  let ring = Buffer.alloc(0)
  /** Where the next entry begins, the bytes in use before it, and the entries in them. */
  let [end, used, count] = [0, 0, 0]

  /** The bytes in use, in order. */
  function inOrder(): Buffer {
    const from = end - used
    return from >= 0 ? ring.subarray(from, end) : Buffer.concat([ring.subarray(from), ring.subarray(0, end)])
  }

  function byteAt(place: number): number {
    return ring[place % ring.length]!
  }

  function forgetOldest(): void {
    const from = end - used + ring.length
    used -= HEAD_BYTES + byteAt(from) + 256 * byteAt(from + 1)
    count--
  }

  function makeRoom(bytes: number): void {
    if (used + bytes > ring.length && ring.length < BYTES_MAX) {
      const larger = Buffer.allocUnsafeSlow(Math.min(BYTES_MAX, Math.max(BYTES_MIN, 2 * (used + bytes))))
      end = inOrder().copy(larger)
      ring = larger
    }
    while (used + bytes > ring.length || count >= FRAMES_MAX) forgetOldest()
  }

  return {
    add(at, direction, text, isRaw) {
      const flags = (direction === 'out' ? OUT : 0) | (isRaw ? RAW : 0)
      const kept = text.length > FRAME_CHARACTERS_MAX ? `${text.slice(0, FRAME_CHARACTERS_MAX)}…` : text
      const bytes = HEAD_BYTES + Buffer.byteLength(kept)
      makeRoom(bytes)
      const fitting = ring.length - end
      if (bytes <= fitting) {
        writeEntry(ring, end, at, flags, kept)
        end += bytes
      } else {
        writeEntry(ENTRY, 0, at, flags, kept)
        ring.set(ENTRY.subarray(0, fitting), end)
        ring.set(ENTRY.subarray(fitting, bytes), 0)
        end = bytes - fitting
      }
      used += bytes
      count++
    },
    frames() {
      const bytes = inOrder()
      const frames: KeptFrame[] = []
      for (let at = 0; at < bytes.length;) {
        const textAt = at + HEAD_BYTES
        const next = textAt + bytes.readUInt16LE(at)
        const flags = bytes[at + FLAGS_AT]!
        frames.push({
          at: bytes.readDoubleLE(at + INSTANT_AT),
          direction: (flags & OUT) === 0 ? 'in' : 'out',
          isRaw: (flags & RAW) !== 0,
          text: bytes.toString('utf8', textAt, next),
        })
        at = next
      }
      return frames
    },
  }
}

/** Writes an entry where there is room for it. */
function writeEntry(to: Buffer, place: number, at: number, flags: number, text: string): void {
  const bytes = to.write(text, place + HEAD_BYTES)
  to.writeUInt16LE(bytes, place)
  to[place + FLAGS_AT] = flags
  to.writeDoubleLE(at, place + INSTANT_AT)
}
