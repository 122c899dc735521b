// `gegenstrom journal acts`: who asked for a change and how people came in, as the journal has it (S8).
import { breakText, scan } from '../../adapters/journal-file/scan.ts'
import { listSegments } from '../../adapters/journal-file/segments.ts'
import { readLine } from '../../adapters/wire/hash-chain.ts'
import type { AccessFact } from '../../domain/facts/access.ts'
import { exitError, type CommandIo } from './exit.ts'

export interface RecordedAct {
  readonly sequence: number
  readonly at: string
  readonly fact: AccessFact
}

/** Acts of a folder's journal, oldest first; those of one account or key where a name is given. Rejects where the chain is broken. */
export async function* actsIn(folder: string, by?: string): AsyncGenerator<RecordedAct> {
  const segments = listSegments(folder)
  for await (const item of scan(segments, { sequence: segments[0]?.first ?? 1, offset: 0, line: 1 })) {
    if (!item.ok) throw new Error(breakText(item.refusal))
    if (item.value.kind === 'torn') return
    const { sequence, at: recordedAt, fact } = readLine(item.value.json)
    if (fact.kind !== 'asked' && fact.kind !== 'signed-in') continue
    if (by === undefined || fact.by.name === by) yield { sequence, at: new Date(recordedAt).toISOString(), fact }
  }
}

/** Prints them, a line or one JSON object each. */
export async function printActs(folder: string, { json, by }: { json: boolean; by?: string }, io: CommandIo): Promise<void> {
  try {
    for await (const act of actsIn(folder, by)) io.stdout(`${json ? JSON.stringify(act) : actText(act)}\n`)
  } catch (error) {
    throw exitError(1, `${folder}: ${(error as Error).message}`)
  }
}

function actText({ sequence, at, fact }: RecordedAct): string {
  const { name, role, tenant } = fact.by
  const who = `${name} (${role}${tenant === null ? '' : ` of ${tenant}`}) from ${fact.from}`
  const what = fact.kind === 'signed-in' ? `signed in by ${fact.way}` : `${fact.method} ${fact.path}: ${fact.status}`
  return `${at}  ${what}  ${who}  #${sequence}`
}
