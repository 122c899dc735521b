// The thread in which the embedded database runs. It answers one question after the other.
import { PGlite } from '@electric-sql/pglite'
import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../../domain/result.ts'
import { emptyDatabase } from './empty-database.ts'
import { TYPE_PARSERS } from './type-parsers.ts'

/** A statement with its parameters; null closes the database. */
export interface Question {
  readonly number: number
  readonly text: string | null
  readonly parameters: readonly unknown[]
}
export type Answer =
  | {
      readonly kind: 'rows'
      readonly number: number
      readonly command: string
      readonly rowCount: number
      readonly rows: readonly unknown[]
    }
  | { readonly kind: 'error'; readonly number: number; readonly message: string; readonly state: string | undefined }

const port = parentPort
assert(port !== null, 'the embedded database runs in a worker thread')
const location = workerData as string
// A folder that stays is made from nothing: a copy that is cut off half-way would look like a database.
const copied = location.startsWith('memory:') ? emptyDatabase() : null
const opening = PGlite.create(location, { parsers: { ...TYPE_PARSERS }, ...(copied === null ? {} : { loadDataDir: copied }) })
// The first question hears about a failure to open; without this line the thread would end before it could say why.
opening.catch(() => {})

let turn: Promise<void> = Promise.resolve()
port.on('message', (question: Question) => {
  turn = turn.then(async () => port.postMessage(await answer(question)))
})

async function answer({ number, text, parameters }: Question): Promise<Answer> {
  try {
    const database = await opening
    if (text === null) {
      await database.close()
      return { kind: 'rows', number, command: 'CLOSE', rowCount: 0, rows: [] }
    }
    const { rows, affectedRows = 0, command = '' } = await database.query(text, [...parameters])
    return { kind: 'rows', number, command: command.split(' ')[0] ?? '', rowCount: affectedRows, rows }
  } catch (error) {
    const { message, code } = error as Error & { code?: string }
    return { kind: 'error', number, message, state: code }
  }
}
