// Texts on their way out of a WebSocket whose frames are not masked: those of one turn leave in one write, because TLS makes a record, and the kernel a call, of each.
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'

export interface TextWriter {
  /** Sends a text behind those before it; `onLost` is called where it was not written. */
  send(text: string, onLost?: () => void): void
  /** Hands over what waits for the end of the turn. */
  flush(): void
}

/** A whole text in one frame, as the server writes it (RFC 6455, 5.2). */
const FINAL_TEXT = 0x81
const [SHORT_MAX, MEDIUM_MAX] = [125, 0xffff]
const [MEDIUM, LONG] = [126, 127]

/** The end of a server: `raw` is what its socket writes to, and nothing is compressed. */
export function textWriter(socket: WebSocket, raw: Duplex): TextWriter {
  let waiting: string[] = []
  let losses: (() => void)[] = []
  let isArmed = false

  function flush(): void {
    if (waiting.length === 0) return
    const [texts, lost] = [waiting, losses]
    waiting = []
    losses = []
    const tell = (error?: Error | null) => {
      if (error) for (const one of lost) one()
    }
    // The WebSocket drops what comes after its farewell as well.
    if (socket.readyState !== socket.OPEN) return tell(new Error('closed'))
    raw.write(framesOf(texts), lost.length === 0 ? undefined : tell)
  }

  function flushArmed(): void {
    isArmed = false
    flush()
  }

  return {
    send(text, onLost) {
      waiting.push(text)
      if (onLost !== undefined) losses.push(onLost)
      if (isArmed) return
      isArmed = true
      // Behind all steps of promises: answers that became due together are together.
      process.nextTick(flushArmed)
    },
    flush,
  }
}

function framesOf(texts: readonly string[]): Buffer {
  let bytes = 0
  for (const text of texts) bytes += frameBytes(Buffer.byteLength(text))
  const frames = Buffer.allocUnsafe(bytes)
  let end = 0
  for (const text of texts) end = writeFrame(frames, end, text)
  return frames
}

function frameBytes(text: number): number {
  return text + (text <= SHORT_MAX ? 2 : text <= MEDIUM_MAX ? 4 : 10)
}

/** Answers where the next one begins. */
function writeFrame(frames: Buffer, at: number, text: string): number {
  const bytes = Buffer.byteLength(text)
  const end = at + frameBytes(bytes)
  frames[at] = FINAL_TEXT
  if (bytes <= SHORT_MAX) frames[at + 1] = bytes
  else if (bytes <= MEDIUM_MAX) {
    frames[at + 1] = MEDIUM
    frames.writeUInt16BE(bytes, at + 2)
  } else {
    frames[at + 1] = LONG
    frames.writeBigUInt64BE(BigInt(bytes), at + 2)
  }
  frames.write(text, end - bytes)
  return end
}
