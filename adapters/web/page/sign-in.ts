// Signing in at an identity provider: who offers that, and what came of it.
import { storeKey } from './api.ts'

const DONE = '#signed-in'
const REFUSED = /^#not-signed-in=([a-z-]+)$/

/** Name of the provider; null where people sign in with keys only. */
export async function signInProvider(): Promise<string | null> {
  try {
    const response = await fetch('/v1/sign-in/ways', { credentials: 'same-origin' })
    return response.ok ? ((await response.json()) as { provider: string | null }).provider : null
  } catch {
    return null
  }
}

/** Takes the session of somebody who has just come back from the provider; nothing for anybody else. */
export async function takeSession(): Promise<void> {
  if (location.hash !== DONE) return
  history.replaceState(null, '', location.pathname)
  try {
    const response = await fetch('/v1/sign-in/session', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      credentials: 'same-origin',
      body: '{}',
    })
    if (response.ok) storeKey(((await response.json()) as { key: string }).key)
  } catch {
    // The page asks how to sign in again.
  }
}

/** Why somebody was not let in, as the address says; null where nobody was refused. */
export function refusedSignIn(): string | null {
  return REFUSED.exec(location.hash)?.[1] ?? null
}
