// Instants on the command line: with any offset, never without one.
import { InvalidArgumentError } from 'commander'
import { parseInstant } from '../../adapters/wire/rfc3339.ts'

/** A parser for commander: an RFC 3339 instant with offset, as epoch ms. */
export function instantOption(text: string): number {
  const at = parseInstant(text)
  if (at === null)
    throw new InvalidArgumentError('An RFC 3339 instant such as 2026-01-15T16:30:00Z or 2026-01-15T17:30:00+01:00 is needed.')
  return at
}

/** The same as the API takes it, in UTC. */
export function utcOption(text: string): string {
  return new Date(instantOption(text)).toISOString()
}
