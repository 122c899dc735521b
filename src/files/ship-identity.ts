// Who we are in EEBUS: a key with its certificate, made once and kept for this user only. Whoever has paired with us knows us by it.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createIdentity, readIdentity, type NodeIdentity } from '../../adapters/eebus/ship/certificate.ts'
import { makeFolder } from '../../adapters/wire/private-path.ts'
import { fileState, replaceFile } from './replace-file.ts'

const NAME = 'eebus-identity.pem'
const PART = /-----BEGIN ([A-Z ]+)-----[\s\S]+?-----END \1-----\n?/g

/** The identity in a home folder, which is made (mode 0600) where it is missing. Throws when the file holds none. */
export function shipIdentity(home: string, at: number): NodeIdentity {
  const file = join(home, NAME)
  if (!existsSync(file)) {
    makeFolder(home)
    const made = createIdentity('Gegenstrom', at)
    replaceFile(file, `${made.certificatePem.trimEnd()}\n${made.privateKeyPem}`, fileState(file))
    return made
  }
  const parts = new Map([...readFileSync(file, 'utf8').matchAll(PART)].map(([text, label]) => [label, text]))
  const found = readIdentity(parts.get('CERTIFICATE') ?? '', parts.get('PRIVATE KEY') ?? '')
  if (!found.ok) throw new Error(`${file}: ${found.refusal}; move it away to get a new one, and pair anew`)
  return found.value
}
