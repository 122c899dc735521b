// Instants on the wire: RFC 3339 in UTC.

const RFC3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|z|[+-]\d\d:?\d\d)?$/

/**
 * Epoch ms, or null for what is no instant. Without an offset it is UTC, as OCPP 1.6 stations mean it, never the zone of this machine.
 */
export function instantOf(text: string | undefined): number | null {
  const match = text === undefined ? null : RFC3339.exec(text)
  if (match === null) return null
  const at = Date.parse(match[3] === undefined ? `${match[0]}Z` : match[0])
  return Number.isFinite(at) ? at : null
}
/** Epoch ms, or the fallback where a station sends what is no instant. */
export function instantOr(text: string | undefined, fallback: number): number {
  return instantOf(text) ?? fallback
}
/** An instant, epoch ms, as RFC 3339 in UTC. */
export function wireInstant(at: number): string {
  return new Date(at).toISOString()
}
