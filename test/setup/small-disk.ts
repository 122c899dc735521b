// A disk of its own of a few hundred kilobytes, that can be filled and freed; only where this process may mount one.
import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface SmallDisk {
  readonly folder: string
  /** Takes all room that is left. */
  fill(): void
  /** Gives it back. */
  free(): void
  remove(): void
}

/** A mounted disk, or the reason why there is none. */
export function smallDisk(kilobytes: number): SmallDisk | string {
  const folder = mkdtempSync(join(tmpdir(), 'small-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', folder], { stdio: 'pipe' })
  } catch (error) {
    rmSync(folder, { recursive: true })
    return `no disk can be mounted: ${(error as { stderr?: Buffer }).stderr?.toString().trim() ?? (error as Error).message}`
  }
  const ballast = join(folder, 'ballast')
  return {
    folder,
    fill() {
      const descriptor = openSync(ballast, 'a')
      try {
        for (let size = 65_536; size > 0;) {
          try {
            if (writeSync(descriptor, Buffer.alloc(size)) < size) size = Math.floor(size / 2)
          } catch {
            size = Math.floor(size / 2)
          }
        }
      } finally {
        closeSync(descriptor)
      }
    },
    free: () => rmSync(ballast),
    remove() {
      execFileSync('umount', ['-l', folder])
      rmSync(folder, { recursive: true })
    },
  }
}
