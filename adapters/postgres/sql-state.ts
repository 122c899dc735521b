// What kind of error came back: one of a statement carries the five-character state of the database, one of the network does not.

/** The state (SQLSTATE) of an error of the database; null for any other. Codes of the operating system, such as EPIPE, are none. */
export function sqlState(error: unknown): string | null {
  const code = (error as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' && /^([0-9][0-9A-Z]|F0|HV|P0|XX)[0-9A-Z]{3}$/.test(code) ? code : null
}
