// Signing in at an identity provider: who offers that, and what came of it.
import { storeKey } from './api.ts'

const DONE = '#signed-in'
const REFUSED = /^#not-signed-in=([a-z-]+)$/

/** How people sign in beside API keys: name of the provider, null for none; whether with a password. */
export interface Ways {
  readonly provider: string | null
  readonly password: boolean
}
export const KEYS_ONLY: Ways = { provider: null, password: false }

export async function signInWays(): Promise<Ways> {
  try {
    const response = await fetch('/v1/sign-in/ways', { credentials: 'same-origin' })
    return response.ok ? ((await response.json()) as Ways) : KEYS_ONLY
  } catch {
    return KEYS_ONLY
  }
}

/** Signs in with name and password; answers what went wrong, null for nothing. */
export async function signInByPassword(name: string, password: string): Promise<'password' | 'too-many' | 'offline' | null> {
  try {
    const response = await post('/v1/sign-in/password', { name, password })
    if (response.ok) storeKey(((await response.json()) as { key: string }).key)
    return response.ok ? null : response.status === 401 ? 'password' : 'too-many'
  } catch {
    return 'offline'
  }
}

function post(path: string, body: object): Promise<Response> {
  return fetch(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    credentials: 'same-origin',
    body: JSON.stringify(body),
  })
}

/** Takes the session of somebody who has just come back from the provider; nothing for anybody else. */
export async function takeSession(): Promise<void> {
  if (location.hash !== DONE) return
  history.replaceState(null, '', location.pathname)
  try {
    const response = await post('/v1/sign-in/session', {})
    if (response.ok) storeKey(((await response.json()) as { key: string }).key)
  } catch {
    // The page asks how to sign in again.
  }
}

/** Why somebody was not let in, as the address says; null where nobody was refused. */
export function refusedSignIn(): string | null {
  return REFUSED.exec(location.hash)?.[1] ?? null
}
