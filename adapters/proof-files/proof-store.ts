// Proofs as they stood when their limits were over, as files with their signatures: they are there when the journal has long been moved away.
import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ProofDocument } from './proof-document.ts'

export interface ProofStore {
  /** Writes a document and its signature; both are whole or not there. */
  save(document: ProofDocument, sign: (bytes: Uint8Array) => string): Promise<void>
  /** The newest of a limit; null for none. */
  read(signal: string): Promise<ProofDocument | null>
  /** Drops those written longer ago than they are kept, and says how many these were. */
  dropOld(now: number): Promise<number>
}

const DAY_MS = 86_400_000
const NAME_MAX = 120

/** A folder of proofs, made where it is missing. Throws where it cannot be. */
export function openProofStore(folder: string, days: number): ProofStore {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return {
    async save(document, sign) {
      const bytes = Buffer.from(`${JSON.stringify(document, null, 2)}\n`)
      const name = `${nameOf(document.signal)}.v${document.versions.at(-1)!.version}`
      // The document last: whoever finds it finds its signature.
      await writeWhole(folder, `${name}.json.sig`, Buffer.from(`${sign(bytes)}\n`))
      await writeWhole(folder, `${name}.json`, bytes)
    },
    async read(signal) {
      const start = `${nameOf(signal)}.v`
      const versions = (await readdir(folder)).flatMap((file) =>
        file.startsWith(start) && /^\d+\.json$/.test(file.slice(start.length))
          ? [Number.parseInt(file.slice(start.length), 10)]
          : [],
      )
      if (versions.length === 0) return null
      const text = await readFile(join(folder, `${start}${Math.max(...versions)}.json`), 'utf8')
      const document = JSON.parse(text) as ProofDocument
      return document.signal === signal ? document : null
    },
    async dropOld(now) {
      let dropped = 0
      for (const file of await readdir(folder)) {
        const path = join(folder, file)
        if (now - (await stat(path)).mtimeMs <= days * DAY_MS) continue
        await rm(path, { force: true })
        if (file.endsWith('.json')) dropped++
      }
      return dropped
    },
  }
}

/** A name that any file system takes, and that people still recognise. */
function nameOf(signal: string): string {
  const plain = encodeURIComponent(signal).replaceAll('*', '%2A')
  const digest = createHash('sha256').update(signal).digest('hex').slice(0, 16)
  return plain.length <= NAME_MAX ? plain : `${plain.slice(0, NAME_MAX - 17)}-${digest}`
}

async function writeWhole(folder: string, name: string, bytes: Uint8Array): Promise<void> {
  const temporary = join(folder, `.${name}.tmp`)
  const file = await open(temporary, 'w', 0o600)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, join(folder, name))
}
