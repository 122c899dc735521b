// Contacts of control relays at sites, as whoever sits beside them tells: an energy manager or a station with a digital input.
import { z } from 'zod'
import { CONTACTS_MAX } from '../../../domain/limitation/relay.ts'
import type { RelayRefusal, RelayView } from '../../../domain/ports/answers/limitations.ts'
import { id, type SiteId } from '../../../domain/registry/identity.ts'
import { problem } from '../../wire/problem.ts'
import { fromJournal } from '../operator/store-access.ts'
import type { RestPorts } from '../ports.ts'
import { GRID_OPERATORS, GRID_OPERATORS_AND_VIEWERS, route, type Route } from '../route.ts'
import { instant, instantOf, instantOrNull } from '../wire-values.ts'
import { limitation, limitationBody, sitePath } from './limitation-schema.ts'

const contacts = z
  .array(z.boolean())
  .max(CONTACTS_MAX)
  .meta({ description: 'Closed or not, in the order of the levels in the registry' })
const relay = z
  .strictObject({
    site: z.string(),
    contacts,
    toldAt: instant.nullable().meta({ description: 'Null for nothing told since the start' }),
    changes: z.array(z.strictObject({ at: instant, contacts })).meta({ description: 'The last twenty, the newest last' }),
    limitations: z.array(limitation),
  })
  .meta({ id: 'Relay' })

/** Routes of control relays. */
export function relayRoutes(ports: Pick<RestPorts, 'limitations' | 'now'>): readonly Route[] {
  const body = ({ site, contacts: closed, toldAt, changes, limitations }: RelayView): z.output<typeof relay> => ({
    site,
    contacts: [...closed],
    toldAt: instantOrNull(toldAt),
    changes: changes.map((change) => ({ at: instantOf(change.at), contacts: [...change.contacts] })),
    limitations: limitations.map((one) => limitationBody(one, ports.now())),
  })
  return [
    route({
      method: 'put',
      path: '/v1/sites/{site}/relay',
      access: GRID_OPERATORS,
      tag: 'Limitation',
      summary: 'Tell how the contacts of a control relay stand, at once when they change and once a minute',
      description:
        'It is heartbeat and limit in one: the strictest level of a closed contact holds at once, what lets through more when nothing has changed for 200 ms, and after 120 s of silence the failsafe limit. The name of the key has to be that of the guard in the registry.',
      pathSchema: sitePath,
      bodySchema: z.strictObject({ contacts: contacts.min(1) }).meta({ id: 'Contacts' }),
      answerSchema: relay,
      problems: ['not-allowed', 'not-found', 'not-possible', 'unavailable'],
      async handle({ path, asker, body: told }) {
        const taken = await fromJournal(ports.limitations.tellRelay(asker, id<SiteId>(path.site), told.contacts))
        if (!taken.ok) throw relayProblem(taken.refusal)
        return { body: body(taken.value) }
      },
    }),
    route({
      method: 'get',
      path: '/v1/sites/{site}/relay',
      access: GRID_OPERATORS_AND_VIEWERS,
      tag: 'Limitation',
      summary: 'How the contacts of a control relay stand, as last told',
      pathSchema: sitePath,
      answerSchema: relay,
      problems: ['not-found'],
      handle({ path, asker }) {
        const found = ports.limitations.relay(asker, id<SiteId>(path.site))
        if (found === null) throw relayProblem({ kind: 'unknown' })
        return { body: body(found) }
      },
    }),
  ]
}

function relayProblem(refusal: RelayRefusal): Error {
  switch (refusal.kind) {
    case 'unknown':
      return problem('not-found', 'no relay limits such a site')
    case 'not-the-guard':
      return problem('not-allowed', 'this key is not that of its guard', { reason: 'another-guard' })
    case 'wrong-contacts': {
      const detail = `the registry names ${refusal.expected} contacts`
      return problem('not-possible', detail, { reason: refusal.kind, errors: [{ pointer: '/contacts', detail }] })
    }
  }
}
