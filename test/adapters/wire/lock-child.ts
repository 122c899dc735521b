// Takes a lock again and again beside others like it, for a while; sometimes it leaves the lock as one that died leaves it. Prints how often it had it.
import { closeSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { holdLock } from '../../../adapters/wire/lock-file.ts'

const [, , file, milliseconds] = process.argv as [string, string, string, string]
/** Made while the lock is held; that it is there already means that two have the lock. */
const inside = `${file}-inside`
const until = Date.now() + Number(milliseconds)
let [had, died, both, empty] = [0, 0, 0, 0]
while (Date.now() < until) {
  try {
    const lock = holdLock(file)
    had++
    try {
      closeSync(openSync(inside, 'wx'))
    } catch {
      both++
    }
    rmSync(inside, { force: true })
    // Process ids of the system end far below.
    if (had % 2 === 0) {
      writeFileSync(`${file}-dead`, `${99_000_000 + died++} ${process.pid}`)
      renameSync(`${file}-dead`, file)
    }
    lock.release()
  } catch (error) {
    const text = (error as Error).message
    if (text.includes('held by process ;')) empty++
    else if (!text.includes('held by process') && !text.includes('at this moment')) throw error
  }
}
process.stdout.write(JSON.stringify({ had, died, both, empty }))
