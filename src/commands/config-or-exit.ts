// The configuration for the commands that cannot work without it.
import { readConfig, type Config } from '../config.ts'
import { exitError } from './exit.ts'

/** The configuration, or an exit that names everything wrong with it. */
export function configOrExit(): Config {
  const config = readConfig()
  if (!config.ok) throw exitError(2, config.refusal.join('\n'))
  return config.value
}
