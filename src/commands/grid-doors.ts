// The doors of grid operators as the environment describes them, read and checked before anything is opened.
import { readFileSync } from 'node:fs'
import type { TlsIdentity } from '../../adapters/control-api/call.ts'
import type { DoorsOptions } from '../compose/doors.ts'
import type { Config } from '../config.ts'
import { readControlPartners } from '../files/control-partners-file.ts'
import { readTlsFiles } from '../files/tls-files.ts'

/** Everything a configuration that `servingProblems` has nothing against asks for. Throws an error that names the variable. `now` in epoch ms. */
export function gridDoors(config: Config, now: number): DoorsOptions {
  const { CONTROL_API_PORT: port, HTTP_HOST: host } = config
  if (port === undefined) return {}
  const tls = tlsOf(config, 'CONTROL_API', now)
  const partners = named('CONTROL_API_PARTNERS_FILE', () => readControlPartners(config.CONTROL_API_PARTNERS_FILE!))
  return { controlApi: { host, port, tls, partners } }
}

function tlsOf(config: Config, of: 'CONTROL_API', now: number): TlsIdentity {
  const names = [`${of}_CERT_FILE`, `${of}_KEY_FILE`] as const
  const files = readTlsFiles(config[names[0]]!, config[names[1]]!, now, [...names])
  if (!files.ok) throw new Error(files.refusal)
  const authorities = config[`${of}_CA_FILE`]
  const { cert, key } = files.value
  return authorities === undefined ? { cert, key } : { cert, key, ca: named(`${of}_CA_FILE`, () => readFileSync(authorities)) }
}

function named<Value>(name: string, read: () => Value): Value {
  try {
    return read()
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}`, { cause: error })
  }
}
