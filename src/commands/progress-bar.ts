// A progress bar on stderr, only where a person watches.
import type { CommandIo } from './exit.ts'

const WIDTH = 30

export interface ProgressBar {
  readonly show: (done: number) => void
  /** Removes the bar; call it before anything else is written. */
  readonly clear: () => void
}

export function progressBar({ stderr, isTerminal }: CommandIo, what: string, total: number): ProgressBar {
  if (!isTerminal || total === 0) return { show: () => undefined, clear: () => undefined }
  let drawn = -1
  return {
    show(done) {
      const filled = Math.floor((done / total) * WIDTH)
      if (filled === drawn) return
      drawn = filled
      stderr(`\r${what} [${'#'.repeat(filled)}${' '.repeat(WIDTH - filled)}] ${done}/${total}`)
    },
    clear() {
      if (drawn >= 0) stderr('\r\u001b[K')
    },
  }
}
