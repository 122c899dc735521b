// The file that names the identity provider and who of it is let in.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { readSettings, type SignInSettings } from '../../adapters/sign-in/settings.ts'
import { parseFile } from './api-keys-file.ts'

export interface SignInFile {
  readonly settings: SignInSettings
  /** Of our client at the provider; null for a public one. */
  readonly secret: string | null
}

/** Reads it, and the secret it names. Throws an error that lists what is wrong. */
export function readSignInFile(path: string, lab: boolean): SignInFile {
  const read = readSettings(parseFile(path, readFileSync(path, 'utf8')), lab)
  if (!read.ok) throw new Error(read.refusal.map((one) => `${path}: ${one}`).join('\n'))
  const { clientSecretFile } = read.value
  const secret = clientSecretFile === null ? null : readFileSync(resolve(clientSecretFile), 'utf8').trim()
  if (secret === '') throw new Error(`${clientSecretFile}: is empty`)
  return { settings: read.value, secret }
}
