// Tokens by which a session can be begun again: what was last presented at an EVSE, in memory only, or one made for this one time.
import type { StationId } from '../../domain/registry/identity.ts'
import type { EventBody } from './inbound.ts'
import type { TokenFilter } from './hide-tokens.ts'

/** A token as a station has to hear it. */
export interface PresentedToken {
  readonly token: string
  /** Of 2.x; the type of a card where a version does not say. */
  readonly type: string
}
/** By EVSE, until its car leaves or another token is presented; over all connections of a station, and never written down. */
export type PresentedTokens = Map<number, PresentedToken & { readonly hidden: string }>

/** The type of a token that is presented by a card. */
export const CARD = 'ISO14443'
/** 2.x: a token that we have made. */
const CENTRAL = 'Central'
/** More EVSEs than any station has. */
const EVSES_MAX = 100
/** What 1.6 has room for. */
const MADE_CHARACTERS = 20

/** Takes notice of an event before its token is hidden: which token a session began with, and that a car has left. */
export function notePresented(
  presented: PresentedTokens,
  event: EventBody,
  payload: object,
  hide: (token: string) => string,
): void {
  if (event.kind === 'status' && event.status === 'available') presented.delete(event.evse)
  if ((event.kind !== 'session-started' && event.kind !== 'session-updated') || event.evse === null) return
  if (event.kind === 'session-started') presented.delete(event.evse)
  if (event.token == null || event.token === '') return
  if (presented.size >= EVSES_MAX) presented.clear()
  const { idToken } = payload as { readonly idToken?: { readonly type?: string } }
  presented.set(event.evse, { token: event.token, type: idToken?.type ?? CARD, hidden: hide(event.token) })
}

/** What a station is to hear so that the car known by a pseudonym begins again at an EVSE; a token of our own making comes back as that pseudonym. */
export function tokenToResume(
  presented: PresentedTokens,
  evse: number,
  hidden: string,
  { tokens, made }: { readonly tokens: TokenFilter; readonly made: () => string },
): PresentedToken {
  const known = presented.get(evse)
  if (known?.hidden === hidden) return { token: known.token, type: known.type }
  const token = `R${made().replace(/^t_/, '')}`.slice(0, MADE_CHARACTERS)
  tokens.alias(token, hidden)
  return { token, type: CENTRAL }
}

/** What a token made for one time is made from. */
export function onceFor(station: StationId, number: number): string {
  return `resume ${station} ${number}`
}
