// `gegenstrom journal acts`: who asked for a change and how people came in, as the journal has it (S8).
import { readEntries } from '../../adapters/journal-file/read-entries.ts'
import { listSegments } from '../../adapters/journal-file/segments.ts'
import type { AccessFact } from '../../domain/facts/access.ts'
import { exitError, type CommandIo } from './exit.ts'

export interface RecordedAct {
  readonly sequence: number
  readonly at: string
  readonly fact: AccessFact
}

/** Where a journal lies, with the folder its older segments were moved to, and whose acts are wanted; left out for everybody's. */
export interface ActsWanted {
  readonly folder: string
  readonly archive: string | null
  readonly by?: string
}

/** Acts of a journal as far as its segments are there, oldest first. Rejects where the chain is broken. */
async function* actsIn({ folder, archive, by }: ActsWanted): AsyncGenerator<RecordedAct> {
  const segments = listSegments(folder, archive)
  for await (const { sequence, at, fact } of readEntries(segments, (segments[0]?.first ?? 1) - 1, Infinity)) {
    if (fact.kind !== 'asked' && fact.kind !== 'signed-in') continue
    if (by === undefined || fact.by.name === by) yield { sequence, at: new Date(at).toISOString(), fact }
  }
}

/** Prints them, a line or one JSON object each. */
export async function printActs(wanted: ActsWanted, json: boolean, io: CommandIo): Promise<void> {
  try {
    for await (const act of actsIn(wanted)) io.stdout(`${json ? JSON.stringify(act) : actText(act)}\n`)
  } catch (error) {
    throw exitError(1, `${wanted.folder}: ${(error as Error).message}`)
  }
}

function actText({ sequence, at, fact }: RecordedAct): string {
  const { name, role, tenant } = fact.by
  const who = `${name} (${role}${tenant === null ? '' : ` of ${tenant}`}) from ${fact.from}`
  const what = fact.kind === 'signed-in' ? `signed in by ${fact.way}` : `${fact.method} ${fact.path}: ${fact.status}`
  return `${at}  ${what}  ${who}  #${sequence}`
}
