// Orders to 2.0.1 stations: a finite charging schedule over a safe default. 2.1 builds on it.
import { inbound2 } from './inbound.ts'
import { courseProfile, defaultProfile } from './profiles.ts'
import { hasCourse, type Translator } from '../translator.ts'

export const v201: Translator = {
  inbound: (action, payload, context) => inbound2(action, payload, context, false),
  order: (content, evse, installed) => (hasCourse(installed, content) ? [] : [courseProfile(content, evse, {})]),
  renewal: () => [],
  defaultLimit: (evse, limit) => defaultProfile(evse, limit, {}),
  start: (evse, token, requestId) => ({
    action: 'RequestStartTransaction',
    payload: { remoteStartId: requestId, evseId: evse, idToken: { idToken: token, type: 'ISO14443' } },
  }),
  stop: (transaction) => ({ action: 'RequestStopTransaction', payload: { transactionId: transaction } }),
}
