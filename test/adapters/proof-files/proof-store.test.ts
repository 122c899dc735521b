// Proofs as files: written whole with their signature, found again under any name, the newest of a limit, and dropped after their time.
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ProofDocument } from '../../../adapters/proof-files/proof-document.ts'
import { openProofStore } from '../../../adapters/proof-files/proof-store.ts'

const DAY_MS = 86_400_000
let folder = ''
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'proofs-'))))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const documentOf = (signal: string, version: number) => ({ signal, versions: [{ version }] }) as unknown as ProofDocument
const sign = (bytes: Uint8Array) => `signature of ${bytes.length}`

test('each is found again, whatever its limit is called, the newest version first; a signature lies beside it', async () => {
  const store = openProofStore(folder, 730)
  const names = ['night', 'night.v9', '../../etc/passwd', 'a/b c', 'x'.repeat(200), `${'x'.repeat(200)}y`, 'Grüße', '.', '*']
  for (const name of names) for (const version of [2, 10, 9]) await store.save(documentOf(name, version), sign)
  for (const name of names) expect(await store.read(name)).toEqual(documentOf(name, 10))
  expect(await store.read('other')).toBeNull()
  const documents = readdirSync(folder).filter((file) => file.endsWith('.json'))
  expect(documents).toHaveLength(3 * names.length)
  for (const file of documents)
    expect(readFileSync(join(folder, `${file}.sig`), 'utf8')).toBe(`${sign(readFileSync(join(folder, file)))}\n`)
})

test('after so many days they are dropped, others stay', async () => {
  const store = openProofStore(folder, 30)
  const now = Date.now()
  await store.save(documentOf('old', 1), sign)
  for (const file of ['old.v1.json', 'old.v1.json.sig']) utimesSync(join(folder, file), 0, (now - 31 * DAY_MS) / 1_000)
  expect(await store.dropOld(now)).toBe(1)
  expect(await store.read('old')).toBeNull()
  expect(await store.read('night')).not.toBeNull()
})
