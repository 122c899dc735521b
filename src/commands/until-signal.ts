// Waits until the process is asked to stop, until a time is up, or until there is nothing to wait for any more.

/** Resolves with what ended the wait. */
export function untilSignal(afterMs: number | null, over?: AbortSignal): Promise<'signal' | 'time' | 'over'> {
  return new Promise((resolve) => {
    const timer = afterMs === null ? null : setTimeout(() => finish('time'), afterMs)
    const stop = () => finish('signal')
    const end = () => finish('over')
    function finish(cause: 'signal' | 'time' | 'over'): void {
      if (timer !== null) clearTimeout(timer)
      process.off('SIGINT', stop)
      process.off('SIGTERM', stop)
      over?.removeEventListener('abort', end)
      resolve(cause)
    }
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)
    over?.addEventListener('abort', end)
    if (over?.aborted === true) end()
  })
}
