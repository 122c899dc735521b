// A progress bar on stderr, only where a person watches.
import type { CommandIo } from './exit.ts'

const WIDTH = 30

export interface ProgressBar {
  readonly update: (finished: number) => void
  /** Removes the bar; call it before anything else is written. */
  readonly done: () => void
}

/** A bar for `total` steps; silent where nobody watches. */
export function progressBar({ stderr, isTerminal }: CommandIo, what: string, total: number): ProgressBar {
  if (!isTerminal || total === 0) return { update: () => undefined, done: () => undefined }
  let drawn = -1
  return {
    update(finished) {
      const filled = Math.floor((finished / total) * WIDTH)
      if (filled === drawn) return
      drawn = filled
      stderr(`\r${what} [${'#'.repeat(filled)}${' '.repeat(WIDTH - filled)}] ${finished}/${total}`)
    },
    done() {
      if (drawn >= 0) stderr('\r\u001b[K')
    },
  }
}
