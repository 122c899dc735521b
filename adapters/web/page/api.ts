// Questions and changes over the HTTP API. The key, where one is needed, stays in this tab.

const STORAGE = 'gegenstrom.key'

export interface WhyRung {
  readonly rank: string
  readonly authority: string
  readonly minW: number | null
  readonly maxW: number | null
  readonly wantedW: number | null
  readonly decides: boolean
  readonly overruled: boolean
}
export interface OrderDetail {
  readonly id: string
  readonly state: 'issued' | 'confirmed' | 'followed' | 'ended'
  readonly outcome: string | null
  readonly detail: string | null
  readonly setpointW: number | null
  readonly reason: string
  readonly issuedAt: string
  readonly stateAt: string | null
  readonly leaseUntil: string
}
export interface EvseDetail {
  readonly id: string
  readonly why: { readonly sentence: string; readonly ladder: readonly WhyRung[]; readonly endsAt: string | null } | null
  readonly order: OrderDetail | null
}
export interface StationDetail {
  readonly id: string
  readonly vendor: string | null
  readonly model: string | null
  readonly firmware: string | null
  readonly dialect: string | null
  readonly lastSeenAt: string | null
  readonly oddities: readonly {
    readonly kind: string
    readonly count: number
    readonly lastAt: string
    readonly where: string
  }[]
  readonly evses: readonly EvseDetail[]
}
export interface CommandDetail {
  readonly command: string
  readonly evse: number | null
  readonly asked: string
  readonly reason: string
  readonly by: string
  readonly role: string
  readonly askedAt: string
  readonly outcome: string | null
  readonly detail: string
  readonly values: readonly { readonly variable: string; readonly value: string | null; readonly status: string | null }[] | null
}
export interface SessionDetail {
  readonly id: string
  readonly vehicle: string | null
  readonly startedAt: string
  readonly wish: { readonly readyBy: string; readonly targetSoc: number; readonly minimumSoc: number; readonly by: string }
}
export interface PlanDetail {
  readonly issuedAt: string
  readonly strategy: string
  readonly slots: readonly { readonly start: string; readonly powerW: number; readonly storedWh: number | null }[]
  readonly breaches: readonly { readonly kind: string; readonly missingWh: number; readonly cause: string }[]
}
/** What the server said no to; `status` 0 when it could not be reached. */
export interface Refusal {
  readonly status: number
  readonly detail: string
}
export type Reply<Value> =
  { readonly ok: true; readonly value: Value; readonly etag: string | null } | { readonly ok: false; readonly refusal: Refusal }

export function storedKey(): string | null {
  try {
    return sessionStorage.getItem(STORAGE)
  } catch {
    return null
  }
}
export function storeKey(key: string): void {
  try {
    sessionStorage.setItem(STORAGE, key)
  } catch {
    // A browser that forbids storage asks for the key again after a reload.
  }
}

/** Asks the API; never throws. */
export async function ask<Value>(
  path: string,
  options: { method?: 'PUT'; body?: unknown; ifMatch?: string } = {},
): Promise<Reply<Value>> {
  const key = storedKey()
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (key !== null) headers['Authorization'] = `Bearer ${key}`
  if (options.body !== undefined) headers['Content-Type'] = 'application/json'
  if (options.ifMatch !== undefined) headers['If-Match'] = options.ifMatch
  try {
    const response = await fetch(path, {
      method: options.method ?? 'GET',
      headers,
      credentials: 'same-origin',
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    })
    const content = (await response.json()) as unknown
    if (response.ok) return { ok: true, value: content as Value, etag: response.headers.get('etag') }
    const detail = (content as { detail?: string }).detail ?? response.statusText
    return { ok: false, refusal: { status: response.status, detail } }
  } catch {
    return { ok: false, refusal: { status: 0, detail: '' } }
  }
}
