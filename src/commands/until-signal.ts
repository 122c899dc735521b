// Waits until the process is asked to stop, or until a time is up.

/** Resolves with what ended the wait. */
export function untilSignal(afterMs: number | null): Promise<'signal' | 'time'> {
  return new Promise((resolve) => {
    const timer = afterMs === null ? null : setTimeout(() => finish('time'), afterMs)
    const stop = () => finish('signal')
    function finish(cause: 'signal' | 'time'): void {
      if (timer !== null) clearTimeout(timer)
      process.off('SIGINT', stop)
      process.off('SIGTERM', stop)
      resolve(cause)
    }
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)
  })
}
