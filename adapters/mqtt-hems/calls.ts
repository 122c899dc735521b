// What a house may ask: answered under its own subtree and nowhere else, whatever topic it names.
import type { IPublishPacket } from 'mqtt'
import { DIRECTIONS } from '../../domain/limitation/limitation-contract.ts'
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import type { SiteId } from '../../domain/registry/identity.ts'
import { ok, refused, type Result } from '../../domain/result.ts'
import { instantText } from '../../domain/time/slot.ts'
import type { Outgoing } from '../wire/mqtt/outbox.ts'
import { problemDocument, type Problem } from '../wire/problem.ts'
import type { HouseBook } from './house-book.ts'
import { limitOfSite } from './limit-board.ts'
import type { HemsTopic, HemsTopics } from './topics.ts'

export interface CallContext {
  readonly site: SiteId
  readonly of: HemsTopic
  readonly body: { readonly correlationId?: string | null | undefined }
  readonly packet: Pick<IPublishPacket, 'properties'>
  readonly topics: HemsTopics
  readonly fleet: LiveFleet
  readonly book: HouseBook
  /** Epoch ms. */
  readonly now: number
  readonly send: (message: Outgoing) => void
}
const METHODS = ['time', 'limits', 'standing']
/** Longer than any topic of a site, bytes. */
const TOPIC_MAX = 600

/** Answers a call: to the topic it names with MQTT 5, else by the id in its payload. Refused where nobody could be answered. */
export function answerCall(context: CallContext): Result<'taken', Problem> {
  const { of, body, packet, topics, send } = context
  const { responseTopic, correlationData } = packet.properties ?? {}
  const correlationId = body.correlationId ?? null
  const replies = topics.write(of, `rpc/${of.name}/reply/`)
  const topic = responseTopic ?? (correlationId === null ? null : `${replies}${correlationId}`)
  if (topic === null)
    return refused({ kind: 'invalid-request', detail: 'a call names a response topic (MQTT 5) or a correlationId' })
  if (!topic.startsWith(replies) || /[+#]/.test(topic) || topic.length > TOPIC_MAX)
    return refused({ kind: 'not-allowed', detail: `an answer goes below ${replies} only` })
  const result = resultOf(context)
  const found = result.ok ? { result: result.value } : { problem: problemDocument(result.refusal, 'urn:gegenstrom:mqtt') }
  send({
    topic,
    payload: JSON.stringify({ correlationId, ...found }),
    ...(correlationData === undefined ? {} : { correlationData }),
  })
  return ok('taken')
}

function resultOf({
  site,
  of: { name: method },
  fleet,
  book,
  now,
}: CallContext): Result<Readonly<Record<string, unknown>>, Problem> {
  switch (method) {
    case 'time':
      return ok({ now: instantText(now) })
    case 'limits': {
      const [consumption, production] = DIRECTIONS.map((direction) => limitOfSite(fleet, site, direction, now))
      return ok({ consumption, production })
    }
    case 'standing': {
      const house = book.house(site)
      const assets = [...(house?.assets ?? [])].map(([asset, { run, sequence }]) => [asset, { run, seq: sequence }])
      return ok({ online: house?.isOnline ?? false, durable: Object.fromEntries(assets) })
    }
    default:
      return refused({ kind: 'not-found', detail: `there is no method ${method}; there are ${METHODS.join(', ')}` })
  }
}
