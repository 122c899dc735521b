// One HTTP request that ends: bounded in time and bytes, without redirects, and every failure a value.
import type { PriceRefusal } from '../../domain/signals/price-refusal.ts'
import { ok, refused, type Result } from '../../domain/result.ts'

export interface HttpAnswer {
  readonly status: number
  readonly bytes: Uint8Array
  readonly retryAfterMs: number | null
}

/** Longest time a service may send us away for. */
const RETRY_AFTER_MAX_MS = 3_600_000

/** GETs an address. The refusal never holds the address, which may carry a token. */
export async function boundedFetch(
  address: string,
  timeoutMs: number,
  bytesMax: number,
): Promise<Result<HttpAnswer, PriceRefusal>> {
  try {
    const response = await fetch(address, {
      signal: AbortSignal.timeout(timeoutMs),
      redirect: 'error',
      headers: { accept: 'application/json, application/xml;q=0.9, text/csv;q=0.8' },
    })
    const parts: Uint8Array[] = []
    let size = 0
    for await (const part of response.body ?? []) {
      size += part.length
      if (size > bytesMax) return refused({ kind: 'too-large', bytesMax })
      parts.push(part)
    }
    return ok({ status: response.status, bytes: Buffer.concat(parts), retryAfterMs: retryAfter(response) })
  } catch (error) {
    return refused({ kind: 'unavailable', reason: reasonOf(error as Error, timeoutMs), retryAfterMs: null })
  }
}

function retryAfter(response: Response): number | null {
  const seconds = Number(response.headers.get('retry-after') ?? NaN)
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds * 1000, RETRY_AFTER_MAX_MS) : null
}

function reasonOf(error: Error, timeoutMs: number): string {
  if (error.name === 'TimeoutError') return `no answer within ${timeoutMs} ms`
  const { cause } = error
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : null
  return code ?? (cause instanceof Error ? cause.message : error.name)
}
