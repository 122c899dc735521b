// The process's own log: JSON lines on stderr, secrets cut out.
import { pino, type LevelWithSilent } from 'pino'

export type Log = (level: 'info' | 'warn' | 'error', text: string, facts?: object) => void

/** A log from a level on. */
export function logger(level: LevelWithSilent): Log {
  const log = pino(
    {
      level,
      base: null,
      redact: ['password', 'secret', 'token', 'idTag', 'idToken', 'authorization'].flatMap((name) => [name, `*.${name}`]),
    },
    pino.destination({ fd: 2, sync: true }),
  )
  return (of, text, facts) => log[of](facts ?? {}, text)
}
