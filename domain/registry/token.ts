// What the registry says of a token: whether it may be used, until when, and to which group it belongs.

/** What a token may be set to; one nobody set is accepted. */
export const TOKEN_STATES = ['accepted', 'blocked', 'expired', 'no-credit'] as const
export type TokenState = (typeof TOKEN_STATES)[number]

/** Set for one token in the registry. Everything may be left out. */
export interface TokenSetting {
  readonly status?: TokenState | undefined
  /** Epoch ms from which on it is expired; null or left out: never. */
  readonly expiresAt?: number | null | undefined
  /** Pseudonym of the group it belongs to: whoever belongs to the same may end what another began. */
  readonly group?: string | undefined
}
/** What a station is told of a token. */
export interface TokenStanding {
  readonly status: TokenState | 'unknown'
  /** Epoch ms; null when it does not expire. */
  readonly expiresAt: number | null
  readonly group: string | null
}

const UNKNOWN: TokenStanding = { status: 'unknown', expiresAt: null, group: null }
const NO_SETTING: TokenSetting = {}

/** The standing of a token at an instant, epoch ms; `known` is undefined for one that belongs to nobody. */
export function tokenStanding(
  known: { readonly tokenSetting?: TokenSetting | undefined } | undefined,
  at: number,
): TokenStanding {
  if (known === undefined) return UNKNOWN
  const { status = 'accepted', expiresAt = null, group = null } = known.tokenSetting ?? NO_SETTING
  const isOver = status === 'accepted' && expiresAt !== null && expiresAt <= at
  return { status: isOver ? 'expired' : status, expiresAt, group }
}
