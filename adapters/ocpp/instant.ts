// Instants on the wire: RFC 3339 in UTC.

const RFC3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|z|[+-]\d\d:?\d\d)?$/

/** What our own notation and the database can hold, also with an offset at the edge. */
const EARLIEST = Date.parse('0001-01-01T00:00:00Z')
const LATEST = Date.parse('9999-12-31T23:59:59Z')

/**
 * Epoch ms, or null for what is no instant. Without an offset it is UTC, as OCPP 1.6 stations mean it, never the zone of this machine.
 */
export function instantOf(text: string | undefined): number | null {
  const match = text === undefined ? null : RFC3339.exec(text)
  if (match === null) return null
  const at = Date.parse(match[3] === undefined ? `${match[0]}Z` : match[0])
  return at >= EARLIEST && at <= LATEST ? at : null
}
/** Epoch ms, or the fallback where a station sends what is no instant. */
export function instantOr(text: string | undefined, fallback: number): number {
  return instantOf(text) ?? fallback
}
/** An instant, epoch ms, as RFC 3339 in UTC. */
export function wireInstant(at: number): string {
  return new Date(at).toISOString()
}
