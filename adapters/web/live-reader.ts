// One reader of the live stream: at most one message waits in its socket, and whoever takes too long is given up.
import type { WebSocket } from 'ws'
import type { LiveFeed } from './live-feed.ts'

export interface LiveReader {
  /** Sends what changed since it was told last, or counts how long it has been busy with that. */
  tell(): void
  /** Nothing was sent yet. */
  isNew(): boolean
  /** It gets no more. */
  leave(): void
}

/** Unsent bytes after which a reader is given up (F27), and ticks one message may take. */
const BUFFERED_BYTES_MAX = 1_048_576
const SENDING_TICKS_MAX = 30

/** A reader of a feed who was told nothing yet. */
export function liveReader(socket: WebSocket, feed: LiveFeed, bufferedBytesMax: number = BUFFERED_BYTES_MAX): LiveReader {
  /** Look up to which everything was told; -1 when nothing was. */
  let told = -1
  /** Ticks since a message was handed to the socket that is not out yet; 0 when none is. */
  let sending = 0
  let hasLeft = false

  /** Hands over one message after the other, so that at most one waits in the socket. */
  function pump(messages: readonly (() => string)[], next: number): void {
    const message = messages[next]
    if (message === undefined) sending = 0
    else
      socket.send(message(), (error) => {
        // Somebody who is being sent away gets no more, and hears why.
        if (hasLeft) return
        if (error) socket.terminate()
        else pump(messages, next + 1)
      })
  }

  return {
    tell() {
      if (sending > 0) {
        const isLate = ++sending > SENDING_TICKS_MAX
        if (isLate || socket.bufferedAmount > bufferedBytesMax) socket.terminate()
        return
      }
      const messages = feed.since(told)
      told = feed.looks()
      sending = 1
      pump(messages, 0)
    },
    isNew: () => told < 0,
    leave: () => void (hasLeft = true),
  }
}
