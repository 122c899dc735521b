// The parent's end of the load process.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import type { LoadAnswer, LoadOrder } from './station-load.ts'

export interface Load {
  readonly pid: number
  ask(order: LoadOrder): Promise<LoadAnswer>
  end(): void
}

/** Starts the process that plays the stations. */
export function startLoad(): Load {
  const child = fork(resolve(import.meta.dirname, 'station-load.ts'), {
    execArgv: ['--import', 'tsx'],
    serialization: 'advanced',
  })
  return {
    pid: child.pid!,
    async ask(order) {
      const waiting = new AbortController()
      const { signal } = waiting
      const gone = once(child, 'exit', { signal }).then(() => {
        throw new Error('the process of the stations is gone')
      })
      child.send(order)
      try {
        const [answer] = (await Promise.race([once(child, 'message', { signal }), gone])) as [LoadAnswer]
        return answer
      } finally {
        gone.catch(() => {})
        waiting.abort()
      }
    },
    end: () => void child.kill(),
  }
}
