// The edge behind which nobody knows a token: events and shown frames carry pseudonyms, also where a station repeats a token in a free text.
import type { EventBody } from './translator.ts'

/** A token as a card or car presents it becomes what may be recorded and shown. */
export type Pseudonym = (token: string) => string

/** What is known of the tokens of one station, in memory only. */
export interface TokenFilter {
  /** The pseudonym of a token, which is found in texts from now on. */
  pseudonym(token: string): string
  /** A text without the tokens the station used last. */
  text(text: string): string
  event(event: EventBody): EventBody
}

/** What a station writes about older ones is not recognised. */
const TOKENS_REMEMBERED = 8
/** The identifier of the shortest cards; anything shorter would be found in numbers that have nothing to do with it. */
const FOUND_FROM_CHARACTERS = 8

/** A filter for what one station says. */
export function tokenFilter(pseudonym: Pseudonym): TokenFilter {
  const seen: string[] = []
  let inTexts: RegExp | null = null
  function known(token: string): string {
    if (token.length >= FOUND_FROM_CHARACTERS && !seen.includes(token)) {
      seen.push(token)
      if (seen.length > TOKENS_REMEMBERED) seen.shift()
      inTexts = anyOf(seen)
    }
    return pseudonym(token)
  }
  function withoutTokens(text: string): string {
    return inTexts === null ? text : text.replaceAll(inTexts, (token) => pseudonym(token))
  }
  return {
    pseudonym: known,
    text: withoutTokens,
    event(event) {
      if ('token' in event && event.token !== null) return { ...event, token: known(event.token) }
      if ('detail' in event && event.detail !== null) return { ...event, detail: withoutTokens(event.detail) } as EventBody
      return event
    },
  }
}

/** Whatever their letters: stations spell one card in capitals here and in small letters there. */
function anyOf(tokens: readonly string[]): RegExp {
  const literal = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
  return new RegExp(tokens.map(literal).join('|'), 'gi')
}
