// One talk of two ends over MQTT, as the layers above know a connection: datagrams in their order, few under way, an end that both hear of.
import { decodeRoot, encodeRoot, type PlainObject } from '../eebus-json.ts'
import type { ShipConnection } from '../ship/connection.ts'
import type { ShipUser } from '../ship/node.ts'
import type { EebusLine } from './line.ts'

/** What the layers above need of a connection. */
export type TalkConnection = Pick<ShipConnection, 'peer' | 'send' | 'close'>

export interface RunningTalk {
  /** A message of the other end; an empty one ends the talk. */
  hear(payload: Buffer): void
  /** Over without a word: the other end is gone, or talks anew. */
  end(reason: string): void
}
export interface TalkOptions {
  readonly line: Pick<EebusLine, 'publish'>
  readonly topic: string
  /** Who is at the other end. */
  readonly peer: string
  readonly userOf: (connection: TalkConnection) => ShipUser
  /** Once, whatever has ended it. */
  readonly onEnd: (reason: string) => void
}

/** What the broker has not taken yet. */
const UNDER_WAY_MAX = 64

/** Begins at once. */
export function talk({ line, topic, peer, userOf, onEnd }: TalkOptions): RunningTalk {
  let underWay = 0
  let isOver = false
  let user: ShipUser | null = null
  function over(reason: string): void {
    if (isOver) return
    isOver = true
    user?.ended(reason)
    onEnd(reason)
  }
  function close(): void {
    if (isOver) return
    line.publish(topic, '')
    over('we have ended the talk')
  }
  function send(payload: PlainObject): boolean {
    if (isOver) return false
    if (underWay >= UNDER_WAY_MAX) {
      over('the broker takes nothing any more')
      return false
    }
    const isSent = line.publish(topic, encodeRoot(payload), () => void (underWay -= 1))
    if (isSent) underWay += 1
    return isSent
  }
  user = userOf({ peer, send, close })
  return {
    hear(payload) {
      if (isOver) return
      if (payload.length === 0) return over('the other has ended the talk')
      const root = decodeRoot(payload.toString('utf8'))
      if (root.ok) user?.receive(root.value)
      else close()
    },
    end: over,
  }
}
