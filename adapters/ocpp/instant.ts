// Instants on the wire: RFC 3339 in UTC.

/** Epoch ms, or the fallback where a station sends what is no instant. */
export function instantOr(text: string | undefined, fallback: number): number {
  const at = text === undefined ? Number.NaN : Date.parse(text)
  return Number.isFinite(at) ? at : fallback
}
export function wireInstant(at: number): string {
  return new Date(at).toISOString()
}
