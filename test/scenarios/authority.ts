// An authority made on the spot with the openssl command, and certificates it issues for both ends of mutual TLS; valid from 2020 to 2040, so that a played clock fits.
import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Issued {
  readonly cert: string
  readonly key: string
  readonly ca: string
  readonly certFile: string
  readonly keyFile: string
  /** SHA-256, hex digits in lower case. */
  readonly fingerprint: string
}
export interface TestAuthority {
  readonly caFile: string
  /** A certificate for localhost under a common name. `from` and `to` as `20200101000000Z`. */
  issue(name: string, more?: { readonly curve?: string; readonly from?: string; readonly to?: string }): Issued
  remove(): void
}

const CONFIG = `
[ca]
default_ca = own
[own]
dir = .
new_certs_dir = .
database = ./index.txt
serial = ./serial
unique_subject = no
policy = any
default_md = sha256
x509_extensions = leaf
[any]
commonName = supplied
[leaf]
subjectAltName = DNS:localhost,IP:127.0.0.1
basicConstraints = CA:false
[root]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[req]
distinguished_name = name
[name]
`
const FROM = '20200101000000Z'
const TO = '20400101000000Z'

/** An authority on a curve; null where openssl is missing, and an error where CI promises it. */
export function testAuthority(curve = 'prime256v1'): TestAuthority | null {
  const folder = mkdtempSync(join(tmpdir(), 'authority-'))
  const openssl = (words: string) => execFileSync('openssl', words.split(' '), { cwd: folder, stdio: 'ignore' })
  const text = (name: string) => readFileSync(join(folder, name), 'utf8')
  const signed = `ca -batch -config ca.cnf -notext`
  const request = (name: string, of: string) => {
    openssl(`ecparam -name ${of} -genkey -noout -out ${name}.key`)
    openssl(`req -new -config ca.cnf -key ${name}.key -subj /CN=${name} -out ${name}.csr`)
  }
  const remove = () => rmSync(folder, { recursive: true, force: true })
  try {
    writeFileSync(join(folder, 'ca.cnf'), CONFIG)
    writeFileSync(join(folder, 'index.txt'), '')
    writeFileSync(join(folder, 'serial'), '1000\n')
    request('root', curve)
    openssl(`${signed} -selfsign -keyfile root.key -extensions root -startdate ${FROM} -enddate ${TO} -in root.csr -out root.pem`)
  } catch (error) {
    remove()
    if (process.env['CI'] === 'true') throw new Error('openssl is missing: apt-get install openssl', { cause: error })
    return null
  }
  return {
    caFile: join(folder, 'root.pem'),
    issue(name, { curve: own = curve, from = FROM, to = TO } = {}) {
      request(name, own)
      openssl(`${signed} -cert root.pem -keyfile root.key -startdate ${from} -enddate ${to} -in ${name}.csr -out ${name}.pem`)
      const cert = text(`${name}.pem`)
      return {
        cert,
        key: text(`${name}.key`),
        ca: text('root.pem'),
        certFile: join(folder, `${name}.pem`),
        keyFile: join(folder, `${name}.key`),
        fingerprint: new X509Certificate(cert).fingerprint256.replaceAll(':', '').toLowerCase(),
      }
    },
    remove,
  }
}
