// Words of what people do to a station by hand, in German and English.

/** What can be asked for in the drawer. */
export type ActionKind = 'reset' | 'hard-reset' | 'unlock' | 'stop' | 'start' | 'trigger' | 'off' | 'on' | 'read' | 'set'

export const germanByHand = {
  title: 'Station von Hand',
  action: 'Was',
  actions: {
    reset: 'Neu starten, wenn möglich',
    'hard-reset': 'Sofort neu starten',
    unlock: 'Stecker entriegeln',
    stop: 'Ladevorgang beenden',
    start: 'Ladevorgang beginnen',
    trigger: 'Meldung anfordern',
    off: 'Außer Betrieb nehmen',
    on: 'In Betrieb nehmen',
    read: 'Einstellung lesen',
    set: 'Einstellung ändern',
  } as Record<ActionKind, string>,
  token: 'Karte',
  message: 'Meldung',
  setting: 'Einstellung',
  value: 'Wert',
  reason: 'Grund',
  reasonHint: 'steht im Protokoll',
  ask: 'Weiter …',
  sure: (action: string, place: string) => `${action} an ${place}?`,
  confirm: 'Ja, tun',
  cancel: 'Abbrechen',
  asking: 'wird gefragt …',
  outcomes: {
    accepted: 'angenommen',
    rejected: 'abgelehnt',
    'no-answer': 'keine Antwort',
    unsupported: 'kann sie nicht',
  } as Record<string, string>,
  notDone: (detail: string) => `Nicht gefragt: ${detail}`,
  lately: 'Zuletzt von Hand',
}
export type ByHandWords = typeof germanByHand

export const englishByHand: ByHandWords = {
  title: 'Station by hand',
  action: 'What',
  actions: {
    reset: 'Restart when possible',
    'hard-reset': 'Restart at once',
    unlock: 'Unlock the connector',
    stop: 'Stop the session',
    start: 'Start a session',
    trigger: 'Ask for a message',
    off: 'Take out of operation',
    on: 'Put into operation',
    read: 'Read a setting',
    set: 'Change a setting',
  },
  token: 'Card',
  message: 'Message',
  setting: 'Setting',
  value: 'Value',
  reason: 'Reason',
  reasonHint: 'stands in the journal',
  ask: 'Go on …',
  sure: (action, place) => `${action} at ${place}?`,
  confirm: 'Yes, do it',
  cancel: 'Cancel',
  asking: 'asking …',
  outcomes: { accepted: 'accepted', rejected: 'rejected', 'no-answer': 'no answer', unsupported: 'cannot do it' },
  notDone: (detail) => `Not asked: ${detail}`,
  lately: 'Lately by hand',
}
