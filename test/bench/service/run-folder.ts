// What a measured `serve` needs around it: a folder of its own with certificate and prices, and a free port.
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SLOT_MS } from '../../../domain/time/slot.ts'
import { testCertificate } from '../../scenarios/certificate.ts'

const PRICE_DAYS = 3

/** A new folder with certificate, prices by file and an empty home; `now` is the server's time, epoch ms. Throws without the openssl command. */
export function runFolder(now: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'gegenstrom-bench-'))
  writeCertificate(folder)
  mkdirSync(join(folder, 'home'))
  writePrices(join(folder, 'prices.csv'), now)
  return folder
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

function writeCertificate(folder: string): void {
  const certificate = testCertificate()
  if (certificate === null) throw new Error('this needs the openssl command, as stations come over TLS')
  writeFileSync(join(folder, 'cert.pem'), certificate.cert)
  writeFileSync(join(folder, 'key.pem'), certificate.key, { mode: 0o600 })
  certificate.remove()
}

/** Prices of some days with a valley at noon and two peaks, so that plans have something to do. */
function writePrices(path: string, now: number): void {
  const first = Math.floor(now / 86_400_000) * 86_400_000 - 86_400_000
  const rows = Array.from({ length: PRICE_DAYS * 96 }, (_, i) => {
    const hour = (i / 4) % 24
    const price = 80 + 60 * Math.sin(((hour - 4) / 12) * Math.PI * 2) + (i % 4) * 3
    return `${new Date(first + i * SLOT_MS).toISOString()},${price.toFixed(2)}`
  })
  writeFileSync(path, `start,price_eur_mwh\n${rows.join('\n')}\n`)
}
