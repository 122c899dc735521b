// One of many gets the lock, whoever died before.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, linkSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { holdLock, isLockName, waitForLock } from '../../../adapters/wire/lock-file.ts'

const CHILD = fileURLToPath(new URL('./lock-child.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'lock-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function race(file: string, milliseconds: number) {
  const child = spawn(process.execPath, ['--import', 'tsx', CHILD, file, String(milliseconds)])
  let [out, errors] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  await new Promise((resolve) => child.on('close', resolve))
  expect(errors).toBe('')
  return JSON.parse(out) as { had: number; died: number; both: number; empty: number }
}

describe('lock file', () => {
  it('is held by one of many that race for it, also when the one before died', async () => {
    const file = join(folder, 'raced')
    const results = await Promise.all(Array.from({ length: 8 }, () => race(file, 2_000)))
    const sum = (of: (result: (typeof results)[number]) => number) => results.reduce((total, result) => total + of(result), 0)
    expect(sum(({ both }) => both)).toBe(0)
    expect(sum(({ empty }) => empty)).toBe(0)
    expect(sum(({ had }) => had)).toBeGreaterThan(100)
    expect(sum(({ died }) => died)).toBeGreaterThan(50)
    expect(results.filter(({ had }) => had > 0).length).toBeGreaterThan(2)
    // At most the lock of the last that died is left.
    expect(readdirSync(folder).filter((name) => name !== 'raced')).toEqual([])
  })

  it('says who holds it from its first moment on, readable for this user alone', () => {
    const file = join(folder, 'mine')
    const lock = holdLock(file)
    expect(readFileSync(file, 'utf8')).toMatch(new RegExp(`^${process.pid}( \\d+)?$`))
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(() => holdLock(file)).toThrow(`held by process ${process.pid}`)
    lock.release()
    holdLock(file).release()
    expect(readdirSync(folder).filter((name) => name.startsWith('mine'))).toEqual([])
  })

  it('releases no lock that another one has by now', () => {
    const file = join(folder, 'taken')
    const lock = holdLock(file)
    writeFileSync(file, '1 1')
    lock.release()
    expect(readFileSync(file, 'utf8')).toBe('1 1')
  })

  it('is taken over though one died while he took it over, and though a second name of it was left behind', () => {
    const file = join(folder, 'left')
    writeFileSync(file, '99000001 1')
    linkSync(file, `${file}.${process.pid}`)
    holdLock(file).release()
    // Whoever takes over makes a guard first; this one died right after.
    writeFileSync(file, '99000001 1')
    const guard = `${file}.${createHash('sha256').update(`${file}99000001 1`).digest('hex').slice(0, 16)}`
    writeFileSync(guard, '99000002 1')
    expect(isLockName('left', guard.slice(folder.length + 1))).toBe(true)
    holdLock(file).release()
    expect(readdirSync(folder).filter((name) => name.startsWith('left'))).toEqual([])
  })

  it('is waited for, and given up after the time that was asked for', async () => {
    const first = holdLock(join(folder, 'busy'))
    await expect(waitForLock(join(folder, 'busy'), 60)).rejects.toThrow('is held by process')
    const waiting = waitForLock(join(folder, 'busy'), 10_000)
    first.release()
    const second = await waiting
    expect(existsSync(join(folder, 'busy'))).toBe(true)
    second.release()
  })

  it('fails at once where the folder is missing', async () => {
    await expect(waitForLock(join(folder, 'nowhere', 'lock'), 60_000)).rejects.toThrow('ENOENT')
  })
})
