// A running server takes over keys from its registry file: real files, and a clock that is moved by hand.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { createApiKey } from '../../../adapters/wire/api-key.ts'
import type { Role } from '../../../domain/registry/asker.ts'
import { addApiKey, readApiKeys, removeApiKey } from '../../../src/files/api-keys-file.ts'
import { manualClock, type ManualClock } from '../../../src/run/clock.ts'
import { keyRing, type KeyRing } from '../../../src/files/key-ring.ts'

const folder = mkdtempSync(join(tmpdir(), 'ring-'))
afterAll(() => rmSync(folder, { recursive: true }))
const path = join(folder, 'registry.json')
const made = (name: string, role: Role = 'viewer') => createApiKey({ name, role, createdAt: 0 }, 'pepper').stored

let clock: ManualClock
let ring: KeyRing
let logged: string[]
beforeEach(() => {
  writeFileSync(path, '{"passwords": {}}')
  clock = manualClock(0)
  logged = []
  ring = keyRing({
    path,
    keys: new Map(),
    clock,
    log: (level, text, facts) => logged.push(`${level} ${text} ${JSON.stringify(facts ?? {})}`),
  })
})

/** Simulated time passes; what is read from the disk meanwhile is waited for. */
async function passes(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 500)
    await clock.runUntil(clock.now() + Math.min(500, left), () => new Promise((resolve) => setTimeout(resolve, 20)))
}

describe('the keys in force', () => {
  it('follow the file within 5 s: made, changed and revoked', async () => {
    const [one, two] = [made('one'), made('two')]
    await addApiKey(path, one)
    await addApiKey(path, two)
    expect(ring.find(one.id)).toBeUndefined()
    await passes(5_000)
    expect(ring.find(one.id)).toEqual(one)
    await removeApiKey(path, one.id)
    await passes(5_000)
    expect([ring.find(one.id), ring.find(two.id)]).toEqual([undefined, two])
    expect(ring.failure()).toBeNull()
    expect(logged).toEqual([
      `info the API keys have changed {"made":["${one.id} (one)","${two.id} (two)"],"gone":[]}`,
      `info the API keys have changed {"made":[],"gone":["${one.id} (one)"]}`,
    ])
    ring.stop()
    await addApiKey(path, one)
    await passes(5_000)
    expect(ring.find(one.id)).toBeUndefined()
  })

  it('stay what they were while the file is broken or gone, which is told once and taken back', async () => {
    const one = made('one')
    await addApiKey(path, one)
    await passes(5_000)
    logged.length = 0
    for (const broken of ['{"apiKeys": [{"id": "hunter2"', '{"apiKeys": {}}', null]) {
      if (broken === null) rmSync(path)
      else writeFileSync(path, broken)
      await passes(5_000)
      expect(ring.failure()).not.toBeNull()
      expect(ring.find(one.id)).toEqual(one)
      await passes(20_000)
    }
    expect(logged).toHaveLength(3)
    expect(logged.join()).not.toContain('hunter2')
    // Only the keys have to be right: the rest counts from the next start on.
    writeFileSync(path, '{"tenants": 7, "apiKeys": []}')
    await passes(5_000)
    expect([ring.failure(), ring.find(one.id)]).toEqual([null, undefined])
    expect(logged.at(-2)).toContain('can be read again')
  })

  it('see a change that leaves size and time of the file as they were', async () => {
    const one = made('one')
    await addApiKey(path, one)
    await passes(5_000)
    const other = made('two')
    const text = JSON.stringify({ apiKeys: [{ ...other, createdAt: '1970-01-01T00:00:00Z' }] })
    writeFileSync(path, text)
    await passes(5_000)
    writeFileSync(path, text.replace('"two"', '"six"'))
    await passes(5_000)
    expect(ring.find(other.id)?.name).toBe('six')
    expect(readApiKeys(path, text).size).toBe(1)
  })
})
