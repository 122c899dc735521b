// Certificate and key of the listener, looked at before anything is opened: a pair that cannot work would refuse every handshake.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { refused, ok, type Result } from '../../domain/result.ts'

export interface TlsFiles {
  readonly cert: Buffer
  readonly key: Buffer
  /** End of the certificate, epoch ms. */
  readonly validUntil: number
}

/** Reads and checks both files; the refusal says which of them is wrong, by the name of its variable, and how. `now` in epoch ms. */
export function readTlsFiles(
  certFile: string,
  keyFile: string,
  now: number,
  [certName, keyName] = ['TLS_CERT_FILE', 'TLS_KEY_FILE'],
): Result<TlsFiles, string> {
  const cert = attempt(() => readFileSync(certFile))
  if (!cert.ok) return refused(`${certName}: ${cert.refusal}`)
  const key = attempt(() => readFileSync(keyFile))
  if (!key.ok) return refused(`${keyName}: ${key.refusal}`)
  const certificate = attempt(() => new X509Certificate(cert.value))
  if (!certificate.ok) return refused(`${certName}: ${certFile} is no certificate in PEM (${certificate.refusal})`)
  const secret = attempt(() => createPrivateKey(key.value))
  if (!secret.ok) return refused(`${keyName}: ${keyFile} is no private key in PEM (${secret.refusal})`)
  if (!certificate.value.checkPrivateKey(secret.value))
    return refused(`${keyName}: ${keyFile} is not the key of the certificate in ${certFile}`)
  const [from, validUntil] = [Date.parse(certificate.value.validFrom), Date.parse(certificate.value.validTo)]
  if (now >= validUntil) return refused(`${certName}: the certificate has ended on ${certificate.value.validTo}`)
  if (now < from) return refused(`${certName}: the certificate is valid from ${certificate.value.validFrom} on only`)
  return ok({ cert: cert.value, key: key.value, validUntil })
}

function attempt<Value>(run: () => Value): Result<Value, string> {
  try {
    return ok(run())
  } catch (error) {
    return refused((error as Error).message)
  }
}
