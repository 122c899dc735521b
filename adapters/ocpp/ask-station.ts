// One question to a station, and what its answer means to the core.
import type { OrderRefusal } from '../../domain/ports/controllables.ts'
import { ok, refused, type Result } from '../../domain/result.ts'
import type { TokenFilter } from './hide-tokens.ts'
import type { Outbound, Question } from './outbound.ts'
import type { RpcRefusal, Urgency } from './rpc/outgoing-calls.ts'
import type { Rpc } from './rpc/rpc.ts'

/** Sends a message and waits for its answer; refused unless the station takes it. Left out, it is a question. */
export type Ask = (message: Outbound, urgency?: Urgency) => Promise<Result<null, OrderRefusal>>
/** Sends a message and reads what its answer says. */
export type Inquire = <Value>(question: Question<Value>) => Promise<Result<Value, OrderRefusal>>

/** Of the reason a station gives for a refusal, as much as OCPP-J lets a description have. */
const DETAIL_CHARACTERS_MAX = 300

/** Asks over one connection; reasons come without tokens. */
export function askStation(call: Rpc['call'], tokens: TokenFilter): { readonly ask: Ask; readonly inquire: Inquire } {
  /** Why a station refuses is a text of its own. */
  function cleaned(refusal: OrderRefusal): OrderRefusal {
    return 'detail' in refusal ? { ...refusal, detail: tokens.text(refusal.detail).slice(0, DETAIL_CHARACTERS_MAX) } : refusal
  }

  async function answerTo(
    { action, payload, alsoFine }: Outbound,
    isAnyStatusFine: boolean,
    urgency: Urgency = 'question',
  ): Promise<Result<object, OrderRefusal>> {
    const answer = await call(action, payload, urgency)
    if (!answer.ok) return refused(cleaned(refusalOf(answer.refusal)))
    const { status, statusInfo } = answer.value as { status?: string; statusInfo?: { reasonCode?: string } }
    if (isAnyStatusFine || status === undefined || status === 'Accepted' || status === alsoFine) return ok(answer.value)
    const reason = statusInfo?.reasonCode === undefined ? '' : ` (${statusInfo.reasonCode})`
    return refused(cleaned({ kind: 'rejected', detail: `${action} ${status}${reason}` }))
  }

  return {
    async ask(message, urgency) {
      const answer = await answerTo(message, false, urgency)
      return answer.ok ? ok(null) : answer
    },
    async inquire(question) {
      const answer = await answerTo(question, question.isAnyStatusFine === true)
      return answer.ok ? ok(question.read(answer.value)) : answer
    },
  }
}

function refusalOf(refusal: RpcRefusal): OrderRefusal {
  switch (refusal.kind) {
    case 'error':
      return refusal.code === 'NotImplemented' || refusal.code === 'NotSupported'
        ? { kind: 'unsupported', detail: refusal.code }
        : { kind: 'rejected', detail: `${refusal.code} ${refusal.description}`.trim() }
    case 'no-answer':
      return refusal
    case 'invalid':
      return { kind: 'rejected', detail: refusal.detail }
    case 'queue-full':
      return { kind: 'rejected', detail: 'too many calls are waiting' }
    case 'closed':
      return { kind: 'not-connected' }
  }
}
