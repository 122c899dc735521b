// Authorization: a token is presented, and may begin to charge or not.
import type { Inbound, InboundHandler } from '../inbound.ts'

/** 2.x: a token as the wire has it. */
export interface IdToken {
  readonly idToken: string
}

/** 1.6. */
export const authorizeV16: InboundHandler = (payload) => {
  const { idTag } = payload as { readonly idTag: string }
  return {
    events: [{ kind: 'authorize', token: idTag }],
    answer: ([reply]) => ({ idTagInfo: idTagInfo(reply!.accepted) }),
  }
}

/** 2.0.1. */
export const authorizeV201: InboundHandler = (payload) => judged(payload, () => ({}))

/** 2.1 names the energy transfers as well (Q01.FR.01); left out where it cannot be told yet (Q01.FR.08). */
export const authorizeV21: InboundHandler = (payload) =>
  judged(payload, (mayDischarge) => (mayDischarge === undefined ? {} : { allowedEnergyTransfer: transfers(mayDischarge) }))

/** What 1.6 says of a token. */
export function idTagInfo(accepted: boolean): object {
  return { status: accepted ? 'Accepted' : 'Invalid' }
}
/** What 2.x says of a token. */
export function idTokenInfo(accepted: boolean): object {
  return { status: accepted ? 'Accepted' : 'Unknown' }
}

function judged(payload: object, more: (mayDischarge: boolean | undefined) => object): Inbound {
  const { idToken } = payload as { readonly idToken: IdToken }
  return {
    events: [{ kind: 'authorize', token: idToken.idToken }],
    answer: ([reply]) => ({
      idTokenInfo: idTokenInfo(reply!.accepted),
      ...(reply!.accepted ? more(reply!.mayDischarge) : {}),
    }),
  }
}

/** Energy transfers of an answer, discharging only where driver and connection allow it (Q01.FR.01, Q01.FR.08). */
function transfers(mayDischarge: boolean): readonly string[] {
  const charging = ['AC_single_phase', 'AC_three_phase', 'DC']
  return mayDischarge ? [...charging, 'AC_BPT', 'DC_BPT'] : charging
}
