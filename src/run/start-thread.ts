// Starts a thread whose code is a file of its own, from TypeScript as well as from what it was built to.
import { Worker, type WorkerOptions } from 'node:worker_threads'

/** Starts the code of a TypeScript file. Run from TypeScript, a thread first needs the loader that development uses; it does not inherit it. */
export function startThread(file: URL, options: WorkerOptions = {}): Worker {
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL(file.href.replace(/\.ts$/, '.js')), options)
  const start = `import { register } from '${import.meta.resolve('tsx/esm/api')}'; register(); await import('${file.href}')`
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(start)}`), options)
}
