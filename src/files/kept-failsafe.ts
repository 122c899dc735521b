// The failsafe values that guards have written, kept in a file over a restart.
import { existsSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import { makeFolder } from '../../adapters/wire/private-path.ts'
import type { WrittenFailsafe } from '../../domain/limitation/controllable-system.ts'
import type { Direction } from '../../domain/limitation/limit.ts'
import { watts } from '../../domain/units.ts'
import { fileState, replaceFile } from './replace-file.ts'

const written = z.object({
  limit: z.number().int().min(0).transform(watts).nullable(),
  durationMs: z.number().int().min(0).nullable(),
})
const content = z.object({ consume: written, produce: written })
export type KeptFailsafe = Readonly<Record<Direction, WrittenFailsafe>>

const NOTHING: KeptFailsafe = { consume: { limit: null, durationMs: null }, produce: { limit: null, durationMs: null } }

export interface FailsafeFile {
  readonly kept: KeptFailsafe
  /** Durable when it returns. Throws where it cannot be written. */
  keep(direction: Direction, value: WrittenFailsafe): void
}

/** Nothing is kept where the file is missing. Throws when it holds something else. */
export function failsafeFile(file: string): FailsafeFile {
  let kept = existsSync(file) ? read(file) : NOTHING
  return {
    kept,
    keep(direction, value) {
      const next = { ...kept, [direction]: value }
      makeFolder(dirname(file))
      replaceFile(file, `${JSON.stringify(next)}\n`, fileState(file))
      kept = next
    },
  }
}

function read(file: string): KeptFailsafe {
  let parsed: unknown
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    throw new Error(`${file}: no JSON`)
  }
  const found = content.safeParse(parsed)
  if (!found.success) throw new Error(`${file}: ${z.prettifyError(found.error)}`)
  return found.data
}
