// What the kernel says about a process: processor time of all its threads and of its first one, and its memory. Linux only.
import { readFileSync } from 'node:fs'

/** The unit of times in /proc/PID/stat. */
const TICK_MS = 10

/** Processor time a process has used so far with all its threads, ms. */
export function processorMs(pid: number): number {
  return ticksOf(`/proc/${pid}/stat`) * TICK_MS
}

/** Processor time of its first thread, which runs the event loop, ms. */
export function loopMs(pid: number): number {
  return ticksOf(`/proc/${pid}/task/${pid}/stat`) * TICK_MS
}

/** Resident memory, bytes. */
export function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1_024
}

/** User and system time are the 14th and 15th field; the second one, a name in brackets, may hold blanks. */
function ticksOf(path: string): number {
  const text = readFileSync(path, 'latin1')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11]) + Number(fields[12])
}
