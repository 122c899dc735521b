// Authorization: a token is presented, and may begin to charge or not.
import type { StationReply } from '../../../domain/ports/charge-points.ts'
import type { TokenStanding } from '../../../domain/registry/token.ts'
import type { Inbound, InboundHandler } from '../inbound.ts'
import { wireInstant } from '../instant.ts'

/** 2.x: a token as the wire has it. */
export interface IdToken {
  readonly idToken: string
  /** `Central`, `eMAID`, `ISO14443`, …; stations do not always say, and 2.1 lets them say anything. */
  readonly type?: string
}
/** What is known of who showed a token. */
type Judged = Pick<StationReply, 'accepted' | 'token'>

/** 1.6. */
export const authorizeV16: InboundHandler = (payload) => {
  const { idTag } = payload as { readonly idTag: string }
  return {
    events: [{ kind: 'authorize', token: idTag }],
    answer: ([reply]) => ({ idTagInfo: idTagInfo(reply!) }),
  }
}

/** 2.0.1. */
export const authorizeV201: InboundHandler = (payload) => judged(payload, () => ({}))

/** 2.1 names the energy transfers as well (Q01.FR.01); left out where it cannot be told yet (Q01.FR.08). */
export const authorizeV21: InboundHandler = (payload) =>
  judged(payload, (mayDischarge) => (mayDischarge === undefined ? {} : { allowedEnergyTransfer: transfers(mayDischarge) }))

/** 1.6 knows no credit. */
const STATUS_V16: Record<TokenStanding['status'], string> = {
  accepted: 'Accepted',
  blocked: 'Blocked',
  expired: 'Expired',
  'no-credit': 'Blocked',
  unknown: 'Invalid',
}
const STATUS_V2: Record<TokenStanding['status'], string> = {
  accepted: 'Accepted',
  blocked: 'Blocked',
  expired: 'Expired',
  'no-credit': 'NoCredit',
  unknown: 'Unknown',
}

/** What 1.6 says of a token. */
export function idTagInfo(reply: Judged): object {
  const { expiresAt = null, group = null } = reply.token ?? {}
  return {
    status: STATUS_V16[statusOf(reply)],
    ...(expiresAt === null ? {} : { expiryDate: wireInstant(expiresAt) }),
    ...(group === null ? {} : { parentIdTag: group }),
  }
}

/** What 2.x says of a token. */
export function idTokenInfo(reply: Judged): object {
  const { expiresAt = null, group = null } = reply.token ?? {}
  return {
    status: STATUS_V2[statusOf(reply)],
    ...(expiresAt === null ? {} : { cacheExpiryDateTime: wireInstant(expiresAt) }),
    ...(group === null ? {} : { groupIdToken: { idToken: group, type: 'Central' } }),
  }
}

/** Where nobody has to show anything, by a button for example, there is no token; whoever says so is let in (C02.FR.02). */
export function isNobody({ idToken, type }: IdToken): boolean {
  return type === 'NoAuthorization' && idToken === ''
}

/** A token that is good may be refused all the same, where the place is not. */
function statusOf({ accepted, token }: Judged): TokenStanding['status'] {
  if (accepted) return 'accepted'
  return token === undefined || token.status === 'accepted' ? 'unknown' : token.status
}

function judged(payload: object, more: (mayDischarge: boolean | undefined) => object): Inbound {
  const { idToken } = payload as { readonly idToken: IdToken }
  if (isNobody(idToken)) return { events: [], answer: () => ({ idTokenInfo: idTokenInfo({ accepted: true }) }) }
  return {
    events: [{ kind: 'authorize', token: idToken.idToken }],
    answer: ([reply]) => ({
      idTokenInfo: idTokenInfo(reply!),
      ...(reply!.accepted ? more(reply!.mayDischarge) : {}),
    }),
  }
}

/** Energy transfers of an answer, discharging only where driver and connection allow it (Q01.FR.01, Q01.FR.08). */
function transfers(mayDischarge: boolean): readonly string[] {
  const charging = ['AC_single_phase', 'AC_three_phase', 'DC']
  return mayDischarge ? [...charging, 'AC_BPT', 'DC_BPT'] : charging
}
