// The topics of the signal door: one subtree for each grid operator, so that a broker can bind it to its owner.

export interface SignalTopic {
  readonly sender: string
  readonly id: string
}
/** Where somebody writes signals, and where receipts and states are published. */
export interface Topics {
  /** Everything anybody writes. */
  readonly filter: string
  /** Null for a topic that is none of these. */
  read(topic: string): SignalTopic | null
  receipt(of: SignalTopic): string
  status(of: SignalTopic): string
}

const ID = /^[^\p{C}/+#]{1,128}$/u

/** Topics under a prefix such as `gegenstrom/v1/grid`. */
export function topicsUnder(prefix: string): Topics {
  return {
    filter: `${prefix}/+/signals/+`,
    read(topic) {
      if (!topic.startsWith(`${prefix}/`)) return null
      const [sender, kind, id, ...more] = topic.slice(prefix.length + 1).split('/')
      if (sender === undefined || kind !== 'signals' || id === undefined || more.length > 0) return null
      return ID.test(id) && ID.test(sender) ? { sender, id } : null
    },
    receipt: ({ sender, id }) => `${prefix}/${sender}/receipts/${id}`,
    status: ({ sender, id }) => `${prefix}/${sender}/status/${id}`,
  }
}
