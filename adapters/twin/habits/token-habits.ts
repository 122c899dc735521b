// When and how a station says whose car it is.
import { wire, type Message } from '../session-message.ts'
import {
  ALL_VERSIONS,
  remark,
  reworded,
  VERSIONS_2,
  without,
  type Habit,
  type HabitWorld,
  type Manner,
  type Wire,
} from './habit.ts'

export const TOKEN_HABITS: readonly Habit[] = [
  {
    name: 'token-late',
    versions: VERSIONS_2,
    topics: ['token', 'evse'],
    sentence: 'token, EVSE or remoteStartId come with a later event than Started, in turns: cable first, card first',
    manner: tokenLate,
  },
  {
    name: 'token-case',
    versions: ALL_VERSIONS,
    topics: ['token'],
    sentence: 'its reader writes tokens in other capitals than registered',
    manner: tokenCase,
  },
  {
    name: 'no-authorization',
    versions: VERSIONS_2,
    topics: ['token'],
    sentence: 'asks nobody: tokens are of type NoAuthorization and empty',
    manner: () => unasked({ idToken: '', type: 'NoAuthorization' }),
  },
  {
    name: 'central-token',
    versions: VERSIONS_2,
    topics: ['token'],
    sentence: 'tells tokens as type Central and does not ask for authorization',
    manner: ({ config }) => unasked({ idToken: config.token, type: 'Central' }),
  },
]

/** [E02] the cable is plugged in first and the card shown afterwards; [E01.FR.16] or the card first and the EVSE known afterwards. */
function tokenLate(world: HabitWorld): Manner {
  const { config, now, send, chance } = world
  const idToken = { idToken: config.token, type: 'eMAID' }
  let isCardFirst = chance() < 0.5
  /** The next event of a transaction; its place in the order is taken when it is made. */
  function later(started: Message, triggerReason: string, more: Wire, info: Wire = {}): Message {
    const session = { ...started.session!, part: 'measured' as const }
    const { transaction } = session
    const payload = {
      eventType: 'Updated',
      timestamp: wire(now()),
      triggerReason,
      seqNo: transaction.sequence++,
      ...((started.payload() as Wire).offline === true ? { offline: true } : {}),
      transactionInfo: { transactionId: transaction.id!, chargingState: transaction.chargingState, ...info },
      ...more,
    }
    return { action: 'TransactionEvent', payload: () => payload, isTransactional: true, session }
  }
  function cardFirst(started: Message): readonly Message[] {
    const { evse } = started.payload() as Wire
    return [reworded(started, (payload) => without(payload, 'evse')), later(started, 'CablePluggedIn', { evse })]
  }
  function cableFirst(started: Message): readonly Message[] {
    const { remoteStartId } = started.session!.transaction
    const bare: Message = reworded(started, (payload) => ({
      ...without(payload, 'idToken'),
      triggerReason: 'CablePluggedIn',
      transactionInfo: without(payload.transactionInfo as Wire, 'remoteStartId'),
    }))
    const { answered, ...untold } = bare
    // The answer that counts is the one to the event with the token.
    const told = (triggerReason: string, info: Wire = {}) => ({
      ...later(started, triggerReason, { idToken }, info),
      ...(answered === undefined ? {} : { answered }),
    })
    if (remoteStartId !== null) return [untold, told('RemoteStart', { remoteStartId })]
    const asked: Message = {
      ...remark('Authorize', { idToken }),
      answered(answer) {
        const { idTokenInfo } = (answer ?? {}) as { idTokenInfo?: { status: string } }
        if (answer !== null && idTokenInfo?.status !== 'Accepted') answered?.(answer)
        else send(told('Authorized'))
      },
    }
    return [untold, asked]
  }
  return {
    says(message) {
      if (message.action === 'Authorize' && !isCardFirst) return granted(message)
      if (message.session?.part !== 'started') return [message]
      const parts = isCardFirst ? cardFirst(message) : cableFirst(message)
      isCardFirst = !isCardFirst
      return parts
    },
  }
}

/** Tokens do not care for capitals: CiString in 1.6, identifierString in 2.x. */
function tokenCase({ chance }: HabitWorld): Manner {
  const lower = chance() < 0.5
  const respell = (text: string) =>
    lower ? text.toLowerCase() : [...text].map((letter, i) => (i % 2 === 0 ? letter.toLowerCase() : letter)).join('')
  return {
    says: (message) => [
      reworded(message, (payload) => {
        const { idTag, idToken } = payload as { idTag?: string; idToken?: { readonly idToken: string } }
        return {
          ...payload,
          ...(idTag === undefined ? {} : { idTag: respell(idTag) }),
          ...(idToken === undefined ? {} : { idToken: { ...idToken, idToken: respell(idToken.idToken) } }),
        }
      }),
    ],
  }
}

function unasked(idToken: { readonly idToken: string; readonly type: string }): Manner {
  return {
    says(message) {
      if (message.action === 'Authorize') return granted(message)
      return [reworded(message, (payload) => (payload.idToken === undefined ? payload : { ...payload, idToken }))]
    },
  }
}

/** The station decides by itself; nothing is said. */
function granted(message: Message): readonly Message[] {
  message.answered?.({ idTokenInfo: { status: 'Accepted' } })
  return []
}
