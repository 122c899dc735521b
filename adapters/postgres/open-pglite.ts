// The embedded database: PostgreSQL compiled to WebAssembly in a worker thread, so that a long question never holds up the sockets of the stations.
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { Kysely, PostgresDialect, type PostgresPool } from 'kysely'
import { holdLock } from '../wire/lock-file.ts'
import { makePrivateFolder } from '../wire/private-path.ts'
import type { Answer, Question } from './pglite-worker.ts'
import type { Database } from './schema.ts'
import { sqlStores, type SqlStores } from './sql-stores.ts'

export interface PgliteOptions {
  /** Folder of the database, made when it is missing; null keeps it in memory. */
  readonly folder: string | null
}

/** Questions waiting for the one connection at most; beyond it they are refused at once. */
const WAITING_MAX = 10_000

/**
 * Opens the embedded database. It does not sync to disk: what must survive a power loss is in the journal file. Rejects when another process has
 * the folder, and when the database does not start.
 */
export async function openPglite({ folder }: PgliteOptions): Promise<SqlStores> {
  if (folder !== null) makePrivateFolder(folder)
  const lock = folder === null ? null : holdLock(join(folder, 'lock'))
  try {
    const pool = workerPool(startWorker(folder === null ? 'memory://' : join(folder, 'data')), () => lock?.release())
    const stores = sqlStores(new Kysely<Database>({ dialect: new PostgresDialect({ pool }) }))
    await stores.check()
    return stores
  } catch (error) {
    lock?.release()
    throw error
  }
}

/** The worker is a file of its own. Run from TypeScript, it first needs the loader that development uses; a thread does not inherit it. */
function startWorker(location: string): Worker {
  if (!import.meta.url.endsWith('.ts'))
    return new Worker(new URL('./pglite-worker.js', import.meta.url), { workerData: location })
  const [loader, file] = [import.meta.resolve('tsx/esm/api'), new URL('./pglite-worker.ts', import.meta.url).href]
  const start = `import { register } from '${loader}'; register(); await import('${file}')`
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(start)}`), { workerData: location })
}

/** One backend, hence one connection that questions and transactions take in turns. */
function workerPool(worker: Worker, closed: () => void): PostgresPool {
  const answers = new Map<number, { resolve: (answer: Answer) => void; reject: (error: Error) => void }>()
  const waiting: (() => void)[] = []
  let questions = 0
  let busy = false
  let ended: Error | null = null

  function end(error: Error): void {
    ended ??= error
    for (const { reject } of answers.values()) reject(ended)
    answers.clear()
    closed()
  }
  worker.on('message', (answer: Answer) => {
    answers.get(answer.number)?.resolve(answer)
    answers.delete(answer.number)
  })
  worker.on('error', (error: Error) => end(new Error(`the embedded database has failed: ${error.message}`, { cause: error })))
  worker.on('exit', () => end(new Error('the embedded database is closed')))

  async function ask(text: string | null, parameters: readonly unknown[] = []): Promise<Answer & { kind: 'rows' }> {
    if (ended !== null) throw ended
    const question: Question = { number: ++questions, text, parameters }
    const answer = await new Promise<Answer>((resolve, reject) => {
      answers.set(question.number, { resolve, reject })
      worker.postMessage(question, [])
    })
    if (answer.kind === 'rows') return answer
    throw Object.assign(new Error(answer.message), { code: answer.state })
  }
  function release(): void {
    const next = waiting.shift()
    if (next === undefined) busy = false
    else next()
  }
  return {
    async connect() {
      if (waiting.length >= WAITING_MAX) throw new Error('the embedded database is busy')
      if (busy) await new Promise<void>((resolve) => waiting.push(resolve))
      busy = true
      return { query: ask, release } as unknown as Awaited<ReturnType<PostgresPool['connect']>>
    },
    async end() {
      if (ended === null) await ask(null)
      await worker.terminate()
    },
  }
}
