// Locks between processes: one holder at a time, dead holders are no obstacle, and whoever waits gets the lock in the end.
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { holdLock, waitForLock } from '../../../adapters/wire/lock-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'lock-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('a lock file', () => {
  it('has one holder at a time, and leaves nothing behind', () => {
    const lock = holdLock(join(folder, 'one'))
    expect(() => holdLock(join(folder, 'one'))).toThrow(`is held by process ${process.pid}`)
    lock.release()
    holdLock(join(folder, 'one')).release()
    expect(readdirSync(folder)).toEqual([])
  })

  it.each(['', '999999999 1', 'nonsense', `${process.pid} 1`])('of a holder that is dead is taken over: %j', (holder) => {
    writeFileSync(join(folder, 'dead'), holder)
    holdLock(join(folder, 'dead')).release()
    expect(readdirSync(folder)).toEqual([])
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
