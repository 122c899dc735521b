// What the server says of stations, in lines for people.

/** An answer of the API, as it came. */
export type Shown = Readonly<Record<string, unknown>>

/** One line a station. */
export function lineOfStation(of: Shown): string {
  const evses = of['evses'] as readonly Shown[]
  const states = evses.map((evse) => `${last(evse['id'])}:${textOf(evse['status'])}`).join(' ')
  const alarms = of['alarms'] as readonly string[]
  return `${[of['id'], of['connected'] === true ? (of['dialect'] ?? 'connected') : 'not connected', states, ...alarms].map(textOf).join('  ')}\n`
}

/** A station in full, its EVSEs, and what was asked of it last. */
export function linesOfStation(of: Shown, commands: readonly Shown[]): string {
  const about = [of['vendor'], of['model'], of['firmware']].filter((one) => one !== null).map(textOf)
  const evses = (of['evses'] as readonly Shown[]).map(
    (evse) =>
      `  ${textOf(evse['id'])}  ${textOf(evse['status'])}  session ${textOf(evse['session'])}  ${textOf(evse['measuredW'])} W\n`,
  )
  return [
    lineOfStation(of),
    about.length === 0 ? '' : `  ${about.join(' ')}\n`,
    ...evses,
    ...commands.map((one) => `  ${lineOfCommand(one)}`),
  ].join('')
}

/** A command and what came of it; settings that were read stand below. */
export function lineOfCommand(of: Shown): string {
  const evse = of['evse'] === null ? '' : ` at EVSE ${textOf(of['evse'])}`
  const head = `${textOf(of['askedAt'])}  ${textOf(of['asked'])}${evse}: ${textOf(of['outcome'])}`
  const values = (of['values'] as readonly Shown[] | null) ?? []
  return `${head} (${textOf(of['detail'])}); ${textOf(of['by'])}, ${textOf(of['role'])}: ${textOf(of['reason'])}\n${values.map(lineOfValue).join('')}`
}

/** A station that waits. */
export function lineOfPending(of: Shown): string {
  const about = [of['vendor'], of['model'], of['serial']].filter((one) => one !== null).map(textOf)
  const state = of['connected'] === true ? 'connected' : `last seen ${textOf(of['lastSeenAt'])}`
  const password = of['bringsPassword'] === true ? 'brings a password' : 'gets a password'
  return `${[of['station'], of['dialect'], of['address'], about.join(' ') || 'no boot yet', state, password].map(textOf).join('  ')}\n`
}

/** A station that was added, with its password where one was made. */
export function addedText(of: Shown): string {
  if (of['isRepeated'] === true) return `${textOf(of['station'])} is known already\n`
  const password = of['password'] === null ? 'it keeps the password it came with' : `password ${textOf(of['password'])}`
  return `${textOf(of['station'])} is added; ${password}\n`
}

/** A new password. */
export function passwordText(of: Shown): string {
  const told = of['told'] as Shown | null
  const said = told === null ? '' : `the station: ${textOf(told['outcome'])} (${textOf(told['detail'])})\n`
  if (of['password'] === null) return `${said}the password before counts on\n`
  const older = of['olderUntil'] === null ? '' : `the one before is let in until ${textOf(of['olderUntil'])}\n`
  return `${said}password ${textOf(of['password'])}\n${older}`
}

function lineOfValue(of: Shown): string {
  const place =
    of['component'] === null ? '' : `${textOf(of['component'])}${of['evse'] === null ? '' : `@${textOf(of['evse'])}`}.`
  const value = of['status'] === null ? textOf(of['value']) : `(${textOf(of['status'])})`
  return `    ${place}${textOf(of['variable'])} = ${value}${of['readOnly'] === true ? '  read-only' : ''}\n`
}

function last(id: unknown): string {
  const text = textOf(id)
  return text.slice(text.lastIndexOf('/') + 1)
}

function textOf(value: unknown): string {
  return value === null || value === undefined ? '-' : typeof value === 'string' ? value : JSON.stringify(value)
}
