// How a command ends other than well: a code for scripts and a message for people.
import type { CommanderError } from 'commander'

/** 0 done, 1 the work or its data failed, 2 called wrongly, 3 degraded. */
export type ExitCode = 0 | 1 | 2 | 3

export interface ExitError extends Error {
  readonly name: 'ExitError'
  readonly code: ExitCode
}
/** Where a command writes. */
export interface CommandIo {
  readonly stdout: (text: string) => void
  readonly stderr: (text: string) => void
  /** Whether stderr is a terminal, so that progress may be drawn. */
  readonly isTerminal: boolean
}

/** An end with a code; an empty message prints nothing. */
export function exitError(code: ExitCode, message: string): ExitError {
  return Object.assign(new Error(message), { name: 'ExitError' as const, code })
}
/** Whether an error is such an end. */
export function isExitError(error: unknown): error is ExitError {
  return error instanceof Error && error.name === 'ExitError'
}

/** For `exitOverride`: help and version end with 0, every wrong call with 2. The message was written already. */
export function usageExit(error: CommanderError): never {
  throw exitError(error.exitCode === 0 ? 0 : 2, '')
}
