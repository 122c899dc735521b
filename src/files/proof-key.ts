// The key that proofs are signed with: made once and kept for this user only, or brought along by whoever runs the process.
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolder } from '../../adapters/wire/private-path.ts'
import { fileState, replaceFile } from './replace-file.ts'

export interface ProofKey {
  /** Ed25519 over bytes, base64. */
  sign(bytes: Uint8Array): string
  /** PEM (SPKI). */
  readonly publicPem: string
}

const NAME = 'proof-key.pem'

/** The key in a file, or the one of a home folder, which is made (mode 0600) where it is missing. Throws when the file holds no Ed25519 key. */
export function readProofKey(home: string, given: string | undefined): ProofKey {
  const file = given ?? join(home, NAME)
  if (given === undefined && !existsSync(file)) {
    makeFolder(home)
    const { privateKey } = generateKeyPairSync('ed25519')
    replaceFile(file, privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, fileState(file))
  }
  const key = createPrivateKey(readFileSync(file, 'utf8'))
  if (key.asymmetricKeyType !== 'ed25519')
    throw new Error(
      `${file} holds a key of ${key.asymmetricKeyType}; proofs are signed with Ed25519: openssl genpkey -algorithm ed25519`,
    )
  return proofKey(key)
}

/** A key that is forgotten with the process. */
export function passingProofKey(): ProofKey {
  return proofKey(generateKeyPairSync('ed25519').privateKey)
}

function proofKey(key: KeyObject): ProofKey {
  return {
    sign: (bytes) => sign(null, bytes, key).toString('base64'),
    publicPem: createPublicKey(key).export({ type: 'spki', format: 'pem' }) as string,
  }
}
