// Orders of one transaction go out one after the other, so that an older one never overtakes a newer one; of those that wait, only the newest is kept.

interface Waiting<Value> {
  readonly act: () => Promise<Value>
  readonly settle: (value: Value | PromiseLike<Value>) => void
}

/** Runs `act` at once when nothing of its key is under way, otherwise after it. Whoever is overtaken while waiting gets `overtaken`. */
export function turns<Value>(overtaken: Value): (key: string, act: () => Promise<Value>) => Promise<Value> {
  /** By key, while one is under way. */
  const waiting = new Map<string, Waiting<Value> | null>()
  async function run(key: string, act: () => Promise<Value>): Promise<Value> {
    try {
      return await act()
    } finally {
      const next = waiting.get(key) ?? null
      if (next === null) waiting.delete(key)
      else {
        waiting.set(key, null)
        next.settle(run(key, next.act))
      }
    }
  }
  return (key, act) => {
    const before = waiting.get(key)
    if (before === undefined) {
      waiting.set(key, null)
      return run(key, act)
    }
    before?.settle(overtaken)
    return new Promise((settle) => waiting.set(key, { act, settle }))
  }
}
